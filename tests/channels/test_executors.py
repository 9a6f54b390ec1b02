"""Several processes run jobs on PostgreSQL: each has an id of its own, and what a dead one left the living take up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from billing_core import Core
from channels import dbos_client
from channels.durable_queue import DurableQueue
from channels.executors import Executors
from channels.queue import Job

pytestmark = [pytest.mark.engine, pytest.mark.postgres]

WORKER = Path(__file__).with_name("stuck_worker.py")


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[Executors, Executors]]:
    first, second = (Executors(make_url(postgres_url), "w") for _ in range(2))
    yield first, second
    first.close()
    second.close()


def test_each_process_has_the_first_free_id_and_a_restart_has_its_old_one(
    postgres_url: str, two: tuple[Executors, Executors]
) -> None:
    first, second = two
    assert (first.executor_id, second.executor_id) == ("w-1", "w-2")
    first.close()
    again = Executors(make_url(postgres_url), "w")
    assert again.executor_id == "w-1"
    again.close()


def test_an_id_is_dead_when_nobody_has_it_at_two_looks_and_never_while_it_lives(
    two: tuple[Executors, Executors],
) -> None:
    first, second = two
    assert [second.dead(["w-1", "w-2"]) for _ in range(3)] == [[], [], []]
    first.close()
    assert second.dead(["w-1", "w-2"]) == []
    assert second.dead(["w-1", "w-2"]) == ["w-1"]


def test_a_process_that_lost_its_connection_has_its_id_again_before_another_takes_it(
    postgres_core: Core, two: tuple[Executors, Executors]
) -> None:
    first, second = two
    with postgres_core.write() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": _backend(first)})
    assert second.dead(["w-1"]) == []
    assert first.dead([]) == []
    assert second.dead(["w-1"]) == []


def test_what_a_killed_process_left_is_done_by_the_living_one_in_order(postgres_core: Core, tmp_path: Path) -> None:
    url = postgres_core.engine.url.render_as_string(hide_password=False)
    done: list[int] = []
    queue = DurableQueue(url, lambda job: done.append(job.seq), executor="w")
    stuck = subprocess.Popen([sys.executable, WORKER, url, tmp_path / "begun"], env=os.environ | {"PYTHONPATH": "."})
    try:
        _until((tmp_path / "begun").exists)
        queue.start()
        with postgres_core.write() as session:
            queue.enqueue(session, Job("a", 2, "second"))
        assert [queue.adopt(), queue.adopt(), queue.adopt(), done] == [{}, {}, {}, []]
        stuck.send_signal(signal.SIGKILL)
        stuck.wait(60)
        _until(lambda: queue.adopt()["jobs_adopted"] == 1)
        _until(lambda: len(done) == 2)
        assert done == [1, 2]
    finally:
        stuck.kill()
        stuck.wait(60)
        queue.stop()
        _forget(postgres_core)


def _backend(executors: Executors) -> int:
    found = executors._connection.scalar(text("SELECT pg_backend_pid()"))
    assert isinstance(found, int)
    return found


def _until(true: object, *, seconds: float = 300.0) -> None:
    assert callable(true)
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.02)


def _forget(core: Core) -> None:
    """The engine's jobs are no rows of ours, and the next test's ids are the same."""
    client = dbos_client.client(core.engine)
    client.delete_workflows([each.workflow_id for each in client.list_workflows()])
