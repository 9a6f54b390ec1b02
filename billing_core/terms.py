"""An autopay authorization as it is read back: from which draft on, how much first, what is still paid by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from billing_core import autopay, invoices, waiting
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.core import Core


@dataclass(frozen=True)
class Terms:
    """An autopay authorization as it is read back: amounts in cents, dates of the issuer."""

    enrollment_id: str
    method_label: str
    first_draft_on: date
    first_amount_cents: int
    notice_on: date | None
    pay_by_hand_cents: int
    pay_by_hand_by: date | None
    text: str


def of(core: Core, session: Session, account: Account, enrollment: Enrollment) -> Terms:
    """The terms of an enrollment that was offered."""
    today = core.today(account.profile.time_zone)
    first_on = enrollment.first_draft_on
    planned_notice_on = invoices.invoice_date(account.profile, first_on, autopay=True)
    before = [item for item in invoices.open_invoices(session, account.id) if item.invoice.due_on < first_on]
    by_hand = waiting.left_cents(before, waiting.of(session, account.id), lambda item: True)
    return Terms(
        enrollment_id=enrollment.id,
        method_label=enrollment.method.label,
        first_draft_on=first_on,
        first_amount_cents=first_amount_cents(session, account, first_on),
        notice_on=None if planned_notice_on is None else max(planned_notice_on, today),
        pay_by_hand_cents=by_hand,
        pay_by_hand_by=before[0].invoice.due_on if by_hand > 0 else None,
        text=enrollment.authorization_text,
    )


def first_amount_cents(session: Session, account: Account, first_on: date) -> int:
    """What the first draft takes when earlier bills have been paid by hand."""
    return autopay.draft_cents(session, account, first_on, since=first_on)


def first_by_hand(session: Session, account: Account, today: date) -> tuple[date, int]:
    """What is to be paid by hand first once autopay is off: by which due date, and how much, in cents.

    A month that was debited as often as it may be is owed like any other; a draft would leave it out.
    """
    open_, waits = invoices.open_invoices(session, account.id), waiting.of(session, account.id)
    for due in sorted({item.invoice.due_on for item in open_}):
        owed = [item for item in open_ if item.invoice.due_on <= due]
        cents = max(waiting.left_cents(owed, waits, lambda item: True), autopay.draft_cents(session, account, due))
        if cents > 0:
            return due, cents
    due = autopay.next_bill_on(session, account, invoices.next_due_on(account.profile, today))
    return due, autopay.draft_cents(session, account, due)
