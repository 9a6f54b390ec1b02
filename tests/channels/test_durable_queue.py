"""Jobs outlive the process: in order, each to its end, whatever moment the worker is killed at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from dbos._sys_db import SystemDatabase
from sqlalchemy import select
from sqlalchemy.engine import make_url

import billing_core
from billing_core import Core, cast, open_core
from channels import dbos_client, store
from channels.dbos_client import QueueDoor
from channels.durable_queue import DurableQueue, check_sqlite
from channels.queue import Job
from channels.store import Contact, Conversation, Message
from channels.twilio_standin import StandIn

pytestmark = pytest.mark.engine

WORKER = Path(__file__).with_name("killed_worker.py")
# Only what fails waits so long, also on a machine with much else to do.
LIMIT_S = 120.0
PHONES = ("+19195550101", "+19195550104", "+19195550109")


class Finished:
    """Jobs a queue ran, and a way to wait for them."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.changed = threading.Condition()

    def __call__(self, job: Job) -> None:
        with self.changed:
            self.jobs.append(job)
            self.changed.notify_all()

    def wait(self, count: int) -> list[Job]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.jobs) >= count, LIMIT_S), self.jobs
        return self.jobs


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., DurableQueue]]:
    started: list[DurableQueue] = []

    def make(handler: Callable[[Job], None]) -> DurableQueue:
        queue = DurableQueue(f"sqlite:///{tmp_path}/queue.sqlite", handler, executor="w", synchronous="OFF")
        queue.start()
        started.append(queue)
        return queue

    yield make
    for queue in started:
        queue.stop()


def test_jobs_of_a_conversation_run_in_order_and_a_rolled_back_one_never(
    tmp_path: Path, start: Callable[..., DurableQueue]
) -> None:
    finished = Finished()
    queue = start(finished)
    core = open_core(f"sqlite:///{tmp_path}/queue.sqlite")
    for seq in range(1, 9):
        with core.write() as session:
            for conversation in "abc":
                queue.enqueue(session, Job(conversation, seq, f"{conversation}{seq}"))
    with core.write() as session:
        queue.enqueue(session, Job("a", 9, "lost"))
        session.rollback()
    with core.write() as session:
        queue.enqueue(session, Job("a", 10, "a10"))
        queue.enqueue(session, Job("a", 10, "a10"))
    finished.wait(25)
    for conversation in "abc":
        seqs = [job.seq for job in finished.jobs if job.conversation_id == conversation]
        assert seqs == sorted(seqs)
    assert len(finished.jobs) == 25
    core.engine.dispose()


def test_work_is_looked_for_where_a_job_waits_whose_conversation_is_free(core: Core) -> None:
    url, finished = core.engine.url, Finished()
    queue = DurableQueue(url, finished, executor="w", synchronous="OFF")
    queue.start()
    queue.stop()
    door = QueueDoor(url)
    with core.write() as session:
        door.enqueue(session, Job("free", 1, f"free-{uuid4().hex}"))
    assert dbos_client.may_take(core.engine)
    door.close()
    queue.start()
    finished.wait(1)
    queue.stop()


def test_no_work_is_looked_for_while_what_waits_is_behind_a_job_under_way(
    tmp_path: Path, start: Callable[..., DurableQueue]
) -> None:
    finished, began, held = Finished(), threading.Event(), threading.Event()

    def handler(job: Job) -> None:
        began.set()
        assert held.wait(20)
        finished(job)

    queue = start(handler)
    core = open_core(f"sqlite:///{tmp_path}/queue.sqlite")
    assert not dbos_client.may_take(core.engine)
    with core.write() as session:
        queue.enqueue(session, Job("a", 1, "first"))
    assert began.wait(20)
    with core.write() as session:
        queue.enqueue(session, Job("a", 2, "second"))
    assert not dbos_client.may_take(core.engine)
    held.set()
    assert [job.message_id for job in finished.wait(2)] == ["first", "second"]
    core.engine.dispose()


def test_the_engine_still_has_the_look_for_work_that_is_replaced() -> None:
    assert "dequeue_scopes" in vars(SystemDatabase), "DBOS looks for work in another way: see DurableQueue.start"


