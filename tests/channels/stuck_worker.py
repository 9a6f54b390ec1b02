"""A worker that begins a job and never ends it; run by test_executors, which kills it. Arguments: database, a file
that it makes once the job has begun."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from billing_core import open_core
from channels.durable_queue import DurableQueue
from channels.queue import Job


def main(url: str, begun: str) -> None:
    def never_ends(_job: Job) -> None:
        Path(begun).touch()
        time.sleep(3600)

    queue = DurableQueue(url, never_ends, executor="w")
    queue.start()
    core = open_core(url)
    with core.write() as session:
        queue.enqueue(session, Job("a", 1, "first"))
    time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
