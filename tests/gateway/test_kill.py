"""`kill -9` of the app between a webhook and its reply: after a restart each reply goes out once, in order.

Three real processes: `duely up`, a Rasa that outlives it, and the stand-in for Twilio outside of both.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select

from channels.store import Contact, Conversation, Message
from channels.twilio_standin import StandIn
from gateway.play.rehearsal import model
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from tests.gateway.processes import LIMIT_S, SECRET, UpProcess

pytestmark = pytest.mark.rasa

LEE = "+19195550101"
ASKED = ["how much do i owe", "what can you do", "thanks"]


@pytest.fixture(scope="module")
def twilio() -> Iterator[StandIn]:
    with StandIn(timeout_seconds=30).serving() as standin:
        yield standin


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, twilio: StandIn) -> Iterator[tuple[UpProcess, RasaProcess]]:
    folder = tmp_path_factory.mktemp("killed")
    up = UpProcess(folder, {"TWILIO_API_URL": twilio.url, "TWILIO_UNCLEAR_SECONDS": "1"})
    rasa = RasaProcess(free_port(), SECRET, up.actions_url, folder / "rasa.log", model=model())
    up.settings["RASA_URL"] = rasa.url
    try:
        rasa.start()
        rasa.wait_ready(LIMIT_S)
        up.start()
        yield up, rasa
    finally:
        up.close()
        rasa.stop()


def states(up: UpProcess) -> list[tuple[str, str, str]]:
    """(direction, state, text) of every message with Lee, in order of `seq`; others get notices of their own."""
    engine = create_engine(up.database_url)
    lee = select(Message.direction, Message.state, Message.text).join(Conversation).join(Contact)
    with engine.connect() as connection:
        rows = connection.execute(lee.where(Contact.address == LEE).order_by(Message.seq)).all()
    engine.dispose()
    return [(row.direction, row.state, row.text) for row in rows]


def settled(up: UpProcess, replies: int, seconds: float = LIMIT_S) -> list[str]:
    """The texts of the replies, once all are sent; fails with the states after a while."""
    limit = time.monotonic() + seconds
    while True:
        found = states(up)
        out = [row for row in found if row[0] == "out"]
        if len(out) >= replies and all(row[1] not in ("queued", "sending", "unknown") for row in found):
            return [text for _, _, text in out]
        assert time.monotonic() < limit, found
        time.sleep(0.05)


def test_three_messages_wait_for_rasa_when_the_app_is_killed(
    world: tuple[UpProcess, RasaProcess], twilio: StandIn
) -> None:
    up, rasa = world
    assert rasa.pid is not None
    os.kill(rasa.pid, signal.SIGSTOP)
    try:
        for number, text in enumerate(ASKED):
            assert up.text_in(LEE, text, f"SMkill{number}").status_code == 200
        up.kill()
    finally:
        os.kill(rasa.pid, signal.SIGCONT)
    assert [state for _, state, _ in states(up)] == ["queued"] * 3
    assert twilio.bodies(LEE) == []

    up.start()
    replies = settled(up, 3)
    assert twilio.bodies(LEE) == replies
    assert len(replies) == 3
    assert "$412.10" in replies[0]

    # The same webhooks once more, as Twilio repeats what got no answer: nothing new comes of them.
    for number, text in enumerate(ASKED):
        assert up.text_in(LEE, text, f"SMkill{number}").status_code == 200
    assert up.text_in(LEE, "how much do i owe", "SMafter").status_code == 200
    assert len(settled(up, 4)) == 4
    assert len(twilio.bodies(LEE)) == 4


def test_a_reply_that_twilio_took_just_before_the_kill_is_not_sent_again(
    world: tuple[UpProcess, RasaProcess], twilio: StandIn
) -> None:
    up, _ = world
    before = len(twilio.bodies(LEE))
    twilio.script("taken_timeout", to=LEE)
    assert up.text_in(LEE, "when is it due", "SMtaken").status_code == 200
    twilio.wait_for(before + 1, LEE)
    assert states(up)[-1][:2] == ("out", "sending")
    up.kill()

    up.start()
    replies = settled(up, before + 1)
    assert twilio.bodies(LEE) == replies
    assert len(replies) == before + 1


def test_a_reply_that_never_left_is_sent_after_the_restart(
    world: tuple[UpProcess, RasaProcess], twilio: StandIn
) -> None:
    up, _ = world
    before = len(twilio.bodies(LEE))
    twilio.script("timeout", to=LEE)
    assert up.text_in(LEE, "do i have autopay", "SMlost").status_code == 200
    limit = time.monotonic() + LIMIT_S
    # Until the request is with Twilio: the script is used up when it has come in.
    while twilio._plans[LEE]:
        assert time.monotonic() < limit, states(up)
        time.sleep(0.02)
    assert states(up)[-1][:2] == ("out", "sending")
    up.kill()

    up.start()
    replies = settled(up, before + 1)
    assert twilio.bodies(LEE) == replies
