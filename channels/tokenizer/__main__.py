"""The card form as a process: `python -m channels.tokenizer PORT`, told its key and our origins by the environment.

It ends when the pipe on its standard input closes, which the kernel does for a parent that dies in any way.
"""

from __future__ import annotations

import os
import sys
import threading

import uvicorn

from channels.loopback import KEPT_SECONDS
from channels.tokenizer.app import build


def main() -> None:
    """Serve until the parent ends; exits with a sentence where it must not run."""
    if os.environ.get("DUELY_ENVIRONMENT") == "production":
        sys.exit("The sandbox's card form does not run in production.")
    key, parents = os.environ["DUELY_TOKENIZER_KEY"], os.environ["DUELY_TOKENIZER_PARENTS"].split()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # No access log and no word of any request: what is posted here are card numbers.
    uvicorn.run(
        build(key, parents),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=False,
        log_level="critical",
        timeout_keep_alive=KEPT_SECONDS,
        server_header=False,
    )


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
