"""What a billing day would do, found by doing it page by page and taking every page back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_core.billing_day import pages
from billing_core.billing_day.page import do_span
from billing_core.billing_day.pages import PAGE_SIZE, Span
from billing_core.core import Core
from billing_core.invoices import Invoice
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.states import PaymentState


@dataclass(frozen=True)
class Happening:
    """One thing that would happen to an account: `issued`, `draft`, `scheduled payment` or a kind of notice.

    With the amount in cents where it is about money.
    """

    account_id: str
    what: str
    amount_cents: int | None = None


class _TakenBack(Exception):
    """Ends the transaction of a rehearsed page without keeping it."""


def rehearse(core: Core, on: date, page_size: int = PAGE_SIZE) -> Iterator[Happening]:
    """Everything that `run` would write or send on `on`, in the order of accounts; nothing is written or sent."""
    with core.read() as session:
        all_spans = list(pages.spans(session, size=page_size))
    for span in all_spans:
        found: list[Happening] = []
        try:
            with core.write() as session:
                before = _newest(session)
                do_span(core, session, span, on)
                session.flush()
                found = sorted(_new(session, span, before, on), key=lambda item: item.account_id)
                raise _TakenBack
        except _TakenBack:
            yield from found


def _newest(session: Session) -> tuple[int, int]:
    return session.scalar(select(func.max(Invoice.id))) or 0, session.scalar(select(func.max(Notice.id))) or 0


def _new(session: Session, span: Span, before: tuple[int, int], on: date) -> Iterator[Happening]:
    bills = select(Invoice).where(span.holds(Invoice.account_id), Invoice.id > before[0])
    for invoice in session.scalars(bills):
        yield Happening(invoice.account_id, "issued", invoice.net_cents)
    due = select(Payment.account_id, Payment.kind, Payment.amount_cents).where(
        span.holds(Payment.account_id), Payment.state == PaymentState.CONFIRMED, Payment.pay_on <= on
    )
    for account_id, kind, cents in session.execute(due):
        yield Happening(account_id, "draft" if kind == "draft" else "scheduled payment", cents)
    told = select(Notice.account_id, Notice.kind).where(span.holds(Notice.account_id), Notice.id > before[1])
    for account_id, kind in session.execute(told):
        yield Happening(account_id, kind)
