"""How much a draft may take without its change having been told in time (G8; 12 CFR 1005.10(d)).

A draft that takes more than the last one is told ten days before. Where that was not done, whatever the reason, the
draft takes what was agreed: the last draft's amount (the first one's as authorized), the top of the range the member
agreed to, or an amount that was told in time, whichever is the most. The rest waits for the member's own payment.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core.calendar import first_of_month
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import PaymentState


def draft_key(enrollment_id: str, due_on: date) -> str:
    """The key under which a period is drafted once: (enrollment, due date)."""
    return f"{enrollment_id}:{due_on.isoformat()}"


def changed_key(enrollment_id: str, due_on: date) -> str:
    """The key of the notice that this draft takes another amount than the last."""
    return f"draft:{draft_key(enrollment_id, due_on)}:changed"


def told_by(profile: Profile, due_on: date) -> date:
    """The last day on which a changed amount of the draft due on `due_on` is told in time."""
    return due_on - timedelta(days=profile.changed_amount_notice_days)


def most_cents(
    session: Session, profile: Profile, due_on: date, terms: Collection[tuple[str, int | None, int | None]]
) -> dict[str, int]:
    """The most that each draft due on `due_on` may take, in cents, by enrollment.

    `terms` are the enrollments, each with the amount authorized for its first draft and the top of its range. Those of
    which nothing is known to have been agreed are absent.
    """
    before = first_of_month(due_on, -1).replace(day=profile.due_day)
    last = _last_cents(session, [draft_key(each, before) for each, _, _ in terms])
    told = _told_cents(session, profile, due_on, [changed_key(each, due_on) for each, _, _ in terms])
    found = {}
    for enrollment_id, first_cents, high_cents in terms:
        basis = last.get(draft_key(enrollment_id, before), first_cents)
        if basis is not None:
            found[enrollment_id] = max(basis, high_cents or 0, told.get(changed_key(enrollment_id, due_on), 0))
    return found


def _last_cents(session: Session, keys: list[str]) -> dict[str, int]:
    rows = session.execute(
        select(Payment.draft_key, Payment.amount_cents).where(
            Payment.draft_key.in_(keys), Payment.state != PaymentState.CANCELLED
        )
    )
    return {key: cents for key, cents in rows if key is not None}


def _told_cents(session: Session, profile: Profile, due_on: date, keys: list[str]) -> dict[str, int]:
    zone, limit = ZoneInfo(profile.time_zone), told_by(profile, due_on)
    rows = session.execute(select(Notice.key, Notice.written_at, Notice.facts).where(Notice.key.in_(keys)))
    return {
        key: int(facts["amount_cents"])
        for key, written_at, facts in rows
        if facts and "amount_cents" in facts and written_at.astimezone(zone).date() <= limit
    }
