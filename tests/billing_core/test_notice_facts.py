"""What notices say is read from the account when they are sent, and what is over is not said; on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from billing_core import enrolling, notices, reversals
from billing_core.errors import AutopayLocked
from billing_core.notice_facts import Said, read
from billing_core.notices import Notice
from tests.billing_core.world import World

DEC = date(2026, 12, 1)


def said(world: World, kind: str, account_id: str = "ada") -> Said | None:
    """What the newest notice of a kind says now."""
    with world.core.read() as session:
        rows = session.query(Notice).filter_by(account_id=account_id, kind=kind).order_by(Notice.id).all()
        return read(world.core, session, rows[-1])


def wrote(world: World, kind: str, key: str, facts: dict[str, Any] | None = None) -> int:
    with world.core.write() as session:
        notices.record(session, "ada", kind, key, world.core.now(), facts)
    return notices.last_id(world.core)


def test_a_receipt_says_amount_method_confirmation_and_what_is_left(world: World) -> None:
    world.member()
    paid = world.pay(amount_cents=15000)
    told = said(world, "receipt")
    assert told is not None
    assert told.told
    assert told.variant == "left"
    assert told.facts == {
        "amount_cents": 15000,
        "paid_on": "2026-12-15",
        "method": "Visa ending 4242",
        "confirmation": paid.payment.confirmation,
        "left_cents": 26210,
        "due_on": "2027-01-01",
    }


def test_an_answer_that_came_after_the_conversation_moved_on_was_not_told_there(world: World) -> None:
    from billing_core import attempts

    world.member()
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    world.pay()
    world.core.clock.advance(timedelta(minutes=1))
    attempts.resolve_open(world.core, "ada")
    told = said(world, "receipt")
    assert told is not None
    assert not told.told


def test_a_receipt_of_a_payment_that_came_back_is_moot_and_the_return_says_what_is_owed(world: World) -> None:
    world.member(saved=("checking",))
    paid = world.pay()
    reversals.returned(world.core, paid.payment.id, "R01")
    assert said(world, "receipt") is None
    told = said(world, "return")
    assert told is not None
    assert (told.variant, told.facts["owed_cents"]) == ("plain", 41210)
    assert told.facts["reason"] == "Your bank account did not have enough money when the bank draft arrived."


def test_a_payment_that_was_not_taken_says_what_is_owed_instead(world: World) -> None:
    world.member(saved=("visa", "mastercard"))
    scheduled = world.pay(pay_on=date(2026, 12, 28))
    wrote(world, "dropped", f"payment:{scheduled.payment.id}:dropped")
    told = said(world, "dropped")
    assert told is not None
    assert told.variant == "owed"
    assert told.facts == {
        "amount_cents": 41210,
        "pay_on": "2026-12-28",
        "method": "Visa ending 4242",
        "owed_cents": 41210,
        "due_on": "2027-01-01",
    }


def test_an_unauthorized_return_needs_a_person(world: World) -> None:
    world.member(saved=("checking",))
    reversals.returned(world.core, world.pay().payment.id, "R10")
    told = said(world, "return")
    assert told is not None
    assert told.variant == "person"


def test_an_undisclosed_decline_is_told_as_a_general_one(world: World) -> None:
    world.member()
    world.core.processor.script("stolen_card")  # type: ignore[attr-defined]
    world.pay()
    told = said(world, "rejection")
    assert told is not None
    assert told.facts["reason"] == "The bank declined this payment without giving us a reason we can share."


def test_the_autopay_notice_follows_what_is_paid_until_it_is_sent(world: World) -> None:
    world.member(autopay="checking", saved=("checking", "visa"))
    key = f"draft:{world.enrollment().id}:2027-01-01:notice"
    wrote(world, "autopay_notice", key)
    told = said(world, "autopay_notice")
    assert told is not None
    assert told.facts == {
        "amount_cents": 41210,
        "due_on": "2027-01-01",
        "bank_on": "2027-01-04",
        "method": "checking ending 6789",
    }
    world.pay(amount_cents=41110, method="visa")
    less = said(world, "autopay_notice")
    assert less is not None
    assert less.facts["amount_cents"] == 100
    world.pay(amount_cents=100, method="visa")
    assert said(world, "autopay_notice") is None


def test_the_notice_of_a_draft_that_autopay_no_longer_makes_is_moot(world: World) -> None:
    world.at("2026-12-10T10:00")
    world.member(autopay="checking", saved=("checking",), unpaid=())
    wrote(world, "autopay_notice", f"draft:{world.enrollment().id}:2027-01-01:notice")
    assert said(world, "autopay_notice") is not None
    enrolling.cancel(world.core, account_id="ada", conversation_id="c", turn_id=world.turn())
    assert said(world, "autopay_notice") is None


def test_a_retry_says_what_was_planned_and_never_more_than_is_open(world: World) -> None:
    world.member(autopay="checking", saved=("checking", "visa"), unpaid=(DEC,))
    facts = {"amount_cents": 41210, "retry_on": "2026-12-16"}
    wrote(world, "retry", f"draft:{world.enrollment().id}:2026-12-01:1:retry", facts)
    world.pay(amount_cents=20000, method="visa")
    told = said(world, "retry")
    assert told is not None
    assert (told.facts["amount_cents"], told.facts["retry_on"]) == (21210, "2026-12-16")
    world.at("2026-12-17T10:00")
    assert said(world, "retry") is None


def test_grace_with_a_tax_credit_says_its_last_day_and_what_ends_it(world: World) -> None:
    world.member(unpaid=(DEC, date(2027, 1, 1)), premium_cents=50000, tax_credit_cents=40000)
    wrote(world, "grace_start", "grace:ada:2026-12-01:start")
    told = said(world, "grace_start")
    assert told is not None
    assert told.variant == "plain"
    assert told.facts == {
        "clears_cents": 20000,
        "past_due_cents": 10000,
        "since_on": "2026-12-01",
        "last_on": "2027-02-28",
        "ends_back_on": "2026-12-31",
    }
    world.pay()
    assert said(world, "grace_start") is None


def test_the_grace_notice_says_since_when_the_bill_is_past_due_and_no_day_to_come(world: World) -> None:
    due = date(2026, 12, 23)
    world.member(profile="ma_connector", unpaid=(due,), premium_cents=50000, tax_credit_cents=40000)
    world.at("2026-12-24T10:00")
    wrote(world, "grace_start", "grace:ada:2027-01-01:start")
    told = said(world, "grace_start")
    assert told is not None
    assert (told.facts["since_on"], told.facts["last_on"]) == ("2026-12-23", "2027-03-31")


@pytest.mark.parametrize(("profile", "variant"), [("nc_seed", "unverified"), ("ny_generic", "unknown")])
def test_a_last_day_that_nobody_has_verified_is_not_told_as_sure(world: World, profile: str, variant: str) -> None:
    world.member(unpaid=(DEC,), profile=profile)
    wrote(world, "grace_start", "grace:ada:2026-12-01:start")
    told = said(world, "grace_start")
    assert told is not None
    assert told.variant == variant


def test_a_termination_says_its_day_and_is_moot_where_coverage_was_given_back(world: World) -> None:
    world.member(ended_on=date(2026, 10, 31), unpaid=())
    wrote(world, "termination", "grace:ada:2026-10-01:termination")
    assert said(world, "termination") == Said("plain", {"ended_on": "2026-10-31"})
    with world.core.write() as session:
        from billing_core import accounts

        accounts.hold(session, "ada").coverage_ended_on = None
    assert said(world, "termination") is None


def test_a_coverage_that_never_began_says_the_day_on_which_it_would_have(world: World) -> None:
    world.member(ended_on=date(2026, 12, 31), unpaid=())
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).first_month = date(2027, 1, 1)
    wrote(world, "termination", "grace:ada:2027-01-01:binder:cancelled")
    assert said(world, "termination") == Said("never_began", {"start_on": "2027-01-01"})
    with world.core.write() as session:
        # A part month is cancelled from its first day of the month, and was to start on its own.
        session.merge(world.policy("ada", "health")).covered_from = date(2027, 1, 15)
    assert said(world, "termination") == Said("never_began", {"start_on": "2027-01-15"})


def test_a_refusal_inside_the_lock_is_written_once_with_its_days(world: World) -> None:
    world.at("2026-12-20T10:00")
    world.member(autopay="checking", saved=("checking",), unpaid=())
    for _ in range(2):
        with pytest.raises(AutopayLocked):
            enrolling.cancel(world.core, account_id="ada", conversation_id="c", turn_id=world.turn())
    assert notices.kinds_since(world.core, "ada", 0) == ["lock_refused"]
    told = said(world, "lock_refused")
    days = {"draft_on": "2027-01-01", "stop_by_on": "2026-12-29", "open_on": "2027-01-07"}
    assert told == Said("bank", days)


def test_turning_autopay_on_sends_the_member_a_copy_of_the_terms(world: World) -> None:
    world.member(saved=("checking",), unpaid=())
    terms = enrolling.offer(world.core, account_id="ada", conversation_id="c", turn_id=world.turn(), method_id=None)
    enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms")
    told = said(world, "autopay_terms")
    assert told is not None
    assert told.facts["terms"] == terms.text


def test_a_kind_that_the_registry_does_not_have_cannot_be_written(world: World) -> None:
    world.member()
    with pytest.raises(KeyError):
        wrote(world, "gossip", "gossip:1")


def test_a_notice_waits_until_its_time_is_taken_by_one_and_done_once(world: World) -> None:
    world.member()
    notice_id = wrote(world, "email_bounced", "bounced:1")
    now = world.core.now()
    with world.core.read() as session:
        assert notices.waiting(session, now, 10) == [notice_id]
        assert notices.waiting(session, now - timedelta(seconds=1), 10) == []
    with world.core.write() as session:
        taken = notices.take(session, notice_id, now)
        assert taken is not None
        taken.next_at = now + timedelta(hours=24)
    with world.core.write() as session:
        assert notices.take(session, notice_id, now) is None
        notices.wake(session, notice_id, now)
    with world.core.write() as session:
        woken = notices.take(session, notice_id, now)
        assert woken is not None
        woken.outcome = "told"
    with world.core.write() as session:
        notices.wake(session, notice_id, now)
        assert notices.take(session, notice_id, now) is None
        assert notices.waiting(session, now + timedelta(days=9), 10) == []


def test_the_same_notice_is_written_once(world: World) -> None:
    world.member()
    first = wrote(world, "email_bounced", "bounced:1")
    assert wrote(world, "email_bounced", "bounced:1") == first