def test_a_job_that_fails_is_run_again_before_the_next_of_its_conversation(
    tmp_path: Path, start: Callable[..., DurableQueue]
) -> None:
    finished = Finished()
    failures = [OSError("the database went away"), None]

    def handler(job: Job) -> None:
        if job.seq == 1 and (failure := failures.pop(0)):
            raise failure
        finished(job)

    queue = start(handler)
    core = open_core(f"sqlite:///{tmp_path}/queue.sqlite")
    with core.write() as session:
        queue.enqueue(session, Job("a", 1, "first"))
        queue.enqueue(session, Job("a", 2, "second"))
    assert [job.message_id for job in finished.wait(2)] == ["first", "second"]
    core.engine.dispose()


def test_a_job_that_still_fails_when_the_queue_stops_is_done_after_the_next_start(
    tmp_path: Path, start: Callable[..., DurableQueue]
) -> None:
    tried = threading.Event()

    def failing(_job: Job) -> None:
        tried.set()
        raise OSError("the database went away")

    queue = start(failing)
    core = open_core(f"sqlite:///{tmp_path}/queue.sqlite")
    with core.write() as session:
        queue.enqueue(session, Job("a", 1, "first"))
    assert tried.wait(LIMIT_S)
    queue.stop()
    finished = Finished()
    start(finished)
    assert [job.message_id for job in finished.wait(1)] == ["first"]
    core.engine.dispose()


def test_a_queue_starts_again_in_the_same_process_and_forgets_what_is_done(
    tmp_path: Path, start: Callable[..., DurableQueue]
) -> None:
    core = open_core(f"sqlite:///{tmp_path}/queue.sqlite")
    for name in ("one", "two"):
        finished = Finished()
        queue = start(finished)
        with core.write() as session:
            queue.enqueue(session, Job("a", 1, name))
        finished.wait(1)
        while not queue.idle():
            pass
        if name == "two":
            assert queue.forget_finished(datetime.now(UTC) - timedelta(days=1)) == 0
            assert queue.forget_finished(datetime.now(UTC) + timedelta(minutes=1)) == 2
        queue.stop()
    core.engine.dispose()


@pytest.mark.parametrize(
    ("address", "python", "sqlite", "refused"),
    [
        ("sqlite:///a.sqlite", (3, 11), (3, 40, 1), False),
        ("sqlite:///a.sqlite", (3, 12), (3, 40, 1), True),
        ("sqlite:///a.sqlite", (3, 12), (3, 41, 9), True),
        ("sqlite:///a.sqlite", (3, 12), (3, 42, 0), False),
        ("postgresql+psycopg://h/db", (3, 13), (3, 40, 1), False),
    ],
)
def test_the_pairing_dbos_cannot_run_on_is_refused_with_the_way_out(
    address: str, python: tuple[int, int], sqlite: tuple[int, int, int], refused: bool
) -> None:
    if not refused:
        return check_sqlite(make_url(address), python, sqlite)
    with pytest.raises(RuntimeError, match=r"use Python 3\.11, SQLite 3\.42 or later, or PostgreSQL"):
        check_sqlite(make_url(address), python, sqlite)


def run_worker(database: str, carrier: str, moment: str) -> int:
    environment = os.environ | {"DUELY_SQLITE_SYNCHRONOUS": "OFF", "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, str(WORKER), database, carrier, moment],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    return done.returncode


def test_killed_at_any_moment_every_reply_goes_out_once_and_in_order(tmp_path: Path) -> None:
    """Five workers one after another, each taking up what the one before left and dying at another moment."""
    database = f"sqlite:///{tmp_path}/killed.sqlite"
    core = open_core(database)
    billing_core.store.metadata.create_all(core.engine)
    store.metadata.create_all(core.engine)
    cast.load(core)
    with StandIn().serving() as standin:
        for moment in ("before_rasa", "before_record", "before_send", "after_send", "after_sid"):
            assert run_worker(database, standin.url, moment) == -signal.SIGKILL, moment
        assert run_worker(database, standin.url, "nowhere") == 0
        # The first text to a number ends with how to end texts, in the member's language.
        sent = {phone: [each.partition("\n")[0] for each in standin.bodies(phone)] for phone in PHONES}
    with core.read() as session:
        assert set(session.scalars(select(Message.state))) == {"answered", "sent"}
        for phone in PHONES:
            claimed = session.scalars(
                select(Message.text)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .join(Contact, Contact.id == Conversation.contact_id)
                .where(Contact.address == phone, Message.direction == "in")
                .order_by(Message.seq)
            )
            assert sent[phone] == [f"You said: {text}" for text in claimed]
            assert len(sent[phone]) > 5
    core.engine.dispose()
