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

from billing_core import grace, invoices, ledger, notices, past_due, threshold
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
    open_ = invoices.open_by_account(session, ids)
    zone = ZoneInfo(profile.time_zone)
    told = {
        key: written_at.astimezone(zone).date()
        for key, written_at in session.execute(
            select(Notice.key, Notice.written_at).where(Notice.account_id.in_(ids), Notice.key.like("grace:%"))
        )
    }
    page = Page(session, on, at, told, _waiting(session, ids), past_due.began(session, profile, ids, on))
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
    profile = account.profile
    unpaid = [item for item in threshold.unmet(profile, open_) if item.invoice.due_on < page.on]
    binders = [item for item in unpaid if item.invoice.binder]
    unpaid = [item for item in unpaid if not item.invoice.binder]
    # A first payment has no grace, and takes none away from another policy.
    steps = _binder(page, account, binders) if binders else []
    if not unpaid or account.coverage_ended_on is not None:
        return steps
    first = page.began.get(account.id, unpaid[0].invoice)
    tax_credit = account.has_three_months(first.coverage_month)
    key = grace_key(account.id, first.coverage_month)
    notice_on = page.told.get(f"{key}:start", page.on)
    found = grace.standing(profile, open_, page.on, tax_credit=tax_credit, notice_on=notice_on, began=first)
    if found is None:
        return steps
    steps.append(("grace_start", f"{key}:start"))
    last_day, ends_back_on = found.last_day, found.ends_back_on
    if last_day is None or ends_back_on is None:
        return [*steps, ("termination_review", f"{key}:review")]
    if found.verified and last_day - timedelta(days=LAST_DAYS) <= page.on <= last_day:
        steps.append(("grace_last_days", f"{key}:last_days"))
    if page.on <= last_day or page.waiting.get(account.id, date.max) <= last_day:
        return steps
    if not found.verified or binders or not _concerns_all(account, unpaid):
        # A person decides, and what is under way for today may leave nothing to decide.
        under_way = page.waiting.get(account.id, date.max) <= page.on
        return steps if under_way else [*steps, ("termination_review", f"{key}:review")]
    end_coverage(page.session, account, ends_back_on, page.on, page.at)
    return [*steps, ("termination", f"{key}:termination")]


def _binder(page: Page, account: Account, binders: list[OpenInvoice]) -> list[tuple[str, str]]:
    """An unpaid binder payment: coverage that never began is cancelled, with no grace (DOMAIN 2.3).

    Where nobody knows until when the issuer takes it (`binder_deadline_days`), a person decides.
    """
    first = binders[0].invoice
    last_day = grace.last_day_to_pay(account.profile, binders[0], tax_credit=False)
    key = f"{grace_key(account.id, first.coverage_month)}:binder"
    waits_since = page.waiting.get(account.id, date.max)
    if last_day is None:
        # What is under way for today may leave nothing to decide.
        return [] if waits_since <= page.on else [("termination_review", f"{key}:review")]
    if page.on <= last_day or waits_since <= last_day:
        return []
    if {policy.id for policy in account.policies} != {item.invoice.policy_id for item in binders}:
        return [("termination_review", f"{key}:review")]
    end_coverage(page.session, account, first.coverage_month - timedelta(days=1), page.on, page.at)
    return [("termination", f"{key}:cancelled")]


def _concerns_all(account: Account, unpaid: list[OpenInvoice]) -> bool:
    return {item.invoice.policy_id for item in unpaid} == {policy.id for policy in account.policies}


def _past_due(span: Span, profile: Profile, on: date) -> Select[str]:
    """The accounts that owe on a bill that was due: from their postings, and of the bills only those still open."""
    owed = ledger.open_receivables(span.holds(Posting.account_id)).c
    owing = select(owed.account_id).join(Invoice, Invoice.id == owed.invoice_id).where(Invoice.due_on < on)
    return select(Account.id).where(*served(span, profile), Account.id.in_(owing)).order_by(Account.id)


def _waiting(session: Session, ids: list[str]) -> dict[str, date]:
    """The day of the earliest payment of each account that may yet take money."""
    rows = session.execute(
        select(Payment.account_id, func.min(Payment.pay_on))
        .where(Payment.account_id.in_(ids), unindexed(Payment.state).in_(MONEY_MAY_MOVE))
        .group_by(Payment.account_id)
    )
    return dict(rows.tuples().all())
