"""What a billing day would do, found by doing it page by page and taking every page back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_core import payments
from billing_core.billing_day import pages
from billing_core.billing_day.page import do_span
from billing_core.billing_day.pages import PAGE_SIZE, Span
from billing_core.chargeable import chargeable_cents, facts
from billing_core.core import Core
from billing_core.errors import PaymentUnresolved, Refusal
from billing_core.invoices import Invoice
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.states import UNRESOLVED, PaymentState


@dataclass(frozen=True)
class Happening:
    """One thing that would happen to an account, with the amount in cents where it is about money.

    `issued`; `draft`, `retry` (a second debit) or `scheduled payment` as it would be charged now, or `waits` (another
    attempt has no answer) or `dropped` (nothing is owed, or a rule forbids it) in its place; `asked about` for an
    attempt without an answer; else a kind of notice.
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
                found = sorted(_new(core, session, span, before, on), key=lambda item: item.account_id)
                raise _TakenBack
        except _TakenBack:
            yield from found


def _newest(session: Session) -> tuple[int, int]:
    return session.scalar(select(func.max(Invoice.id))) or 0, session.scalar(select(func.max(Notice.id))) or 0


def _sent(core: Core, session: Session, span: Span, on: date) -> Iterator[Happening]:
    """What would go to the processor, by the rule that is asked again when it goes."""
    rows = select(Payment.id).where(
        span.holds(Payment.account_id), Payment.state == PaymentState.CONFIRMED, Payment.pay_on <= on
    )
    held = payments.hold_all(session, session.scalars(rows).all())
    known = facts(session, {account.id for _, account in held}, core.now())
    for payment, account in held:
        what = "scheduled payment"
        if payment.draft_key is not None:
            what = "draft" if payment.draft_key.count(":") == 1 else "retry"
        try:
            cents = min(payment.amount_cents, chargeable_cents(core, payment, account, known))
        except PaymentUnresolved:
            what, cents = "waits", payment.amount_cents
        except Refusal:
            cents = 0
        yield Happening(account.id, what if cents > 0 else "dropped", cents if cents > 0 else payment.amount_cents)


def _new(core: Core, session: Session, span: Span, before: tuple[int, int], on: date) -> Iterator[Happening]:
    bills = select(Invoice).where(span.holds(Invoice.account_id), Invoice.id > before[0])
    for invoice in session.scalars(bills):
        yield Happening(invoice.account_id, "issued", invoice.net_cents)
    yield from _sent(core, session, span, on)
    waiting = select(Payment).where(span.holds(Payment.account_id), Payment.state.in_(UNRESOLVED))
    for payment in session.scalars(waiting):
        yield Happening(payment.account_id, "asked about", payment.amount_cents)
    told = select(Notice.account_id, Notice.kind).where(span.holds(Notice.account_id), Notice.id > before[1])
    for account_id, kind in session.execute(told):
        yield Happening(account_id, kind)
