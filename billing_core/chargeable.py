"""What may be charged at the moment of charging: one rule, asked for one payment or for a batch of accounts at once.

Between a member's word and the charge lie days; what is owed, who waits for an answer and which method is dead is
read again under the accounts' locks (DESIGN 3, step 10).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy.orm import Session

from billing_core import accounts, debits, invoices, methods, payments, reversals, waiting
from billing_core.accounts import Account
from billing_core.caps import Attempt, Rail, Tried, may_attempt
from billing_core.core import Core
from billing_core.decisions import Refused
from billing_core.errors import PersonNeeded, TriedTooOften
from billing_core.invoices import OpenInvoice
from billing_core.methods import Method
from billing_core.payments import Payment


@dataclass(frozen=True)
class Facts:
    """What the answer depends on, by account, as the held accounts stand in this transaction."""

    open: dict[str, list[OpenInvoice]]
    moving: dict[str, list[Payment]]
    needing_person: set[str]
    tried: dict[str, list[Tried]]


def facts(session: Session, account_ids: Collection[str], now: datetime) -> Facts:
    """Read in a handful of statements, however many accounts."""
    return Facts(
        invoices.open_by_account(session, account_ids),
        payments.moving(session, account_ids),
        reversals.needing_person(session, account_ids),
        debits.failed_lately(session, account_ids, now),
    )


def chargeable_cents(core: Core, payment: Payment, account: Account, known: Facts) -> int:
    """What may be charged now for what the payment is for, in cents.

    Raises `PlanNotServed`, `CoverageEnded`, `PersonNeeded`, `PaymentUnresolved`, `TriedTooOften`, or an error of
    `methods.check`.
    """
    accounts.must_be_payable(account)
    if account.id in known.needing_person:
        raise PersonNeeded("an unauthorized return stands on the account")
    moving = known.moving.get(account.id, [])
    payments.must_be_resolved_among(moving)
    on = max(payment.pay_on, core.today(account.profile.time_zone))
    methods.check(account, payment.method, on)
    must_be_allowed(account, payment.method, known.tried.get(account.id, ()), on, core.now(), payment.draft_key)
    others = waiting.among(moving, but_for=payment.id)
    return waiting.left_cents(known.open.get(account.id, []), others, partial(waiting.pays, payment))


def must_be_allowed(
    account: Account, method: Method, tried: Sequence[Tried], on: date, now: datetime, draft_key: str | None = None
) -> None:
    """Raises `TriedTooOften` where `caps.may_attempt` refuses; with a draft's key as an automatic attempt."""
    due_on = date.fromisoformat(draft_key.split(":")[1]) if draft_key else None
    rail: Rail = "card" if method.rail == "card" else "ach"
    answer = may_attempt(Attempt(method.id, rail, method.brand, on, due_on), tried, account.profile, now)
    if isinstance(answer, Refused):
        raise TriedTooOften(method.label, answer.rule, answer.until)
