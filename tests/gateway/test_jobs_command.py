"""`duely jobs`: what failed for good is listed, run again once, and gone from the list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from billing_core import Clock, Core, open_core
from channels import durable_queue
from channels.durable_queue import DurableQueue
from channels.queue import Job
from gateway import database
from gateway.cli import app
from gateway.play.format import CANONICAL_CLOCK

pytestmark = pytest.mark.engine


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    address = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    monkeypatch.setenv("DUELY_DATABASE_URL", address)
    monkeypatch.setenv("DUELY_ENVIRONMENT", "test")
    # A job that fails is given up at once.
    monkeypatch.setattr(durable_queue, "_PAUSES_SECONDS", ())
    database.migrate(address)
    opened = open_core(address, clock=Clock.fixed(CANONICAL_CLOCK))
    yield opened
    opened.engine.dispose()


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["jobs", *words])
    return result.exit_code, result.output


def worked(core: Core, handler: Any, **more: Any) -> DurableQueue:
    queue = DurableQueue(core.engine.url, handler, executor="w", synchronous="OFF", **more)
    queue.start()
    return queue


def test_a_job_that_failed_for_good_is_told_listed_and_run_again_once(core: Core) -> None:
    told, given_up = threading.Event(), []

    def fails(_job: Job) -> None:
        raise OSError("the disk is broken")

    def give_up(job: Job) -> None:
        given_up.append(job)
        told.set()
        raise OSError("and so is this")

    job = Job("a", 1, "first")
    queue = worked(core, fails, gave_up=give_up)
    try:
        with core.write() as session:
            queue.enqueue(session, job)
        assert told.wait(120)
        while not queue.failed():
            pass
        assert (given_up, queue.failed()) == ([job], [job])
    finally:
        queue.stop()

    code, listed = run("list")
    assert (code, "message first" in listed) == (1, True)
    assert run("retry") == (0, "1 to be run again.\n")
    assert run("list") == (0, "No job has failed.\n")
    assert run("retry") == (0, "0 to be run again.\n")

    done, jobs = threading.Event(), []

    def works(job: Job) -> None:
        jobs.append(job)
        done.set()

    queue = worked(core, works)
    try:
        assert done.wait(120)
    finally:
        queue.stop()
    assert jobs == [job]
