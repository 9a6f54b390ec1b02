"""Missed payments, the least that keeps coverage, and help with paying, each in the member's own dates."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import update

from billing_core import Core, accounts, invoices, ledger, profiles
from billing_core.invoices import Invoice
from tests.actions.talking import Member


@pytest.mark.parametrize("intent", ["ask_missed_payment", "ask_coverage_lapsed"])
def test_grace_is_told_with_every_date_and_the_amount_that_ends_it(cast_core: Core, intent: str) -> None:
    answer = Member(cast_core, "okafor").says("am i losing my insurance", intent)
    for part in (
        "since November 1",
        "November, December and January",
        "all $288.66 must be paid by January 31, 2027",
        "claims from December 1 on may wait",
        "ends back on November 30, 2026",
        "Reply PAY",
    ):
        assert part in answer


def test_a_last_day_nobody_verified_is_told_as_the_usual_one(cast_core: Core) -> None:
    answer = Member(cast_core, "khan").says("did my coverage lapse", "ask_coverage_lapsed")
    assert "the usual last day is December 31, 2026. A person can confirm it" in answer
    assert "ends back" not in answer


def test_who_missed_nothing_hears_so_and_until_when_a_late_payment_keeps_coverage(cast_core: Core) -> None:
    answer = Member(cast_core, "lee").says("what if i missed a payment", "ask_missed_payment")
    assert "nothing is past due" in answer
    assert "usual last day that keeps coverage is January 31, 2027" in answer


@pytest.mark.parametrize(
    ("day", "told", "not_told"),
    [
        ("2026-12-24", "past due since December 23, and a grace period begins January 1", "in a grace period since"),
        ("2027-01-01", "in a grace period since January 1", "begins"),
    ],
)
def test_a_grace_period_that_has_yet_to_begin_is_not_told_as_begun(
    cast_core: Core, day: str, told: str, not_told: str
) -> None:
    with cast_core.write() as session:
        accounts.find(session, "smith").policies[0].tax_credit_cents = 5000
    cast_core.clock.set(datetime.fromisoformat(f"{day}T10:00"))
    answer = Member(cast_core, "smith").says("am i losing my insurance", "ask_coverage_lapsed")
    assert told in answer
    assert not_told not in answer


def test_where_the_last_day_is_unknown_that_is_said(cast_core: Core) -> None:
    answer = Member(cast_core, "smith").says("what if i am late", "ask_missed_payment")
    assert "I don't know how long after that" in answer


def test_a_first_payment_starts_coverage_and_has_no_grace(cast_core: Core) -> None:
    for intent in ("ask_coverage_lapsed", "ask_minimum_payment"):
        answer = Member(cast_core, "brown").says("am i covered", intent)
        assert "starts when the first payment of $330.25 is made" in answer
        assert "grace" not in answer


def health_is_new(core: Core, day: str) -> Member:
    """Cohen's health bill is a first payment; dental goes on."""
    with core.write() as session:
        mine = update(Invoice).where(Invoice.account_id == "cohen", Invoice.policy_kind == "health")
        session.execute(mine.values(binder=True))
        health = next(row for row in accounts.find(session, "cohen").policies if row.kind == "health")
        health.first_month = date(2027, 1, 1)
    core.clock.set(datetime.fromisoformat(f"{day}T10:00"))
    return Member(core, "cohen")


@pytest.mark.parametrize("intent", ["ask_coverage_lapsed", "ask_minimum_payment"])
def test_a_first_payment_is_told_without_what_another_policy_owes(cast_core: Core, intent: str) -> None:
    answer = health_is_new(cast_core, "2026-12-20").says("am i covered", intent)
    assert "the first payment of $298.00 is made" in answer


@pytest.mark.parametrize("intent", ["ask_coverage_lapsed", "ask_minimum_payment"])
def test_grace_of_another_policy_is_told_without_the_first_payment(cast_core: Core, intent: str) -> None:
    answer = health_is_new(cast_core, "2027-01-02").says("am i covered", intent)
    assert "$42.50" in answer
    assert "$340.50" not in answer


def test_ended_coverage_is_told_with_its_day(cast_core: Core) -> None:
    for intent in ("ask_coverage_lapsed", "ask_minimum_payment", "ask_payment_plan"):
        assert "ended on October 31, 2026" in Member(cast_core, "reyes").says("x", intent)


