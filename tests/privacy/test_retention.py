"""Words go when their time is over, and nothing that must be kept goes with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from billing_core import proof
from billing_core.authorization import Authorization, kept_until
from billing_core.ledger import Entry
from billing_core.payments import Payment
from billing_core.records import DecisionRecord
from channels import consent
from channels.consent import ConsentRecord
from channels.marks import Mark
from channels.privacy import copies, retention
from channels.privacy.store import KeptWords
from channels.store import Contact, Conversation, Turn
from gateway.privacy import once_a_day
from tests.console.conftest import LEE, RIVERA, Office
from tests.privacy.conftest import RETENTION_DAYS, after, texts

EASTERN = ZoneInfo("America/New_York")


def count(office: Office, table: Any) -> int:
    with office.core.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_words_stay_on_the_last_day_and_go_on_the_first_day_after(office: Office) -> None:
    office.core.clock.set(datetime(2026, 12, 15, 23, 59, tzinfo=EASTERN))
    office.says(LEE, "how much do i owe", "You owe $412.10.")
    office.core.clock.set(datetime(2026, 12, 15, 23, 59, tzinfo=EASTERN) + timedelta(days=RETENTION_DAYS))
    assert retention.run(office.core, RETENTION_DAYS) == {}
    assert texts(office) == ["how much do i owe", "You owe $412.10."]
    office.core.clock.advance(timedelta(minutes=1))
    assert retention.run(office.core, RETENTION_DAYS) == {"words_erased": 2}
    assert texts(office) == []


def test_of_a_conversation_that_goes_on_only_what_is_old_goes(office: Office) -> None:
    office.says(LEE, "first of all", "Hello.")
    after(office, RETENTION_DAYS)
    office.says(LEE, "here again", "Welcome back.")
    after(office, 1)
    assert retention.run(office.core, RETENTION_DAYS)["words_erased"] == 2
    assert [each.partition("\n")[0] for each in texts(office)] == ["here again", "Welcome back."]
    with office.core.read() as session:
        assert session.scalars(select(Conversation)).one().erased_seq == 2


def test_running_again_takes_nothing_more(office: Office) -> None:
    office.says(LEE, "how much do i owe")
    after(office, RETENTION_DAYS + 1)
    assert retention.run(office.core, RETENTION_DAYS)["words_erased"] == 2
    assert retention.run(office.core, RETENTION_DAYS) == {}


def test_entities_values_and_memory_go_with_the_words_and_what_is_counted_stays(office: Office) -> None:
    message = office.says(
        LEE, "pay 412.10 from visa 4242", said={"amount_cents": 41210}, entities=({"entity": "amount", "value": "412"},)
    )  # fmt: skip
    with office.core.write() as session:
        session.get_one(Conversation, message.conversation_id).memory = {"topic": "pay_bill"}
    after(office, RETENTION_DAYS + 1)
    retention.run(office.core, RETENTION_DAYS)
    with office.core.read() as session:
        turn = session.get_one(Turn, message.id)
        assert (turn.entities, turn.said, turn.intent) == ([], [], "ask_amount_due")
        assert session.get_one(Conversation, message.conversation_id).memory == {}
        assert "intent:ask_amount_due" in session.scalars(select(Mark.mark)).all()


def test_nothing_that_must_be_kept_goes(office: Office) -> None:
    office.says(LEE, "pay my bill", "Pay $412.10 from Visa ending 4242? Reply PAY.", do=office.quote)
    office.says(LEE, "pay", "Paid $412.10.", do=office.pay)
    tables = (Payment, Entry, DecisionRecord, Authorization, ConsentRecord)
    before = [count(office, table) for table in tables]
    after(office, 5000)
    retention.run(office.core, RETENTION_DAYS)
    assert [count(office, table) for table in tables] == before
    assert min(before[:3]) > 0


def test_the_words_of_a_payments_authorization_stay_two_years_after_it_was_over(office: Office) -> None:
    office.says(LEE, "pay my bill", "Pay $412.10 from Visa ending 4242? Reply PAY.", do=office.quote)
    office.says(LEE, "pay", "Paid $412.10.", do=office.pay)
    office.says(LEE, "thanks", "You are welcome.")
    with office.core.read() as session:
        paid = session.scalars(select(Payment).where(Payment.confirmed_by_turn.is_not(None))).one()
    assert paid.resolved_on is not None
    after(office, 31)
    assert retention.run(office.core, 30) == {"words_erased": 2}
    shown = ["pay my bill", "Pay $412.10 from Visa ending 4242? Reply PAY.", "pay", "Paid $412.10."]
    assert texts(office) == shown
    last = datetime.combine(kept_until(paid.resolved_on), datetime.min.time(), EASTERN) + timedelta(hours=23)
    office.core.clock.set(last)
    assert retention.run(office.core, 30) == {}
    assert texts(office) == shown
    office.core.clock.advance(timedelta(hours=1))
    assert retention.run(office.core, 30) == {"kept_words_erased": 4}
    assert (texts(office), count(office, KeptWords)) == ([], 0)


def test_the_proof_of_a_payment_names_a_message_whose_words_are_there(office: Office) -> None:
    office.says(LEE, "pay my bill", "Pay $412.10 from Visa ending 4242? Reply PAY.", do=office.quote)
    office.says(LEE, "pay", "Paid $412.10.", do=office.pay)
    after(office, 31)
    retention.run(office.core, 30)
    with office.core.read() as session:
        paid = session.scalars(select(Payment).where(Payment.confirmed_by_turn.is_not(None))).one()
        if session.scalar(select(func.count()).select_from(Authorization).where(Authorization.subject_id == paid.id)):
            assert proof.of_payment(office.core, paid.id)["shown_in_turn"] == paid.quoted_by_turn
    assert "Pay $412.10 from Visa ending 4242? Reply PAY." in texts(office)


@pytest.mark.parametrize(("kind", "stays"), [("in", True), ("out", True), ("help", False)])
def test_the_words_of_a_consent_stay_four_years(office: Office, kind: Any, stays: bool) -> None:
    message = office.says(LEE, "start", "You will get our texts again.")
    with office.core.write() as session:
        contact = session.scalars(select(Contact).where(Contact.address == LEE)).one()
        consent.keep(session, contact, kind, "keyword", office.core.now(), message_id=message.id)
    after(office, 31)
    retention.run(office.core, 30)
    assert ("start" in texts(office)) == stays
    office.core.clock.set(datetime(2030, 12, 15, 12, tzinfo=EASTERN))
    retention.run(office.core, 30)
    assert ("start" in texts(office)) == stays
    office.core.clock.set(datetime(2030, 12, 16, 0, 1, tzinfo=EASTERN))
    retention.run(office.core, 30)
    assert texts(office) == []


def test_copies_at_the_carrier_go_too_and_one_that_fails_is_tried_again(office: Office) -> None:
    office.says(LEE, "one", "Two.")
    office.says(RIVERA, "three", "Four.")
    carrier = office.channels.carrier
    carrier.refuses_to_forget = 1  # type: ignore[attr-defined]
    after(office, RETENTION_DAYS + 1)
    retention.run(office.core, RETENTION_DAYS)
    copies.forget(office.channels)
    assert (len(carrier.forgotten), copies.waiting(office.channels)) == (1, 1)  # type: ignore[attr-defined]
    office.core.clock.advance(timedelta(minutes=2))
    assert copies.forget(office.channels) == {"carrier_forgot": 1}
    assert copies.waiting(office.channels) == 0


def test_the_job_looks_once_a_day_and_again_after_a_failure(sqlite_office: Office) -> None:
    office = sqlite_office
    look = once_a_day(office.channels, 30)
    assert look() == {}
    office.says(LEE, "hello")
    office.core.clock.advance(timedelta(days=31))
    assert look() == {"words_erased": 2}
    office.says(LEE, "hello again")
    assert look() == {}
