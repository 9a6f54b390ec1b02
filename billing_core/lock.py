"""The lock window: when an autopay may not be cancelled or moved to another method (S19, S20, G1-G4).

By distance, both ends included: locked from `lock_days_before` days before the invoice date to `lock_days_after`
days after it. The invoice date of an autopay account is the stored one once the invoice is issued, and the due date
less the autopay lead until then (G2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing_core.calendar import banking_day_on_or_after, banking_days_before, first_of_month
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.invoices import Invoice, invoice_date, next_due_on
from billing_core.profiles import Profile

# The bank must hear of a stop order three banking days before the due date (12 CFR 1005.10(c), G9).
STOP_ORDER_BANKING_DAYS = 3


@dataclass(frozen=True)
class LockWindow:
    """One invoice's locked days, both ends included, and the draft they protect."""

    due_on: date
    invoice_on: date
    first_on: date
    last_on: date

    @property
    def first_open_on(self) -> date:
        return self.last_on + timedelta(days=1)

    @property
    def bank_date(self) -> date:
        """The day the bank shows an ACH draft (G10)."""
        return banking_day_on_or_after(self.due_on)

    @property
    def stop_order_by(self) -> date:
        """The last day on which the bank takes a stop order for this draft."""
        return banking_days_before(self.due_on, STOP_ORDER_BANKING_DAYS)

    def contains(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


def window(profile: Profile, due: date, sent_on: Sequence[date] = ()) -> LockWindow | None:
    """The lock around the draft due on `due`; None when the profile does not know its own lock.

    `sent_on` are the invoice dates already sent for it: two policies billed on different days lock from the first
    one's window to the last one's, because one draft pays both.
    """
    planned = invoice_date(profile, due, autopay=True)
    days = sent_on or ([] if planned is None else [planned])
    if not days or profile.lock_days_before is None or profile.lock_days_after is None:
        return None
    return LockWindow(
        due_on=due,
        invoice_on=max(days),
        first_on=min(days) - timedelta(days=profile.lock_days_before),
        last_on=max(days) + timedelta(days=profile.lock_days_after),
    )


def windows_near(profile: Profile, today: date, issued: Iterable[Invoice]) -> list[LockWindow]:
    """The locks of the last due date and the next two, from stored invoice dates where an invoice went out."""
    sent_on: dict[date, list[date]] = {}
    for invoice in issued:
        if invoice.for_autopay:
            sent_on.setdefault(invoice.due_on, []).append(invoice.invoice_date)
    next_due = next_due_on(profile, today)
    dues = [first_of_month(next_due, months).replace(day=profile.due_day) for months in (-1, 0, 1)]
    found = (window(profile, due, sent_on.get(due, ())) for due in dues)
    return [item for item in found if item is not None]


def locked_window(
    profile: Profile, today: date, issued: Iterable[Invoice], first_draft_on: date | None = None
) -> LockWindow | None:
    """The window that locks `today`, or None.

    A draft due before `first_draft_on` is not this enrollment's, so its window does not lock it: an enrollment made
    inside the lock can be cancelled at once (DOMAIN 1.4).
    """
    for item in windows_near(profile, today, issued):
        if item.contains(today) and (first_draft_on is None or item.due_on >= first_draft_on):
            return item
    return None


def may_cancel(profile: Profile, today: date, issued: Iterable[Invoice], first_draft_on: date | None = None) -> Answer:
    """Whether autopay may be cancelled or moved today; a refusal carries the window and the first open day."""
    if profile.lock_days_before is None or profile.lock_days_after is None:
        return Refused("unknown", None, {"profile": profile.id})
    found = locked_window(profile, today, issued, first_draft_on)
    if found is None:
        return Allowed()
    return Refused("S19", found.first_open_on, {"window": found})
