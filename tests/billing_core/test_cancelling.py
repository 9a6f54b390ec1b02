"""Turning autopay off and moving it: outside the lock, inside it, saved for the first open day (S18-S20, G3, G4)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import autopay, billing_day, enrolling, notices, offers, pending, views
from billing_core.decisions import Refused
from billing_core.enrolling import Ended
from billing_core.errors import AutopayEnding, AutopayLocked, AutopayNotOn, CannotSucceed, MethodDisabled
from billing_core.lock import LockWindow
from tests.billing_core.world import JAN, World

FEB = date(2027, 2, 1)


def rivera(world: World) -> None:
    world.member(
        saved=["checking", "visa", "dying"],
        autopay="checking",
        unpaid=[],
        premium_cents=131840,
        tax_credit_cents=90500,
    )


def cancel(world: World, turn: str | None = None) -> Ended:
    return enrolling.cancel(world.core, account_id="ada", conversation_id="conv", turn_id=turn or world.turn())


def move(world: World, method: str) -> autopay.Enrollment:
    return enrolling.change_method(
        world.core,
        account_id="ada",
        conversation_id="conv",
        turn_id=world.turn(),
        method_id=world.method("ada", method).id,
    )


def days(world: World, first: str, last: str) -> None:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        world.at(f"{day}T06:00")
        billing_day.run(world.core, day)
        day = date.fromordinal(day.toordinal() + 1)


def status(world: World) -> str:
    found: str = views.account(world.core, "ada")["autopay"]["status"]
    return found


def test_on_the_last_open_day_it_is_cancelled_and_the_next_bill_is_paid_by_hand(world: World) -> None:
    rivera(world)
    world.at("2026-12-16T23:59")
    ended = cancel(world)
    assert (ended.ended_on, ended.by_hand_cents, ended.by_hand_due_on) == (date(2026, 12, 16), 41340, JAN)
    assert status(world) == "none"
    days(world, "2026-12-17", "2027-01-02")
    assert world.charges() == []
    assert world.owed_cents() == 41340


def test_a_minute_later_it_is_locked_until_january_7_and_nothing_has_changed(world: World) -> None:
    rivera(world)
    world.at("2026-12-17T00:00")
    before = views.account(world.core, "ada")
    with pytest.raises(AutopayLocked) as refused:
        cancel(world)
    refusal = refused.value.refusal
    window = refusal.facts["window"]
    assert isinstance(refusal, Refused)
    assert isinstance(window, LockWindow)
    assert (refusal.rule, refusal.until) == ("S19", date(2027, 1, 7))
    assert (window.due_on, window.bank_date, window.stop_order_by) == (JAN, date(2027, 1, 4), date(2026, 12, 29))
    assert views.account(world.core, "ada") == before
    assert before["locked"]


@pytest.mark.parametrize(("moment", "locked"), [("2027-01-06T23:59", True), ("2027-01-07T00:00", False)])
def test_the_first_open_day_begins_at_the_issuers_midnight(world: World, moment: str, locked: bool) -> None:
    rivera(world)
    world.at(moment)
    assert views.account(world.core, "ada")["locked"] is locked
    if locked:
        with pytest.raises(AutopayLocked):
            cancel(world)
    else:
        assert cancel(world).by_hand_due_on == FEB


def test_cancelling_twice_in_one_turn_answers_the_same_and_in_another_turn_there_is_nothing_on(world: World) -> None:
    rivera(world)
    assert cancel(world, "T") == cancel(world, "T")
    with pytest.raises(AutopayNotOn):
        cancel(world)


def test_an_enrollment_made_inside_the_lock_is_cancelled_at_once(world: World) -> None:
    world.member()
    world.at("2026-12-20T10:00")
    terms = enrolling.offer(world.core, account_id="ada", conversation_id="conv", turn_id="a", method_id=None)
    enrolling.authorize(world.core, terms.enrollment_id, turn_id="b", channel="sms")
    assert not views.account(world.core, "ada")["locked"]
    assert cancel(world).by_hand_due_on == JAN


def test_what_was_locked_is_saved_and_applied_on_the_first_open_day_and_not_before(world: World) -> None:
    rivera(world)
    world.at("2026-12-17T10:00")
    with pytest.raises(AutopayLocked):
        cancel(world)
    (offered,) = world.open_offers()
    assert offered.kind == offers.CANCEL_LATER
    assert {"off later", "keep", "back"} <= set(offered.words)
    for _ in range(2):
        saved = pending.save(world.core, offered.subject_id)
        assert (saved.applies_on, saved.last_draft_on, saved.bank_on, saved.by_hand_from) == (
            date(2027, 1, 7),
            JAN,
            date(2027, 1, 4),
            FEB,
        )
    assert status(world) == "ending"
    with pytest.raises(AutopayEnding) as refused:
        cancel(world)
    assert refused.value.ends_on == date(2027, 1, 7)
    days(world, "2026-12-18", "2027-01-06")
    assert status(world) == "ending"
    assert world.taken_cents() == 41340, "the draft in progress still runs"
    days(world, "2027-01-07", "2027-01-07")
    assert status(world) == "none"
    assert world.enrollment().ended_on == date(2027, 1, 7)
    days(world, "2027-01-08", "2027-02-02")
    assert world.taken_cents() == 41340
    assert world.owed_cents() == 41340


def test_autopay_that_is_ending_names_no_draft_after_its_last(world: World) -> None:
    rivera(world)
    world.at("2026-12-20T10:00")
    pending.save(world.core, world.enrollment().id)
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    assert draft.due_on == JAN
    days(world, "2026-12-27", "2027-01-02")
    assert autopay.standing(world.core, "ada").next_draft is None


def test_autopay_that_is_ending_can_be_cancelled_at_once_when_the_lock_is_over(world: World) -> None:
    rivera(world)
    world.at("2026-12-20T10:00")
    pending.save(world.core, world.enrollment().id)
    world.at("2027-01-07T00:30")
    assert cancel(world).ended_on == date(2027, 1, 7)
    days(world, "2027-01-07", "2027-01-08")
    assert status(world) == "none"


def test_outside_the_lock_the_method_moves_at_once(world: World) -> None:
    rivera(world)
    world.at("2026-12-16T10:00")
    assert move(world, "visa").method.last4 == "4242"
    days(world, "2026-12-27", "2027-01-01")
    assert [row.method.last4 for row in world.payments()] == ["4242"]


def test_inside_the_lock_a_new_method_is_saved_for_the_next_draft_and_the_running_one_keeps_the_old(
    world: World,
) -> None:
    rivera(world)
    world.at("2026-12-17T10:00")
    with pytest.raises(AutopayLocked):
        move(world, "visa")
    (offered,) = world.open_offers()
    assert offered.kind == offers.METHOD_LATER
    assert {"change later", "keep", "back"} <= set(offered.words)
    enrollment_id, _, method_id = offered.subject_id.partition(":")
    saved = pending.save(world.core, enrollment_id, method_id=int(method_id))
    assert (saved.applies_on, saved.method_label, saved.by_hand_from) == (date(2027, 1, 7), "Visa ending 4242", FEB)
    days(world, "2026-12-27", "2027-01-06")
    assert world.enrollment().method.last4 == "6789"
    days(world, "2027-01-07", "2027-02-01")
    assert [row.method.last4 for row in world.payments()] == ["6789", "4242"]
    assert status(world) == "active"


def test_a_newer_saved_wish_replaces_the_older_one(world: World) -> None:
    """Told "saved" and not saved would draft a member who was promised an end, or end one who only changed cards."""
    rivera(world)
    world.at("2026-12-20T10:00")
    enrollment_id, visa = world.enrollment().id, world.method("ada", "visa").id
    pending.save(world.core, enrollment_id, method_id=visa)
    pending.save(world.core, enrollment_id)
    assert (status(world), world.enrollment().pending, world.enrollment().pending_method_id) == (
        "ending",
        "cancel",
        None,
    )
    pending.save(world.core, enrollment_id, method_id=visa)
    assert (status(world), world.enrollment().pending) == ("active", "change_method")
    days(world, "2027-01-07", "2027-01-07")
    assert (status(world), world.enrollment().method.last4) == ("active", "4242")


def test_a_change_made_now_is_not_undone_by_one_saved_before(world: World) -> None:
    world.member(saved=["checking", "visa", "mastercard"], autopay="checking", unpaid=[])
    world.at("2026-12-20T10:00")
    pending.save(world.core, world.enrollment().id, method_id=world.method("ada", "visa").id)
    world.at("2027-01-07T00:10")
    move(world, "mastercard")
    days(world, "2027-01-07", "2027-01-08")
    assert world.enrollment().method.last4 == "5100"


def test_nothing_is_saved_on_autopay_that_is_off(world: World) -> None:
    rivera(world)
    cancel(world)
    with pytest.raises(AutopayNotOn):
        pending.save(world.core, world.enrollment().id)


def test_a_method_that_cannot_succeed_is_not_moved_to(world: World) -> None:
    world.member(saved=["checking", "dying", "disabled"], autopay="checking", unpaid=[])
    with pytest.raises(CannotSucceed):
        move(world, "dying")
    with pytest.raises(MethodDisabled):
        move(world, "disabled")
    assert world.enrollment().method.last4 == "6789"


def test_where_the_lock_is_unknown_cancelling_is_refused_without_a_promise(world: World) -> None:
    world.member(profile="ma_connector", saved=["checking"], autopay="checking", unpaid=[])
    with pytest.raises(AutopayLocked) as refused:
        cancel(world)
    assert (refused.value.refusal.rule, refused.value.refusal.until) == ("unknown", None)
    assert world.open_offers() == []


def test_the_next_draft_is_told_less_what_is_scheduled_as_it_will_be_taken(world: World) -> None:
    world.member(saved=["checking", "visa"], autopay="checking")
    world.pay(method="visa", amount_cents=41000, pay_on=date(2026, 12, 30))
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    assert draft.amount_cents == 210
    days(world, "2026-12-30", "2027-01-01")
    assert sorted(row.amount_cents for row in world.charges()) == [210, 41000]


def test_cancelling_writes_no_money_and_no_notice(world: World) -> None:
    rivera(world)
    since = notices.last_id(world.core)
    cancel(world)
    assert views.account(world.core, "ada")["ledger"] == []
    assert notices.kinds_since(world.core, "ada", since) == []
