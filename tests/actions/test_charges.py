"""Reports of wrong charges: the account's own facts first, then a person who is told why; and money back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_core import Core, correcting, history, refunding, refunds, summary, views
from billing_core.history import Line, Part
from bot.actions.charges import DoubleCharge
from bot.actions.turn import Turn
from tests.actions.talking import Member
from tests.billing_core.world import CANONICAL, JAN, World

DEC = date(2026, 12, 1)
REPORTS = {
    "report_double_charge": "double charge",
    "report_payment_error": "payment error",
    "report_billing_issue": "billing issue",
    "dispute_charge": "disputed charge",
}


@pytest.fixture
def world(sqlite_core: Core) -> World:
    sqlite_core.clock.set(CANONICAL)
    return World(sqlite_core)


def like_the_last(core: Core, day: int, month: date, over_cents: int = 0) -> Line:
    """Lee's last payment, made again on a day of December: for a month's bill, or for nothing that was owed."""
    made_on = date(2026, 12, day)
    parts = () if over_cents else (Part(month, "health", 41210),)
    last = history.of(core, "lee")[-1]
    return replace(last, payment_id=f"p{day}", made_on=made_on, ended_on=made_on, parts=parts, over_cents=over_cents)


def double(core: Core, *made: Line) -> str:
    """What is said to a report of a double charge with these payments made."""
    turn = Turn("lee", "conv", "turn", "L2", "sms", "", "report_double_charge", {}, False)
    return " ".join(said.text or "" for said in DoubleCharge(core).about(turn, summary.of(core, "lee"), tuple(made)))


@pytest.mark.parametrize(("intent", "reason"), REPORTS.items())
def test_a_report_is_noted_for_a_person_with_its_reason(cast_core: Core, intent: str, reason: str) -> None:
    member = Member(cast_core, "lee")
    answer = member.says("x", intent)
    assert "1-800-555-0100" in answer
    assert {"handoff": {"reason": reason}} in member.data


def test_one_payment_too_many_is_told_with_both_days_and_the_credit(cast_core: Core) -> None:
    answer = double(cast_core, like_the_last(cast_core, 3, JAN), like_the_last(cast_core, 4, JAN, over_cents=41210))
    assert "two payments of $412.10 from Visa ending 4242, on December 3 and December 4" in answer
    assert "$412.10 of it was more than you owed" in answer
    assert "say 'refund'" in answer


def test_two_payments_that_each_paid_a_bill_are_told_apart(cast_core: Core) -> None:
    answer = double(cast_core, like_the_last(cast_core, 3, DEC), like_the_last(cast_core, 4, JAN))
    assert "Together they paid December and January" in answer
    assert "refund" not in answer


def test_a_payment_that_failed_took_nothing_though_the_bank_may_show_it(cast_core: Core) -> None:
    answer = Member(cast_core, "patel").says("i was charged twice", "report_double_charge")
    assert "one payment: $287.55 on November 27" in answer
    assert "The payment of December 14 did not go through" in answer


def test_the_next_draft_is_told_as_what_is_still_open(cast_core: Core) -> None:
    answer = Member(cast_core, "rivera").says("charged twice", "report_double_charge")
    assert "only what is still open: $413.40 on January 1" in answer


def test_a_scheduled_payment_that_was_a_mistake_can_be_dropped_by_its_word(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay 150 on december 20", "pay_partial")
    member.says("pay")
    assert "DROP IT" in member.says("i made a mistake", "report_payment_error")
    assert "Dropped" in member.says("drop it")
    assert views.account(cast_core, "lee")["owed_cents"] == 41210


def test_who_cannot_pay_elsewhere_can_pay_here(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    answer = member.says("the pay button isnt working", "report_payment_error")
    assert "$412.10, due January 1. Reply PAY" in answer
    assert "Paid $412.10" in member.says("pay")


def test_a_wrong_payment_of_this_bill_is_not_answered_with_another(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay $150", "pay_partial")
    member.says("pay")
    assert "Reply PAY" not in member.says("i paid the wrong amount", "report_payment_error")


def test_a_dispute_lists_the_last_payments_and_names_the_bank(cast_core: Core) -> None:
    answer = Member(cast_core, "khan").says("i never agreed to this", "dispute_charge")
    assert "December 1 $318.00" in answer
    assert "Your bank can help too" in answer


def test_what_paid_a_bill_goes_to_a_person_and_no_refund_is_made(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    answer = member.says("i want my money back", "request_refund")
    assert "$412.10 on November 27, paid what you owed" in answer
    assert {"handoff": {"reason": "refund asked for"}} in member.data
    assert refunds.of(cast_core, "lee") == ()


def with_credit(world: World) -> Member:
    """January is paid and then corrected downwards by 100 dollars, which are credit."""
    world.member()
    world.pay()
    (january,) = world.invoices()
    correcting.correct(world.core, january.id, premium_cents=31210, tax_credit_cents=0, sent=True, by="kim")
    return Member(world.core, "ada")


def test_credit_is_asked_back_only_with_the_members_word_and_goes_to_a_person(world: World) -> None:
    member = with_credit(world)
    assert "credit of $100.00" in member.says("refund please", "request_refund")
    assert refunds.of(world.core, "ada") == ()
    assert "I asked for $100.00 to go back to your Visa ending 4242" in member.says("agree")
    assert {"handoff": {"reason": "refund to decide"}} in member.data
    (asked,) = refunds.of(world.core, "ada")
    assert asked.amount_cents == 10000


def test_credit_that_is_not_asked_back_stays(world: World) -> None:
    member = with_credit(world)
    member.says("refund please", "request_refund")
    assert "stays on your account" in member.says("back")
    assert views.account(world.core, "ada")["credit_cents"] == 10000


def test_a_refund_is_told_as_it_stands(world: World) -> None:
    member = with_credit(world)
    assert "credit of $100.00" in member.says("where is my refund", "ask_refund_status")
    member.says("refund please", "request_refund")
    member.says("agree")
    assert "has not decided yet" in member.says("where is my refund", "ask_refund_status")
    assert "has not decided yet" in member.says("refund please", "request_refund")
    (asked,) = refunds.of(world.core, "ada")
    refunding.decide(world.core, asked.refund_id, approve=True, by="kim")
    assert "$100.00 went back to your Visa ending 4242" in member.says("my refund", "ask_refund_status")


def test_a_refund_that_was_not_made_points_to_a_person(world: World) -> None:
    member = with_credit(world)
    member.says("refund please", "request_refund")
    member.says("agree")
    (asked,) = refunds.of(world.core, "ada")
    refunding.decide(world.core, asked.refund_id, approve=False, by="kim")
    assert "was not made. A person can tell you why" in member.says("my refund", "ask_refund_status")


def test_without_refund_or_credit_that_is_said(cast_core: Core) -> None:
    assert "no refund and no credit" in Member(cast_core, "lee").says("my refund", "ask_refund_status")
