"""Bills of a page: invoices and their ledger entries by one statement each, for every member whose day it is."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, String, cast, exists, literal, select, union_all
from sqlalchemy.orm import Session

from billing_core import invoices, ledger
from billing_core.accounts import Account, Policy
from billing_core.autopay import Enrollment
from billing_core.billing_day.pages import Span
from billing_core.invoices import Invoice
from billing_core.ledger import Entry, Posting
from billing_core.profiles import Profile
from billing_core.states import AutopayState
from billing_core.store import UtcDateTime, insert_selected

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

    Autopay members are billed later than others (G2). An invoice that goes out late is dated when it is sent; the
    first month of a policy is a binder payment (DOMAIN 2.3).
    """
    due = invoices.next_due_on(profile, on)
    count = 0
    for for_autopay in (False, True):
        planned = invoices.invoice_date(profile, due, autopay=for_autopay)
        if planned is not None and planned <= on:
            count += _issue(session, span, profile, due, on, at, for_autopay)
    return count


def _issue(session: Session, span: Span, profile: Profile, due: date, on: date, at: datetime, for_autopay: bool) -> int:
    month = invoices.coverage_month_of(profile, due)
    enrolled = exists().where(Enrollment.account_id == Account.id, Enrollment.state.in_(ENROLLED))
    billed = exists().where(Invoice.policy_id == Policy.id, Invoice.coverage_month == month)
    members = [*served(span, profile), enrolled if for_autopay else ~enrolled]
    unbilled = [Policy.account_id == Account.id, Policy.first_month <= month, ~billed]
    # The accounts are held like everywhere, so that a member does not enroll or pay while the bill is written.
    wanted = select(Account.id).where(*members, exists().where(*unbilled)).order_by(Account.id)
    if not session.scalars(wanted.with_for_update()).all():
        return 0
    names = (
        "account_id", "policy_id", "policy_kind", "plan_name", "coverage_month", "premium_cents", "tax_credit_cents",
        "people_covered", "binder", "for_autopay", "invoice_date", "due_on",
    )  # fmt: skip
    new = insert_selected(
        session,
        Invoice,
        names,
        select(
            Policy.account_id, Policy.id, Policy.kind, Policy.plan_name, literal(month), Policy.premium_cents,
            Policy.tax_credit_cents, Policy.people_covered, Policy.first_month == month, literal(for_autopay),
            literal(on), literal(due),
        ).where(*members, *unbilled),
    )  # fmt: skip
    _post(session, new, on, at)
    return len(new)


def _post(session: Session, new: list[int], on: date, at: datetime) -> None:
    """The ledger entries of these new invoices, as `invoices.issue` posts them one by one."""
    reference = literal("invoice:") + cast(Invoice.id, String)
    mine = Invoice.id.in_(new)
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