def test_the_least_that_keeps_coverage_in_grace_is_the_issuers_rule(cast_core: Core) -> None:
    answer = Member(cast_core, "okafor").says("whats the least i can pay", "ask_minimum_payment")
    assert "all $288.66 must be paid by January 31, 2027" in answer
    assert "does not end the grace period" in answer


def test_the_least_before_the_due_date_is_the_bill(cast_core: Core) -> None:
    answer = Member(cast_core, "lee").says("minimum?", "ask_minimum_payment")
    assert "$412.10 by January 1, 2027" in answer


def test_pay_beside_the_least_pays_the_least(cast_core: Core) -> None:
    member = Member(cast_core, "okafor")
    member.says("minimum?", "ask_minimum_payment")
    assert "Paid $288.66" in member.says("pay")


def test_no_program_is_named_that_the_profile_does_not_have_and_nothing_is_promised(cast_core: Core) -> None:
    answer = Member(cast_core, "okafor").says("can i get a payment plan", "ask_payment_plan")
    assert "I don't know of a payment plan" in answer
    assert "by January 31, 2027" in answer
    massachusetts = Member(cast_core, "smith").says("can i get help paying", "ask_payment_plan")
    (program,) = profiles.get("ma_connector").assistance_programs
    assert program in massachusetts
    assert "can't promise" in massachusetts


def test_no_payment_is_offered_where_only_a_person_may_go_on(cast_core: Core) -> None:
    member = Member(cast_core, "novak")
    answer = member.says("did my coverage lapse", "ask_coverage_lapsed")
    assert "Reply PAY" not in answer
    assert {"handoff": {"reason": "unauthorized return"}} in member.data


@pytest.mark.parametrize(
    ("rule", "told"), [("all_open", "all $288.66"), ("past_due", "all $192.44"), (None, "all $288.66")]
)
def test_what_ends_grace_is_the_issuers_rule_and_all_of_it_where_that_is_unknown(
    cast_core: Core, monkeypatch: pytest.MonkeyPatch, rule: str | None, told: str
) -> None:
    profile = profiles.get("nc_seed").model_copy(update={"grace_cleared_by": rule})
    monkeypatch.setattr(profiles, "get", lambda _id: profile)
    assert told in Member(cast_core, "okafor").says("am i losing my insurance", "ask_coverage_lapsed")


def test_a_part_paid_in_the_grace_period_is_told_with_the_last_day_and_not_with_a_day_that_has_passed(
    cast_core: Core,
) -> None:
    member = Member(cast_core, "okafor")
    member.says("i can only do 50", "pay_partial", amount="50")
    paid = member.says("pay", "affirm")
    assert "Paid $50.00" in paid
    assert "$238.66 is left. To keep your coverage, pay $238.66 by January 31, 2027." in paid
    assert "due November 1" not in paid


def test_a_part_of_what_is_past_due_promises_no_last_day_that_nobody_verified(cast_core: Core) -> None:
    member = Member(cast_core, "khan")
    member.says("i can only do 50", "pay_partial", amount="50")
    assert "$268.00 is left; it was due December 1." in member.says("pay", "affirm")


def test_a_dropped_payment_says_that_what_is_past_due_was_due(cast_core: Core) -> None:
    member = Member(cast_core, "okafor")
    member.says("pay all on friday", "pay_bill", date="friday")
    assert "scheduled for December 18" in member.says("pay", "affirm")
    assert "$288.66 is still owed; it was due November 1." in member.says("drop it")


def test_a_dropped_payment_says_what_is_due_or_that_nothing_is(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    for told in ("$412.10 is due January 1.", "You owe nothing now."):
        member.says("pay it on friday", "pay_bill", date="friday")
        assert "scheduled for December 18" in member.says("pay", "affirm")
        if "nothing" in told:
            _pays_elsewhere(cast_core, "lee")
        assert told in member.says("drop it")


def _pays_elsewhere(core: Core, account_id: str) -> None:
    with core.write() as session:
        (item,) = invoices.open_invoices(session, account_id)
        paid, cents = item.invoice.id, item.open_cents
        lines = [ledger.Line(ledger.RECEIVABLE, -cents, paid), ledger.Line(ledger.PAID_ELSEWHERE, cents)]
        on = date(2026, 12, 15)
        ledger.post(session, reference="check:1", account_id=account_id, on=on, at=core.now(), lines=lines)
