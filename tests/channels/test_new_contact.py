"""Another phone or e-mail address on file: proved by a code sent to it, told to those that were, new for a week."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from billing_core import accounts
from channels import demo, inbox, proving, session, turn
from channels.outcome import Outcome
from channels.store import Contact, Message
from channels.words import purpose, say

LEE, RIVERA, NEW = "+19195550101", "+19195550102", "+19195550177"
PERSON = "1-800-555-0100"
ASKED = say("contact_code_sms", ending="0177")
CHANGED = say("contact_changed_sms")
NOT_TAKEN = say("contact_not_taken", phone=PERSON)
TOLD = say("contact_told_sms", phone=PERSON)


@pytest.fixture(autouse=True)
def wishes(world: Any) -> None:
    wish(world, NEW)
    world.rasa.on("new email", {"data": {"new_contact": {"way": "email", "address": "j@example.org"}}}, needs="L3")
    world.rasa.on("stop autopay", "Autopay is off.", needs="L3")
    world.rasa.on("how much", "$412.10", needs="L2")


def wish(world: Any, phone: str, needs: str = "L3") -> None:
    world.rasa.on("new phone", {"data": {"new_contact": {"way": "sms", "address": phone}}}, needs=needs)


def proved(world: Any, text: str) -> list[str]:
    """The wish, with the code that lets it be: what is said then."""
    (sent,) = world.text(LEE, text)
    said: list[str] = world.text(LEE, sent[:6])
    return said


def code_at(world: Any, phone: str = NEW) -> str:
    return str(world.carrier.bodies(phone)[-1][:6])


def mails(world: Any) -> list[tuple[str, str]]:
    return [(each["To"], each.get_content().split("\n")[0]) for each in world.mailer.taken]


def lee(world: Any) -> Any:
    return accounts.get(world.channels.core, "lee")


def test_a_new_phone_is_on_file_when_its_code_came_back(world: Any) -> None:
    assert proved(world, "new phone") == [ASKED]
    (sent,) = world.carrier.bodies(NEW)
    assert sent == say("code_sms_for_web", code=sent[:6], purpose=purpose("new_phone"))
    assert lee(world).phone == LEE
    assert world.text(LEE, code_at(world)) == [CHANGED]
    assert (lee(world).phone, lee(world).phone_changed_at) == (NEW, world.clock.now())
    assert mails(world) == [("lee@example.com", TOLD)]


def test_a_new_email_address_likewise_and_the_old_one_is_told(world: Any) -> None:
    assert proved(world, "new email") == [say("contact_code_email")]
    to, words = mails(world)[-1]
    assert to == "j@example.org"
    assert world.text(LEE, words[:6]) == [say("contact_changed_email")]
    assert (lee(world).email, lee(world).phone_changed_at) == ("j@example.org", None)
    assert mails(world)[1:] == [("lee@example.com", say("contact_told_email", phone=PERSON))]


def test_what_is_changed_in_the_browser_is_told_to_the_old_phone_and_by_email(world: Any) -> None:
    visit = session.start(world.channels, "lee").address
    world.page(visit, "new phone")
    world.page(visit, code_at(world, LEE))
    world.page(visit, code_at(world))
    assert lee(world).phone == NEW
    assert world.carrier.bodies(LEE)[-1] == TOLD
    assert mails(world) == [("lee@example.com", TOLD)]


def test_an_old_phone_that_wants_no_texts_is_sent_none(world: Any) -> None:
    demo.set_level(world.channels, "sms", RIVERA, "L3")
    proved(world, "new phone")
    with world.channels.core.write() as writing:
        inbox.contact_for(writing, "sms", LEE).opted_out_at = world.clock.now()
    before = len(world.carrier.bodies(LEE))
    world.text(LEE, code_at(world))
    assert len(world.carrier.bodies(LEE)) == before


def test_a_wrong_code_changes_nothing_and_the_third_ends_it(world: Any) -> None:
    proved(world, "new phone")
    right = code_at(world)
    for step in (1, 2, 3):
        wrong = f"{(int(right) + step) % 1_000_000:06d}"
        assert world.text(LEE, wrong) == [say("code_wrong", phone=PERSON)]
    assert world.text(LEE, right) == [say("code_wrong", phone=PERSON)]
    assert lee(world).phone == LEE


@pytest.mark.parametrize(
    ("later", "phone"), [(timedelta(minutes=10) - timedelta(seconds=1), NEW), (timedelta(minutes=10), LEE)]
)
def test_its_code_lasts_ten_minutes_and_not_a_moment_longer(world: Any, later: timedelta, phone: str) -> None:
    proved(world, "new phone")
    world.clock.advance(later)
    world.text(LEE, code_at(world))
    assert lee(world).phone == phone


def test_whatever_the_actions_say_none_goes_without_l3(world: Any) -> None:
    wish(world, NEW, needs="L0")
    (sent,) = world.text(LEE, "new phone")
    assert sent == say("code_sms", code=sent[:6], purpose=purpose("contact"))
    assert world.carrier.bodies(NEW) == []


def test_its_code_proves_nothing_of_who_is_speaking(world: Any) -> None:
    proved(world, "new email")
    world.clock.advance(timedelta(minutes=6))
    world.text(LEE, mails(world)[-1][1][:6])
    assert re.match(r"\d{6} is your code to change autopay", world.text(LEE, "stop autopay")[0])


@pytest.mark.parametrize("phone", [RIVERA, "9195550177", "+442079460958x"])
def test_one_of_somebody_elses_or_none_at_all_is_refused_in_the_same_words(world: Any, phone: str) -> None:
    wish(world, phone)
    before = world.carrier.bodies(phone)
    assert proved(world, "new phone") == [NOT_TAKEN]
    assert world.carrier.bodies(phone) == before


def test_one_that_wants_no_texts_is_refused_too(world: Any) -> None:
    world.text(NEW, "STOP")
    before = world.carrier.bodies(NEW)
    assert proved(world, "new phone") == [NOT_TAKEN]
    assert world.carrier.bodies(NEW) == before


def test_the_one_on_file_stays(world: Any) -> None:
    wish(world, LEE)
    assert proved(world, "new phone") == [say("contact_same")]
    assert lee(world).phone_changed_at is None


def test_one_that_became_somebody_elses_meanwhile_is_not_taken(world: Any) -> None:
    proved(world, "new phone")
    accounts.change_contact(world.channels.core, "rivera", phone=NEW)
    assert world.text(LEE, code_at(world)) == [NOT_TAKEN]
    assert lee(world).phone == LEE


def test_a_day_has_five_such_codes_and_no_more(world: Any) -> None:
    demo.set_level(world.channels, "sms", LEE, "L3")
    for _ in range(5):
        assert world.text(LEE, "new phone") == [ASKED]
    assert world.text(LEE, "new phone") == [NOT_TAKEN]
    world.clock.advance(timedelta(days=1))
    demo.set_level(world.channels, "sms", LEE, "L3")
    assert world.text(LEE, "new phone") == [ASKED]


@pytest.mark.parametrize(
    ("later", "goes"), [(timedelta(days=7) - timedelta(seconds=1), "by e-mail"), (timedelta(days=7), "by text")]
)
def test_for_seven_days_a_new_phone_is_no_place_for_an_l3_code(world: Any, later: timedelta, goes: str) -> None:
    proved(world, "new phone")
    world.text(LEE, code_at(world))
    world.clock.advance(later)
    (said,) = world.text(NEW, "stop autopay")
    by_email = say("code_sent_email", purpose=purpose("autopay"), phone=PERSON)
    assert said == by_email if goes == "by e-mail" else re.match(r"\d{6} is your code to change autopay", said)


def test_the_old_phone_is_nobodys_and_the_new_one_its_members(world: Any) -> None:
    proved(world, "new phone")
    world.text(LEE, code_at(world))
    world.text(LEE, "hello")
    assert world.rasa.asked[-1]["metadata"]["level"] == "L0"
    (said,) = world.text(NEW, "how much")
    assert "$412.10" in world.text(NEW, said[:6])[0]


def test_what_somebody_else_proved_by_the_same_number_is_over(world: Any) -> None:
    accounts.change_contact(world.channels.core, "rivera", phone="+19195550188")
    wish(world, RIVERA)
    proved(world, "new phone")
    world.text(LEE, code_at(world, RIVERA))
    (contact,) = world.rows(Contact, channel="sms", address=RIVERA)
    assert (contact.account_id, contact.trusted_at, contact.lost_at) == ("lee", None, None)
    world.text(RIVERA, "hello")
    assert world.rasa.asked[-1]["metadata"]["level"] == "L1"


def test_who_writes_from_the_new_phone_gets_its_code_there_and_is_known_by_it(world: Any) -> None:
    with world.channels.core.write() as writing:
        inbox.contact_for(writing, "sms", NEW).account_id = "lee"
    demo.set_level(world.channels, "sms", NEW, "L3")
    (sent,) = world.text(NEW, "new phone")
    assert sent.startswith(say("code_sms", code=sent[:6], purpose=purpose("new_phone")))
    assert world.text(NEW, sent[:6])[0].startswith(CHANGED)
    assert world.carrier.bodies(LEE)[-1] == TOLD
    (contact,) = world.rows(Contact, channel="sms", address=NEW)
    assert contact.proved_at is not None


def test_a_turn_cut_short_after_the_change_tells_it_and_does_nothing_twice(world: Any) -> None:
    proved(world, "new phone")
    world.text(LEE, code_at(world), run=False)
    (message,) = world.rows(state="queued", direction="in")
    seen = turn._look(world.channels, message.id)
    assert seen is not None
    assert proving.code(world.channels, seen, lambda now, wanted: Outcome("rasa")) is not None
    assert lee(world).phone == NEW
    world.queue.run()
    assert world.carrier.bodies(LEE)[-1] == CHANGED
    assert mails(world) == [("lee@example.com", TOLD)]


def test_a_wish_whose_words_were_deleted_meanwhile_is_none_any_more(world: Any) -> None:
    proved(world, "new phone")
    with world.channels.core.write() as writing:
        for message in writing.scalars(select(Message).where(Message.direction == "in")):
            message.data = {}
    assert world.text(LEE, code_at(world)) == [NOT_TAKEN]
    assert lee(world).phone == LEE


def test_email_me_is_no_way_to_have_it(world: Any) -> None:
    proved(world, "new phone")
    assert world.text(LEE, "email me") == ["You said: email me"]
    assert mails(world) == []
