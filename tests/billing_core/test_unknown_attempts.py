"""No answer, a lost process, a payment for a later day: nothing is charged twice and nothing is forgotten."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from billing_core import attempts, billing_day, notices, offers, quotes, reversals, views
from billing_core.errors import IllegalTransition, PaymentUnresolved
from billing_core.processors import NeverArrived, Unknown
from billing_core.processors.sandbox import SandboxProcessor
from tests.billing_core.world import JAN, World

MINUTE = timedelta(minutes=1)


def timed_out(world: World, **wish: Any) -> str:
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    outcome = world.pay(**wish)
    assert outcome.payment.state == "unknown"
    return outcome.payment.id


def test_a_timeout_is_unknown_takes_no_second_charge_and_blocks(world: World) -> None:
    world.member()
    payment_id = timed_out(world)
    assert attempts.submit(world.core, payment_id).payment.state == "unknown"
    with pytest.raises(PaymentUnresolved):
        world.quote()
    assert world.owed_cents() == 41210
    assert len(world.charges()) == 1


def test_the_processor_is_asked_in_vain_before_a_minute_and_answers_after_it(world: World) -> None:
    world.member()
    payment_id = timed_out(world)
    world.core.clock.advance(MINUTE - timedelta(seconds=1))
    attempts.resolve_open(world.core, "ada")
    assert world.payment(payment_id).state == "unknown"
    world.core.clock.advance(timedelta(seconds=1))
    attempts.resolve_open(world.core, "ada")
    assert world.payment(payment_id).state == "settled"
    assert world.owed_cents() == 0
    assert world.taken_cents() == 41210


def test_asking_again_after_the_answer_changes_nothing(world: World) -> None:
    world.member()
    since = notices.last_id(world.core)
    timed_out(world)
    world.core.clock.advance(MINUTE)
    for _ in range(3):
        attempts.resolve_open(world.core, "ada")
        billing_day.settle_open(world.core)
    assert notices.kinds_since(world.core, "ada", since) == ["receipt"]
    assert len([row for row in views.account(world.core, "ada")["ledger"] if "payment" in row["reference"]]) == 1


def test_an_attempt_that_never_arrived_is_rejected_and_may_be_tried_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.member()
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProcessor, "charge", lambda *_, **__: Unknown())
        lost = world.pay()
    assert (lost.payment.state, world.charges()) == ("unknown", [])
    assert world.core.processor.find(lost.payment.id) == NeverArrived()
    attempts.resolve_open(world.core, "ada")
    assert (world.payment(lost.payment.id).state, world.payment(lost.payment.id).code) == (
        "rejected",
        "processing_error",
    )
    assert world.pay().payment.state == "settled"
    assert world.taken_cents() == 41210


class Died(Exception):
    """The process ended here."""


def dying_after_the_charge(self: SandboxProcessor, **kwargs: Any) -> None:
    SandboxProcessor.really_charge(self, **kwargs)  # type: ignore[attr-defined]
    raise Died


def dying_before_the_charge(self: SandboxProcessor, **_: Any) -> None:
    raise Died


def dies_while_paying(world: World, monkeypatch: pytest.MonkeyPatch, death: Any) -> str:
    """A member whose payment was under way when the process died; returns its id."""
    world.member()
    quote = world.quote()
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProcessor, "really_charge", SandboxProcessor.charge, raising=False)
        patch.setattr(SandboxProcessor, "charge", death)
        with pytest.raises(Died):
            attempts.confirm(world.core, quote.payment_id, "T")
    return quote.payment_id


@pytest.mark.parametrize("death", [dying_before_the_charge, dying_after_the_charge])
def test_a_process_that_dies_around_the_charge_pays_once_when_the_turn_is_run_again(
    world: World, monkeypatch: pytest.MonkeyPatch, death: Any
) -> None:
    payment_id = dies_while_paying(world, monkeypatch, death)
    assert world.payment(payment_id).state == "submitted"
    with pytest.raises(PaymentUnresolved):
        world.quote(conversation="web")
    assert attempts.confirm(world.core, payment_id, "T").payment.state == "settled"
    assert world.taken_cents() == 41210
    assert world.owed_cents() == 0


@pytest.mark.parametrize("death", [dying_before_the_charge, dying_after_the_charge])
def test_an_orphaned_attempt_is_brought_to_its_end_after_two_minutes_and_not_before(
    world: World, monkeypatch: pytest.MonkeyPatch, death: Any
) -> None:
    payment_id = dies_while_paying(world, monkeypatch, death)
    world.core.clock.advance(2 * MINUTE)
    billing_day.settle_open(world.core)
    assert world.payment(payment_id).state == "submitted"
    world.core.clock.advance(timedelta(seconds=1))
    billing_day.settle_open(world.core)
    assert world.payment(payment_id).state == "settled"
    assert world.taken_cents() == 41210


def test_a_payment_for_a_later_day_waits_for_it(world: World) -> None:
    world.member()
    outcome = world.pay(amount_cents=20000, pay_on=date(2026, 12, 20))
    assert (outcome.payment.state, outcome.left_cents, world.charges()) == ("confirmed", 41210, [])
    world.at("2026-12-19T10:00")
    billing_day.run(world.core, date(2026, 12, 19))
    assert world.charges() == []
    world.at("2026-12-20T10:00")
    for _ in range(2):
        billing_day.run(world.core, date(2026, 12, 20))
    assert world.payment(outcome.payment.id).state == "settled"
    assert (world.taken_cents(), world.owed_cents()) == (20000, 21210)


def test_a_scheduled_payment_can_be_left_until_its_day_and_not_after(world: World) -> None:
    world.member()
    first = world.pay(amount_cents=100, pay_on=date(2026, 12, 20)).payment
    second = world.pay(amount_cents=200, pay_on=date(2026, 12, 20)).payment
    quotes.leave(world.core, scheduled(first.id))
    world.at("2026-12-20T10:00")
    billing_day.run(world.core, date(2026, 12, 20))
    quotes.leave(world.core, scheduled(second.id))
    assert {row.id: row.state for row in world.payments()} == {first.id: "cancelled", second.id: "settled"}
    assert world.taken_cents() == 200


def scheduled(payment_id: str) -> offers.Offer:
    return offers.Offer(kind=offers.SCHEDULED, subject_id=payment_id)


def test_a_scheduled_payment_waits_for_an_unknown_attempt_and_goes_when_it_is_resolved(world: World) -> None:
    world.member()
    later = world.pay(amount_cents=100, pay_on=date(2026, 12, 20)).payment
    world.at("2026-12-20T10:00")
    unknown = timed_out(world, amount_cents=300)
    billing_day.run(world.core, date(2026, 12, 20))
    assert {row.id: row.state for row in world.payments()} == {later.id: "confirmed", unknown: "unknown"}
    world.at("2026-12-21T10:00")
    billing_day.run(world.core, date(2026, 12, 21))
    assert {row.state for row in world.payments()} == {"settled"}
    assert world.taken_cents() == 400


def test_a_scheduled_payment_from_a_method_that_died_is_dropped_and_told(world: World) -> None:
    world.member(saved=["checking", "visa"])
    paid = world.pay(method="checking", amount_cents=100).payment
    later = world.pay(method="checking", amount_cents=200, pay_on=date(2026, 12, 20)).payment
    reversals.returned(world.core, paid.id, "R02")
    since = notices.last_id(world.core)
    world.at("2026-12-20T10:00")
    for _ in range(2):
        billing_day.run(world.core, date(2026, 12, 20))
    assert world.payment(later.id).state == "cancelled"
    assert notices.kinds_since(world.core, "ada", since) == ["dropped"]
    assert world.taken_cents() == 100
    assert world.quote(method="visa").amount_cents == 41210


def test_a_draft_waits_for_an_unknown_payment_and_then_takes_only_what_is_left(world: World) -> None:
    """The money of an unknown attempt may be on its way; a draft beside it would take the premium twice (G6)."""
    world.member(saved=["checking", "visa"], autopay="checking")
    world.at("2027-01-01T08:00")
    timed_out(world, amount_cents=41000, method="visa")
    billing_day.run(world.core, JAN)
    assert [(row.kind, row.state) for row in world.payments()] == [("one_time", "unknown"), ("draft", "confirmed")]
    world.at("2027-01-02T08:00")
    billing_day.run(world.core, date(2027, 1, 2))
    assert [(row.kind, row.state, row.amount_cents) for row in world.payments()] == [
        ("one_time", "settled", 41000),
        ("draft", "settled", 210),
    ]
    assert (world.taken_cents(), world.owed_cents()) == (41210, 0)


def test_a_draft_that_waited_for_a_payment_of_everything_is_dropped(world: World) -> None:
    world.member(saved=["checking", "visa"], autopay="checking")
    world.at("2027-01-01T08:00")
    timed_out(world, method="visa")
    billing_day.run(world.core, JAN)
    world.at("2027-01-02T08:00")
    billing_day.run(world.core, date(2027, 1, 2))
    assert [(row.kind, row.state) for row in world.payments()] == [("one_time", "settled"), ("draft", "cancelled")]
    assert (world.taken_cents(), views.account(world.core, "ada")["credit_cents"]) == (41210, 0)


def test_the_sandbox_answers_a_repeated_attempt_as_it_did_the_first_time(world: World) -> None:
    sandbox = world.core.processor
    sandbox.script("insufficient_funds")  # type: ignore[attr-defined]
    first = sandbox.charge(attempt_id="a", token="tok_visa", amount_cents=100)
    assert sandbox.charge(attempt_id="a", token="tok_visa", amount_cents=100) == first == sandbox.find("a")
    assert sandbox.charge(attempt_id="b", token="tok_visa_then_expired_card", amount_cents=1) == sandbox.find("b")
    assert {row.attempt_id: row.outcome for row in world.charges()} == {"a": "insufficient_funds", "b": "expired_card"}


def test_a_payment_that_is_not_settled_cannot_be_returned_or_refunded(world: World) -> None:
    world.member()
    payment_id = timed_out(world)
    with pytest.raises(IllegalTransition):
        reversals.returned(world.core, payment_id, "R01")
    with pytest.raises(IllegalTransition):
        reversals.refund(world.core, payment_id)
    assert world.taken_cents() == 41210
