"""Autopay under `bcbsnc_current`: locked from the invoice until it is known how the draft went (G25, DOMAIN 1.4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from billing_core import autopay, billing_day, enrolling, pending, reversals, views
from billing_core.errors import AutopayEnding, AutopayLocked
from billing_core.states import PaymentState
from tests.billing_core.world import JAN, World

FEB = date(2027, 2, 1)


@pytest.fixture
def rivera(world: World) -> World:
    world.member(profile="bcbsnc_current", saved=["checking", "visa"], autopay="checking", unpaid=[])
    return world


def days(world: World, first: str, last: str) -> None:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        world.at(f"{day}T06:00")
        billing_day.run(world.core, day)
        day += timedelta(days=1)


def cancel(world: World) -> enrolling.Ended:
    return enrolling.cancel(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn())


def refused_until(world: World) -> date | None:
    with pytest.raises(AutopayLocked) as refused:
        cancel(world)
    return refused.value.refusal.until


def test_the_day_before_the_invoice_it_is_open_where_the_seed_is_locked(rivera: World) -> None:
    rivera.at("2026-12-26T23:59")
    assert cancel(rivera).by_hand_due_on == JAN


def test_from_the_invoice_on_it_is_locked_and_nobody_knows_until_when(rivera: World) -> None:
    rivera.at("2026-12-27T00:00")
    assert refused_until(rivera) is None
    days(rivera, "2026-12-27", "2026-12-31")
    assert refused_until(rivera) is None
    assert views.account(rivera.core, "ada")["lock_window"]["first_open_on"] is None


def test_once_the_draft_is_settled_the_next_day_is_open(rivera: World) -> None:
    days(rivera, "2026-12-27", "2027-01-01")
    assert rivera.taken_cents() == 41210
    assert refused_until(rivera) == date(2027, 1, 2)
    rivera.at("2027-01-02T00:00")
    assert cancel(rivera).by_hand_due_on == FEB


def test_a_rejected_draft_is_an_outcome_too(rivera: World) -> None:
    days(rivera, "2026-12-27", "2026-12-31")
    rivera.core.processor.script("insufficient_funds")
    days(rivera, "2027-01-01", "2027-01-01")
    assert [row.state for row in rivera.payments()] == [PaymentState.REJECTED]
    assert refused_until(rivera) == date(2027, 1, 2)


@pytest.mark.parametrize("profile", ["nc_seed", "bcbsnc_current"])
def test_while_the_draft_has_no_answer_it_stays_locked_under_every_profile(world: World, profile: str) -> None:
    world.member(profile=profile, saved=["checking"], autopay="checking", unpaid=[])
    days(world, "2026-12-27", "2026-12-31")
    world.core.processor.script("timeout")
    world.at("2027-01-01T06:00")
    billing_day.run(world.core, JAN)
    assert [row.state for row in world.payments()] == [PaymentState.UNKNOWN]
    world.at("2027-01-09T10:00")
    assert refused_until(world) is None


def test_a_return_that_comes_later_does_not_lock_again(rivera: World) -> None:
    days(rivera, "2026-12-27", "2027-01-04")
    (draft,) = rivera.payments()
    rivera.at("2027-01-05T10:00")
    reversals.returned(rivera.core, draft.id, "R02")
    assert not views.account(rivera.core, "ada")["locked"]


def test_what_is_saved_waits_for_the_outcome_and_names_no_day(rivera: World) -> None:
    rivera.at("2026-12-28T10:00")
    assert refused_until(rivera) is None
    (offered,) = rivera.open_offers()
    for _ in range(2):
        saved = pending.save(rivera.core, offered.subject_id)
        assert (saved.applies_on, saved.last_draft_on, saved.by_hand_from) == (None, JAN, FEB)
    assert views.account(rivera.core, "ada")["autopay"]["pending_on"] is None
    draft = autopay.standing(rivera.core, "ada").next_draft
    assert draft is not None
    assert draft.due_on == JAN
    with pytest.raises(AutopayEnding) as refused:
        cancel(rivera)
    assert refused.value.ends_on is None
    days(rivera, "2026-12-28", "2027-01-01")
    assert views.account(rivera.core, "ada")["autopay"]["pending_on"] == "2027-01-02"
    days(rivera, "2027-01-02", "2027-01-02")
    assert rivera.enrollment().ended_on == date(2027, 1, 2)
    assert rivera.taken_cents() == 41210


def test_what_is_saved_waits_longer_when_the_answer_does(rivera: World) -> None:
    rivera.at("2026-12-28T10:00")
    pending.save(rivera.core, rivera.enrollment().id)
    days(rivera, "2026-12-28", "2026-12-31")
    rivera.core.processor.script("timeout")
    rivera.at("2027-01-01T06:00")
    billing_day.run(rivera.core, JAN)
    with rivera.core.write() as session:
        found = rivera.enrollment()
        session.add(found)
        for day in (2, 3):
            assert not pending.apply(rivera.core, session, found, date(2027, 1, day))
        assert found.pending_on == date(2027, 1, 4)
        assert found.pending == autopay.CANCEL


def test_enrolling_after_the_invoice_day_begins_with_the_next_period(world: World) -> None:
    world.member(profile="bcbsnc_current")
    for moment, first_on in (("2026-12-26T10:00", JAN), ("2026-12-27T10:00", FEB)):
        world.core.clock.set(datetime.fromisoformat(moment))
        terms = enrolling.offer(
            world.core, account_id="ada", conversation_id=moment, turn_id=world.turn(), method_id=None
        )
        assert terms.first_draft_on == first_on


@pytest.mark.parametrize("state", [PaymentState.SETTLED, PaymentState.REJECTED, PaymentState.RETURNED])
def test_an_outcome_whose_day_was_not_written_down_does_not_lock_for_ever(rivera: World, state: PaymentState) -> None:
    days(rivera, "2026-12-27", "2027-01-01")
    with rivera.core.write() as session:
        (draft,) = rivera.payments()
        session.add(draft)
        draft.state, draft.resolved_on = state.value, None
    rivera.at("2027-01-10T10:00")
    assert not views.account(rivera.core, "ada")["locked"]
