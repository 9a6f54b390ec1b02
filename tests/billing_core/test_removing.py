"""Taking a saved method off the account: refused in the lock when in use, else done, with what ends with it (G4)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import methods, removing
from billing_core.errors import MethodBusy, MethodInLock, MethodNotFound
from tests.billing_core.world import JAN, World


def remove(world: World, name: str, turn: str | None = None) -> removing.Removal:
    return removing.remove(world.core, "ada", world.method("ada", name).id, turn_id=turn or world.turn())


def on_file(world: World) -> list[str]:
    return [row.last4 for row in methods.saved(world.core, "ada")]


def test_a_spare_method_goes_at_once_even_inside_the_lock(world: World) -> None:
    world.member(saved=["visa", "checking"], autopay="visa", unpaid=[])
    world.at("2026-12-20T10:00")
    removal = remove(world, "checking")
    assert (removal.ends_autopay, removal.label) == (False, "checking ending 6789")
    assert on_file(world) == ["4242"]
    assert world.enrollment().state == "active"


@pytest.mark.parametrize(("today", "open_"), [("2026-12-16", True), ("2026-12-17", False)])
def test_the_autopay_method_goes_on_the_last_open_day_and_stays_on_the_first_locked_one(
    world: World, today: str, open_: bool
) -> None:
    world.member(saved=["visa", "checking"], autopay="visa", unpaid=[])
    world.at(f"{today}T10:00")
    if open_:
        assert removing.plan(world.core, "ada", world.method("ada", "visa").id).by_hand_from == JAN
        assert remove(world, "visa").ends_autopay
        assert world.enrollment().state == "ended"
        return
    with pytest.raises(MethodInLock) as refused:
        remove(world, "visa")
    assert (refused.value.until, refused.value.rule) == (date(2027, 1, 7), "G4")
    assert on_file(world) == ["4242", "6789"]


@pytest.mark.parametrize(("today", "open_"), [("2027-01-06", False), ("2027-01-07", True)])
def test_the_first_open_day_that_was_named_is_kept(world: World, today: str, open_: bool) -> None:
    world.member(saved=["visa", "checking"], autopay="visa", unpaid=[])
    world.at(f"{today}T10:00")
    if open_:
        assert remove(world, "visa").ends_autopay
    else:
        with pytest.raises(MethodInLock):
            remove(world, "visa")


def test_the_method_of_a_scheduled_payment_stays_until_that_is_made(world: World) -> None:
    world.member()
    world.pay(pay_on=date(2026, 12, 20))
    with pytest.raises(MethodBusy):
        remove(world, "visa")
    assert on_file(world) == ["4242"]


def test_a_change_saved_for_another_method_keeps_that_one_inside_the_lock_and_is_dropped_outside(world: World) -> None:
    world.member(saved=["visa", "checking"], autopay="visa", unpaid=[])
    with world.core.write() as session:
        enrollment = session.merge(world.enrollment())
        enrollment.pending, enrollment.pending_method_id = "change_method", world.method("ada", "checking").id
        enrollment.pending_on = date(2027, 1, 7)
    world.at("2026-12-17T10:00")
    with pytest.raises(MethodInLock):
        remove(world, "checking")
    world.at("2026-12-16T10:00")
    assert remove(world, "checking").drops_saved_change
    assert (world.enrollment().pending, world.enrollment().state) == (None, "active")


def test_removed_twice_in_one_turn_is_removed_once_and_in_another_it_is_not_on_file(world: World) -> None:
    world.member()
    card = world.method("ada", "visa").id
    removing.remove(world.core, "ada", card, turn_id="T")
    removing.remove(world.core, "ada", card, turn_id="T")
    with pytest.raises(MethodNotFound):
        removing.remove(world.core, "ada", card, turn_id="T2")


def test_another_members_method_is_not_on_file(world: World) -> None:
    world.member("ada")
    world.member("bob")
    with pytest.raises(MethodNotFound):
        removing.remove(world.core, "ada", world.method("bob", "visa").id, turn_id=world.turn())


def test_what_is_removed_can_not_be_chosen_nor_charged_and_its_payments_keep_its_name(world: World) -> None:
    world.member(saved=["visa", "checking"])
    card = world.method("ada", "visa").id
    paid = world.pay(method="visa", amount_cents=100).payment
    remove(world, "visa")
    with pytest.raises(MethodNotFound):
        world.quote(method_id=card)
    assert world.quote().method_label == "checking ending 6789"
    assert world.payment(paid.id).method.label == "Visa ending 4242"
    assert world.payment(paid.id).method.token == ""
