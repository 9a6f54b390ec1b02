"""Whatever the order of events, money stays whole: a state machine that plays members, processor, bank and calendar.

It runs on both databases, with fewer lives on PostgreSQL: what differs there is waiting for one another, which is
`test_races.py`. Weeks and months are `test_years.py`.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

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

from billing_core import (
    Core,
    attempts,
    billing_day,
    correcting,
    errors,
    ledger,
    offers,
    quotes,
    refunding,
    refunds,
    reversals,
    states,
    store,
)
from billing_core.calendar import first_of_month
from billing_core.invoices import Invoice
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.processors import Answer, Unknown
from billing_core.processors.sandbox import SandboxCharge, SandboxProcessor
from billing_core.refunds import Refund
from billing_core.states import PaymentState
from tests.billing_core.world import CANONICAL, World

HELD: list[Core] = []
SOAKING = os.environ.get("DUELY_SOAK") == "1"
# Mostly the whole amount, because races for one bill are what goes wrong; and the edges of it.
AMOUNTS = st.sampled_from([None, None, None, None, -1, 0, 1, 4250, 41210, 45460, 45461, 90920])
# What ends a method or needs a person ends most of the game with it, so it comes seldom.
UNHEARD = ("lost", "dies before", "dies after")
FATES = st.sampled_from(["accepted"] * 6 + ["insufficient_funds", "timeout", "timeout", "R02", *UNHEARD, None])
WISHES = st.tuples(
    st.sampled_from(["visa", "visa", "mastercard", "checking"]),
    st.sampled_from([None, None, None, "health", "dental"]),
    AMOUNTS,
    st.sampled_from([0, 0, 0, 1, 5, 17]),
    FATES,
)
RETURNS = st.sampled_from(["R01"] * 6 + ["R09", "R02", "R10"])
TOOK_MONEY = (PaymentState.SETTLED, PaymentState.RETURNED, PaymentState.REFUNDED)
PAID = ("accepted", "timeout")


class Died(Exception):
    """The process ended here."""


def refusals_are_answers() -> suppress:
    return suppress(errors.Refusal, errors.OfferGone, errors.IllegalTransition)


class Payments(RuleBasedStateMachine):
    """One member with two policies in up to three conversations, with or without autopay from checking."""

    def __init__(self) -> None:
        super().__init__()
        self.core = HELD[0]
        self.world = World(self.core)
        self.turns = itertools.count()
        self.confirmed: list[tuple[str, str]] = []
        self.states: dict[str, str] = {}
        self.waiting: set[str] = set()
        self.charged: set[str] = set()
        self.corrected = False

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

    @rule(wishes=st.lists(WISHES, min_size=1, max_size=3))
    def ask_and_pay(self, wishes: list[tuple[str, str | None, int | None, int, str | None]]) -> None:
        """Quotes in conversations of their own, opened together, then answered one by one, each with its fate."""
        opened = []
        for number, (method, policy, cents, days, fate) in enumerate(wishes):
            wish = quotes.Wish(
                amount_cents=cents,
                method_id=self.methods[method],
                policy_id=self.policies[policy] if policy else None,
                pay_on=self.core.today("America/New_York") + timedelta(days=days),
            )
            with refusals_are_answers():
                quote = quotes.open_payment(
                    self.core, account_id="ada", conversation_id=f"c{number}", turn_id=self.turn(), wish=wish
                )
                opened.append((quote.payment_id, fate))
        for payment_id, fate in opened:
            if fate is not None:
                self.confirm(payment_id, fate)

    def confirm(self, payment_id: str, fate: str) -> None:
        """Confirm, with the processor's answer as `fate`; `lost` and the two deaths leave us without one."""
        turn, real = self.turn(), SandboxProcessor.charge

        def charge(processor: SandboxProcessor, **asked: Any) -> Answer:
            answer = real(processor, **asked) if fate != "lost" and fate != "dies before" else Unknown()
            if fate.startswith("dies"):
                raise Died
            return answer

        if fate not in UNHEARD:
            self.core.processor.script(fate)  # type: ignore[attr-defined]
        with pytest.MonkeyPatch.context() as patch, refusals_are_answers(), suppress(Died):
            patch.setattr(SandboxProcessor, "charge", charge)
            self.confirmed.append((payment_id, turn))
            attempts.confirm(self.core, payment_id, turn)
        self.core.processor.forget_script()  # type: ignore[attr-defined]

    @precondition(lambda self: self.confirmed)
    @rule(data=st.data(), same_turn=st.booleans())
    def say_pay_again(self, data: st.DataObject, same_turn: bool) -> None:
        payment_id, turn = data.draw(st.sampled_from(self.confirmed))
        with refusals_are_answers():
            attempts.confirm(self.core, payment_id, turn if same_turn else self.turn())

    @precondition(lambda self: self.ids(*TOOK_MONEY, PaymentState.CONFIRMED))
    @rule(data=st.data(), code=st.one_of(st.none(), RETURNS))
    def money_goes_back(self, data: st.DataObject, code: str | None) -> None:
        """A return with its code, a refund without one, and a scheduled payment is dropped."""
        payment_id = data.draw(st.sampled_from(self.ids(*TOOK_MONEY, PaymentState.CONFIRMED)))
        with refusals_are_answers():
            if self.states[payment_id] == PaymentState.CONFIRMED:
                quotes.leave(self.core, Offer(kind=offers.SCHEDULED, subject_id=payment_id))
            elif code is None:
                reversals.refund(self.core, payment_id)
            else:
                reversals.returned(self.core, payment_id, code)

    @rule(data=st.data(), cents=st.sampled_from([0, 1, 4250, 30000, 41209, 41211, 60000]), sent=st.booleans())
    def a_bill_is_corrected(self, data: st.DataObject, cents: int, sent: bool) -> None:
        bill = data.draw(st.sampled_from([row.id for row in self.world.invoices()]))
        with refusals_are_answers():
            correcting.correct(self.core, bill, premium_cents=cents, tax_credit_cents=0, sent=sent, by="kim")
            self.corrected = True

    @rule(approve=st.sampled_from([True, True, False]), days=st.sampled_from([0, 7]))
    def credit_is_asked_back(self, approve: bool, days: int) -> None:
        with refusals_are_answers():
            refunds.request(self.core, account_id="ada", turn_id=self.turn())
        self.core.clock.advance(timedelta(days=days))
        for waiting in refunding.waiting(self.core):
            with refusals_are_answers():
                refunding.decide(self.core, waiting.id, approve=approve, by="kim")

    @rule(minutes=st.sampled_from([0, 1, 1, 3, 31]))
    def minutes_pass(self, minutes: int) -> None:
        self.core.clock.advance(timedelta(minutes=minutes))
        attempts.resolve_open(self.core, "ada")
        billing_day.settle_open(self.core)

    @rule(days=st.sampled_from([1, 2, 7, 17]), fate=st.sampled_from(["accepted", "accepted", "R01", "timeout"]))
    def days_pass(self, days: int, fate: str) -> None:
        self.core.processor.script(fate)  # type: ignore[attr-defined]
        for _ in range(days):
            self.core.clock.advance(timedelta(days=1))
            billing_day.run(self.core, self.core.today("America/New_York"))
        self.core.processor.forget_script()  # type: ignore[attr-defined]

    @rule(fate=FATES)
    def pay_by_hand_on_the_day_of_the_draft(self, fate: str | None) -> None:
        """The hardest day: what the member pays and what autopay drafts meet before either has an answer."""
        today = self.core.today("America/New_York")
        self.core.clock.advance(first_of_month(today, 1) - today)
        self.ask_and_pay([("visa", None, None, 0, fate)])
        billing_day.run(self.core, self.core.today("America/New_York"))

    @invariant()
    def money_is_whole(self) -> None:
        with self.core.read() as session:
            payments = list(session.scalars(select(Payment).order_by(Payment.quoted_at, Payment.quoted_by_turn)))
            charges = {row.attempt_id: row for row in session.scalars(select(SandboxCharge))}
            bills = {row.id: row for row in session.scalars(select(Invoice)) if row.cancelled_on is None}
            billed = sum(row.net_cents for row in bills.values())
            set_aside = -ledger.balance_cents(session, "ada", ledger.REFUND_DUE)
            given_back = {row.payment_id: row for row in session.scalars(select(Refund)) if row.state == "done"}
            receivable = ledger.balance_cents(session, "ada", ledger.RECEIVABLE)
            credit = -ledger.balance_cents(session, "ada", ledger.MEMBER_CREDIT)
            cash = ledger.balance_cents(session, "ada", ledger.CASH)
            open_ = ledger.open_cents_by_invoice(session, "ada")
            unbalanced = session.execute(
                select(ledger.Posting.entry_id)
                .group_by(ledger.Posting.entry_id)
                .having(func.sum(ledger.Posting.amount_cents) != 0)
            ).all()
            astray = session.scalars(
                select(ledger.Posting.id)
                .join(ledger.Entry, ledger.Entry.id == ledger.Posting.entry_id)
                .where(ledger.Entry.account_id != ledger.Posting.account_id)
            ).all()
        self.states = {row.id: row.state for row in payments}
        settled = sum(row.amount_cents for row in payments if row.state == PaymentState.SETTLED)
        unresolved = [row for row in payments if row.state in states.UNRESOLVED]
        assert (unbalanced, astray) == ([], [])
        back = sum(row.amount_cents for row in given_back.values())
        assert cash == settled - back
        assert receivable == billed - cash + credit + set_aside
        assert all(0 < cents <= bills[bill].net_cents for bill, cents in open_.items()), "open above what the bill is"
        assert self.corrected or credit == 0, "more was taken than was owed"
        assert credit + set_aside >= 0 or back > 0, "a credit that nobody was given is owed"
        for payment_id, row in given_back.items():
            assert charges[payment_id].refunded_cents == row.amount_cents <= charges[payment_id].amount_cents
        waiting = {row.id for row in unresolved}
        assert len(waiting) <= 1
        if waiting & self.waiting:
            assert set(charges) - waiting == self.charged - waiting, "something moved while an attempt had no answer"
        self.waiting, self.charged = waiting, set(charges)
        for row in payments:
            charge = charges.get(row.id)
            took = charge is not None and charge.outcome in PAID
            assert charge is None or charge.amount_cents == row.amount_cents
            if row.state in TOOK_MONEY:
                assert took
            elif row.state not in states.UNRESOLVED:
                assert not took, "money was taken and nobody knows"
        assert set(charges) <= {row.id for row in payments}

    def turn(self) -> str:
        return f"t{next(self.turns)}"

    def ids(self, *wanted: PaymentState) -> list[str]:
        """The payments in these states after the last step, in the order they were quoted."""
        return [payment_id for payment_id, state in self.states.items() if state in wanted]


def test_whatever_the_order_of_events_money_stays_whole(core: Core) -> None:
    HELD[:] = [core]
    examples = 60 if core.engine.dialect.name == "sqlite" else 5
    run_state_machine_as_test(
        Payments,
        settings=settings(
            max_examples=examples * 25 if SOAKING else examples,
            stateful_step_count=40 if SOAKING else 15,
            deadline=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
