"""Notices go one way after another until one arrives, each once, in the member's hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.words import say
from tests.channels.conftest import World
from tests.channels.noticing import BROWN, LEE, RIVERA, Noticing


@pytest.fixture
def told(world: World, tmp_path: Path) -> Noticing:
    return Noticing(world, tmp_path)


def autopay_notice(told: Noticing, at: str = "2026-12-27T09:00") -> None:
    """Rivera's notice of the January draft, written at six on its day."""
    told.days_to(at)
    told.only("autopay_notice", account="rivera")


def bounced(told: Noticing, number: int) -> list[str]:
    """Which ways a notice to Rivera went that is not sent by e-mail."""
    told.writes("rivera", "email_bounced", f"bounced:{number}")
    return sorted(told.sends())


def ended(told: Noticing, status: str, code: str | None) -> None:
    """What became of the newest text, and what follows at once."""
    told.carrier_says(status, code)
    told.sends()


def test_the_autopay_notice_comes_as_a_text_five_days_before_the_draft(told: Noticing) -> None:
    autopay_notice(told)
    assert told.sends()["sms"] == 1
    (text,) = told.texts(RIVERA)
    assert text.startswith("Duely Health NC: ")
    for part in ("$413.40", "January 1", "January 4", "6789"):
        assert part in text
    told.carrier_says("delivered")
    told.sends()
    assert told.rows()[0].outcome == "delivered"
    assert told.mails() == told.posted() == []


def test_the_text_stands_in_the_conversation_so_that_the_member_can_answer_it(told: Noticing) -> None:
    autopay_notice(told)
    told.sends()
    (message,) = [each for each in told.messages() if "413.40" in each.text]
    assert message.state == "sent"
    told.world.text(RIVERA, "hello")
    inbound = [each for each in told.world.rows() if each.direction == "in"]
    assert inbound[0].conversation_id == message.conversation_id
    assert inbound[0].seq > message.seq


@pytest.mark.parametrize(("at", "texts"), [("08:59", 0), ("09:00", 1), ("19:59", 1), ("20:00", 0)])
def test_a_text_is_started_from_nine_to_eight_only(told: Noticing, at: str, texts: int) -> None:
    autopay_notice(told, f"2026-12-27T{at}")
    told.has("rivera", email=None)
    told.sends()
    assert len(told.texts(RIVERA)) == texts


def test_before_nine_it_waits_until_nine(told: Noticing) -> None:
    autopay_notice(told, "2026-12-27T06:00")
    assert told.sends() == {"held": 1}
    told.later(hours=2, minutes=59)
    assert told.sends() == {}
    told.later(minutes=1)
    assert told.sends()["sms"] == 1


def test_after_eight_a_dated_notice_keeps_its_date_by_email(told: Noticing) -> None:
    autopay_notice(told, "2026-12-27T20:00")
    assert told.sends()["email"] == 1
    assert told.texts(RIVERA) == []
    assert "$413.40" in told.mails()[0]
    assert told.mailer.taken[0]["Date"].startswith("Mon, 28 Dec 2026 01:00")


def test_the_hours_are_those_of_the_members_address(told: Noticing) -> None:
    autopay_notice(told, "2026-12-27T11:59")
    told.has("rivera", zip_code="94103")
    assert told.sends() == {"held": 1}
    told.later(minutes=1)
    assert told.sends()["sms"] == 1


def test_a_text_that_fails_is_followed_by_email_and_then_by_post_with_a_record_of_each(told: Noticing) -> None:
    autopay_notice(told)
    told.world.carrier.plan = ["refused:30006"]
    told.mailer.plan = ["bounced"]
    told.sends()
    told.sends()
    told.sends()
    (notice_id,) = {each.notice_id for each in told.rows() if each.kind == "autopay_notice"}
    assert told.went(notice_id) == [("sms", "failed"), ("email", "bounced"), ("post", "sent")]
    assert told.outcome(notice_id) == "told"
    letters = [each for each in told.posted() if "$413.40" in each]
    assert len(letters) == 1
    assert letters[0].startswith("Account: rivera\n")


def test_a_bounced_email_brings_paper_back_and_a_notice_of_it(told: Noticing) -> None:
    autopay_notice(told)
    told.world.carrier.plan = ["refused:30006"]
    told.mailer.plan = ["bounced"]
    for _ in range(3):
        told.sends()
    from billing_core import accounts, notices

    assert accounts.get(told.core, "rivera").delivery == "paper"
    assert "email_bounced" in notices.kinds_since(told.core, "rivera", 0)
    assert len(told.mailer.taken) == 0


@pytest.mark.parametrize("code", ["30003", "30008"])
def test_an_unreachable_phone_is_texted_once_more_and_then_mailed(told: Noticing, code: str) -> None:
    autopay_notice(told)
    told.sends()
    told.carrier_says("undelivered", code)
    told.sends()
    assert len(told.texts(RIVERA)) == 1
    told.later(minutes=30)
    told.sends()
    assert len(told.texts(RIVERA)) == 2
    assert told.mails() == []
    told.carrier_says("undelivered", code)
    told.sends()
    assert len(told.texts(RIVERA)) == 2
    assert len(told.mails()) == 1


