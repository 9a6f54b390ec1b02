"""Whatever the order of events, money stays whole: a state machine that plays members, processor, bank and calendar.

It runs on SQLite; what differs on PostgreSQL is waiting for one another, which `test_races.py` covers on both.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from billing_core import Core, attempts, billing_day, errors, ledger, offers, quotes, reversals, states, store
from billing_core.invoices import Invoice
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.processors import Unknown
from billing_core.processors.sandbox import SandboxCharge
from billing_core.states import PaymentState
from tests.billing_core.conftest import CANONICAL
from tests.billing_core.world import World

HELD: list[Core] = []
CONVERSATIONS = st.sampled_from(["phone", "web"])
METHODS = st.sampled_from(["visa", "mastercard", "checking"])
PAID = ("accepted", "timeout")


def refusals_are_answers() -> suppress:
    return suppress(errors.Refusal, errors.OfferGone, errors.IllegalTransition)


class Payments(RuleBasedStateMachine):
    """Two conversations of one member with two policies, on autopay from checking."""

    def __init__(self) -> None:
        super().__init__()
        self.core = HELD[0]
        self.world = World(self.core)
        self.turns = itertools.count()
        self.confirmed: list[tuple[str, str]] = []

    @initialize(autopay=st.booleans())
    def member(self, autopay: bool) -> None:
        self.core.clock.set(CANONICAL)
        with self.core.write() as session:
            for table in reversed(store.metadata.sorted_tables):
                session.execute(table.delete())
        self.world.member(
            dental_cents=4250,
            saved=["visa", "mastercard", "checking"],
            unpaid=[date(2026, 12, 1), date(2027, 1, 1)],
            autopay="checking" if autopay else None,
            first_draft_on=date(2027, 1, 1),
        )
        self.methods = {name: self.world.method("ada", name).id for name in ("visa", "mastercard", "checking")}
        self.policies = {kind: self.world.policy("ada", kind).id for kind in ("health", "dental")}

    @rule(
        conversation=CONVERSATIONS,
        method=METHODS,
        policy=st.sampled_from([None, None, "health", "dental"]),
        cents=st.one_of(st.none(), st.integers(-1, 95000)),
        days=st.sampled_from([0, 0, 0, 1, 5, 17]),
    )
    def quote(self, conversation: str, method: str, policy: str | None, cents: int | None, days: int) -> None:
        wish = quotes.Wish(
            amount_cents=cents,
            method_id=self.methods[method],
            policy_id=self.policies[policy] if policy else None,
            pay_on=self.core.today("America/New_York") + timedelta(days=days),
        )
        with refusals_are_answers():
            quotes.open_payment(
                self.core, account_id="ada", conversation_id=conversation, turn_id=self.turn(), wish=wish
            )

    @rule(data=st.data(), fate=st.sampled_from(["accepted", "accepted", "insufficient_funds", "R02", "timeout"]))
    def confirm(self, data: st.DataObject, fate: str) -> None:
        proposed = self.ids(PaymentState.PROPOSED)
        if not proposed:
            return
        payment_id, turn = data.draw(st.sampled_from(proposed)), self.turn()
        self.core.processor.script(fate)  # type: ignore[attr-defined]
        with refusals_are_answers():
            attempts.confirm(self.core, payment_id, turn)
            self.confirmed.append((payment_id, turn))
        self.core.processor.forget_script()  # type: ignore[attr-defined]

    @rule(arrives=st.booleans(), data=st.data())
    def confirm_and_die(self, arrives: bool, data: st.DataObject) -> None:
        """The process ends around the charge: before it reached the processor, or after."""
        proposed = self.ids(PaymentState.PROPOSED)
        if not proposed:
            return
        payment_id, turn = data.draw(st.sampled_from(proposed)), self.turn()
        real = type(self.core.processor).charge

        def dying(processor: object, **asked: object) -> None:
            if arrives:
                real(processor, **asked)  # type: ignore[arg-type]
            raise RuntimeError("died")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(self.core.processor), "charge", dying)
            try:
                with refusals_are_answers():
                    attempts.confirm(self.core, payment_id, turn)
            except RuntimeError:
                self.confirmed.append((payment_id, turn))

    @rule(data=st.data())
    def confirm_and_lose_it_on_the_way(self, data: st.DataObject) -> None:
        """The processor never hears of it and we do not know."""
        proposed = self.ids(PaymentState.PROPOSED)
        if not proposed:
            return
        with pytest.MonkeyPatch.context() as patch, refusals_are_answers():
            patch.setattr(type(self.core.processor), "charge", lambda *_, **__: Unknown())
            attempts.confirm(self.core, data.draw(st.sampled_from(proposed)), self.turn())

    @precondition(lambda self: self.confirmed)
    @rule(data=st.data(), same_turn=st.booleans())
    def say_pay_again(self, data: st.DataObject, same_turn: bool) -> None:
        payment_id, turn = data.draw(st.sampled_from(self.confirmed))
        with refusals_are_answers():
            attempts.confirm(self.core, payment_id, turn if same_turn else self.turn())

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        left = [*self.ids(PaymentState.PROPOSED), *self.ids(PaymentState.CONFIRMED)]
        if left:
            quotes.leave(self.core, Offer(kind=offers.PAYMENT, subject_id=data.draw(st.sampled_from(left))))

    @rule(data=st.data(), code=st.sampled_from(["R01", "R02", "R09", "R10"]))
    def a_return_arrives(self, data: st.DataObject, code: str) -> None:
        settled = [*self.ids(PaymentState.SETTLED), *self.ids(PaymentState.RETURNED)]
        if settled:
            reversals.returned(self.core, data.draw(st.sampled_from(settled)), code)

    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        every = self.ids(*PaymentState)
        if every:
            with refusals_are_answers():
                reversals.refund(self.core, data.draw(st.sampled_from(every)))

    @rule()
    def ask_the_processor(self) -> None:
        attempts.resolve_open(self.core, "ada")

    @rule(minutes=st.sampled_from([1, 3, 31]))
    def time_passes(self, minutes: int) -> None:
        self.core.clock.advance(timedelta(minutes=minutes))
        billing_day.settle_open(self.core)

    @rule(days=st.integers(1, 9), fate=st.sampled_from(["accepted", "accepted", "R01", "timeout"]))
    def days_pass(self, days: int, fate: str) -> None:
        self.core.processor.script(fate)  # type: ignore[attr-defined]
        for _ in range(days):
            self.core.clock.advance(timedelta(days=1))
            billing_day.run(self.core, self.core.today("America/New_York"))
        self.core.processor.forget_script()  # type: ignore[attr-defined]

    @invariant()
    def money_is_whole(self) -> None:
        with self.core.read() as session:
            payments = list(session.scalars(select(Payment)))
            charges = {row.attempt_id: row for row in session.scalars(select(SandboxCharge))}
            billed = sum(row.net_cents for row in session.scalars(select(Invoice)))
            receivable = ledger.balance_cents(session, "ada", ledger.RECEIVABLE)
            credit = -ledger.balance_cents(session, "ada", ledger.MEMBER_CREDIT)
            cash = ledger.balance_cents(session, "ada", ledger.CASH)
            open_ = ledger.open_cents_by_invoice(session, "ada")
            unbalanced = session.execute(
                select(ledger.Posting.entry_id)
                .group_by(ledger.Posting.entry_id)
                .having(func.sum(ledger.Posting.amount_cents) != 0)
            ).all()
        settled = sum(row.amount_cents for row in payments if row.state == PaymentState.SETTLED)
        unresolved = [row for row in payments if row.state in states.UNRESOLVED]
        assert unbalanced == []
        assert cash == settled
        assert receivable == billed - settled + credit
        assert all(cents > 0 for cents in open_.values())
        assert credit == 0, "more was taken than was owed"
        assert len(unresolved) <= 1, "something moved while an attempt had no answer"
        for row in payments:
            charge = charges.get(row.id)
            took = charge is not None and charge.outcome in PAID
            assert charge is None or charge.amount_cents == row.amount_cents
            if row.state in (PaymentState.SETTLED, PaymentState.RETURNED, PaymentState.REFUNDED):
                assert took
            elif row.state not in states.UNRESOLVED:
                assert not took, "money was taken and nobody knows"
        assert set(charges) <= {row.id for row in payments}

    def turn(self) -> str:
        return f"t{next(self.turns)}"

    def ids(self, *wanted: PaymentState) -> list[str]:
        with self.core.read() as session:
            rows = (
                select(Payment.id).where(Payment.state.in_(wanted)).order_by(Payment.quoted_at, Payment.quoted_by_turn)
            )
            return list(session.scalars(rows))


def test_whatever_the_order_of_events_money_stays_whole(sqlite_core: Core) -> None:
    HELD[:] = [sqlite_core]
    run_state_machine_as_test(
        Payments,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
