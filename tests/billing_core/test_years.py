"""Years of one account's life, day by day: whatever members, banks and calendars do, the promises hold every day.

`test_property.py` crowds everything into one hard month; here time is what passes. `make soak` lives far more years.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from billing_core import (
    Core,
    accounts,
    attempts,
    autopay,
    billing_day,
    enrolling,
    errors,
    invoices,
    ledger,
    past_due,
    quotes,
    reversals,
    store,
)
from billing_core.grace import Grace
from billing_core.ledger import Entry
from billing_core.payments import Payment
from billing_core.states import UNRESOLVED, PaymentState
from tests.billing_core.world import CANONICAL, World

HELD: list[Core] = []
SOAKING = os.environ.get("DUELY_SOAK") == "1"
EXAMPLES, STEPS = (150, 40) if SOAKING else (5, 9)
METHODS = st.sampled_from(["visa", "mastercard", "checking"])
# What the processor says to the next thing sent; mostly yes, or the life is over soon.
FATES = st.sampled_from(["accepted"] * 5 + ["R01", "R09", "timeout", "insufficient_funds", "expired_card"])
MORNING, BEFORE = time(6), time(5)


class Years(RuleBasedStateMachine):
    """One member with two policies; on every day that passes the billing day runs and every promise is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.core = HELD[0]
        self.world = World(self.core)
        self.turns = itertools.count()
        self.grace: Grace | None = None

    @initialize(autopay_on=st.booleans(), tax_credit_cents=st.sampled_from([0, 20000]))
    def member(self, autopay_on: bool, tax_credit_cents: int) -> None:
        self.core.clock.set(CANONICAL)
        with self.core.write() as session:
            for table in reversed(store.metadata.sorted_tables):
                session.execute(table.delete())
        self.world.member(
            dental_cents=4250,
            tax_credit_cents=tax_credit_cents,
            saved=["visa", "mastercard", "checking"],
            unpaid=[],
            autopay="checking" if autopay_on else None,
            first_draft_on=date(2027, 1, 1),
        )
        self.profile = self.account().profile

    @rule(days=st.sampled_from([1, 3, 9, 17, 31, 31]), fate=FATES)
    def days_pass(self, days: int, fate: str) -> None:
        self.core.processor.script(fate)  # type: ignore[attr-defined]
        for _ in range(days):
            day = self.core.today(self.profile.time_zone) + timedelta(days=1)
            self.core.clock.set(datetime.combine(day, BEFORE))
            early = self.may_change()
            self.core.clock.set(datetime.combine(day, MORNING))
            billing_day.run(self.core, day)
            if early is not None and self.may_change() is not None and self.pending() is None:
                assert self.may_change() == early, "one civil date has one answer"
            self.every_promise_holds()
        self.core.processor.forget_script()  # type: ignore[attr-defined]

    @rule(name=METHODS, part=st.sampled_from([1, 1, 1, 2, 4]), days=st.sampled_from([0, 0, 0, 2, 12]), fate=FATES)
    def pay(self, name: str, part: int, days: int, fate: str) -> None:
        """All that is owed, or a part of it, now or on a later day."""
        self.core.processor.script(fate)  # type: ignore[attr-defined]
        with suppress(errors.BillingError):
            cents = None if part == 1 else max(1, self.world.owed_cents() // part)
            later = self.core.today(self.profile.time_zone) + timedelta(days=days)
            wish = quotes.Wish(amount_cents=cents, method_id=self.world.method("ada", name).id, pay_on=later)
            quote = quotes.open_payment(
                self.core, account_id="ada", conversation_id="c", turn_id=self.turn(), wish=wish
            )
            attempts.confirm(self.core, quote.payment_id, self.turn())
        self.core.processor.forget_script()  # type: ignore[attr-defined]
        self.every_promise_holds()

    @rule(name=METHODS)
    def turn_autopay_on(self, name: str) -> None:
        with suppress(errors.BillingError):
            terms = enrolling.offer(
                self.core,
                account_id="ada",
                conversation_id="c",
                turn_id=self.turn(),
                method_id=self.world.method("ada", name).id,
            )
            enrolling.authorize(self.core, terms.enrollment_id, turn_id=self.turn(), channel="web")
        self.every_promise_holds()

    @rule()
    def turn_autopay_off(self) -> None:
        refused = self.may_change() is False
        with suppress(errors.BillingError):
            enrolling.cancel(self.core, account_id="ada", conversation_id="c", turn_id=self.turn())
            assert not refused, "cancelled inside the lock"
        self.every_promise_holds()

    @precondition(lambda self: self.payments(PaymentState.SETTLED))
    @rule(data=st.data(), code=st.sampled_from(["R01", "R01", "R09", "R03", None]))
    def money_goes_back(self, data: st.DataObject, code: str | None) -> None:
        chosen = data.draw(st.sampled_from(self.payments(PaymentState.SETTLED)[-3:]))
        with suppress(errors.BillingError):
            if code is None:
                reversals.refund(self.core, chosen.id)
            else:
                reversals.returned(self.core, chosen.id, code)
        self.every_promise_holds()

    def every_promise_holds(self) -> None:
        today = self.core.today(self.profile.time_zone)
        with self.core.read() as session:
            account = accounts.find(session, "ada")
            payments = list(session.scalars(select(Payment).order_by(Payment.id)))
            entries = list(session.scalars(select(Entry)))
            enrollment = autopay.on(session, "ada")
            open_ = invoices.open_invoices(session, "ada")
            grace = past_due.standing_of(session, account, open_, today)
            refused = None if enrollment is None else autopay.refusal_on(session, account, enrollment, today)
            again = None if enrollment is None else autopay.refusal_on(session, account, enrollment, today)
        assert refused == again, "the same question on the same day has the same answer"
        for entry in entries:
            assert sum(line.amount_cents for line in entry.postings) == 0
        for payment in payments:
            _allocated(payment, entries)
        if enrollment is not None and _awaited(payments, enrollment.first_draft_on, today):
            assert refused is not None, "the lock ended before the outcome of a started draft was known"
        _drafted_once(payments, self.profile.max_debit_attempts or 0)
        if grace is not None and self.grace is not None:
            assert grace.since <= self.grace.since, "grace started anew before everything was paid"
        self.grace = grace

    def account(self) -> accounts.Account:
        return accounts.get(self.core, "ada")

    def may_change(self) -> bool | None:
        """Whether autopay may be cancelled today; None while it is off."""
        with self.core.read() as session:
            enrollment = autopay.on(session, "ada")
            if enrollment is None:
                return None
            return autopay.refusal_today(self.core, session, accounts.find(session, "ada"), enrollment) is None

    def pending(self) -> str | None:
        with self.core.read() as session:
            enrollment = autopay.on(session, "ada")
            return None if enrollment is None else enrollment.pending

    def payments(self, state: PaymentState) -> list[Payment]:
        with self.core.read() as session:
            return list(session.scalars(select(Payment).where(Payment.state == state).order_by(Payment.id)))

    def turn(self) -> str:
        return f"t{next(self.turns)}"


def _allocated(payment: Payment, entries: list[Entry]) -> None:
    """What a payment took went to invoices or is the member's credit, to the cent; any other went nowhere."""
    mine = [entry for entry in entries if entry.reference == f"payment:{payment.id}:settled"]
    took = payment.state in (PaymentState.SETTLED, PaymentState.RETURNED, PaymentState.REFUNDED)
    assert len(mine) == took
    for entry in mine:
        by_book: Counter[str] = Counter()
        for line in entry.postings:
            by_book[line.book] += line.amount_cents
        assert by_book[ledger.CASH] == payment.amount_cents
        assert -by_book[ledger.RECEIVABLE] - by_book[ledger.MEMBER_CREDIT] == payment.amount_cents


def _awaited(payments: list[Payment], first_draft_on: date, today: date) -> bool:
    """Whether a draft of this enrollment was started and has no outcome."""
    for payment in payments:
        if payment.draft_key is None or date.fromisoformat(payment.draft_key.split(":")[1]) < first_draft_on:
            continue
        if payment.state in UNRESOLVED or (payment.state == PaymentState.CONFIRMED and payment.pay_on <= today):
            return True
    return False


def _drafted_once(payments: list[Payment], cap: int) -> None:
    """One first draft a period, whatever enrollment it is of, and never more debits of it than the cap."""
    drafts = [payment for payment in payments if payment.draft_key is not None]
    periods = Counter(payment.draft_key.split(":")[1] for payment in drafts if payment.draft_key)
    assert all(count <= cap for count in periods.values())
    first = Counter(payment.draft_key.split(":")[1] for payment in drafts if (payment.draft_key or "").count(":") == 1)
    assert all(count == 1 for count in first.values())


def test_years_of_an_account_keep_every_promise_on_every_day(sqlite_core: Core) -> None:
    HELD[:] = [sqlite_core]
    run_state_machine_as_test(
        Years,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not SOAKING,
            phases=(Phase.explicit, Phase.generate, Phase.shrink) if SOAKING else (Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=True,
        ),
    )
