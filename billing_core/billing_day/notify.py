"""Notices of a page that depend on the day: the draft to come, a changed amount, a card about to expire.

Each is written by one statement under a key of its own, so it is written once however often the day is run, and a
day that was missed is made up for as long as the notice still says something.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import JSON, ColumnElement, ScalarSelect, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from billing_core import invoices, ledger
from billing_core.accounts import Account, Policy
from billing_core.autopay import CANCEL, Enrollment
from billing_core.billing_day.issue import served
from billing_core.billing_day.pages import Span
from billing_core.calendar import first_of_month, last_of_month
from billing_core.invoices import Invoice
from billing_core.ledger import Posting
from billing_core.methods import Method
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import AUTOPAY_ON, PaymentState
from billing_core.store import UtcDateTime, insert_selected, unindexed

# G8 wants a changed amount told 10 days before the draft at the latest; two days of room for sending hours.
CHANGED_AMOUNT_ROOM_DAYS = 2
# G12: long before, a month before, and on the last day before the lock of `nc_seed` opens.
CARD_CHECK_DAYS = (45, 30, 16)


def notify(session: Session, span: Span, profile: Profile, on: date, at: datetime) -> int:
    """Write the span's notices for `on`; returns how many are new."""
    due = invoices.next_due_on(profile, on)
    count = 0
    if profile.autopay_notice_days is not None and due - timedelta(days=profile.autopay_notice_days) <= on < due:
        count += _autopay_notice(session, span, profile, due, at)
        count += _card_expiring(session, span, profile, due, profile.autopay_notice_days, at)
    days = profile.changed_amount_notice_days
    if due - timedelta(days=days + CHANGED_AMOUNT_ROOM_DAYS) <= on <= due - timedelta(days=days):
        count += _changed_amount(session, span, profile, due, at)
    for each in (due, first_of_month(due, 1).replace(day=profile.due_day)):
        reached = [days for days in CARD_CHECK_DAYS if each - timedelta(days=days) <= on < each]
        if reached:
            count += _card_expiring(session, span, profile, each, min(reached), at)
    return count


def _drafted_on(span: Span, profile: Profile, due: date) -> list[ColumnElement[bool]]:
    """The enrollments of the span that a draft on `due` will run for."""
    return [
        *served(span, profile),
        Enrollment.account_id == Account.id,
        Enrollment.state.in_(AUTOPAY_ON),
        Enrollment.first_draft_on <= due,
        or_(Enrollment.pending.is_(None), Enrollment.pending != CANCEL, Enrollment.pending_on > due),
    ]


def _autopay_notice(session: Session, span: Span, profile: Profile, due: date, at: datetime) -> int:
    """The regular notice that a draft comes (S10), where there is something to take and a method to take it from."""
    key = literal("draft:") + Enrollment.id + literal(f":{due.isoformat()}:notice")
    will_take = _open_cents(due) - _scheduled_cents() > 0
    return _write(session, "autopay_notice", key, [*_drafted_on(span, profile, due), will_take, ~_dead(due)], at)


