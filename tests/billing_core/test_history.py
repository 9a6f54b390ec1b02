"""The past told with facts: what each payment paid, whether one was charged twice, and why a bill changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from billing_core import (
    accounts,
    amounts,
    bill_changes,
    double_charges,
    errors,
    history,
    issuing,
    past_due,
    profiles,
    reversals,
)
from billing_core.bill_changes import Change
from billing_core.history import Line, Part
from billing_core.invoices import Invoice, OpenInvoice
from tests.billing_core.world import JAN, World

DEC = date(2026, 12, 1)


def test_each_payment_is_told_with_the_months_it_paid_and_how_it_ended(world: World) -> None:
    world.member(unpaid=[DEC, JAN], saved=["checking", "visa"])
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    world.pay(method="visa", amount_cents=100)
    kept = world.pay(method="visa", amount_cents=50000).payment
    back = world.pay(method="checking", amount_cents=1000).payment
    world.quote(amount_cents=7)
    reversals.returned(world.core, back.id, "R01")
    declined, first, second = history.of(world.core, "ada")
    assert (declined.state, declined.code, declined.parts) == ("rejected", "insufficient_funds", ())
    assert first.parts == (Part(DEC, "health", 41210), Part(JAN, "health", 8790))
    assert (first.confirmation, first.made_on, first.over_cents) == (kept.confirmation, date(2026, 12, 15), 0)
    assert (second.state, second.code, second.ended_on) == ("returned", "R01", date(2026, 12, 15))


def line(number: int, day: int, over_cents: int = 0, **facts: object) -> Line:
    made_on = date(2026, 12, day)
    made = Line(
        f"p{number}",
        "one_time",
        "member",
        "settled",
        made_on,
        made_on,
        41210,
        1,
        "Visa ending 4242",
        None,
        None,
        (),
        over_cents,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def test_two_payments_alike_that_took_more_than_was_owed_are_a_double_charge() -> None:
    (pair,) = double_charges.alike([line(1, 3), line(2, 3, over_cents=41210)])
    assert (pair.first.payment_id, pair.second.payment_id) == ("p1", "p2")
    assert (pair.charged_twice, pair.over_cents) == (True, 41210)


def test_two_payments_alike_that_were_both_owed_are_none() -> None:
    (pair,) = double_charges.alike([line(1, 3), line(2, 4)])
    assert not pair.charged_twice


@pytest.mark.parametrize(("days", "found"), [(10, 1), (11, 0)])
def test_what_lies_further_apart_is_not_taken_for_one_charge(days: int, found: int) -> None:
    later = replace(line(2, 3), made_on=date(2026, 12, 3) + timedelta(days=days))
    assert len(double_charges.alike([line(1, 3), later])) == found


@pytest.mark.parametrize(
    "other", [{"amount_cents": 41211}, {"method_id": 2}, {"state": "rejected"}, {"state": "returned"}]
)
def test_another_amount_another_method_or_one_that_took_nothing_is_not_alike(other: dict[str, object]) -> None:
    assert double_charges.alike([line(1, 3), line(2, 3, **other)]) == []


def test_of_three_alike_each_is_held_against_the_one_before() -> None:
    pairs = double_charges.alike([line(3, 5), line(1, 3), line(2, 4)])
    assert [(pair.first.payment_id, pair.second.payment_id) for pair in pairs] == [("p2", "p3"), ("p1", "p2")]


def test_two_parts_of_one_bill_are_alike_and_nothing_was_taken_twice(world: World) -> None:
    world.member()
    for _ in range(2):
        world.pay(amount_cents=20605)
    (pair,) = double_charges.of(world.core, "ada")
    assert not pair.charged_twice


def test_a_bill_is_explained_by_what_changed_and_what_is_carried(world: World) -> None:
    world.member(premium_cents=50000, tax_credit_cents=40378, unpaid=[DEC])
    with world.core.write() as session:
        policy = session.merge(world.policy("ada", "health"))
        policy.premium_cents, policy.tax_credit_cents, policy.people_covered = 52000, 40000, 2
    issue_january(world)
    told = bill_changes.explain(world.core, "ada")
    (bill,) = told.bills
    assert told.coverage_month == JAN
    assert bill.changes == (
        Change("premium", 50000, 52000),
        Change("tax_credit", 40378, 40000),
        Change("people", 1, 2),
    )
    assert (bill.net_cents, bill.open_cents, bill.credit_cents) == (12000, 12000, 0)
    assert (told.past_due, told.owed_cents) == (((DEC, 9622),), 21622)


def test_a_first_bill_has_nothing_to_be_compared_with_and_an_equal_one_no_change(world: World) -> None:
    world.member(unpaid=[DEC])
    assert bill_changes.explain(world.core, "ada").bills[0].changes is None
    issue_january(world)
    assert bill_changes.explain(world.core, "ada").bills[0].changes == ()


def test_without_bills_there_is_nothing_to_explain(world: World) -> None:
    world.member(unpaid=[])
    told = bill_changes.explain(world.core, "ada")
    assert (told.coverage_month, told.bills, told.owed_cents) == (None, (), 0)


def issue_january(world: World) -> None:
    with world.core.write() as session:
        (policy,) = accounts.find(session, "ada").policies
        issuing.issue(
            session, policy, coverage_month=JAN, due=JAN, issued_on=JAN, at=datetime(2027, 1, 1, 12, tzinfo=UTC)
        )


def open_(*owed: tuple[date, int]) -> list[OpenInvoice]:
    return [OpenInvoice(Invoice(coverage_month=month, due_on=month, binder=False), cents) for month, cents in owed]


def cleared_by(rule: str | None) -> profiles.Profile:
    return profiles.get("nc_seed").model_copy(update={"grace_cleared_by": rule})


LAST = date(2027, 2, 28)


@pytest.mark.parametrize(
    ("rule", "cents", "covers"),
    [("all_open", 19244, "all_open"), ("past_due", 9622, "past_due"), (None, None, "unknown")],
)
def test_in_grace_the_least_that_keeps_coverage_is_the_issuers_rule(
    rule: str | None, cents: int | None, covers: str
) -> None:
    least = amounts.minimum_to_keep(cleared_by(rule), open_((DEC, 9622), (JAN, 9622)), date(2026, 12, 2), LAST)
    assert (least.amount_cents, least.by, least.covers) == (cents, LAST, covers)


@pytest.mark.parametrize("rule", ["all_open", "past_due", None])
def test_before_grace_it_is_what_is_due_next_whatever_the_rule(rule: str | None) -> None:
    least = amounts.minimum_to_keep(cleared_by(rule), open_((DEC, 9622), (JAN, 9622)), DEC, LAST)
    assert (least.amount_cents, least.by, least.covers) == (9622, DEC, "next_due")


def test_with_nothing_open_nothing_is_needed(world: World) -> None:
    world.member(unpaid=[])
    assert past_due.minimum_to_keep(world.core, "ada") == amounts.Minimum(0, None, "nothing")


def test_paying_the_least_in_grace_ends_grace(world: World) -> None:
    world.member(unpaid=[DEC, JAN], premium_cents=50000, tax_credit_cents=40378)
    least = past_due.minimum_to_keep(world.core, "ada")
    assert (least.amount_cents, least.by) == (19244, LAST)
    world.pay(amount_cents=least.amount_cents)
    assert past_due.minimum_to_keep(world.core, "ada").covers == "nothing"


def test_after_the_end_no_amount_keeps_coverage(world: World) -> None:
    world.member(ended_on=date(2026, 10, 31))
    with pytest.raises(errors.CoverageEnded):
        past_due.minimum_to_keep(world.core, "ada")
