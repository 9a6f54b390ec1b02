"""A phone is trusted by double opt-in, and loses it with its number: silence, a dead number, another phone on file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing_core import accounts
from channels import outbox
from channels.consent import ConsentRecord
from channels.store import Contact
from channels.words import say

BROWN, LEE = "+19195550108", "+19195550101"
HOW_MUCH = "how much do i owe"


def level(world: Any) -> str:
    found: str = world.rasa.asked[-1]["metadata"]["level"]
    return found


def proves(world: Any, phone: str = BROWN) -> str:
    """Ask what needs a code and enter it; the answer after it."""
    world.rasa.on(HOW_MUCH, "$330.25", needs="L2")
    sent = world.text(phone, HOW_MUCH)[-1]
    (answer,) = world.text(phone, sent[:6])
    return str(answer)


def contact(world: Any, phone: str = BROWN) -> Contact:
    (found,) = world.rows(Contact, channel="sms", address=phone)
    assert isinstance(found, Contact)
    return found


def kinds(world: Any, phone: str = BROWN) -> list[tuple[str, str]]:
    return [(row.kind, row.source) for row in world.rows(ConsentRecord, address=phone)]


def test_a_code_and_remember_me_make_a_phone_trusted(world: Any) -> None:
    assert proves(world) == "$330.25\n" + say("remember_ask")
    assert contact(world).trusted_at is None
    assert world.text(BROWN, "Remember me.") == [say("remembered")]
    world.clock.advance(timedelta(days=89))
    assert world.text(BROWN, HOW_MUCH) == ["$330.25"]
    asked, agreed = world.rows(ConsentRecord, address=BROWN)
    assert (asked.kind, asked.shown, asked.scope) == ("asked", say("remember_ask"), "program")
    assert (agreed.kind, agreed.source, agreed.shown) == ("in", "remember", say("remembered"))


def test_yes_to_the_question_remembers_nothing(world: Any) -> None:
    proves(world)
    assert world.text(BROWN, "YES") == ["You said: YES"]
    assert contact(world).trusted_at is None


def test_it_is_asked_once(world: Any) -> None:
    assert say("remember_ask") in proves(world)
    world.clock.advance(timedelta(hours=1))
    assert proves(world) == "$330.25"


def test_a_question_that_does_not_fit_waits_for_an_answer_where_it_does(world: Any) -> None:
    world.rasa.on(HOW_MUCH, "x" * 300, needs="L2")
    (sent,) = world.text(BROWN, HOW_MUCH)
    assert world.text(BROWN, sent[:6]) == ["x" * 300]
    assert say("remember_ask") in world.text(BROWN, "hi")[0]


def test_remember_me_without_a_code_gets_one_first(world: Any) -> None:
    (sent,) = world.text(BROWN, "remember me")
    assert "have this phone remembered" in sent
    assert contact(world).trusted_at is None
    assert world.text(BROWN, sent[:6]) == [say("remembered")]
    assert contact(world).trusted_at is not None


def test_start_is_the_first_half_of_the_double_opt_in(world: Any) -> None:
    world.text(BROWN, "START")
    assert contact(world).trusted_at is None
    assert proves(world) == "$330.25"
    assert contact(world).trusted_at is not None


def test_stop_takes_back_what_was_agreed(world: Any) -> None:
    world.text(BROWN, "START")
    world.text(BROWN, "STOP")
    assert kinds(world) == [("in", "keyword"), ("out", "keyword")]


def test_a_known_phone_is_not_trusted_by_being_known(world: Any) -> None:
    world.text(BROWN, "hi")
    assert level(world) == "L1"


def test_eighty_nine_days_of_silence_keep_trust_and_ninety_end_it(world: Any) -> None:
    world.text(LEE, "hi")
    world.clock.advance(timedelta(days=90) - timedelta(seconds=1))
    world.text(LEE, "hi")
    assert level(world) == "L2"
    world.clock.advance(timedelta(days=90))
    world.text(LEE, "hi")
    assert (level(world), world.rasa.asked[-1]["metadata"]["account_id"]) == ("L0", None)
    assert kinds(world, LEE)[-1] == ("lost", "silence")


@pytest.mark.parametrize("code", ["30005", "30006", "21211", "21614"])
def test_a_number_that_the_carrier_calls_dead_is_nobodys(world: Any, code: str) -> None:
    world.text(LEE, "hi")
    outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", code)
    world.text(LEE, "repeat that")
    assert (level(world), world.rasa.asked[-1]["metadata"]["memory"]) == ("L0", {})
    assert kinds(world, LEE)[-1] == ("lost", "carrier")


def test_what_was_said_before_a_number_was_lost_is_not_repeated(world: Any) -> None:
    world.rasa.on("again", {"data": {"repeat": True}})
    world.text(LEE, "your premium")
    outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", "30005")
    world.clock.advance(timedelta(days=1))
    assert world.text(LEE, "again") == [say("nothing_to_repeat")]


def test_another_phone_on_file_ends_the_trust_of_the_old_one(world: Any) -> None:
    world.text(LEE, "hi")
    accounts.change_contact(world.channels.core, "lee", phone="+19195550177")
    world.text(LEE, "hi")
    assert level(world) == "L0"
    assert kinds(world, LEE)[-1] == ("lost", "account")
    world.text("+19195550177", "hi")
    assert level(world) == "L1"


def test_the_first_text_tells_how_to_end_texts_and_again_after_90_days(world: Any) -> None:
    how = say("sms_how")
    stranger = "+19195550199"
    assert world.text(stranger, "hi") == [f"You said: hi\n{how}"]
    assert world.text(stranger, "hi") == ["You said: hi"]
    world.clock.advance(timedelta(days=90))
    assert world.text(stranger, "hi") == [f"You said: hi\n{how}"]
