"""Bills of a page: invoices and their ledger entries by one statement each, for every member whose day it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from billing_core import credits, invoices, issuing, ledger, notices, proration, threshold
from billing_core.accounts import Account, Policy
from billing_core.autopay import Enrollment
from billing_core.billing_day.pages import Span
from billing_core.calendar import last_of_month
from billing_core.invoices import Invoice
from billing_core.ledger import Entry, Posting
from billing_core.profiles import Profile
from billing_core.states import AutopayState
from billing_core.store import UtcDateTime, among, insert_selected, insert_selected_ids

ENROLLED = (AutopayState.ACTIVE, AutopayState.ENDING, AutopayState.SUSPENDED)


def served(span: Span, profile: Profile) -> list[ColumnElement[bool]]:
    """The span's accounts of this issuer that are billed and drafted here (S22; ended coverage is not)."""
    return [
        span.holds(Account.id),
        Account.profile_id == profile.id,
        Account.plan_type.in_(profile.plan_types),
        Account.coverage_ended_on.is_(None),
    ]


def issue(session: Session, span: Span, profile: Profile, on: date, at: datetime) -> int:
    """Issue the next due date's invoices of the span whose invoice date has come; returns how many were new.

    Autopay members are billed later than others (G2). An invoice that goes out late, or of a day made up later, is
    dated when it is sent, as the lock counts from there; the first month of a policy is a binder payment, and until it
    is paid no other month is billed (DOMAIN 2.3).
    """
    due = invoices.next_due_on(profile, on)
    sent_on = max(on, at.astimezone(ZoneInfo(profile.time_zone)).date())
    count = 0
    for for_autopay in (False, True):
        planned = invoices.invoice_date(profile, due, autopay=for_autopay)
        if planned is not None and planned <= on:
            count += _Issuing(session, span, profile, due, sent_on, at, for_autopay).issue()
    return count


@dataclass(frozen=True)
class _Issuing:
    """The bills of one due date, either of the members on autopay or of the others."""

    session: Session
    span: Span
    profile: Profile
    due: date
    sent_on: date
    at: datetime
    for_autopay: bool

    def issue(self) -> int:
        """Whole months by one statement; part months and credits, which are few, one by one."""
        month = invoices.coverage_month_of(self.profile, self.due)
        last_day = last_of_month(month)
        enrolled = exists().where(Enrollment.account_id == Account.id, Enrollment.state.in_(ENROLLED))
        billed = exists().where(Invoice.policy_id == Policy.id, Invoice.coverage_month == month)
        members = [*served(self.span, self.profile), enrolled if self.for_autopay else ~enrolled]
        unbilled = [
            Policy.account_id == Account.id,
            Policy.first_month <= month,
            or_(Policy.covered_to.is_(None), Policy.covered_to >= month),
            ~billed,
            ~_binder_unpaid(self.profile),
        ]
        # The accounts are held like everywhere, so that a member does not enroll or pay while the bill is written.
        wanted = select(Account.id).where(*members, exists().where(*unbilled)).order_by(Account.id).with_for_update()
        if not self.session.scalar(select(func.count()).select_from(wanted.subquery())):
            return 0
        part_month = or_(
            func.coalesce(Policy.covered_from, month) > month, func.coalesce(Policy.covered_to, last_day) < last_day
        )
        new = _whole_months(self, month, [*members, *unbilled, ~part_month])
        _post(self.session, new, self.sent_on, self.at)
        _take_credits(self.session, self.span, new, self.sent_on, self.at)
        parts = select(Policy).join(Account, Account.id == Policy.account_id).where(*members, *unbilled, part_month)
        return len(new) + sum(self._part_month(policy, month) for policy in self.session.scalars(parts).all())

    def _part_month(self, policy: Policy, month: date) -> int:
        """A part month as the issuer prorates it; where nobody knows, a person makes the bill (`proration`)."""
        price = proration.price(self.profile, policy, month)
        if price is None:
            key = f"bill:{policy.id}:{month.isoformat()}:review"
            notices.record(self.session, policy.account_id, "part_month_review", key, self.at)
            return 0
        issuing.issue(
            self.session,
            policy,
            coverage_month=month,
            due=self.due,
            issued_on=self.sent_on,
            at=self.at,
            for_autopay=self.for_autopay,
            binder=policy.first_month == month,
            price=price,
        )
        return 1


