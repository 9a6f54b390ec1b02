"""Two at once: on both databases one of them waits, looks again, and is told the truth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from billing_core import accounts, attempts, autopay, enrolling, invoices, issuing, ledger, reversals
from billing_core.errors import (
    AmountAboveOwed,
    AutopayAlreadyOn,
    BillingError,
    IllegalTransition,
    NothingOffered,
    PaymentUnresolved,
)
from billing_core.payments import Payment
from tests.billing_core.world import World


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment; a core error is a result."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(60)
        try:
            return call()
        except BillingError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def errors_in(results: list[Any]) -> list[BillingError]:
    return [result for result in results if isinstance(result, BillingError)]


@pytest.mark.parametrize("round_", range(5))
def test_two_quotes_for_one_bill_confirmed_at_once_take_it_once(world: World, round_: int) -> None:
    world.member()
    quotes_ = [world.quote(conversation=name) for name in ("a", "b")]
    results = at_once(
        *(lambda q=quote: attempts.confirm(world.core, q.payment_id, f"turn-{q.payment_id}") for quote in quotes_)
    )
    refused = errors_in(results)
    assert len(refused) == 1
    # Told that it is no longer owed, or, while the other one is still with the processor, to wait for its answer.
    assert isinstance(refused[0], AmountAboveOwed | PaymentUnresolved)
    assert (world.taken_cents(), world.owed_cents(), len(world.charges())) == (41210, 0, 1)
    loser = next(row for row in world.payments() if row.state == "proposed")
    with pytest.raises(AmountAboveOwed) as told:
        attempts.confirm(world.core, loser.id, world.turn())
    assert told.value.owed_cents == 0


def test_one_turn_run_by_two_workers_at_once_pays_once(world: World) -> None:
    world.member()
    quote = world.quote()
    results = at_once(*(lambda: attempts.confirm(world.core, quote.payment_id, "T") for _ in range(4)))
    assert errors_in(results) == []
    assert len({result.payment.id for result in results}) == 1
    assert (world.taken_cents(), len(world.charges()), world.ledger_total_cents()) == (41210, 1, 0)


def test_two_turns_at_once_confirm_one_quote_once(world: World) -> None:
    world.member()
    quote = world.quote(amount_cents=100)
    results = at_once(*(lambda t=t: attempts.confirm(world.core, quote.payment_id, t) for t in ("T1", "T2")))
    assert [type(error) for error in errors_in(results)] == [NothingOffered]
    assert world.taken_cents() == 100


def test_one_turn_quoted_by_two_workers_at_once_is_one_quote(world: World) -> None:
    world.member()
    results = at_once(*(lambda: world.quote(turn="T") for _ in range(4)))
    assert len({result.payment_id for result in results}) == 1
    assert len(world.payments()) == len(world.open_offers()) == 1


def test_a_return_that_arrives_twice_at_once_is_one_return(world: World) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    results = at_once(*(lambda: reversals.returned(world.core, payment_id, "R01") for _ in range(4)))
    assert errors_in(results) == []
    assert (world.owed_cents(), world.ledger_total_cents()) == (41210, 0)


def test_a_return_and_a_refund_at_once_give_the_money_back_once_in_the_ledger(world: World) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    results = at_once(
        lambda: reversals.returned(world.core, payment_id, "R01"), lambda: reversals.refund(world.core, payment_id)
    )
    assert all(isinstance(error, IllegalTransition) for error in errors_in(results))
    assert (world.owed_cents(), world.ledger_total_cents()) == (41210, 0)


def test_one_month_is_billed_once_though_two_bill_it_at_once(world: World) -> None:
    world.member(unpaid=[])

    def bill() -> None:
        with world.core.write() as session:
            account = accounts.hold(session, "ada")
            due = invoices.next_due_on(account.profile, world.core.today("America/New_York"))
            issuing.issue(session, account.policies[0], coverage_month=due, due=due, issued_on=due, at=world.core.now())

    assert errors_in(at_once(bill, bill, bill)) == []
    assert len(world.invoices()) == 1
    assert world.owed_cents() == 41210


def test_two_authorizations_at_once_turn_autopay_on_once(world: World) -> None:
    world.member()
    terms = [
        enrolling.offer(world.core, account_id="ada", conversation_id=name, turn_id=name, method_id=None)
        for name in ("a", "b")
    ]
    results = at_once(
        *(
            lambda t=t: enrolling.authorize(world.core, t.enrollment_id, turn_id=t.enrollment_id, channel="sms")
            for t in terms
        )
    )
    assert [type(error) for error in errors_in(results)] == [AutopayAlreadyOn]
    assert autopay.standing(world.core, "ada").enrollment is not None


def test_a_confirmation_that_waited_sees_what_happened_to_the_method_meanwhile(world: World) -> None:
    """The quote is read before its account is locked; what it reads after the lock must be the newer truth."""
    world.member(saved=["checking", "visa"])
    paid = world.pay(method="checking", amount_cents=100).payment
    quote = world.quote(method="checking", amount_cents=100)
    inside, waiting = threading.Event(), threading.Event()

    def confirm() -> Any:
        inside.wait(60)
        waiting.set()
        return attempts.confirm(world.core, quote.payment_id, "T")

    def disable() -> None:
        with world.core.write() as session:
            accounts.hold(session, "ada")
            inside.set()
            waiting.wait(60)
            threading.Event().wait(0.2)
            session.get_one(Payment, paid.id).method.disabled_code = "R02"

    results = at_once(confirm, disable)
    assert [type(error).__name__ for error in errors_in(results)] == ["MethodDisabled"]


def test_a_reader_sees_one_moment_while_a_payment_settles(world: World) -> None:
    world.member()
    quote = world.quote()
    with world.core.read() as session:
        before = ledger.balance_cents(session, "ada", ledger.RECEIVABLE)
        attempts.confirm(world.core, quote.payment_id, "T")
        assert ledger.balance_cents(session, "ada", ledger.RECEIVABLE) == before == 41210
        assert ledger.balance_cents(session, "ada", ledger.CASH) == 0
    assert world.owed_cents() == 0
