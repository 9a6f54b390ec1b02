"""Members built for one test each, and the few things a test does with them, on a core whose clock stands still."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from billing_core import Core, attempts, invoices, issuing, ledger, methods, profiles, quotes, views
from billing_core.accounts import Account, Policy
from billing_core.attempts import Outcome
from billing_core.autopay import Enrollment
from billing_core.invoices import Invoice
from billing_core.methods import Method
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.processors.sandbox import SandboxCharge
from billing_core.quotes import Quote, Wish
from billing_core.states import AutopayState

CANONICAL = datetime(2026, 12, 15, 10, 0)  # noqa: DTZ001 - local to the issuer, which the clock adds
JAN = date(2027, 1, 1)
SAVED: dict[str, dict[str, Any]] = {
    "visa": {"kind": "card", "brand": "visa", "last4": "4242", "expires_month": date(2028, 8, 1)},
    "mastercard": {"kind": "card", "brand": "mastercard", "last4": "5100", "expires_month": date(2029, 11, 1)},
    "dying": {"kind": "card", "brand": "visa", "last4": "1881", "expires_month": date(2026, 12, 1)},
    "dead": {"kind": "card", "brand": "visa", "last4": "1880", "expires_month": date(2026, 11, 1)},
    "checking": {"kind": "checking", "last4": "6789"},
    "disabled": {"kind": "checking", "last4": "8888", "disabled_code": "R02"},
}


class World:
    """One core and the members in it."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._turns = itertools.count(1)

    def turn(self) -> str:
        """A new inbound message's id."""
        return f"turn-{next(self._turns)}"

    def at(self, local: str) -> None:
        """Place the clock, in the issuer's local time."""
        self.core.clock.set(datetime.fromisoformat(local))

    def member(
        self,
        key: str = "ada",
        *,
        profile: str = "nc_seed",
        premium_cents: int = 41210,
        tax_credit_cents: int = 0,
        dental_cents: int | None = None,
        saved: Sequence[str] = ("visa",),
        unpaid: Sequence[date] = (JAN,),
        autopay: str | None = None,
        first_draft_on: date = date(2026, 7, 1),
        binder: bool = False,
        email: bool = True,
        plan_type: str = "individual",
        ended_on: date | None = None,
    ) -> str:
        """An account with its policies, methods, unpaid invoices (by due date) and, if named, autopay from a method."""
        rules = profiles.get(profile)
        with self.core.write() as session:
            account = Account(
                id=key,
                name=f"{key.title()} Test",
                phone=None,
                email=f"{key}@example.com" if email else None,
                profile_id=profile,
                plan_type=plan_type,
                member_id=f"M-{key}",
                date_of_birth=date(1980, 1, 1),
                zip_code="27601",
                coverage_ended_on=ended_on,
            )
            session.add(account)
            session.flush()
            kinds = [("health", premium_cents, tax_credit_cents)]
            kinds += [("dental", dental_cents, 0)] if dental_cents is not None else []
            policies = [
                Policy(
                    account_id=key,
                    kind=kind,
                    plan_name=kind.title(),
                    premium_cents=cents,
                    tax_credit_cents=credit,
                    first_month=date(2026, 1, 1),
                )
                for kind, cents, credit in kinds
            ]
            held = {name: Method(account_id=key, token=f"tok_{name}", **SAVED[name]) for name in saved}
            for row in [*policies, *held.values()]:
                session.add(row)
                session.flush()
            if autopay is not None:
                session.add(
                    Enrollment(
                        account_id=key,
                        method=held[autopay],
                        state=AutopayState.ACTIVE.value,
                        first_draft_on=first_draft_on,
                        authorization_text="as shown",
                    )
                )
            for due in unpaid:
                planned = invoices.invoice_date(rules, due, autopay=autopay is not None) or due
                issued_on = min(planned, self.core.today(rules.time_zone))
                for policy in policies:
                    issuing.issue(
                        session,
                        policy,
                        coverage_month=invoices.coverage_month_of(rules, due),
                        due=due,
                        issued_on=issued_on,
                        at=datetime.combine(issued_on, time(17), tzinfo=UTC),
                        for_autopay=autopay is not None,
                        binder=binder,
                    )
        return key

    def quote(
        self, account_id: str = "ada", *, conversation: str = "conv", turn: str | None = None, **wish: Any
    ) -> Quote:
        """Open a quote; `method` names a saved method, `policy` a kind of policy."""
        if "method" in wish:
            wish["method_id"] = self.method(account_id, wish.pop("method")).id
        if "policy" in wish:
            wish["policy_id"] = self.policy(account_id, wish.pop("policy")).id
        return quotes.open_payment(
            self.core,
            account_id=account_id,
            conversation_id=conversation,
            turn_id=turn or self.turn(),
            wish=Wish(**wish),
        )

    def pay(self, account_id: str = "ada", *, conversation: str = "conv", **wish: Any) -> Outcome:
        """Open a quote and confirm it in the next turn."""
        quote = self.quote(account_id, conversation=conversation, **wish)
        return attempts.confirm(self.core, quote.payment_id, self.turn())

    def method(self, account_id: str, name: str) -> Method:
        """The saved method of `SAVED` by its name."""
        last4 = SAVED[name]["last4"]
        return next(row for row in methods.saved(self.core, account_id) if row.last4 == last4)

    def policy(self, account_id: str, kind: str) -> Policy:
        with self.core.read() as session:
            return session.scalars(select(Policy).where(Policy.account_id == account_id, Policy.kind == kind)).one()

    def payment(self, payment_id: str) -> Payment:
        with self.core.read() as session:
            return session.get_one(Payment, payment_id)

    def payments(self, account_id: str = "ada") -> list[Payment]:
        """Oldest first; at one instant what the member made comes before a draft."""
        rows = select(Payment).where(Payment.account_id == account_id)
        with self.core.read() as session:
            return list(session.scalars(rows.order_by(Payment.quoted_at, Payment.kind.desc())))

    def enrollment(self, account_id: str = "ada") -> Enrollment:
        """The newest enrollment, whatever its state."""
        with self.core.read() as session:
            rows = select(Enrollment).where(Enrollment.account_id == account_id)
            return max(session.scalars(rows), key=lambda row: row.first_draft_on)

    def invoices(self, account_id: str = "ada") -> list[Invoice]:
        with self.core.read() as session:
            return invoices.all_of(session, account_id)

    def owed_cents(self, account_id: str = "ada") -> int:
        owed: int = views.account(self.core, account_id)["owed_cents"]
        return owed

    def open_offers(self) -> list[Offer]:
        with self.core.read() as session:
            return list(session.scalars(select(Offer).where(Offer.closed_at.is_(None))))

    def charges(self) -> list[SandboxCharge]:
        """What the processor took or refused, as it knows it, in no order."""
        with self.core.read() as session:
            return list(session.scalars(select(SandboxCharge)))

    def taken_cents(self) -> int:
        """What left members' accounts at the processor, refunds counted back."""
        kept = ("accepted", "timeout")
        return sum(row.amount_cents - row.refunded_cents for row in self.charges() if row.outcome in kept)

    def ledger_total_cents(self) -> int:
        with self.core.read() as session:
            return ledger.total_cents(session)
