"""What became of each payment an account made: its day, what it paid, what was over, whether it went back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, ledger, payments
from billing_core.accounts import Account
from billing_core.core import Core
from billing_core.invoices import Invoice
from billing_core.ledger import Entry
from billing_core.payments import Payment
from billing_core.states import PaymentState

NEVER_MADE = (PaymentState.PROPOSED, PaymentState.EXPIRED, PaymentState.CANCELLED)


@dataclass(frozen=True)
class Part:
    """The part of a payment that went to one bill, in cents."""

    coverage_month: date
    policy_kind: str
    amount_cents: int


@dataclass(frozen=True)
class Line:
    """One payment of the history; `made_on` is the issuer's civil date on which it was sent, or is to be sent.

    `over_cents` was more than what was owed and became credit. `ended_on` is the day on which its state was known.
    """

    payment_id: str
    kind: str
    payer: str
    state: str
    made_on: date
    ended_on: date | None
    amount_cents: int
    method_id: int
    method_label: str
    confirmation: str | None
    code: str | None
    parts: tuple[Part, ...]
    over_cents: int


def of(core: Core, account_id: str) -> tuple[Line, ...]:
    """The payments the member made or autopay drafted, oldest first, failed ones too; raises `AccountNotFound`."""
    with core.read() as session:
        return in_session(session, accounts.find(session, account_id))


def in_session(session: Session, account: Account) -> tuple[Line, ...]:
    """`of`, inside the caller's session."""
    made = [row for row in payments.of(session, account.id) if row.state not in NEVER_MADE]
    references = {f"payment:{row.id}:settled": row.id for row in made}
    entries = session.scalars(select(Entry).where(Entry.reference.in_(references)))
    settled = {references[entry.reference]: entry for entry in entries}
    bills = {row.id: row for row in session.scalars(select(Invoice).where(Invoice.account_id == account.id))}
    zone = ZoneInfo(account.profile.time_zone)
    return tuple(_line(row, settled.get(row.id), bills, zone) for row in made)


def _line(row: Payment, entry: Entry | None, bills: dict[int, Invoice], zone: ZoneInfo) -> Line:
    postings = entry.postings if entry is not None else []
    return Line(
        payment_id=row.id,
        kind=row.kind,
        payer=row.payer,
        state=row.state,
        made_on=row.pay_on if row.submitted_at is None else row.submitted_at.astimezone(zone).date(),
        ended_on=row.resolved_on,
        amount_cents=row.amount_cents,
        method_id=row.method_id,
        method_label=row.method.label,
        confirmation=row.confirmation,
        code=row.code,
        parts=tuple(_parts(postings, bills)),
        over_cents=-sum(each.amount_cents for each in postings if each.book == ledger.MEMBER_CREDIT),
    )


def _parts(postings: Iterable[ledger.Posting], bills: dict[int, Invoice]) -> Iterable[Part]:
    for each in postings:
        if each.book == ledger.RECEIVABLE and each.invoice_id is not None:
            bill = bills[each.invoice_id]
            yield Part(bill.coverage_month, bill.policy_kind, -each.amount_cents)
