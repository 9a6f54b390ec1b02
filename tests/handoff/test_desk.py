"""What an agent may do, from wherever they do it, and what the member hears, without Slack."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billing_core.errors import IllegalTransition
from billing_core.states import advance
from channels import inbox, work
from channels.handoff import desk, errors, reasons
from channels.handoff.desk import Agent
from channels.handoff.store import HANDOFF, Handoff, HandoffEvent, HandoffState
from channels.store import Conversation, Message
from channels.words import say
from tests.handoff.conftest import DISPUTE, LEE, PATEL, PERSON, STRANGER

BROWN = "+19195550108"
KIM, ALEX = Agent("cli:kim", "Kim Parker"), Agent("cli:alex", "Alex")
PHONE = "1-800-555-0100"
SOON = say("handoff_soon", hours="weekdays 8-6 Eastern", phone=PHONE)


@pytest.fixture
def asked(world: Any) -> str:
    """Lee has asked for a person; the hand-off's id."""
    return ask(world)


def ask(world: Any, phone: str = LEE, reply: dict[str, Any] = PERSON) -> str:
    world.rasa.on("a person please", reply)
    world.text(phone, "a person please")
    return max(desk.open_ones(world.channels), key=lambda each: (each.opened_at, each.first_seq)).id


def heard(world: Any, phone: str = LEE) -> str:
    world.queue.run()
    return str(world.carrier.bodies(phone)[-1])


def test_asked_for_is_answered_with_hours_and_phone_in_place_of_the_bots_words(world: Any, asked: str) -> None:
    assert world.carrier.bodies(LEE) == [SOON]


def test_facts_of_the_account_stay_and_a_person_is_added(world: Any) -> None:
    ask(world, reply=DISPUTE)
    assert world.carrier.bodies(LEE) == [f"Here is the charge.\n{say('handoff_too')}"]


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-12-15T07:59", "Tuesday, December 15, 8:00 a.m. Eastern"),
        ("2026-12-18T18:00", "Monday, December 21, 8:00 a.m. Eastern"),
        ("2026-12-24T20:00", "Monday, December 28, 8:00 a.m. Eastern"),
    ],
)
def test_outside_hours_the_day_and_time_are_named(world: Any, moment: str, opens: str) -> None:
    world.clock.set(datetime.fromisoformat(moment))
    ask(world)
    assert world.carrier.bodies(LEE) == [say("handoff_later", opens=opens, phone=PHONE)]


def test_the_most_urgent_waits_first_and_then_the_oldest(world: Any) -> None:
    first = ask(world, LEE)
    world.clock.advance(timedelta(minutes=1))
    second = ask(world, PATEL)
    world.clock.advance(timedelta(minutes=1))
    urgent = ask(world, STRANGER, DISPUTE)
    assert [each.id for each in desk.waiting(world.channels)] == [urgent, first, second]


def test_taking_tells_the_member_once_who_is_here(world: Any, asked: str) -> None:
    desk.take(world.channels, asked, KIM)
    desk.take(world.channels, asked, KIM)
    assert heard(world).startswith("Kim from ")
    assert len(world.carrier.bodies(LEE)) == 2
    assert desk.waiting(world.channels) == []
    assert desk.of(world.channels, asked).taken_by == "cli:kim"


def test_of_two_agents_the_second_is_told_who_holds_it(world: Any, asked: str) -> None:
    desk.take(world.channels, asked, KIM)
    for do in (
        lambda: desk.take(world.channels, asked, ALEX),
        lambda: desk.say(world.channels, asked, ALEX, "hello", "k1"),
        lambda: desk.release(world.channels, asked, ALEX),
    ):
        with pytest.raises(errors.HeldByAnother) as caught:
            do()
        assert caught.value.holder == "Kim"


