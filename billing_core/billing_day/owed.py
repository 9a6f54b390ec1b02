"""What the members of a page owe and have scheduled, read as rows: balances are postings, for a page as for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from billing_core import debits, ledger, methods
from billing_core.accounts import Account
from billing_core.billing_day.pages import Span
from billing_core.caps import Tried
from billing_core.errors import MethodRefused
from billing_core.invoices import Invoice
from billing_core.ledger import Posting
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import PaymentState
from billing_core.store import unindexed


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice with something open on it, in cents."""

    account_id: str
    due_on: date
    binder: bool
    open_cents: int


@dataclass(frozen=True)
class Standing:
    """What decides a draft of each account of a span: open invoices, scheduled payments, failed drafts."""

    open: dict[str, list[Owed]]
    scheduled_cents: dict[str, int]
    failed: dict[str, list[Tried]]

    def draftable_cents(self, profile: Profile, account_id: str, on: date) -> int:
        """What a draft may take on `on`, in cents: what is open, but no binder (G28), nothing that was tried too often
        (G29), and less what scheduled payments will take (G6).
        """
        tries = self.failed.get(account_id, ())
        open_cents = sum(
            item.open_cents
            for item in self.open.get(account_id, ())
            if not item.binder and debits.may_debit(profile, item.due_on, tries, on)
        )
        return open_cents - self.scheduled_cents.get(account_id, 0)


def standing(session: Session, span: Span, due_by: date) -> Standing:
    """How the accounts of a span stand, counting invoices due by `due_by`."""
    return Standing(
        open_by_account(session, span, Invoice.due_on <= due_by),
        _scheduled(session, span),
        debits.failed(session, span.holds(Payment.account_id), due_by - debits.COUNTED_FOR),
    )


def open_by_account(session: Session, span: Span, which: ColumnElement[bool]) -> dict[str, list[Owed]]:
    """The open invoices of the span that `which` selects, oldest coverage month first, by account."""
    owed = ledger.open_receivables(span.holds(Posting.account_id)).c
    rows = session.execute(
        select(Invoice.account_id, Invoice.due_on, Invoice.binder, owed.open_cents)
        .join_from(owed.open_cents.table, Invoice, Invoice.id == owed.invoice_id)
        .where(which)
        .order_by(Invoice.account_id, Invoice.coverage_month)
    )
    found: dict[str, list[Owed]] = {}
    for account_id, due_on, binder, cents in rows:
        found.setdefault(account_id, []).append(Owed(account_id, due_on, binder, int(cents)))
    return found


def _scheduled(session: Session, span: Span) -> dict[str, int]:
    rows = session.execute(
        select(Payment.account_id, func.sum(Payment.amount_cents))
        .where(span.holds(Payment.account_id), unindexed(Payment.state) == PaymentState.CONFIRMED.value)
        .group_by(Payment.account_id)
    )
    return {account_id: int(cents) for account_id, cents in rows}


@lru_cache(maxsize=4096)
def chargeable(
    profile_id: str, kind: str, brand: str | None, expires_month: date | None, disabled_code: str | None, on: date
) -> bool:
    """Whether a method with these facts can be charged on `on`, by the one rule of `methods.check`."""
    method = Method(kind=kind, brand=brand, last4="", expires_month=expires_month, disabled_code=disabled_code)
    try:
        methods.check(Account(profile_id=profile_id), method, on)
    except MethodRefused:
        return False
    return True
