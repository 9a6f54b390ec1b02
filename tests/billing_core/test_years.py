"""Years of the accounts' life, day by day: whatever members, banks and calendars do, the promises hold every day.

`test_property.py` crowds everything into one hard month; here time is what passes, for several members at once, since
a billing day costs nearly the same for six as for one. `make soak` lives far more years. What holds is in `promises`.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select, update

from billing_core import (
    Core,
    accounts,
    attempts,
    autopay,
    billing_day,
    enrolling,
    errors,
    invoices,
    past_due,
    pending,
    profiles,
    quotes,
    reversals,
    store,
)
from billing_core.authorization import Range
from billing_core.autopay import Enrollment
from billing_core.invoices import Invoice
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.states import PaymentState
from tests.billing_core.promises import Promises
from tests.billing_core.world import CANONICAL, SAVED, World

HELD: list[Core] = []
SOAKING = os.environ.get("DUELY_SOAK") == "1"
JAN = date(2027, 1, 1)
MEMBERS = ("ada", "bob", "cyd", "dee", "eve", "fay")
METHODS = st.sampled_from(["visa", "mastercard", "checking"])
PREMIUMS = st.sampled_from([30000, 41210, 41211, 50000])
# What the processor says to the next things sent; mostly yes, or the lives are over soon.
FATE = st.sampled_from(["accepted"] * 5 + ["R01", "R09", "timeout", "insufficient_funds", "expired_card"])
FATES = st.lists(FATE, max_size=6)
EARLY, MORNING, LATE = time(5), time(6), time(23, 30)
DEEDS = st.one_of(
    st.tuples(
        st.just("pay"), METHODS, st.sampled_from([1, 1, 1, 2, 4]), st.sampled_from([0, 0, 0, 2, 12]), FATE,
        st.sampled_from([1, 1, 1, 12]), st.sampled_from([None, None, "health", "dental"]),
    ),
    st.tuples(st.just("turn_autopay_on"), METHODS, st.sampled_from([None, None, Range(40000, 45000)])),
    st.tuples(st.just("turn_autopay_off"), st.booleans()),
    st.tuples(st.just("change_method"), METHODS, st.booleans()),
    st.tuples(st.just("premium_becomes"), PREMIUMS),
    st.tuples(st.just("money_goes_back"), st.integers(0, 2), st.sampled_from(["R01", "R01", "R09", "R03", None])),
    st.tuples(st.just("a_new_one"), METHODS),
)  # fmt: skip
START = st.fixed_dictionaries(
    {
        "autopay": st.sampled_from(["checking", "visa", "mastercard", None]),
        "tax_credit_cents": st.sampled_from([0, 20000]),
        "first_cents": st.sampled_from([30000, None]),
        "binder": st.sampled_from([False, False, True]),
    }
)


class Years(RuleBasedStateMachine):
    """Members with two policies each; on every day that passes the billing day runs and every promise is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.core = HELD[0]
        self.world = World(self.core)
        self.turns = itertools.count()
        self.profile = profiles.get("nc_seed")
        self.promises = Promises(self.core, self.profile)
        self.methods: dict[tuple[str, str], int] = {}
        self.policies: dict[tuple[str, str], int] = {}

    @initialize(starts=st.tuples(*[START] * len(MEMBERS)))
    def members(self, starts: tuple[dict[str, Any], ...]) -> None:
        self.core.clock.set(CANONICAL)
        with self.core.write() as session:
            for table in reversed(store.metadata.sorted_tables):
                session.execute(table.delete())
        for who, start in zip(MEMBERS, starts, strict=True):
            self.world.member(
                who,
                dental_cents=4250,
                tax_credit_cents=start["tax_credit_cents"],
                saved=["visa", "mastercard", "checking"],
                unpaid=[JAN] if start["binder"] else [],
                autopay=start["autopay"],
                first_draft_on=JAN,
            )
            for name in ("visa", "mastercard", "checking"):
                self.methods[who, name] = self.world.method(who, name).id
            for kind in ("health", "dental"):
                self.policies[who, kind] = self.world.policy(who, kind).id
            first_cents = start["first_cents"] or 45460 - start["tax_credit_cents"]
            with self.core.write() as session:
                # A first payment is billed on paper; the other policy is not new.
                mine = update(Invoice).where(Invoice.account_id == who)
                session.execute(mine.values(for_autopay=False))
                session.execute(mine.where(Invoice.policy_kind == "health").values(binder=True))
                agreed = update(Enrollment).where(Enrollment.account_id == who)
                session.execute(agreed.values(first_amount_cents=first_cents))
        self.promises.hold()

    @rule(
        deeds=st.lists(st.tuples(st.sampled_from(MEMBERS), DEEDS), max_size=5),
        at=st.sampled_from([time(9), LATE]),
        days=st.sampled_from([9, 1, 3, 17, 31, 31]),
        missed=st.sampled_from([0, 0, 0, 0, 2, 11]),
        fates=FATES,
    )
    def live(
        self, deeds: list[tuple[str, tuple[Any, ...]]], at: time, days: int, missed: int, fates: list[str]
    ) -> None:
        """What members do on one day, the days after it, and those on which nothing runs."""
        self.core.clock.set(datetime.combine(self.today(), at))
        for who, (deed, *how) in deeds:
            self.promises.forget(who)
            with suppress(errors.BillingError):
                getattr(self, deed)(who, *how)
            self.promises.hold()
        self.script(fates)
        for _ in range(days):
            self.a_day_passes()
        self.nothing_runs(missed)
        self.core.processor.forget_script()  # type: ignore[attr-defined]

    def nothing_runs(self, days: int) -> None:
        """An outage: the days that were missed are made up in their order, at the clock's own time."""
        missed = [self.today() + timedelta(days=day) for day in range(1, days + 1)]
        if missed:
            self.core.clock.set(datetime.combine(missed[-1], MORNING))
        for day in missed:
            billing_day.run(self.core, day)
        self.promises.hold()

    def a_day_passes(self) -> None:
        day = self.today() + timedelta(days=1)
        who = MEMBERS[day.toordinal() % len(MEMBERS)]
        self.core.clock.set(datetime.combine(day, EARLY))
        early = self.may_change(who)
        self.core.clock.set(datetime.combine(day, MORNING))
        billing_day.run(self.core, day)
        self.promises.hold()
        later = self.may_change(who)
        # A draft that is tried again after the lock ended locks its own day (the decision about the lock's end).
        if None not in (early, later) and not self.promises.tried_again(who):
            assert early == later, f"one civil date has one answer: {who}, {day}"
        if day.toordinal() % 5 == 0:
            answered = self.answers(who)
            self.core.clock.set(datetime.combine(day, LATE))
            assert self.answers(who) == answered, f"the same question on the same day has the same answer: {who}, {day}"

    def pay(self, who: str, name: str, part: int, days: int, fate: str, times: int, kind: str | None) -> None:
        """All that is owed, or a part of it, of both policies or one, now or on a later day; where it fails, at once
        again.
        """
        for _ in range(times):
            self.script([fate])
            cents = None if part == 1 else max(1, self.world.owed_cents(who) // part)
            policy_id = None if kind is None else self.policies[who, kind]
            later = self.today() + timedelta(days=days)
            wish = quotes.Wish(amount_cents=cents, method_id=self.methods[who, name], pay_on=later, policy_id=policy_id)
            try:
                quote = quotes.open_payment(
                    self.core, account_id=who, conversation_id=who, turn_id=self.turn(), wish=wish
                )
                attempts.confirm(self.core, quote.payment_id, self.turn())
            finally:
                self.core.processor.forget_script()  # type: ignore[attr-defined]

    def turn_autopay_on(self, who: str, name: str, agreed: Range | None) -> None:
        terms = enrolling.offer(
            self.core, account_id=who, conversation_id=who, turn_id=self.turn(), method_id=self.methods[who, name],
            agreed=agreed,
        )  # fmt: skip
        enrolling.authorize(self.core, terms.enrollment_id, turn_id=self.turn(), channel="web")

    def turn_autopay_off(self, who: str, later: bool) -> None:
        allowed = self.may_change(who)
        try:
            enrolling.cancel(self.core, account_id=who, conversation_id=who, turn_id=self.turn())
            assert allowed is not False, "cancelled inside the lock"
        except errors.AutopayLocked:
            if later:
                pending.save(self.core, self.enrollment(who).id)

    def change_method(self, who: str, name: str, later: bool) -> None:
        allowed, wanted = self.may_change(who), self.methods[who, name]
        try:
            enrolling.change_method(
                self.core, account_id=who, conversation_id=who, turn_id=self.turn(), method_id=wanted
            )
            assert allowed is not False, "changed inside the lock"
        except errors.AutopayLocked:
            if later:
                pending.save(self.core, self.enrollment(who).id, method_id=wanted)

    def premium_becomes(self, who: str, cents: int) -> None:
        with self.core.write() as session:
            session.merge(self.world.policy(who, "health")).premium_cents = cents

    def money_goes_back(self, who: str, which: int, code: str | None) -> None:
        """A bank debit returns with a code, a card payment or one without a code is refunded."""
        took = Payment.account_id == who, Payment.state == PaymentState.SETTLED
        with self.core.read() as session:
            settled = session.scalars(select(Payment).where(*took).order_by(Payment.id.desc()).limit(3)).all()
        for payment in settled[which : which + 1]:
            if code is None or payment.method.rail == "card":
                reversals.refund(self.core, payment.id)
            else:
                reversals.returned(self.core, payment.id, code)

    def a_new_one(self, who: str, name: str) -> None:
        """Another method of the same kind: a card that was disabled has a successor."""
        with self.core.write() as session:
            row = Method(account_id=who, token=f"tok_{name}_{self.turn()}", **SAVED[name])
            session.add(row)
            session.flush()
            self.methods[who, name] = row.id

    def may_change(self, who: str) -> bool | None:
        """Whether autopay may be changed today; None while it is off, or a change is saved that may apply itself."""
        with self.core.read() as session:
            enrollment = autopay.on(session, who)
            if enrollment is None or enrollment.pending is not None:
                return None
            return autopay.refusal_today(self.core, session, accounts.find(session, who), enrollment) is None

    def answers(self, who: str) -> tuple[Any, ...]:
        """What the member is told of the bill, of autopay and of grace."""
        with self.core.read() as session:
            account = accounts.find(session, who)
            standing = autopay.standing_of(self.core, session, account)
            grace = past_due.standing_of(session, account, invoices.open_invoices(session, who), self.today())
        return (standing.next_draft, standing.lock, standing.pending_on, grace, self.may_change(who))

    def enrollment(self, who: str) -> Enrollment:
        with self.core.read() as session:
            return autopay.must_be_on(session, who)

    def script(self, fates: list[str]) -> None:
        for fate in fates:
            self.core.processor.script(fate)  # type: ignore[attr-defined]

    def today(self) -> date:
        return self.core.today(self.profile.time_zone)

    def turn(self) -> str:
        return f"t{next(self.turns)}"


def test_years_of_accounts_keep_every_promise_on_every_day(core: Core) -> None:
    HELD[:] = [core]
    sqlite = core.engine.dialect.name == "sqlite"
    examples, steps = (150, 40) if SOAKING else (3, 5) if sqlite else (2, 3)
    run_state_machine_as_test(
        Years,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not SOAKING,
            phases=(Phase.explicit, Phase.generate, Phase.shrink) if SOAKING else (Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=True,
        ),
    )