def _binder_unpaid(profile: Profile) -> ColumnElement[bool]:
    """Coverage has not begun: no further month of the policy is billed before its first payment is made (2.3)."""
    open_cents = (
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .where(Posting.account_id == Invoice.account_id, Posting.invoice_id == Invoice.id)
        .where(Posting.book == ledger.RECEIVABLE)
        .correlate(Invoice)
        .scalar_subquery()
    )
    short = threshold.most_short_cents(profile, Invoice.premium_cents, Invoice.tax_credit_cents)
    allowed_cents = short if profile.threshold_for_binder else 0
    return exists().where(
        Invoice.policy_id == Policy.id,
        Invoice.coverage_month == Policy.first_month,
        Invoice.binder,
        open_cents > allowed_cents,
    )


def _whole_months(of: _Issuing, month: date, which: list[ColumnElement[bool]]) -> list[int]:
    names = (
        "account_id", "policy_id", "policy_kind", "plan_name", "coverage_month", "premium_cents", "tax_credit_cents",
        "people_covered", "binder", "for_autopay", "invoice_date", "due_on", "revision",
    )  # fmt: skip
    return insert_selected_ids(
        of.session,
        Invoice,
        names,
        select(
            Policy.account_id, Policy.id, Policy.kind, Policy.plan_name, literal(month), Policy.premium_cents,
            Policy.tax_credit_cents, Policy.people_covered, Policy.first_month == month, literal(of.for_autopay),
            literal(of.sent_on), literal(of.due), literal(0),
        ).where(*which),
    )  # fmt: skip


def _take_credits(session: Session, span: Span, new: list[int], on: date, at: datetime) -> None:
    """The credit of those few members who have one and a new bill pays it (DOMAIN 2.6)."""
    if not new:
        return
    rows = session.scalars(
        select(Posting.account_id)
        .where(span.holds(Posting.account_id), Posting.book == ledger.MEMBER_CREDIT)
        .group_by(Posting.account_id)
        .having(func.sum(Posting.amount_cents) < 0)
    )
    with_credit = rows.all()
    if with_credit:
        mine = select(Invoice.account_id, func.min(Invoice.id)).where(
            among(session, Invoice.id, new), Invoice.account_id.in_(with_credit)
        )
        for account_id, first in session.execute(mine.group_by(Invoice.account_id).order_by(Invoice.account_id)):
            credits.settle(session, account_id, cause=f"invoice:{first}", on=on, at=at)


def _post(session: Session, new: list[int], on: date, at: datetime) -> None:
    """The ledger entries of these new invoices, as `issuing.issue` posts them one by one."""
    reference = literal("invoice:") + cast(Invoice.id, String)
    mine = among(session, Invoice.id, new)
    insert_selected(
        session,
        Entry,
        ("reference", "account_id", "posted_on", "posted_at"),
        select(reference, Invoice.account_id, literal(on), literal(at, UtcDateTime())).where(mine),
    )
    # One look-up by its unique reference for each invoice: joined, PostgreSQL may compare each with each.
    entry_id = select(Entry.id).where(Entry.reference == reference).correlate(Invoice).scalar_subquery()
    billed = (
        select(
            Invoice.id, Invoice.account_id, Invoice.premium_cents, Invoice.tax_credit_cents, entry_id.label("entry_id")
        )
        .where(mine)
        .cte()
        .columns
    )
    lines = [
        (ledger.RECEIVABLE, billed.premium_cents - billed.tax_credit_cents),
        (ledger.TAX_CREDIT, billed.tax_credit_cents),
        (ledger.PREMIUM, -billed.premium_cents),
    ]
    selects = [
        select(billed.entry_id, billed.account_id, literal(book), billed.id, cents).where(cents != 0)
        for book, cents in lines
    ]
    names = ("entry_id", "account_id", "book", "invoice_id", "amount_cents")
    insert_selected(session, Posting, names, union_all(*selects))
