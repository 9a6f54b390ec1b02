"""Pages of a billing day: ranges of account ids, each done in one transaction by whoever takes it first.

A page's name is its day, whose day it is, and the id before its first account, so planning twice plans the same
pages. On PostgreSQL several workers take different pages (`FOR UPDATE SKIP LOCKED`); SQLite has one writer at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing_core.accounts import Account
from billing_core.billing_page import BillingPage
from billing_core.store import insert_or_leave

PAGE_SIZE = 1000
# Pages are needed only while their day may be interrupted; older ones are cleared away.
KEPT_DAYS = 7


@dataclass(frozen=True)
class Span:
    """The accounts after one id and up to another, in the database's own order of ids."""

    after_id: str
    up_to_id: str

    def holds(self, account_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return and_(account_id > self.after_id, account_id <= self.up_to_id)


def spans(session: Session, after_id: str = "", size: int = PAGE_SIZE) -> Iterator[Span]:
    """Every account after `after_id` in spans of `size`, found by steps over the key, never all at once."""
    later = select(Account.id).order_by(Account.id)
    while True:
        up_to_id = session.scalar(later.where(Account.id > after_id).offset(size - 1).limit(1))
        if up_to_id is None:
            up_to_id = session.scalar(select(func.max(Account.id)).where(Account.id > after_id))
        if up_to_id is None:
            return
        yield Span(after_id, up_to_id)
        after_id = up_to_id


def plan(session: Session, on: date, zone: str, size: int = PAGE_SIZE, *, again: bool = True) -> None:
    """Write down the pages of the day; with `again` a day that was done to its end is opened once more."""
    session.execute(delete(BillingPage).where(BillingPage.day < on - timedelta(days=KEPT_DAYS)))
    last = session.scalar(select(func.max(BillingPage.up_to_id)).where(*_of(on, zone)))
    if again and last is not None and left(session, on, zone) == 0:
        session.execute(update(BillingPage).where(*_of(on, zone)).values(done_at=None))
    rows = [
        {"day": on, "zone": zone, "after_id": span.after_id, "up_to_id": span.up_to_id}
        for span in spans(session, last or "", size)
    ]
    insert_or_leave(session, BillingPage, rows)


def left(session: Session, on: date, zone: str) -> int:
    """How many pages of the day are not done."""
    undone = select(func.count()).where(*_of(on, zone), BillingPage.done_at.is_(None))
    return session.scalar(undone) or 0


def planned(session: Session, on: date, zone: str) -> int:
    """How many pages the day has."""
    return session.scalar(select(func.count()).where(*_of(on, zone))) or 0


def take(session: Session, on: date, zone: str, leave: Collection[str], *, wait: bool) -> BillingPage | None:
    """An undone page, locked until the transaction ends, or None; `wait` for one that another worker has."""
    return session.scalars(
        select(BillingPage)
        .where(*_of(on, zone), BillingPage.done_at.is_(None), BillingPage.after_id.not_in(leave))
        .order_by(BillingPage.after_id)
        .limit(1)
        .with_for_update(skip_locked=not wait)
    ).first()


def _of(on: date, zone: str) -> list[ColumnElement[bool]]:
    return [BillingPage.day == on, BillingPage.zone == zone]
