"""`duely handoffs`: a person in the terminal, and the running stack that sends what they said."""

from __future__ import annotations

import threading

import pytest
from typer.testing import CliRunner

from billing_core import Core
from channels.durable_queue import DurableQueue
from channels.handoff.store import Handoff
from channels.queue import Job
from channels.store import Message
from console import audit
from gateway.cli import app

pytestmark = pytest.mark.engine


@pytest.fixture
def core(texting: Core) -> Core:
    """Lee waits for a person, in a database that a stack has run on."""
    with texting.write() as session:
        session.add(
            Handoff(
                id="abcd1234", conversation_id="v", open_key="v", state="waiting", reasons=["asked for a person"],
                urgency=2, opened_at=texting.now(), first_seq=1, mirrored_seq=0,
            )
        )  # fmt: skip
    queue = DurableQueue(texting.engine.url, lambda _: None, executor="before")
    queue.start()
    queue.stop()
    return texting


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["handoffs", *words])
    return result.exit_code, result.output


def test_who_waits_is_listed_taken_spoken_to_and_given_back(core: Core) -> None:
    code, listed = run("list")
    assert (code, "abcd1234" in listed, "waits 0 min" in listed) == (0, True, True)
    assert run("say", "abcd", "Hello Jordan", "--as", "Kim")[0] == 0
    assert "held by Kim" in run("list")[1]
    code, told = run("take", "abcd", "--as", "Alex")
    assert (code, "Kim holds this conversation." in told) == (1, True)
    assert run("release", "abcd", "--as", "Kim")[0] == 0
    assert "Nobody waits." in run("list")[1]
    logged = [(each.what, each.about, each.who.split(",")[0]) for each in audit.page(core)[0] if each.about]
    assert logged == [("gave_back", "v", "Kim"), ("said", "v", "Kim")]
    with core.read() as session:
        texts = [row.text for row in session.query(Message).order_by(Message.seq)]
    assert texts[0] == "Kim is here now to help.\nHello Jordan"
    assert texts[1].startswith("Kim has left")


def test_what_is_said_there_the_running_stack_takes_up(core: Core) -> None:
    assert run("say", "abcd", "Hello", "--as", "Kim")[0] == 0
    done, jobs = threading.Event(), []

    def work(job: Job) -> None:
        jobs.append(job)
        done.set()

    queue = DurableQueue(core.engine.url, work, executor="after")
    queue.start()
    try:
        assert done.wait(120)
    finally:
        queue.stop()
    assert [job.conversation_id for job in jobs] == ["v"]


def test_one_that_is_not_there_is_told_so(core: Core) -> None:
    code, told = run("take", "nothing", "--as", "Kim")
    assert (code, "There is no such hand-off." in told) == (1, True)