def test_the_same_word_under_the_same_key_is_said_once(world: Any, asked: str) -> None:
    first = desk.say(world.channels, asked, KIM, "Hello", "key-1")
    assert desk.say(world.channels, asked, KIM, "Hello", "key-1") == first
    assert desk.say(world.channels, asked, KIM, "Hello", "key-2") != first
    world.queue.run()
    assert len(world.carrier.bodies(LEE)) == 3


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("  ", errors.NothingToSay),
        ("x" * 1601, errors.TooManyWords),
        ("it is 4111 1111 1111 1111", errors.SecretInWords),
        ("your ssn is 219-09-9999", errors.SecretInWords),
    ],
)
def test_words_that_cannot_be_passed_on_change_nothing(
    world: Any, asked: str, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.say(world.channels, asked, KIM, text, "k")
    assert desk.of(world.channels, asked).state == HandoffState.WAITING
    assert heard(world) == SOON


def test_1600_characters_are_passed_on_and_one_more_is_not(world: Any, asked: str) -> None:
    desk.say(world.channels, asked, KIM, "word " * 320, "k")
    assert len(heard(world)) <= 320


def test_signs_that_take_two_places_are_counted_as_two(world: Any, asked: str) -> None:
    desk.take(world.channels, asked, KIM)
    desk.say(world.channels, asked, KIM, "{" * 300, "k")
    world.queue.run()
    assert [len(body) for body in world.carrier.bodies(LEE)[2:]] == [160, 140]


def test_an_unknown_one_is_told_so(world: Any) -> None:
    with pytest.raises(errors.HandoffNotFound):
        desk.of(world.channels, "nothing")
    with pytest.raises(errors.HandoffNotFound):
        desk.take(world.channels, "nothing", KIM)


def test_one_that_is_over_can_be_asked_for_again(world: Any, asked: str) -> None:
    desk.take(world.channels, asked, KIM)
    desk.release(world.channels, asked, KIM)
    desk.release(world.channels, asked, KIM)
    with pytest.raises(errors.HandoffOver):
        desk.say(world.channels, asked, KIM, "one more", "k")
    again = ask(world)
    assert again != asked
    assert heard(world) == SOON


def test_a_request_that_nobody_took_can_be_closed_and_the_member_hears_it(world: Any, asked: str) -> None:
    desk.release(world.channels, asked, KIM)
    assert desk.of(world.channels, asked).state == HandoffState.CLOSED
    assert heard(world) == say("handoff_closed", phone=PHONE)


def test_the_silence_of_an_agent_gives_it_back_after_thirty_minutes_and_not_before(world: Any, asked: str) -> None:
    desk.say(world.channels, asked, KIM, "Hello", "k")
    world.clock.advance(timedelta(minutes=29, seconds=59))
    assert work.look_after_people(world.channels) == {}
    world.clock.advance(timedelta(seconds=1))
    assert work.look_after_people(world.channels) == {"given_back": 1}
    assert work.look_after_people(world.channels) == {}
    assert heard(world) == say("handoff_silent", who="Kim", phone=PHONE)
    assert world.text(LEE, "pay") == ["You said: pay"]


def test_each_word_of_the_agents_starts_the_time_anew(world: Any, asked: str) -> None:
    desk.say(world.channels, asked, KIM, "Hello", "k1")
    world.clock.advance(timedelta(minutes=20))
    desk.say(world.channels, asked, KIM, "Still looking", "k2")
    world.clock.advance(timedelta(minutes=20))
    assert work.look_after_people(world.channels) == {}


def test_after_stop_nothing_is_sent_and_the_agent_is_told(world: Any, asked: str) -> None:
    desk.say(world.channels, asked, KIM, "Hello", "k1")
    world.text(LEE, "STOP")
    with pytest.raises(errors.MemberOptedOut):
        desk.say(world.channels, asked, KIM, "Hello?", "k2")


def test_in_the_page_words_are_the_agents_own_with_their_first_name(world: Any) -> None:
    world.rasa.on("a person please", PERSON)
    inbox.claim(world.channels.core, world.queue, inbox.Inbound("web", "browser-1", "web:1", text="a person please"))
    world.queue.run()
    (waits,) = desk.waiting(world.channels)
    desk.say(world.channels, waits.id, KIM, "Hello", "k")
    line, words = world.rows(Message, direction="out")[-2:]
    assert (line.text, line.data) == ("Kim is here now to help.", {})
    assert (words.text, words.data["role"], words.data["name"]) == ("Hello", "agent", "Kim")


@pytest.mark.parametrize(("phone", "line"), [
    (LEE, "Kim from Duely Health NC is here now."), (BROWN, "Kim is here now to help."),
])  # fmt: skip
def test_the_issuer_is_named_only_to_who_has_proved_to_be_its_member(world: Any, phone: str, line: str) -> None:
    desk.say(world.channels, ask(world, phone), KIM, "Hello", "k")
    assert heard(world, phone) == f"{line}\nHello"


@pytest.mark.parametrize(("name", "told"), [("kim@plan", "kim"), ("", None), ("<b>", None), ("Jo-Ann X", "Jo-Ann")])
def test_the_member_reads_a_first_name_and_nothing_else(name: str, told: str | None) -> None:
    assert Agent("cli:x", name).first_name == told


def test_a_waiting_time_is_told_only_with_ground(world: Any) -> None:
    for number in range(5):
        phone = f"+1919555{7000 + number}"
        waits = ask(world, phone)
        world.clock.advance(timedelta(minutes=7))
        desk.take(world.channels, waits, KIM)
        desk.release(world.channels, waits, KIM)
        if number < 4:
            assert "at most" not in "".join(world.carrier.bodies())
    ask(world)
    assert "lately that took at most 10 minutes" in world.carrier.bodies(LEE)[-1]
    world.clock.advance(timedelta(minutes=8))
    ask(world, PATEL)
    assert "at most" not in world.carrier.bodies(PATEL)[-1]


def test_trouble_twice_brings_in_a_person(world: Any) -> None:
    world.rasa.next(500, 500)
    world.text(LEE, "pay")
    world.text(LEE, "pay")
    (waits,) = desk.waiting(world.channels)
    assert waits.reasons == ["trouble"]
    assert world.carrier.bodies(LEE)[-1] == f"{say('trouble_again')}\n{SOON}"


def test_the_hand_off_is_there_only_if_its_turn_is(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rasa.on("a person please", PERSON)
    with monkeypatch.context() as broken:
        broken.setattr("channels.record._count", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.text(LEE, "a person please")
    assert world.rows(Handoff) == []


def test_the_table_decides_every_change_of_state() -> None:
    legal = {(state, event) for state, events in HANDOFF.items() for event in events}
    for state in HandoffState:
        for event in HandoffEvent:
            if (state, event) in legal:
                assert advance(HANDOFF, state, event)
            else:
                with pytest.raises(IllegalTransition):
                    advance(HANDOFF, state, event)


def test_every_reason_that_an_action_gives_is_in_the_table() -> None:
    import re

    folder = Path(__file__).parents[2] / "bot/actions"
    sources = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    given = set(re.findall(r'"handoff": \{"reason": "([^"]+)"\}', sources))
    given |= set(re.findall(r'^    reason = "([^"]+)"', sources, re.MULTILINE))
    given |= {name for block in re.findall(r"(?:HAND_OFF|NOTED) = \{([^}]*)\}", sources)
              for name in re.findall(r': "([^"]+)"', block)}  # fmt: skip
    assert len(given) >= 10
    assert given <= set(reasons.table())


def test_a_reason_that_is_not_in_the_table_still_brings_a_person(world: Any) -> None:
    ask(world, reply={"text": "Hm.", "data": {"handoff": {"reason": "something new"}}})
    assert desk.waiting(world.channels)[0].reasons == ["other"]
    assert world.rows(Conversation)[0].handoff_reason == "something new"
