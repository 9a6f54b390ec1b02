"""A bank account is debited only after its owner was proven; a saved change is looked at again (DOMAIN 3.3, G3)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import enrolling, methods, notices
from billing_core.errors import IllegalTransition, MethodUnverified
from billing_core.states import ValidationEvent, ValidationState
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import World


def validation(world: World, state: ValidationState) -> int:
    with world.core.write() as session:
        method = session.merge(world.method("ada", "checking"))
        method.validation = state.value
        return method.id


@pytest.mark.parametrize("state", ["unverified", "pending", "failed"])
def test_an_account_that_is_not_verified_is_neither_charged_nor_drafted(world: World, state: str) -> None:
    world.member(saved=["checking"])
    account = validation(world, ValidationState(state))
    with pytest.raises(MethodUnverified, match="not verified") as refused:
        world.quote(method="checking")
    assert refused.value.rule == "3.3"
    with pytest.raises(MethodUnverified):
        enrolling.offer(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn(), method_id=account)


def test_micro_entries_that_match_make_it_usable(world: World) -> None:
    world.member(saved=["checking"])
    account = validation(world, ValidationState.UNVERIFIED)
    methods.validate(world.core, account, ValidationEvent.SEND)
    with pytest.raises(MethodUnverified):
        world.quote(method="checking")
    methods.validate(world.core, account, ValidationEvent.MATCH)
    assert world.pay(method="checking").payment.state == "settled"
    with pytest.raises(IllegalTransition):
        methods.validate(world.core, account, ValidationEvent.FAIL)


def saved_for(world: World, day: str) -> None:
    with world.core.write() as session:
        enrollment = session.merge(world.enrollment())
        enrollment.pending, enrollment.pending_on = "change_method", date.fromisoformat(day)
        enrollment.pending_method_id = world.method("ada", "mastercard").id


def test_a_saved_method_that_died_meanwhile_is_not_taken_and_the_member_hears_which_stays(world: World) -> None:
    world.member(saved=["visa", "mastercard"], autopay="visa", unpaid=[])
    saved_for(world, "2026-12-16")
    with world.core.write() as session:
        session.merge(world.method("ada", "mastercard")).disabled_code = "stolen_card"
    run(world, "2026-12-16", times=2)
    assert (world.enrollment().method.last4, world.enrollment().pending) == ("4242", None)
    told = notices.kinds_since(world.core, "ada", 0)
    assert [kind for kind in told if kind in ("change_dropped", "pending_applied")] == ["change_dropped"]


def test_a_saved_method_that_is_good_is_taken(world: World) -> None:
    world.member(saved=["visa", "mastercard"], autopay="visa", unpaid=[])
    saved_for(world, "2026-12-16")
    run(world, "2026-12-16", times=2)
    assert (world.enrollment().method.last4, world.enrollment().pending) == ("5100", None)
    assert "pending_applied" in notices.kinds_since(world.core, "ada", 0)
