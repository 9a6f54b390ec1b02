"""Grace of one policy beside another's first payment: that payment has no grace, and is no part of what clears one."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import grace_timeline, notices, past_due
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_drafts_beside_a_binder import beside_a_binder
from tests.billing_core.test_notice_facts import said
from tests.billing_core.world import JAN, World


def dental_is_past_due(world: World) -> None:
    """Both were due on January 1; health is a first payment, and nobody knows until when it may come."""
    beside_a_binder(world, autopay=None)
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).first_month = JAN
    run(world, "2027-01-02")


def test_what_clears_grace_is_what_the_begun_policy_owes(world: World) -> None:
    dental_is_past_due(world)
    found = grace_timeline.of(world.core, "ada")
    assert found is not None
    assert (found.past_due_cents, found.clears_cents, found.least.amount_cents) == (4250, 4250, 4250)
    told = said(world, "grace_start")
    assert told is not None
    assert (told.facts["past_due_cents"], told.facts["clears_cents"]) == (4250, 4250)


def test_each_review_tells_its_own_amount(world: World) -> None:
    dental_is_past_due(world)
    first = said(world, "termination_review")
    assert first is not None
    assert (first.variant, first.facts) == ("first_payment", {"clears_cents": 41210})
    run(world, "2027-02-01")
    plain = said(world, "termination_review")
    assert plain is not None
    # February is billed for dental only: a policy that has not begun has no second month (G28).
    assert (plain.variant, plain.facts) == ("plain", {"clears_cents": 8500})


@pytest.mark.parametrize(("cents", "in_grace"), [(4249, True), (4250, False)])
def test_paying_it_ends_the_grace_whatever_the_first_payment_does(world: World, cents: int, in_grace: bool) -> None:
    dental_is_past_due(world)
    world.pay(method="visa", policy="dental", amount_cents=cents)
    assert (grace_timeline.of(world.core, "ada") is not None) is in_grace
    least = past_due.minimum_to_keep(world.core, "ada")
    assert least.amount_cents == (1 if in_grace else 41210)


def test_coverage_is_paid_through_as_the_begun_policy_is(world: World) -> None:
    dental_is_past_due(world)
    found = grace_timeline.of(world.core, "ada")
    assert found is not None
    assert found.steps[0].what == "paid_through"
    assert found.steps[0].on == date(2026, 12, 31)
    assert "grace_start" in notices.kinds_since(world.core, "ada", 0)