def _changed_amount(session: Session, span: Span, profile: Profile, due: date, at: datetime) -> int:
    """The notice that the draft will differ from the last one (G8; 12 CFR 1005.10(d)).

    Cards are told too: whether a card is a debit card, to which the rule applies, is not known here.
    """
    key = literal("draft:") + Enrollment.id + literal(f":{due.isoformat()}:changed")
    month = invoices.coverage_month_of(profile, due)
    billed = exists().where(Invoice.policy_id == Policy.id, Invoice.coverage_month == month)
    to_come = (
        select(func.coalesce(func.sum(Policy.premium_cents - Policy.tax_credit_cents), 0))
        .where(Policy.account_id == Account.id, Policy.first_month <= month, ~billed)
        .where(or_(Policy.covered_to.is_(None), Policy.covered_to >= month))
        .correlate(Account)
        .scalar_subquery()
    )
    # A part month costs something else, whatever the issuer's way to prorate it.
    part_month = exists().where(Policy.account_id == Account.id, Policy.covered_to.between(month, last_of_month(month)))
    last = (
        select(Payment.amount_cents)
        .where(Payment.account_id == Account.id, Payment.kind == "draft", Payment.state != PaymentState.CANCELLED)
        .order_by(Payment.pay_on.desc(), Payment.id.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    will_take = to_come + _open_cents(due) - _scheduled_cents() - _credit_cents()
    changed = or_(will_take != last, part_month)
    # A member who agreed to a range is told only outside it (12 CFR 1005.10(d)(2)).
    outside = or_(
        Enrollment.range_low_cents.is_(None),
        will_take < Enrollment.range_low_cents,
        will_take > Enrollment.range_high_cents,
    )
    which = [*_drafted_on(span, profile, due), will_take > 0, changed, outside, ~_dead(due)]
    # What is told is what the draft may then take (`agreed`).
    told = literal('{"amount_cents": ') + cast(will_take, String) + literal("}")
    return _write(session, "changed_amount", key, which, at, told)


def _card_expiring(session: Session, span: Span, profile: Profile, due: date, days: int, at: datetime) -> int:
    """The notice that a card will be dead on its next draft: at length before the first such draft (G12), and where
    others hear that a draft comes, in every month it stays so."""
    key = literal("card:") + cast(Enrollment.method_id, String) + literal(f":{due.isoformat()}:{days}")
    last = first_of_month(due, -1)
    when = Method.expires_month == last if days in CARD_CHECK_DAYS else Method.expires_month <= last
    expires = exists().where(Method.id == Enrollment.method_id, when, Method.kind == "card")
    staying = Enrollment.pending_method_id.is_(None)
    return _write(session, "card_expiring", key, [*_drafted_on(span, profile, due), staying, expires], at)


def _dead(due: date) -> ColumnElement[bool]:
    """The enrollment's method is sure to fail on `due`, and nothing else takes its place before: no draft is promised.

    A method that a saved change brings may be dead too; then the draft itself says so (G5).
    """
    fails = or_(Method.disabled_code.is_not(None), Method.expires_month < first_of_month(due))
    return and_(Enrollment.pending_method_id.is_(None), exists().where(Method.id == Enrollment.method_id, fails))


def _open_cents(due: date) -> ScalarSelect[int]:
    return (
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Invoice, Invoice.id == Posting.invoice_id)
        .where(Posting.account_id == Account.id, Posting.book == ledger.RECEIVABLE)
        .where(Invoice.due_on <= due, Invoice.binder.is_(False))
        .correlate(Account)
        .scalar_subquery()
    )


def _credit_cents() -> ScalarSelect[int]:
    """What the next bill will take of the member's credit before a draft is due."""
    return (
        select(func.coalesce(-func.sum(Posting.amount_cents), 0))
        .where(Posting.account_id == Account.id, Posting.book == ledger.MEMBER_CREDIT)
        .correlate(Account)
        .scalar_subquery()
    )


def _scheduled_cents() -> ScalarSelect[int]:
    return (
        select(func.coalesce(func.sum(Payment.amount_cents), 0))
        .where(Payment.account_id == Account.id, unindexed(Payment.state) == PaymentState.CONFIRMED.value)
        .correlate(Account)
        .scalar_subquery()
    )


def _write(
    session: Session,
    kind: str,
    key: ColumnElement[str],
    which: list[ColumnElement[bool]],
    at: datetime,
    facts: ColumnElement[str] | None = None,
) -> int:
    moment = literal(at, UtcDateTime())
    told = literal("{}") if facts is None else facts
    # SQLite keeps JSON as text, and a cast there would make a number of it.
    as_json = told if session.get_bind().dialect.name == "sqlite" else cast(told, JSON)
    rows = select(Account.id, literal(kind), key, moment, moment, as_json)
    names = ("account_id", "kind", "key", "written_at", "next_at", "facts")
    return insert_selected(session, Notice, names, rows.where(*which, ~exists().where(Notice.key == key)))