@pytest.mark.parametrize("code", ["21610", "30004", "30005", "30006", "30007", "30034"])
def test_any_other_carrier_error_goes_to_email_at_once(told: Noticing, code: str) -> None:
    autopay_notice(told)
    told.sends()
    told.carrier_says("undelivered", code)
    told.sends()
    assert len(told.texts(RIVERA)) == 1
    assert len(told.mails()) == 1


@pytest.mark.parametrize(
    ("code", "ways"), [("30004", ["post"]), ("21635", ["post"]), ("21612", ["post"]), (None, ["sms"])]
)
def test_a_number_that_takes_no_texts_is_not_texted_first_again(
    told: Noticing, code: str | None, ways: list[str]
) -> None:
    bounced(told, 1)
    ended(told, "undelivered" if code else "delivered", code)
    told.later(days=1)
    assert bounced(told, 2) == ways


def test_when_such_a_number_writes_it_is_told_once_that_texts_come_again(told: Noticing) -> None:
    bounced(told, 1)
    ended(told, "undelivered", "30004")
    told.later(minutes=1)
    assert told.world.text(RIVERA, "hi")[0].endswith(say("texts_again"))
    assert say("texts_again") not in told.world.text(RIVERA, "thanks")[0]
    told.later(days=1)
    assert bounced(told, 2) == ["sms"]


def test_a_number_whose_replies_are_blocked_too_stays_untexted(told: Noticing) -> None:
    bounced(told, 1)
    ended(told, "undelivered", "30004")
    told.later(minutes=1)
    told.world.text(RIVERA, "hi")
    told.carrier_says("undelivered", "30004")
    told.later(days=1)
    assert bounced(told, 2) == ["post"]


def test_a_required_text_without_news_for_a_day_goes_by_email_too(told: Noticing) -> None:
    autopay_notice(told)
    told.sends()
    told.later(hours=23, minutes=59)
    assert told.sends() == {}
    told.later(minutes=1)
    told.sends()
    assert len(told.mails()) == 1


def test_who_opted_out_gets_no_text(told: Noticing) -> None:
    told.world.text(RIVERA, "STOP")
    before = len(told.texts(RIVERA))
    autopay_notice(told)
    told.sends()
    assert len(told.texts(RIVERA)) == before
    assert len(told.mails()) == 1


def test_who_opts_out_between_the_writing_and_the_sending_gets_no_text(told: Noticing) -> None:
    autopay_notice(told)
    from channels.notices import send_due

    send_due(told.world.channels, told.ways)
    told.world.text(RIVERA, "STOP", run=False)
    from sqlalchemy import update

    from channels.store import Contact

    with told.core.write() as session:
        session.execute(update(Contact).where(Contact.address == RIVERA).values(opted_out_at=told.core.now()))
    told.world.queue.run()
    assert not any("413.40" in each for each in told.texts(RIVERA))
    told.sends()
    assert len(told.mails()) == 1


def test_it_is_sent_once_however_often_the_sender_looks(told: Noticing) -> None:
    autopay_notice(told)
    for _ in range(3):
        told.sends()
    assert len(told.texts(RIVERA)) == 1


def test_what_was_paid_meanwhile_is_not_told(told: Noticing) -> None:
    autopay_notice(told, "2026-12-27T08:00")
    from tests.billing_core.world import World as Billing

    Billing(told.core).pay("rivera")
    told.only("autopay_notice", account="rivera")
    told.at("2026-12-27T09:00")
    assert told.sends() == {"moot": 1}
    assert told.texts(RIVERA) == told.mails() == []


def test_an_untrusted_phone_hears_that_a_bill_waits_and_no_amount(told: Noticing) -> None:
    told.world.text(BROWN, "hi")
    told.has("brown", email=None)
    told.at("2026-12-15T12:00")
    with told.core.write() as session:
        from channels.inbox import contact_for

        contact_for(session, "sms", BROWN).account_id = "brown"
    told.writes("brown", "email_bounced", "bounced:x")
    before = len(told.texts(BROWN))
    told.sends()
    (text,) = told.texts(BROWN)[before:]
    assert "$" not in text
    assert "bill needs your attention" in text
    told.carrier_says("delivered")
    told.sends()
    assert told.went() == [("sms", "delivered"), ("post", "sent")]


def test_an_untrusted_phone_that_never_wrote_is_not_texted(told: Noticing) -> None:
    told.has("brown", email=None)
    told.writes("brown", "email_bounced", "bounced:x")
    told.sends()
    assert told.texts(BROWN) == []
    assert told.went() == [("post", "sent")]


def test_a_receipt_told_in_the_conversation_comes_by_email_only_and_at_any_hour(told: Noticing) -> None:
    from tests.billing_core.world import World as Billing

    told.at("2026-12-15T22:30")
    Billing(told.core).pay("lee")
    assert told.sends()["email"] == 1
    assert told.texts(LEE) == []
    assert "Confirmation" not in told.mails()[0]
    assert "confirmation number is" in told.mails()[0]
