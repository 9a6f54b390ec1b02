"""Grace: from the first unpaid month to the last day on which paying everything keeps coverage (DOMAIN 2.2).

With a tax credit: three months from the first unpaid month, claims held from the second (45 CFR 156.270). Without:
the profile's days from the due date, or from the notice that grace has begun; they may be unverified. A binder
payment has none, but may have a deadline of its own after its due date (2.3). Pure: dates in, dates out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing_core import threshold
from billing_core.calendar import first_of_month
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.profiles import Profile


@dataclass(frozen=True)
class Grace:
    """Where an account with something past due stands; amounts in cents.

    `since` is the first day of grace: with a tax credit the first unpaid month's, which may be after `past_due_since`,
    the due date it began with.
    """

    since: date
    past_due_since: date
    last_day: date | None
    past_due_cents: int
    clears_cents: int
    claims_hold_from: date | None
    ends_back_on: date | None
    verified: bool
    three_months: bool = False


@dataclass(frozen=True)
class Billed:
    """A bill and the day on which it was paid off, if it was."""

    invoice: Invoice
    settled_on: date | None


def began_with(history: Sequence[Billed], today: date) -> Invoice | None:
    """The first bill of the unbroken stretch of being past due that reaches to today, or None.

    Grace ends only when everything owed is paid: paying its first month, or a later one, does not start it anew
    (DOMAIN 2.2). So the stretch goes on as long as each bill fell due before the one before it was paid off.
    """
    first: Invoice | None = None
    until = date.min
    for bill in sorted(history, key=lambda bill: (bill.invoice.due_on, bill.invoice.id or 0)):
        due_on, settled_on = bill.invoice.due_on, bill.settled_on or date.max
        if bill.invoice.binder or due_on >= today or settled_on <= due_on:
            continue
        if first is None or due_on >= until:
            first, until = bill.invoice, settled_on
        until = max(until, settled_on)
    return first if until == date.max else None


def last_day_to_pay(
    profile: Profile, oldest: OpenInvoice, *, tax_credit: bool, notice_on: date | None = None
) -> date | None:
    """The last day on which full payment keeps coverage.

    None where the issuer's rule is unknown, or counts from a grace notice that has not gone out (`notice_on`).
    """
    if oldest.invoice.binder:
        days = profile.binder_deadline_days
        return None if days is None else oldest.invoice.due_on + timedelta(days=days)
    if tax_credit:
        if profile.grace_aptc_months is None:
            return None
        return first_of_month(oldest.invoice.coverage_month, profile.grace_aptc_months) - timedelta(days=1)
    starts_on = {"due": oldest.invoice.due_on, "notice": notice_on}.get(profile.grace_start or "")
    if profile.grace_other_days is None or starts_on is None:
        return None
    return starts_on + timedelta(days=profile.grace_other_days)


def standing(
    profile: Profile,
    open_: Sequence[OpenInvoice],
    today: date,
    *,
    tax_credit: bool,
    notice_on: date | None = None,
    began: Invoice | None = None,
) -> Grace | None:
    """The grace period the account is in, or None when nothing (but a binder) is past due; a shortfall within the
    issuer's threshold is not, though it stays owed (DOMAIN 2.4). `tax_credit`: the three months apply.

    `began` is the bill it began with (`began_with`), which may be paid by now; without it the oldest open one.
    """
    unpaid = threshold.unmet(profile, open_)
    past_due = [item for item in unpaid if item.invoice.due_on < today and not item.invoice.binder]
    if not past_due:
        return None
    first = began or past_due[0].invoice
    hold_month = profile.claims_hold_from_month
    held = tax_credit and hold_month is not None
    return Grace(
        since=first.coverage_month if tax_credit else first.due_on,
        past_due_since=first.due_on,
        last_day=last_day_to_pay(profile, OpenInvoice(first, 0), tax_credit=tax_credit, notice_on=notice_on),
        past_due_cents=sum(item.open_cents for item in past_due),
        # A first payment of another policy has no part in it: it keeps no coverage that has begun (2.3).
        clears_cents=sum(item.open_cents for item in open_ if not item.invoice.binder),
        claims_hold_from=first_of_month(first.coverage_month, hold_month - 1) if held and hold_month else None,
        ends_back_on=_ends_back_on(first, past_due[0].invoice, tax_credit),
        verified=tax_credit or profile.grace_other_verified,
        three_months=tax_credit,
    )


def _ends_back_on(began: Invoice, oldest_open: Invoice, tax_credit: bool) -> date:
    """Where coverage ends if grace runs out: the first month of grace with a tax credit, else the last paid month."""
    if tax_credit:
        return first_of_month(began.coverage_month, 1) - timedelta(days=1)
    return oldest_open.coverage_month - timedelta(days=1)
