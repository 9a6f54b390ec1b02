"""Aging of a page: grace begins, nears its end, and coverage ends, each by the issuer's own rule (DOMAIN 2.2, 2.3).

Coverage ends by itself only where the rule is known and verified and concerns the whole account; everywhere else a
person is asked (`termination_review`). While a payment made in time has no answer, nothing ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from billing_core import grace, ledger, notices, past_due
from billing_core.accounts import Account
from billing_core.billing_day.issue import served
from billing_core.billing_day.pages import Span
from billing_core.billing_day.tally import Tally
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.ledger import Posting
from billing_core.notices import Notice
from billing_core.past_due import grace_key
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import MONEY_MAY_MOVE
from billing_core.store import insert_or_leave, unindexed
from billing_core.termination import end_coverage

# [prop] How long before the last day to pay the member is told once more; DOMAIN names no number.
LAST_DAYS = 7


@dataclass(frozen=True)
class Page:
    """What is needed to age the accounts of a page: who is told what already, and who waits for an answer."""

    session: Session
    on: date
    at: datetime
    told: dict[str, date]
    waiting: dict[str, date]
    began: dict[str, Invoice]


def age(session: Session, span: Span, profile: Profile, on: date, at: datetime) -> Tally:
    """Age the accounts of the span that have something past due; full payment ends grace by leaving nothing so."""
    ids = list(session.scalars(_past_due(span, profile, on)))
    tally: Tally = Tally()
    if not ids:
        return tally
    accounts = session.scalars(
        select(Account).where(Account.id.in_(ids)).order_by(Account.id).with_for_update(of=Account)
    ).all()
    open_ = _open(session, ids)
    zone = ZoneInfo(profile.time_zone)
    told = {
        key: written_at.astimezone(zone).date()
        for key, written_at in session.execute(
            select(Notice.key, Notice.written_at).where(Notice.account_id.in_(ids), Notice.key.like("grace:%"))
        )
    }
    page = Page(session, on, at, told, _waiting(session, ids), past_due.began(session, ids, on))
    rows = []
    for account in accounts:
        for kind, key in _steps(page, account, open_.get(account.id, [])):
            if key not in told:
                rows.append(notices.row(account.id, kind, key, at))
                tally[{"grace_start": "grace_started", "termination": "terminated"}.get(kind, "told")] += 1
    session.flush()
    insert_or_leave(session, Notice, rows)
    return tally


def _steps(page: Page, account: Account, open_: list[OpenInvoice]) -> list[tuple[str, str]]:
    """Do what is due for one account; the notices it is owed, as kind and key."""
    binders = [item for item in open_ if item.invoice.binder and item.invoice.due_on < page.on]
    if binders:
        return _binder(page, account, binders)
    profile, tax_credit = account.profile, account.has_tax_credit()
    first = next((item.invoice for item in open_ if item.invoice.due_on < page.on), None)
    if first is None:
        return []
    first = page.began.get(account.id, first)
    key = grace_key(account.id, first.coverage_month)
    notice_on = page.told.get(f"{key}:start", page.on)
    found = grace.standing(profile, open_, page.on, tax_credit=tax_credit, notice_on=notice_on, began=first)
    if found is None:
        return []
    steps = [("grace_start", f"{key}:start")]
    last_day, ends_back_on = found.last_day, found.ends_back_on
    if last_day is None or ends_back_on is None:
        return [*steps, ("termination_review", f"{key}:review")]
    if found.verified and last_day - timedelta(days=LAST_DAYS) <= page.on <= last_day:
        steps.append(("grace_last_days", f"{key}:last_days"))
    if page.on <= last_day or page.waiting.get(account.id, date.max) <= last_day:
        return steps
    if not found.verified or not _concerns_all(account, open_, page.on):
        return [*steps, ("termination_review", f"{key}:review")]
    end_coverage(page.session, account, ends_back_on, page.on, page.at)
    return [*steps, ("termination", f"{key}:termination")]


def _binder(page: Page, account: Account, binders: list[OpenInvoice]) -> list[tuple[str, str]]:
    """An unpaid binder payment: coverage that never began is cancelled, with no grace (DOMAIN 2.3)."""
    first = binders[0].invoice
    last_day = grace.last_day_to_pay(account.profile, binders[0], tax_credit=account.has_tax_credit())
    key = f"{grace_key(account.id, first.coverage_month)}:binder"
    if last_day is None or page.on <= last_day or page.waiting.get(account.id, date.max) <= last_day:
        return []
    if {policy.id for policy in account.policies} != {item.invoice.policy_id for item in binders}:
        return [("termination_review", f"{key}:review")]
    end_coverage(page.session, account, first.coverage_month - timedelta(days=1), page.on, page.at)
    return [("termination", f"{key}:cancelled")]


def _concerns_all(account: Account, open_: list[OpenInvoice], on: date) -> bool:
    unpaid = {item.invoice.policy_id for item in open_ if item.invoice.due_on < on}
    return unpaid == {policy.id for policy in account.policies}


def _past_due(span: Span, profile: Profile, on: date) -> Select[str]:
    open_cents = func.sum(Posting.amount_cents)
    owing = (
        select(Invoice.account_id)
        .join(Posting, Posting.invoice_id == Invoice.id)
        .where(span.holds(Invoice.account_id), Posting.book == ledger.RECEIVABLE, Invoice.due_on < on)
        .group_by(Invoice.account_id, Invoice.id)
        .having(open_cents > 0)
    )
    return select(Account.id).where(*served(span, profile), Account.id.in_(owing)).order_by(Account.id)


def _open(session: Session, ids: list[str]) -> dict[str, list[OpenInvoice]]:
    open_cents = func.sum(Posting.amount_cents)
    rows = session.execute(
        select(Invoice, open_cents)
        .join(Posting, Posting.invoice_id == Invoice.id)
        .where(Invoice.account_id.in_(ids), Posting.book == ledger.RECEIVABLE)
        .group_by(Invoice.id)
        .having(open_cents > 0)
        .order_by(Invoice.account_id, Invoice.coverage_month, Invoice.policy_id)
    )
    found: dict[str, list[OpenInvoice]] = {}
    for invoice, cents in rows:
        found.setdefault(invoice.account_id, []).append(OpenInvoice(invoice, int(cents)))
    return found


def _waiting(session: Session, ids: list[str]) -> dict[str, date]:
    """The day of the earliest payment of each account that may yet take money."""
    rows = session.execute(
        select(Payment.account_id, func.min(Payment.pay_on))
        .where(Payment.account_id.in_(ids), unindexed(Payment.state).in_(MONEY_MAY_MOVE))
        .group_by(Payment.account_id)
    )
    return dict(rows.tuples().all())
