"""How much a draft may take without its change having been told in time (G8; 12 CFR 1005.10(d)).

A draft that takes more than the last one is told ten days before. Where that was not done, whatever the reason, the
draft takes what was agreed: the last draft's amount, however many months ago (before the first one, what was authorized
for it), the top of the range the member agreed to, or an amount that was told in time, whichever is the most. The rest
waits for the member's own payment.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing_core import billing_page
from billing_core.accounts import Account
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import PaymentState

Text = str | InstrumentedAttribute[str]


def draft_key(enrollment_id: str, due_on: date) -> str:
    """The key under which a period is drafted once: (enrollment, due date)."""
    return f"{enrollment_id}:{due_on.isoformat()}"


def changed_key(enrollment_id: str, due_on: date) -> str:
    """The key of the notice that this draft takes another amount than the last."""
    return f"draft:{draft_key(enrollment_id, due_on)}:changed"


def told_by(profile: Profile, due_on: date) -> date:
    """The last day on which a changed amount of the draft due on `due_on` is told in time."""
    return due_on - timedelta(days=profile.changed_amount_notice_days)


def will_be_told(session: Session, account: Account, enrollment_id: str, due_on: date, today: date) -> bool:
    """Whether a changed amount of the draft will still be told in time: it has not been told yet, and the billing day
    that does it is to come.

    That is the last one for it, which a change after its hour on that day has missed.
    """
    limit = told_by(account.profile, due_on)
    if today > limit or session.scalar(select(Notice.id).where(Notice.key == changed_key(enrollment_id, due_on))):
        return False
    return today < limit or not billing_page.came_to(session, account.id, today, account.profile.time_zone)


def most_cents(
    session: Session, profile: Profile, due_on: date, terms: Collection[tuple[str, int | None, int | None]]
) -> dict[str, int]:
    """The most that each draft due on `due_on` may take, in cents, by enrollment.

    `terms` are the enrollments, each with its `last_cents` (or what was authorized for its first draft) and the top of
    its range. Those of which nothing is known to have been agreed are absent.
    """
    told = _told_cents(session, profile, due_on, [changed_key(each, due_on) for each, _, _ in terms])
    return {
        enrollment_id: max(basis, high_cents or 0, told.get(changed_key(enrollment_id, due_on), 0))
        for enrollment_id, basis, high_cents in terms
        if basis is not None
    }


def last_cents(enrollment_id: Text, account_id: Text, due_on: date) -> ScalarSelect[int]:
    """The amount of the last draft before `due_on` that was not dropped, in cents; for one enrollment, or for each row
    of a statement.

    A draft that takes another amount is told before (G8); before the first one, that is what was authorized for it. A
    debit that was tried again is no draft of its own: it may have taken what was left of one.
    """
    # A draft's key ends with its due date, that of a retry with a number behind it.
    return (
        select(Payment.amount_cents)
        .where(Payment.account_id == account_id, Payment.kind == "draft", Payment.state != PaymentState.CANCELLED)
        .where(Payment.pay_on < due_on, Payment.draft_key.like(enrollment_id + ":" + "_" * len("2027-01-01")))
        .order_by(Payment.pay_on.desc())
        .limit(1)
        .correlate_except(Payment)
        .scalar_subquery()
    )


def _told_cents(session: Session, profile: Profile, due_on: date, keys: list[str]) -> dict[str, int]:
    zone, limit = ZoneInfo(profile.time_zone), told_by(profile, due_on)
    # What was not true any more when it was to be sent was never said.
    said = or_(Notice.outcome.is_(None), Notice.outcome != "moot")
    rows = session.execute(select(Notice.key, Notice.written_at, Notice.facts).where(Notice.key.in_(keys), said))
    return {
        key: int(facts["amount_cents"])
        for key, written_at, facts in rows
        if facts and "amount_cents" in facts and written_at.astimezone(zone).date() <= limit
    }
