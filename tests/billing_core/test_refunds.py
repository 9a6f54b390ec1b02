"""Refunds: asked for by the member, decided by a person, given back once, and never above what was taken (2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from billing_core import events, ledger, refunding, refunds, reversals, termination, views
from billing_core.accounts import hold
from billing_core.core import Core
from billing_core.errors import IllegalTransition, NothingToRefund, RefusedByRule
from billing_core.processors import Answer, Declined, Unknown
from billing_core.processors.sandbox import SandboxProcessor
from tests.billing_core.world import World

BY = "kim"


class Unheard(SandboxProcessor):
    """The sandbox, whose refunds are answered by `answers` first; the refund itself is made all the same, once."""

    def __init__(self, core: Core, answers: list[Answer]) -> None:
        super().__init__(core.store, core.clock)
        self.answers = answers

    def refund(self, *, attempt_id: str, amount_cents: int) -> Answer:
        said = self.answers.pop(0) if self.answers else None
        if isinstance(said, Declined):
            return said
        made = super().refund(attempt_id=attempt_id, amount_cents=amount_cents)
        return made if said is None else said


def answering(world: World, *answers: Answer) -> Core:
    return Core(world.core.store, world.core.clock, Unheard(world.core, list(answers)))


def balance(world: World, book: str) -> int:
    with world.core.read() as session:
        return ledger.balance_cents(session, "ada", book)


def with_credit(world: World, *, saved: str = "visa") -> str:
    """January is paid in full and then taken back, so that its 412.10 is credit; returns the payment."""
    world.member(saved=[saved])
    payment_id = world.pay().payment.id
    with world.core.write() as session:
        account = hold(session, "ada")
        at = datetime(2026, 12, 15, 15, tzinfo=UTC)
        termination.end_coverage(session, account, date(2026, 12, 31), date(2026, 12, 15), at)
    return payment_id


@pytest.fixture(autouse=True)
def whole_ledger(world: World) -> Iterator[None]:
    yield
    assert world.ledger_total_cents() == 0
    assert balance(world, ledger.CASH) == world.taken_cents(), "the processor and the ledger agree"


def test_a_request_moves_nothing_and_is_told_with_its_state(world: World) -> None:
    world.member()
    payment_id = world.pay().payment.id
    asked = refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    assert (asked.state, asked.amount_cents, asked.method_label) == ("requested", 41210, "Visa ending 4242")
    assert (asked.requested_on, asked.earliest_on, asked.done_on) == (date(2026, 12, 15), date(2026, 12, 15), None)
    assert refunds.of(world.core, "ada") == (asked,)
    assert world.taken_cents() == 41210
    assert [row.id for row in refunding.waiting(world.core)] == [asked.refund_id]


def test_asking_again_is_the_same_request_in_one_turn_and_in_the_next(world: World) -> None:
    world.member()
    payment_id = world.pay().payment.id
    asked = [
        refunds.request(world.core, account_id="ada", turn_id=t, payment_id=payment_id) for t in ("t1", "t1", "t2")
    ]
    assert {row.refund_id for row in asked} == {asked[0].refund_id}


def test_approved_the_payment_goes_back_once_and_its_bill_is_owed_again(world: World) -> None:
    world.member()
    payment_id = world.pay().payment.id
    asked = refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    done = refunding.decide(world.core, asked.refund_id, approve=True, by=BY, reason="paid twice")
    assert (done.state, done.done_on, done.reason) == ("done", date(2026, 12, 15), "paid twice")
    assert refunding.send(world.core, asked.refund_id).state == "done"
    assert (world.owed_cents(), world.taken_cents()) == (41210, 0)
    assert world.payment(payment_id).state == "refunded"
    with pytest.raises(IllegalTransition):
        refunding.decide(world.core, asked.refund_id, approve=True, by=BY)


def test_declined_nothing_goes_back_and_it_may_be_asked_for_again(world: World) -> None:
    world.member()
    payment_id = world.pay().payment.id
    first = refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    assert refunding.decide(world.core, first.refund_id, approve=False, by=BY, reason="it was owed").state == "declined"
    again = refunds.request(world.core, account_id="ada", turn_id="t2", payment_id=payment_id)
    assert again.refund_id != first.refund_id
    assert world.taken_cents() == 41210


def test_credit_that_is_asked_for_is_set_aside_at_once_and_goes_back_through_its_payment(world: World) -> None:
    payment_id = with_credit(world)
    asked = refunds.request(world.core, account_id="ada", turn_id="t1")
    assert (asked.of, asked.amount_cents) == ("credit", 41210)
    assert views.account(world.core, "ada")["credit_cents"] == 0
    assert balance(world, ledger.REFUND_DUE) == -41210
    assert refunding.decide(world.core, asked.refund_id, approve=True, by=BY).state == "done"
    assert (world.taken_cents(), balance(world, ledger.REFUND_DUE), world.owed_cents()) == (0, 0, 0)
    assert world.payment(payment_id).state == "settled", "its bill was taken back and is not owed again"


def test_credit_of_a_declined_request_is_the_members_again(world: World) -> None:
    with_credit(world)
    asked = refunds.request(world.core, account_id="ada", turn_id="t1")
    refunding.decide(world.core, asked.refund_id, approve=False, by=BY)
    assert views.account(world.core, "ada")["credit_cents"] == 41210
    assert refunds.request(world.core, account_id="ada", turn_id="t2").amount_cents == 41210


def test_asking_for_credit_while_a_request_for_it_stands_is_that_request(world: World) -> None:
    with_credit(world)
    first = refunds.request(world.core, account_id="ada", turn_id="t1")
    assert refunds.request(world.core, account_id="ada", turn_id="t2") == first


def test_without_credit_or_with_a_payment_that_took_nothing_there_is_nothing_to_refund(world: World) -> None:
    world.member()
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    declined = world.pay().payment.id
    for payment_id in (None, declined, "no such payment"):
        with pytest.raises(NothingToRefund):
            refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)


def test_another_members_payment_is_nothing_to_refund(world: World) -> None:
    world.member()
    world.member("bea")
    payment_id = world.pay().payment.id
    refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    with pytest.raises(NothingToRefund):
        refunds.request(world.core, account_id="bea", turn_id="t2", payment_id=payment_id)


# Paid Tuesday, December 15: settled on the 16th, ordinary returns back by the 18th, the 21st is the next banking day.
@pytest.mark.parametrize(("day", "allowed"), [("2026-12-15", False), ("2026-12-20", False), ("2026-12-21", True)])
def test_a_bank_debit_goes_back_only_after_its_ordinary_returns(world: World, day: str, allowed: bool) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    asked = refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    assert (asked.earliest_on, asked.final_on) == (date(2026, 12, 21), date(2027, 2, 14))
    world.at(f"{day}T09:00")
    if allowed:
        assert refunding.decide(world.core, asked.refund_id, approve=True, by=BY).state == "done"
        return
    with pytest.raises(RefusedByRule) as refused:
        refunding.decide(world.core, asked.refund_id, approve=True, by=BY)
    assert refused.value.refusal.until == date(2026, 12, 21)
    assert refunds.status(world.core, asked.refund_id).state == "requested"


def test_a_debit_that_came_back_is_not_given_back_too(world: World) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    asked = refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    world.at("2026-12-21T09:00")
    reversals.returned(world.core, payment_id, "R01")
    with pytest.raises(RefusedByRule) as refused:
        refunding.decide(world.core, asked.refund_id, approve=True, by=BY)
    assert refused.value.refusal.facts == {"state": "returned"}
    # The sandbox hears nothing of a bank's return: it is told here, so that the closing check can compare.
    world.core.processor.refund(attempt_id=payment_id, amount_cents=41210)


@pytest.mark.parametrize("asks", [1, 3])
def test_without_an_answer_it_waits_and_asking_again_gives_back_once(world: World, asks: int) -> None:
    with_credit(world)
    asked = refunds.request(world.core, account_id="ada", turn_id="t1")
    core = answering(world, *[Unknown()] * asks)
    assert refunding.decide(core, asked.refund_id, approve=True, by=BY).state == "sent"
    for _ in range(asks - 1):
        assert refunding.resolve_open(core) == 0
    assert balance(world, ledger.REFUND_DUE) == -41210
    assert refunding.resolve_open(core) == 1
    assert refunding.resolve_open(core) == 0
    assert refunds.status(core, asked.refund_id).state == "done"


def test_a_processor_that_declines_leaves_the_credit_where_it_was(world: World) -> None:
    with_credit(world)
    asked = refunds.request(world.core, account_id="ada", turn_id="t1")
    core = answering(world, Declined("processing_error"))
    assert refunding.decide(core, asked.refund_id, approve=True, by=BY).state == "declined"
    assert views.account(world.core, "ada")["credit_cents"] == 41210


def test_the_processors_own_word_of_a_credit_refund_is_no_news(world: World) -> None:
    payment_id = with_credit(world)
    asked = refunds.request(world.core, account_id="ada", turn_id="t1")
    refunding.decide(world.core, asked.refund_id, approve=True, by=BY)
    told = events.Event("evt_1", "charge.refunded", payment_id, events.Refunded(41210, "ch_1"))
    assert events.take(world.core, told) == events.Effect.KNOWN
    assert world.owed_cents() == 0, "the bill that was taken back stays so"


def test_the_processors_word_may_overtake_its_answer(world: World) -> None:
    world.member()
    payment_id = world.pay().payment.id
    asked = refunds.request(world.core, account_id="ada", turn_id="t1", payment_id=payment_id)
    core = answering(world, Unknown())
    refunding.decide(core, asked.refund_id, approve=True, by=BY)
    told = events.Event("evt_1", "charge.refunded", payment_id, events.Refunded(41210, "ch_1"))
    assert events.take(core, told) == events.Effect.REFUNDED
    assert refunding.resolve_open(core) == 1
    assert world.owed_cents() == 41210
