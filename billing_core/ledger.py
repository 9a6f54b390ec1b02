"""The double-entry ledger: every amount is a posting, every entry sums to zero, nothing is ever edited.

Debits are positive cents, credits negative. A correction is a new entry that reverses the old one. Balances are
read from postings and kept nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Subquery, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from billing_core.errors import UnbalancedEntry
from billing_core.store import Base

RECEIVABLE = "receivable"  # what the member owes, by invoice
PREMIUM = "premium"  # what was billed
TAX_CREDIT = "tax_credit"  # what the Treasury owes for the member (APTC)
CASH = "cash"  # what the processor took for us
MEMBER_CREDIT = "member_credit"  # what we owe back to the member
PAID_ELSEWHERE = "paid_elsewhere"  # what a person took for us: checks, calls
REFUND_DUE = "refund_due"  # what of it is set aside for a refund that was asked for


class Entry(Base):
    """One event in money terms; `reference` says what happened and can be posted once only."""

    __tablename__ = "ledger_entry"
    # Of the few that reverse another alone: the others would make most of it.
    __table_args__ = (
        Index(
            "uq_ledger_entry_reverses",
            "reverses_id",
            unique=True,
            sqlite_where=text("reverses_id IS NOT NULL"),
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    posted_on: Mapped[date]
    posted_at: Mapped[datetime]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    postings: Mapped[list[Posting]] = relationship(lazy="selectin", order_by="Posting.id")


class Posting(Base):
    """One line of an entry."""

    __tablename__ = "ledger_posting"
    # Balances are read from it alone, in the order of accounts: a page of them is one stretch of it.
    __table_args__ = (Index("ix_ledger_posting_balance", "account_id", "book", "invoice_id", "amount_cents"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    # Its entry's, where it is checked: a key of its own would cost a twentieth of a billing day and find nothing more.
    account_id: Mapped[str] = mapped_column(String(40))
    book: Mapped[str] = mapped_column(String(20))
    # Looked for with its account, by the balances' index.
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
    amount_cents: Mapped[int]


@dataclass(frozen=True)
class Line:
    """A posting to be made: debit positive, credit negative, in cents."""

    book: str
    amount_cents: int
    invoice_id: int | None = None


def post(
    session: Session,
    *,
    reference: str,
    account_id: str,
    on: date,
    at: datetime,
    lines: Iterable[Line],
    reverses_id: int | None = None,
) -> Entry:
    """Write one entry, or return the one already written under `reference`; raises `UnbalancedEntry`.

    The caller holds the account (`accounts.hold`), so two entries for one reference cannot race; the unique
    constraint is the last word all the same.
    """
    made = entry(reference=reference, account_id=account_id, on=on, at=at, lines=lines, reverses_id=reverses_id)
    (written,) = post_all(session, [made])
    return written


def entry(
    *,
    reference: str,
    account_id: str,
    on: date,
    at: datetime,
    lines: Iterable[Line],
    reverses_id: int | None = None,
) -> Entry:
    """An entry to be posted; raises `UnbalancedEntry`."""
    made = Entry(reference=reference, account_id=account_id, posted_on=on, posted_at=at, reverses_id=reverses_id)
    made.postings = [
        Posting(account_id=account_id, book=line.book, invoice_id=line.invoice_id, amount_cents=line.amount_cents)
        for line in lines
        if line.amount_cents
    ]
    if sum(posting.amount_cents for posting in made.postings):
        raise UnbalancedEntry(f"{reference} does not sum to zero")
    return made


def post_all(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Write these entries; in the place of each whose reference already stands comes the one that was written."""
    references = [each.reference for each in entries]
    known = {each.reference: each for each in session.scalars(select(Entry).where(Entry.reference.in_(references)))}
    session.add_all([each for each in entries if each.reference not in known])
    session.flush()
    return [known.get(each.reference, each) for each in entries]


def reverse(session: Session, *, original: str, reference: str, on: date, at: datetime) -> Entry:
    """Undo the entry posted as `original` by its mirror image; posting it twice changes nothing."""
    entry = session.scalars(select(Entry).where(Entry.reference == original)).one()
    return post(
        session,
        reference=reference,
        account_id=entry.account_id,
        on=on,
        at=at,
        lines=[Line(p.book, -p.amount_cents, p.invoice_id) for p in reversed(entry.postings)],
        reverses_id=entry.id,
    )


def balance_cents(session: Session, account_id: str, book: str) -> int:
    """The account's balance in one book, in cents (debit positive)."""
    total = select(func.coalesce(func.sum(Posting.amount_cents), 0)).where(
        Posting.account_id == account_id, Posting.book == book
    )
    return int(session.scalar(total) or 0)


def open_receivables(whose: ColumnElement[bool]) -> Subquery:
    """What is owed on each invoice with something owed, as `account_id`, `invoice_id`, `open_cents`; `whose` is about
    `Posting.account_id`.
    """
    open_cents = func.sum(Posting.amount_cents)
    return (
        select(Posting.account_id, Posting.invoice_id, open_cents.label("open_cents"))
        .where(Posting.book == RECEIVABLE, whose)
        .group_by(Posting.account_id, Posting.invoice_id)
        .having(open_cents > 0)
        .subquery()
    )


def open_cents_by_invoice(session: Session, account_id: str) -> dict[int, int]:
    """What is still owed on each invoice of the account, in cents; paid invoices are absent."""
    rows = session.execute(
        select(Posting.invoice_id, func.sum(Posting.amount_cents))
        .where(Posting.account_id == account_id, Posting.book == RECEIVABLE)
        .group_by(Posting.invoice_id)
    )
    return {invoice_id: int(total) for invoice_id, total in rows if total and invoice_id is not None}


def total_cents(session: Session) -> int:
    """The sum of all postings, which is zero or something is broken."""
    return int(session.scalar(select(func.coalesce(func.sum(Posting.amount_cents), 0))) or 0)
