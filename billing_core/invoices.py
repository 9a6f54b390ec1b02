"""Invoices: what is billed for a coverage month, when, and what is still owed on it.

The due date follows from the issuer's profile; the invoice date is stored when the invoice is issued and never
computed again from the due date (G2). Payments go to the oldest coverage month first (DOMAIN 2.6).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import ledger
from billing_core.calendar import first_of_month
from billing_core.ledger import Posting
from billing_core.profiles import Profile
from billing_core.store import Base


class Invoice(Base):
    """One policy's bill for one coverage month, as it was issued last; the ledger keeps what it was before.

    `days_covered` is None for the whole month. A bill that was taken back is `cancelled_on` that day, and not owed.
    """

    __tablename__ = "invoice"
    __table_args__ = (UniqueConstraint("policy_id", "coverage_month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    policy_kind: Mapped[str] = mapped_column(String(10))
    plan_name: Mapped[str] = mapped_column(String(60))
    coverage_month: Mapped[date]
    premium_cents: Mapped[int]
    tax_credit_cents: Mapped[int]
    people_covered: Mapped[int]
    binder: Mapped[bool] = mapped_column(default=False)
    for_autopay: Mapped[bool] = mapped_column(default=False)
    invoice_date: Mapped[date]
    due_on: Mapped[date]
    days_covered: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    reissued_on: Mapped[date | None]
    cancelled_on: Mapped[date | None]

    @property
    def net_cents(self) -> int:
        return self.premium_cents - self.tax_credit_cents


@dataclass(frozen=True)
class OpenInvoice:
    """An invoice with what is still owed on it, in cents."""

    invoice: Invoice
    open_cents: int

    @property
    def id(self) -> int:
        return self.invoice.id

    @property
    def policy_id(self) -> int:
        return self.invoice.policy_id

    @property
    def binder(self) -> bool:
        return self.invoice.binder


@dataclass(frozen=True)
class Allocation:
    """The part of a payment that goes to one invoice, in cents."""

    invoice_id: int
    amount_cents: int


def due_on(profile: Profile, coverage_month: date) -> date:
    """The day the premium of a coverage month is due (S11; DOMAIN 2.1)."""
    return first_of_month(coverage_month, profile.due_month_offset).replace(day=profile.due_day)


def coverage_month_of(profile: Profile, due: date) -> date:
    """The coverage month that a due date pays for."""
    return first_of_month(due, -profile.due_month_offset)


def next_due_on(profile: Profile, today: date) -> date:
    """The first due date that is today or later."""
    due = first_of_month(today).replace(day=profile.due_day)
    return due if due >= today else first_of_month(today, 1).replace(day=profile.due_day)


def invoice_date(profile: Profile, due: date, *, autopay: bool) -> date | None:
    """The day the invoice for a due date is issued (G2); None where the issuer's lead is unknown."""
    lead_days = profile.invoice_lead_days_autopay if autopay else profile.invoice_lead_days_manual
    return None if lead_days is None else due - timedelta(days=lead_days)


def open_invoices(session: Session, account_id: str, policy_id: int | None = None) -> list[OpenInvoice]:
    """The invoices with something owed, oldest coverage month first; of one policy when it is named."""
    return of_policy(open_by_account(session, [account_id]).get(account_id, []), policy_id)


def open_by_account(session: Session, account_ids: Collection[str]) -> dict[str, list[OpenInvoice]]:
    """`open_invoices` of many accounts; accounts that owe nothing are absent."""
    rows = session.execute(_open_of(), {"account_ids": list(account_ids)})
    found: dict[str, list[OpenInvoice]] = {}
    for invoice, cents in rows:
        found.setdefault(invoice.account_id, []).append(OpenInvoice(invoice, int(cents)))
    return found


# Written once: to write them anew takes longer than to run them.
@cache
def _open_of() -> Select[Any]:
    owed = ledger.open_receivables(Posting.account_id.in_(bindparam("account_ids", expanding=True))).c
    return (
        select(Invoice, owed.open_cents)
        .join_from(owed.open_cents.table, Invoice, Invoice.id == owed.invoice_id)
        .order_by(Invoice.account_id, Invoice.coverage_month, Invoice.policy_id)
    )


@cache
def _billed_to() -> Select[Any]:
    owed = ledger.open_receivables(Posting.account_id == bindparam("account_id")).c
    return (
        select(Invoice, owed.open_cents)
        .outerjoin(owed.open_cents.table, Invoice.id == owed.invoice_id)
        .where(Invoice.account_id == bindparam("account_id"))
        .order_by(Invoice.coverage_month, Invoice.policy_id)
    )


def of_policy(open_: list[OpenInvoice], policy_id: int | None) -> list[OpenInvoice]:
    """The bills of one policy, or all of them when none is named."""
    return [item for item in open_ if policy_id is None or item.invoice.policy_id == policy_id]


def with_open(session: Session, account_id: str) -> list[OpenInvoice]:
    """Every invoice of the account with what is open on it (0 where nothing is), in the order of `all_of`."""
    rows = session.execute(_billed_to(), {"account_id": account_id})
    return [OpenInvoice(invoice, int(cents or 0)) for invoice, cents in rows]


def all_of(session: Session, account_id: str) -> list[Invoice]:
    """Every invoice of the account, oldest first."""
    return list(
        session.scalars(
            select(Invoice).where(Invoice.account_id == account_id).order_by(Invoice.coverage_month, Invoice.policy_id)
        )
    )


def allocate(open_: list[OpenInvoice], amount_cents: int) -> tuple[list[Allocation], int]:
    """Spread a payment over open invoices in their order; returns the parts and what is left over, in cents."""
    parts = []
    for item in open_:
        part = min(amount_cents, item.open_cents)
        if part > 0:
            parts.append(Allocation(item.invoice.id, part))
            amount_cents -= part
    return parts, amount_cents
