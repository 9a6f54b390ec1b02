"""Notices of a page that depend on the day: the draft to come, a changed amount, a card about to expire.

Each is written under a key of its own, so it is written once however often the day is run, and a day that was missed
is made up for as long as the notice still says something.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from billing_core import agreed, autopay, invoices, ledger, notices
from billing_core.accounts import Account, Policy
from billing_core.autopay import CANCEL, Enrollment
from billing_core.billing_day import owed
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
from billing_core.store import UtcDateTime, insert_or_leave, insert_selected, unindexed

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
    drafted = [*_drafted_on(span, profile, due), _open_cents(due) > 0, ~_dead(due)]
    count = _write(session, "autopay_notice", key, [*drafted, ~_scheduled()], at)
    # Where something is scheduled, what is left decides; few are, so they are asked one by one.
    rows = select(Account, key).where(*drafted, _scheduled(), ~exists().where(Notice.key == key))
    told = [
        notices.row(account.id, "autopay_notice", named, at)
        for account, named in session.execute(rows.order_by(Account.id)).all()
        if autopay.draft_cents(session, account, due) > 0
    ]
    insert_or_leave(session, Notice, told)
    return count + len(told)


def _changed_amount(session: Session, span: Span, profile: Profile, due: date, at: datetime) -> int:
    """The notice that the draft will differ from the last one, or the first from what was authorized (G8; 12 CFR
    1005.10(d)).

    Cards are told too: whether a card is a debit card, to which the rule applies, is not known here.
    """
    standing = owed.standing(session, span, due)
    told = []
    for row in session.execute(_compared(span, profile, due)):
        # What is told is what the draft may then take (`agreed`), so it is reckoned as the draft will be.
        cents = max(0, int(row.to_come_cents)) + standing.draftable_cents(profile, row.account_id, due)
        if row.part_month or row.account_id in standing.scheduled:
            cents = autopay.draft_cents(session, session.get_one(Account, row.account_id), due)
        # A member who agreed to a range is told only outside it (12 CFR 1005.10(d)(2)).
        inside = row.low_cents is not None and row.low_cents <= cents <= row.high_cents
        if cents > 0 and cents != row.basis_cents and not inside:
            key = agreed.changed_key(row.id, due)
            told.append(notices.row(row.account_id, "changed_amount", key, at, {"amount_cents": cents}))
    insert_or_leave(session, Notice, told)
    return len(told)


def _compared(span: Span, profile: Profile, due: date) -> Select[Any]:
    """What decides whether a draft's amount has changed, by enrollment; those that were told of it are absent."""
    month = invoices.coverage_month_of(profile, due)
    unbilled = [
        Policy.account_id == Account.id,
        Policy.first_month < month,
        ~exists().where(Invoice.policy_id == Policy.id, Invoice.coverage_month == month),
        or_(Policy.covered_to.is_(None), Policy.covered_to >= month),
    ]
    premiums = select(func.coalesce(func.sum(Policy.premium_cents - Policy.tax_credit_cents), 0)).where(*unbilled)
    last = agreed.last_cents(Enrollment.id, Enrollment.account_id, due)
    basis = func.coalesce(last, Enrollment.first_amount_cents)
    key = literal("draft:") + Enrollment.id + literal(f":{due.isoformat()}:changed")
    return select(
        Enrollment.id,
        Enrollment.account_id,
        Enrollment.range_low_cents.label("low_cents"),
        Enrollment.range_high_cents.label("high_cents"),
        basis.label("basis_cents"),
        (premiums.correlate(Account).scalar_subquery() - _credit_cents()).label("to_come_cents"),
        # A part month costs something else, whatever the issuer's way to prorate it.
        exists().where(*unbilled, Policy.covered_to < last_of_month(month)).label("part_month"),
    ).where(*_drafted_on(span, profile, due), basis.is_not(None), ~_dead(due), ~exists().where(Notice.key == key))


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


def _scheduled() -> ColumnElement[bool]:
    return exists().where(Payment.account_id == Account.id, unindexed(Payment.state) == PaymentState.CONFIRMED.value)


def _write(session: Session, kind: str, key: ColumnElement[str], which: list[ColumnElement[bool]], at: datetime) -> int:
    moment = literal(at, UtcDateTime())
    rows = select(Account.id, literal(kind), key, moment, moment)
    names = ("account_id", "kind", "key", "written_at", "next_at")
    return insert_selected(session, Notice, names, rows.where(*which, ~exists().where(Notice.key == key)))
