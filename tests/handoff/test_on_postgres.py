"""The same on both databases: two agents at the same moment, and the same member asking twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from billing_core import Core, cast
from channels import demo, inbox
from channels.app import assemble
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.handoff import desk
from channels.handoff.desk import Agent
from channels.handoff.errors import HeldByAnother
from channels.handoff.store import Handoff
from channels.queue import InlineQueue
from channels.rasa import RasaClient
from channels.rasa_fake import FakeRasa
from channels.slack import events
from channels.slack.store import SlackEvent
from channels.store import Message
from tests.channels.conftest import FakeCarrier
from tests.handoff.conftest import LEE, PERSON

AT_ONCE = 6


@pytest.fixture
def channels(core: Core) -> Channels:
    cast.load(core)
    rasa = FakeRasa()
    rasa.on("a person please", PERSON)
    config = ChannelConfig("https://duely.example", "test", "a-secret-key-for-tests-only", rasa_secret=rasa.secret)
    client = RasaClient("http://rasa.test", rasa.secret, http=rasa.client())
    made = assemble(core, config, queue=InlineQueue, carrier=FakeCarrier(), rasa=client)
    demo.load_contacts(made)
    return made


@pytest.fixture
def asked(channels: Channels) -> str:
    """Lee has asked for a person; the hand-off's id."""
    inbox.claim(channels.core, channels.queue, inbox.Inbound("sms", LEE, "SM1", text="a person please"))
    channels.queue.run()  # type: ignore[attr-defined]
    (waits,) = desk.waiting(channels)
    return waits.id


def at_once(do: Any) -> list[Any]:
    """What comes of doing it in several threads at the same moment; an error is a result too."""
    ready = Barrier(AT_ONCE)

    def one(number: int) -> Any:
        ready.wait(60)
        try:
            return do(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def count(channels: Channels, table: Any, *where: Any) -> int:
    with channels.core.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def test_of_agents_who_take_at_the_same_moment_one_holds_it(channels: Channels, asked: str) -> None:
    results = at_once(lambda number: desk.take(channels, asked, Agent(f"cli:{number}", f"Agent{'abcdef'[number]}")))
    taken = [each for each in results if isinstance(each, Handoff)]
    assert len(taken) == 1
    assert all(isinstance(each, HeldByAnother) for each in results if each is not taken[0])
    assert count(channels, Message, Message.text.like("%is here now%")) == 1


def test_the_same_word_at_the_same_moment_is_said_once(channels: Channels, asked: str) -> None:
    kim = Agent("cli:kim", "Kim")
    said = at_once(lambda _: desk.say(channels, asked, kim, "Hello", "the-same-key"))
    assert len(set(said)) == 1
    assert count(channels, Message, Message.text.like("%Hello")) == 1


def test_one_that_two_processes_find_silent_is_given_back_once(channels: Channels, asked: str) -> None:
    desk.say(channels, asked, Agent("cli:kim", "Kim"), "Hello", "k")
    channels.core.clock.advance(desk.timedelta(minutes=30))
    assert sum(at_once(lambda _: desk.give_back_silent(channels))) == 1
    assert count(channels, Message, Message.text.like("%could not go on%")) == 1


def test_an_event_that_slack_sends_twice_at_the_same_moment_is_kept_once(channels: Channels, asked: str) -> None:
    with channels.core.write() as session:
        session.get_one(Handoff, asked).thread = "1.000001"
    done = events.Done("Ev1", "word", "1.000001", "U0KIM", "1.000002", "Hello")
    assert sorted(at_once(lambda _: events.claim(channels, done))) == [False] * (AT_ONCE - 1) + [True]
    assert count(channels, SlackEvent) == 1
