"""A first payment is made by hand, whole (G28): a draft for the other policy pays nothing of it, whatever happens."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from billing_core import attempts, invoices
from billing_core.billing_day import draft
from billing_core.invoices import Invoice
from billing_core.payments import Payment
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_draft_outcomes import days, drafts, returned
from tests.billing_core.test_notice_facts import said
from tests.billing_core.world import JAN, World


def beside_a_binder(world: World, autopay: str | None = "checking") -> None:
    """Health is new and its first payment waits; dental, due the same day, is on autopay or paid by hand."""
    world.member(dental_cents=4250, saved=["visa", "checking"], autopay=autopay)
    with world.core.write() as session:
        session.execute(update(Invoice).where(Invoice.policy_kind == "health").values(binder=True))


def left(world: World) -> dict[str, int]:
    with world.core.read() as session:
        return {item.invoice.policy_kind: item.open_cents for item in invoices.open_invoices(session, "ada")}


def test_a_draft_pays_its_own_month_and_not_the_binder_beside_it(world: World) -> None:
    beside_a_binder(world)
    run(world, "2027-01-01")
    assert drafts(world) == [("2027-01-01", "settled", 4250)]
    assert left(world) == {"health": 41210}


def test_a_retry_tells_what_is_left_of_its_own_bills_and_nothing_of_a_binder(world: World) -> None:
    beside_a_binder(world)
    run(world, "2027-01-01")
    returned(world, "R01", "2027-01-01")
    run(world, "2027-01-01")
    world.pay(method="visa", policy="dental", amount_cents=4000)
    told = said(world, "retry")
    assert told is not None
    assert told.facts["amount_cents"] == 250
    world.pay(method="visa", policy="dental", amount_cents=250)
    assert said(world, "retry") is None
    days(world, "2027-01-02", "2027-01-06")
    assert len(drafts(world)) == 1


@pytest.mark.parametrize(("paid_cents", "after"), [(4249, ("settled", 1)), (4250, ("cancelled", 4250))])
def test_a_draft_takes_what_is_left_of_its_own_bills_and_nothing_for_a_binder(
    world: World, paid_cents: int, after: tuple[str, int]
) -> None:
    beside_a_binder(world)
    world.at("2027-01-01T08:00")
    world.pay(method="visa", policy="dental", amount_cents=paid_cents)
    method_id = world.method("ada", "checking").id
    with world.core.write() as session:
        session.add(Payment(**draft.row("ada", method_id, 4250, "enrollment:2027-01-01", JAN, world.core.now())))
        session.flush()
        waits = session.scalars(select(Payment.id).where(Payment.kind == "draft")).one()
    taken = attempts.submit(world.core, waits).payment
    assert (taken.state, taken.amount_cents) == after
    assert left(world) == {"health": 41210}
