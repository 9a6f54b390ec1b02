"""Where a code goes: the phone on file, else the e-mail address; not to a contact that is new; who hears of locks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from billing_core import accounts, notices
from channels import outbox
from channels.store import Message
from channels.words import say, spoken_in

LEE, BROWN, GARCIA = "+19195550101", "+19195550108", "+19195550109"
PERSON = "1-800-555-0100"
WHAT = {"purpose": "change autopay", "phone": PERSON}
BY_EMAIL = say("code_sent_email", **WHAT)
TOO_NEW = say("code_too_new", **WHAT)


@pytest.fixture(autouse=True)
def autopay(world: Any) -> None:
    world.rasa.on("stop autopay", "Autopay is off.", needs="L3")


def mailed(world: Any) -> str:
    message = world.mailer.taken[-1]
    match = re.match(r"(\d{6}) is your code to change autopay", message.get_content())
    assert match, message.get_content()
    return match[1]


def test_email_me_sends_another_code_by_email(world: Any) -> None:
    (first,) = world.text(LEE, "stop autopay")
    assert world.text(LEE, "email me the code please") == [BY_EMAIL]
    (message,) = world.mailer.taken
    assert (message["To"], message["Subject"]) == ("lee@example.com", "Your one-time code")
    assert world.text(LEE, first[:6]) == [say("code_wrong", phone=PERSON)]
    assert world.text(LEE, mailed(world)) == ["Autopay is off."]


@pytest.mark.parametrize(("phone", "asks", "language"), [(LEE, "email me", "en"), (GARCIA, "por correo", "es")])
def test_the_mail_with_a_code_says_which_language_its_words_are_in(
    world: Any, phone: str, asks: str, language: str
) -> None:
    world.text(phone, "stop autopay")
    world.text(phone, asks)
    (message,) = world.mailer.taken
    assert message["Content-Language"] == language
    with spoken_in(language):
        assert message["Subject"] == say("code_email_subject")


def test_email_me_without_a_code_awaited_is_only_words(world: Any) -> None:
    assert world.text(LEE, "email me") == ["You said: email me"]


def test_a_code_by_email_lasts_ten_minutes_and_not_a_moment_longer(world: Any) -> None:
    for wait, answer in (
        (timedelta(minutes=10) - timedelta(seconds=1), "Autopay is off."),
        (timedelta(minutes=10), say("code_wrong", phone=PERSON)),
    ):
        world.clock.advance(timedelta(hours=1))
        world.text(LEE, "stop autopay")
        world.text(LEE, "email me")
        world.clock.advance(wait)
        assert world.text(LEE, mailed(world)) == [answer]


def test_the_code_of_an_email_is_stored_nowhere(world: Any) -> None:
    world.text(LEE, "stop autopay")
    world.text(LEE, "email me")
    assert mailed(world) not in str([(row.text, row.data) for row in world.rows()])


def test_a_mail_server_that_is_away_is_tried_again_and_the_mail_is_the_same(world: Any) -> None:
    world.mailer.plan = ["taken_later"]
    world.text(LEE, "stop autopay")
    world.text(LEE, "email me")
    world.queue.run_delayed()
    first, second = world.mailer.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert [row.state for row in world.rows(Message, channel="email")] == ["sent"]


def test_an_email_that_is_refused_is_final(world: Any) -> None:
    world.mailer.plan = ["bounced"]
    world.text(LEE, "stop autopay")
    world.text(LEE, "email me")
    assert [(row.state, row.error_code) for row in world.rows(Message, channel="email")] == [("failed", "mail 550")]


@pytest.mark.parametrize(
    ("days", "answer"),
    [
        (timedelta(days=7) - timedelta(seconds=1), BY_EMAIL),
        (timedelta(days=7), None),
    ],
)
def test_a_phone_new_on_file_gets_no_l3_code_for_seven_days(world: Any, days: timedelta, answer: str | None) -> None:
    changed(world, phone_changed_at=world.clock.now())
    world.clock.advance(days)
    (said,) = world.text(LEE, "stop autopay")
    assert said == answer if answer else re.match(r"\d{6} is your code", said)


def test_where_both_contacts_are_new_no_l3_code_goes(world: Any) -> None:
    changed(world, phone_changed_at=world.clock.now(), email_changed_at=world.clock.now())
    assert world.text(LEE, "stop autopay") == [TOO_NEW]
    assert world.mailer.taken == []


def test_a_code_to_a_new_phone_proves_l2_and_no_more(world: Any) -> None:
    world.rasa.on("how much", "$330.25", needs="L2")
    changed(world, "brown", phone_changed_at=world.clock.now(), email_changed_at=world.clock.now())
    (sent,) = world.text(BROWN, "how much")
    assert "$330.25" in world.text(BROWN, sent[:6])[0]
    assert world.rasa.asked[-1]["metadata"]["level"] == "L2"
    assert world.text(BROWN, "stop autopay") == [TOO_NEW]


def test_changing_a_contact_keeps_when(world: Any) -> None:
    core = world.channels.core
    row = accounts.change_contact(core, "lee", phone="+19195550171", email="lee@example.com")
    assert (row.phone_changed_at, row.email_changed_at) == (core.now(), None)


def test_a_lockout_on_the_phone_is_told_by_email(world: Any) -> None:
    locks(world)
    assert notices.kinds_since(world.channels.core, "lee", 0)[-1] == "codes_locked"
    assert say("code_locked", until="x", phone="y").split("{")[0][:20] in world.text(LEE, "stop autopay")[0]


def test_four_wrong_codes_are_told_to_nobody(world: Any) -> None:
    locks(world, times=4)
    assert "codes_locked" not in notices.kinds_since(world.channels.core, "lee", 0)


def test_a_lockout_in_the_browser_is_told_to_the_phone(world: Any) -> None:
    from channels import session

    visit = session.start(world.channels, "lee").address
    for tries in (3, 2):
        world.page(visit, "stop autopay")
        right = world.carrier.bodies(LEE)[-1][:6]
        for step in range(tries):
            world.page(visit, f"{(int(right) + step + 1) % 1_000_000:06d}")
    assert notices.kinds_since(world.channels.core, "lee", 0)[-1] == "codes_locked_elsewhere"


def test_a_confirmation_older_than_five_minutes_is_not_sent(world: Any) -> None:
    world.carrier.plan = ["later"]
    assert world.text(LEE, "STOP") == []
    world.clock.advance(timedelta(minutes=5, seconds=1))
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == []
    assert [row.error_code for row in world.rows(Message, direction="out")] == ["too_late"]


def test_a_confirmation_of_five_minutes_is_sent(world: Any) -> None:
    world.carrier.plan = ["later"]
    world.text(LEE, "STOP")
    world.clock.advance(timedelta(minutes=5))
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == [say("stop", phone=PERSON)]


@pytest.mark.parametrize("code", ["30003", "30008"])
def test_a_reply_that_did_not_arrive_is_sent_once_more_later(world: Any, code: str) -> None:
    world.text(LEE, "hi")
    outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", code)
    assert world.carrier.bodies(LEE) == ["You said: hi"]
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == ["You said: hi"] * 2
    outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", code)
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == ["You said: hi"] * 2


def test_it_is_not_sent_again_when_something_was_said_since(world: Any) -> None:
    world.text(LEE, "hi")
    outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", "30003")
    world.text(LEE, "hello")
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == ["You said: hi", "You said: hello"]


def locks(world: Any, times: int = 5) -> None:
    while times:
        right = world.text(LEE, "stop autopay")[0][:6]
        for step in range(min(times, 3)):
            world.text(LEE, f"{(int(right) + step + 1) % 1_000_000:06d}")
            times -= 1


def changed(world: Any, account: str = "lee", **when: Any) -> None:
    with world.channels.core.write() as session:
        row = accounts.find(session, account)
        for name, value in when.items():
            setattr(row, name, value)
