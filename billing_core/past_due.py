"""Grace of a stored account: the pure rules of `grace`, given the day on which the grace notice went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import grace
from billing_core.accounts import Account
from billing_core.grace import Grace
from billing_core.invoices import OpenInvoice
from billing_core.notices import Notice


def standing_of(session: Session, account: Account, open_: Sequence[OpenInvoice], today: date) -> Grace | None:
    """The grace period the account is in, or None."""
    notice_on = _notice_on(session, account, open_)
    return grace.standing(account.profile, open_, today, tax_credit=account.has_tax_credit(), notice_on=notice_on)


def last_day_to_pay_of(session: Session, account: Account, open_: Sequence[OpenInvoice]) -> date | None:
    """The last day on which paying everything keeps coverage; None where it is unknown or nothing is open."""
    if not open_:
        return None
    notice_on = _notice_on(session, account, open_)
    return grace.last_day_to_pay(account.profile, open_[0], tax_credit=account.has_tax_credit(), notice_on=notice_on)


def grace_key(account_id: str, first_unpaid_month: date) -> str:
    """What the notices of one grace period are about; the first of them is `<key>:start`."""
    return f"grace:{account_id}:{first_unpaid_month.isoformat()}"


def _notice_on(session: Session, account: Account, open_: Sequence[OpenInvoice]) -> date | None:
    """The issuer's civil date of the grace notice; asked only where the profile counts from it."""
    if account.profile.grace_start != "notice" or not open_:
        return None
    key = f"{grace_key(account.id, open_[0].invoice.coverage_month)}:start"
    written_at = session.scalar(select(Notice.written_at).where(Notice.key == key))
    return None if written_at is None else written_at.astimezone(ZoneInfo(account.profile.time_zone)).date()
