"""Drafts tried again: only where `caps` allows it, some days later, and each told before (G29; DOMAIN 3.6, 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import caps, debits, notices
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.billing_day import owed
from billing_core.billing_day.draft import row
from billing_core.billing_day.issue import served
from billing_core.billing_day.pages import Span
from billing_core.calendar import first_of_month
from billing_core.caps import Tried
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import AUTOPAY_ON
from billing_core.store import insert_or_leave

# Older failures are past the next draft, which takes what may be taken.
LOOKED_BACK_DAYS = 62


@dataclass(frozen=True)
class Retry:
    """A second (or third) debit that the rules allow: its key, its amount in cents, its first day and, from the next
    draft on, none any more."""

    enrollment: Enrollment
    key: str
    notice_key: str
    amount_cents: int
    first_on: date
    before: date


def retry(session: Session, span: Span, profile: Profile, on: date, at: datetime) -> int:
    """Tell of the debits that will be tried again, and start those that were told before; returns how many started.

    The day between telling and trying lets the member pay by hand: with nothing open, nothing is tried.
    """
    since = on - timedelta(days=LOOKED_BACK_DAYS)
    failed = debits.failed(session, span.holds(Payment.account_id), since)
    wanted = {key: tries for key, tries in failed.items() if _passing(tries[-1].code)}
    if not wanted:
        return 0
    enrollments = session.scalars(
        select(Enrollment)
        .join(Account, Account.id == Enrollment.account_id)
        .where(*served(span, profile), Enrollment.state.in_(AUTOPAY_ON), Enrollment.account_id.in_(wanted))
        .order_by(Enrollment.account_id)
        .with_for_update(of=Account)
    ).all()
    standing = owed.standing(session, span, on)
    found = [_allowed(profile, each, wanted[each.account_id], standing, on) for each in enrollments]
    return _carry_out(session, profile, [item for item in found if item is not None], on, at)


def _passing(code: str | None) -> bool:
    return any(caps.may_follow(rail, code) for rail in caps.RAILS)


def _allowed(
    profile: Profile, enrollment: Enrollment, tries: list[Tried], standing: owed.Standing, on: date
) -> Retry | None:
    last = tries[-1]
    if not last.draft_key.startswith(f"{enrollment.id}:"):
        return None
    due = date.fromisoformat(last.draft_key.split(":")[1])
    first_on = debits.next_debit_on(profile, due, tries, enrollment.method)
    next_due = first_of_month(due, 1).replace(day=profile.due_day)
    if first_on is None or max(first_on, on) >= next_due:
        return None
    cents = standing.draftable_cents(profile, enrollment.account_id, max(first_on, on))
    if cents <= 0:
        return None
    number = 1 + sum(debit.debited_on >= due for debit in tries)
    base = f"{enrollment.id}:{due.isoformat()}"
    # The network wants the same amount again; less, when part of it was paid meanwhile.
    amount_cents = min(cents, last.amount_cents)
    return Retry(
        enrollment, f"{base}:{number}", f"draft:{base}:{number}:retry", amount_cents, first_on, before=next_due
    )


def _carry_out(session: Session, profile: Profile, allowed: list[Retry], on: date, at: datetime) -> int:
    keys = [item.notice_key for item in allowed]
    zone = ZoneInfo(profile.time_zone)
    # A day that is made up later tells today, and tries no sooner than the day after.
    told_on = max(on, at.astimezone(zone).date())
    told = {
        key: written_at.astimezone(zone).date()
        for key, written_at in session.execute(select(Notice.key, Notice.written_at).where(Notice.key.in_(keys)))
    }
    started = set(
        session.scalars(select(Payment.draft_key).where(Payment.draft_key.in_([item.key for item in allowed])))
    )
    drafts: list[dict[str, Any]] = []
    told_now: list[dict[str, Any]] = []
    for item in allowed:
        account_id, method = item.enrollment.account_id, item.enrollment.method
        if item.notice_key not in told:
            first_on = max(item.first_on, told_on + timedelta(days=1))
            if first_on >= item.before:
                continue
            facts = {"amount_cents": item.amount_cents, "retry_on": first_on.isoformat()}
            told_now.append(notices.row(account_id, "retry", item.notice_key, at, facts))
        elif item.first_on <= on and told[item.notice_key] < on and item.key not in started:
            about = (method.kind, method.brand, method.expires_month, method.disabled_code)
            if owed.chargeable(profile.id, *about, on):
                drafts.append(row(account_id, method.id, item.amount_cents, item.key, on, at))
            else:
                told_now.append(notices.row(account_id, "draft_skipped", f"draft:{item.key}:skipped", at))
    insert_or_leave(session, Payment, drafts)
    insert_or_leave(session, Notice, told_now)
    return len(drafts)
