"""Facts of notices about coverage and about how bills come: grace, its end, a copy of the bill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from billing_core import invoices, ledger, past_due
from billing_core.grace import Grace
from billing_core.notice_facts.about import About, Said, owed_cents


def grace_start(about: About) -> Said | None:
    grace = _grace(about)
    if grace is None:
        return None
    facts: dict[str, Any] = {
        "clears_cents": grace.clears_cents,
        "past_due_cents": grace.past_due_cents,
        "since_on": grace.past_due_since.isoformat(),
    }
    if grace.last_day is None:
        return Said("unknown", facts)
    facts["last_on"] = grace.last_day.isoformat()
    if not grace.verified or grace.ends_back_on is None:
        return Said("unverified", facts)
    return Said("plain", facts | {"ends_back_on": grace.ends_back_on.isoformat()})


def grace_last_days(about: About) -> Said | None:
    grace = _grace(about)
    if grace is None or grace.last_day is None or grace.ends_back_on is None or about.today > grace.last_day:
        return None
    facts = {
        "clears_cents": grace.clears_cents,
        "last_on": grace.last_day.isoformat(),
        "ends_back_on": grace.ends_back_on.isoformat(),
    }
    return Said("plain", facts)


def termination(about: About) -> Said | None:
    """The effective date and the reason (45 CFR 156.270(b)); none when coverage was given back meanwhile."""
    ended_on = about.account.coverage_ended_on
    if ended_on is None:
        return None
    if about.notice.key.endswith(":cancelled"):
        starts_on = about.account.never_began() or ended_on + timedelta(days=1)
        return Said("never_began", {"start_on": starts_on.isoformat()})
    return Said("plain", {"ended_on": ended_on.isoformat()})


def termination_review(about: About) -> Said | None:
    """What a person decides about: what is owed of coverage that has begun, or the first payment of what has not."""
    first = ":binder:" in about.notice.key
    clears_cents = owed_cents([item for item in about.open() if item.invoice.binder is first])
    if about.account.coverage_ended_on is not None or clears_cents <= 0:
        return None
    return Said("first_payment" if first else "plain", {"clears_cents": clears_cents})


def part_month_review(about: About) -> Said | None:
    """The month that a person bills; none when it was billed meanwhile."""
    policy_id, month = int(about.subject()), date.fromisoformat(about.subject(2))
    every = invoices.all_of(about.session, about.account.id)
    billed = any(row.policy_id == policy_id and row.coverage_month == month for row in every)
    return None if billed else Said("plain", {"month_on": month.isoformat()})


def email_bounced(about: About) -> Said | None:
    return Said("plain", {})


def paper_copy(about: About) -> Said | None:
    """The bills of the newest coverage month, together."""
    every = invoices.all_of(about.session, about.account.id)
    if not every:
        return Said("none", {})
    month = max(row.coverage_month for row in every)
    bills = [row for row in every if row.coverage_month == month]
    open_cents = ledger.open_cents_by_invoice(about.session, about.account.id)
    facts = {
        "invoice_on": max(row.invoice_date for row in bills).isoformat(),
        "month_on": month.isoformat(),
        "premium_cents": sum(row.premium_cents for row in bills),
        "tax_credit_cents": sum(row.tax_credit_cents for row in bills),
        "bill_cents": sum(row.net_cents for row in bills),
        "due_on": min(row.due_on for row in bills).isoformat(),
        "owed_cents": sum(cents for cents in open_cents.values() if cents > 0),
    }
    return Said("plain", facts)


def _grace(about: About) -> Grace | None:
    """The grace period the notice is about, if the account is still in it."""
    if about.account.coverage_ended_on is not None:
        return None
    first_month = date.fromisoformat(about.subject(2))
    found = past_due.standing_of(about.session, about.account, about.open(), about.today)
    # With a tax credit grace is counted from the first of its month, else from the due date before or in it.
    return found if found is not None and found.since <= first_month else None


READERS: dict[str, Callable[[About], Said | None]] = {
    "grace_start": grace_start,
    "grace_last_days": grace_last_days,
    "termination": termination,
    "termination_review": termination_review,
    "part_month_review": part_month_review,
    "email_bounced": email_bounced,
    "paper_copy": paper_copy,
}
