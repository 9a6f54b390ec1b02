"""What the members of a page owe and have scheduled, read as rows: balances are postings, for a page as for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from billing_core import debits, ledger, methods, waiting
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
    policy_id: int
    due_on: date
    binder: bool
    open_cents: int


class Waits(NamedTuple):
    """A scheduled payment that waits for its day, with what decides which bills it pays."""

    kind: str
    policy_id: int | None
    amount_cents: int


@dataclass(frozen=True)
class Standing:
    """What decides a draft of each account of a span: open invoices, scheduled payments, failed drafts."""

    open: dict[str, list[Owed]]
    scheduled: dict[str, list[Waits]]
    failed: dict[str, list[Tried]]

    def draftable_cents(self, profile: Profile, account_id: str, on: date, *, scheduled: bool = True) -> int:
        """What a draft may take on `on`, in cents: what is open, but no binder (G28), nothing that was tried too often
        (G29), and nothing that `scheduled` payments will take (G6), unless told to leave these out.
        """
        tries = self.failed.get(account_id, ())

        def drafted(item: Owed) -> bool:
            return not item.binder and debits.may_debit(profile, item.due_on, tries, on)

        waits = self.scheduled.get(account_id, ()) if scheduled else ()
        return waiting.left_cents(self.open.get(account_id, ()), waits, drafted)


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
        select(Invoice.account_id, Invoice.policy_id, Invoice.due_on, Invoice.binder, owed.open_cents)
        .join_from(owed.open_cents.table, Invoice, Invoice.id == owed.invoice_id)
        .where(which)
        .order_by(Invoice.account_id, Invoice.coverage_month)
    )
    found: dict[str, list[Owed]] = {}
    for account_id, policy_id, due_on, binder, cents in rows:
        found.setdefault(account_id, []).append(Owed(account_id, policy_id, due_on, binder, int(cents)))
    return found


def _scheduled(session: Session, span: Span) -> dict[str, list[Waits]]:
    rows = session.execute(
        select(Payment.account_id, Payment.kind, Payment.policy_id, Payment.amount_cents)
        .where(span.holds(Payment.account_id), unindexed(Payment.state) == PaymentState.CONFIRMED.value)
        .order_by(Payment.account_id, Payment.id)
    )
    found: dict[str, list[Waits]] = {}
    for account_id, kind, policy_id, cents in rows:
        found.setdefault(account_id, []).append(Waits(kind, policy_id, cents))
    return found


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
