"""The member's credit meets the bills: it pays the oldest first, and is taken back newest first (DOMAIN 2.6).

Credit is overpayment and what was paid on bills that were taken back; what of it is set aside for a refund pays no
bill. When money that had made credit goes back, so does what that credit paid: reversals undo in reverse order.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_core import invoices, ledger
from billing_core.invoices import Invoice
from billing_core.ledger import Entry, Line, Posting

# What every entry's reference begins with that takes the member's credit for a bill.
TAKEN = "credit:"


def settle(session: Session, account_id: str, *, cause: str, on: date, at: datetime) -> int:
    """Pay open bills from the account's credit, or take back what a credit paid that is not there any more.

    `cause` is the reference of what happened; each settles once. The caller holds the account. Returns the cents that
    went to bills, negative for what was taken back.
    """
    _level(session, account_id, cause, on, at)
    credit_cents = -ledger.balance_cents(session, account_id, ledger.MEMBER_CREDIT)
    set_aside_cents = -ledger.balance_cents(session, account_id, ledger.REFUND_DUE)
    if credit_cents > 0:
        open_ = invoices.open_invoices(session, account_id)
        parts = {part.invoice_id: part.amount_cents for part in invoices.allocate(open_, credit_cents)[0]}
    elif credit_cents + set_aside_cents < 0:
        parts = _to_take_back(session, account_id, -(credit_cents + set_aside_cents))
    else:
        return 0
    if parts:
        lines = [Line(ledger.RECEIVABLE, -cents, invoice_id) for invoice_id, cents in parts.items()]
        lines.append(Line(ledger.MEMBER_CREDIT, sum(parts.values())))
        ledger.post(session, reference=f"{TAKEN}{cause}", account_id=account_id, on=on, at=at, lines=lines)
    return sum(parts.values())


def taken(session: Session, account_id: str) -> dict[int, int]:
    """What of the credit went to each bill, in cents, by invoice id."""
    rows = session.execute(
        select(Posting.invoice_id, func.sum(Posting.amount_cents))
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Posting.account_id == account_id, Posting.book == ledger.RECEIVABLE)
        .where(Entry.reference.startswith(TAKEN))
        .group_by(Posting.invoice_id)
    )
    return {invoice_id: -int(cents) for invoice_id, cents in rows if invoice_id is not None and cents}


def _level(session: Session, account_id: str, cause: str, on: date, at: datetime) -> None:
    """No bill is open above what it is now: it was lowered or taken back, and its money came back after that."""
    lines = []
    for item in invoices.open_invoices(session, account_id):
        over_cents = item.open_cents - (0 if item.invoice.cancelled_on is not None else item.invoice.net_cents)
        if over_cents > 0:
            lines += [Line(ledger.RECEIVABLE, -over_cents, item.invoice.id), Line(ledger.MEMBER_CREDIT, over_cents)]
    if lines:
        ledger.post(session, reference=f"level:{cause}", account_id=account_id, on=on, at=at, lines=lines)


def _to_take_back(session: Session, account_id: str, short_cents: int) -> dict[int, int]:
    """What to take off the bills that credit paid, as negative cents, the newest month first."""
    paid = taken(session, account_id)
    newest_first = select(Invoice).where(Invoice.id.in_(paid), Invoice.cancelled_on.is_(None))
    parts: dict[int, int] = {}
    for invoice in session.scalars(newest_first.order_by(Invoice.coverage_month.desc(), Invoice.policy_id.desc())):
        part = min(short_cents, paid[invoice.id])
        if part > 0:
            parts[invoice.id] = -part
            short_cents -= part
    return parts
