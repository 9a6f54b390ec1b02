"""The shadow-lock drill: whose next draft is known to fail while there is still time to do something about it.

Asked before the lock of a draft opens, because inside it the member cannot move autopay to another method any more
(S19; DOMAIN 5, candidate 17). Reads only; the rules are those that the billing day itself drafts by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import autopay, debits, invoices, lock, methods, profiles
from billing_core.accounts import Account
from billing_core.autopay import CANCEL, Enrollment
from billing_core.billing_day import owed, pages
from billing_core.billing_day.issue import served
from billing_core.billing_day.pages import PAGE_SIZE, Span
from billing_core.calendar import first_of_month
from billing_core.core import Core
from billing_core.errors import MethodDisabled, MethodExpired, MethodRefused
from billing_core.methods import Method
from billing_core.profiles import Profile
from billing_core.states import AUTOPAY_ON

Why = Literal["card expired by then", "method disabled", "method not taken", "no debit attempts left"]


@dataclass(frozen=True)
class KnownToFail:
    """A draft that will fail, or will leave a month unpaid: how much, when, and how many days are left to act.

    `first_locked_on` and `days_left` are None where the issuer's lock is unknown; `code` is the answer that
    disabled the method, from a charge or from the network's account updater.
    """

    account_id: str
    due_on: date
    first_locked_on: date | None
    days_left: int | None
    amount_cents: int
    method_label: str
    why: Why
    code: str | None = None


def drill(core: Core, on: date, page_size: int = PAGE_SIZE) -> Iterator[KnownToFail]:
    """Everybody whose next draft before its lock, as of `on`, is known to fail, in the order of accounts."""
    after_id = ""
    while True:
        # A session for each page: memory stays that of one page, and nobody waits for the end of the drill.
        with core.read() as session:
            span = next(pages.spans(session, after_id, page_size), None)
            if span is None:
                return
            found = [item for profile in _profiles(session, span) for item in _of_page(session, span, profile, on)]
        yield from sorted(found, key=lambda item: (item.account_id, item.why))
        after_id = span.up_to_id


def next_open_draft(profile: Profile, on: date) -> tuple[date, date | None]:
    """The due date of the first draft whose lock has not opened on `on`, and its first locked day (None: unknown)."""
    due = invoices.next_due_on(profile, on)
    while True:
        window = lock.window(profile, due)
        if window is None or window.first_on > on:
            return due, None if window is None else window.first_on
        due = first_of_month(due, 1).replace(day=profile.due_day)


def _profiles(session: Session, span: Span) -> list[Profile]:
    found = session.scalars(select(Account.profile_id).where(span.holds(Account.id)).distinct())
    return [profiles.get(profile_id) for profile_id in sorted(found)]


def _of_page(session: Session, span: Span, profile: Profile, on: date) -> list[KnownToFail]:
    due, first_locked_on = next_open_draft(profile, on)
    suspects = _with_a_bad_method(session, span, profile, due)
    exhausted = _exhausted(session, span, profile, due)
    enrollments = session.scalars(
        select(Enrollment)
        .join(Account, Account.id == Enrollment.account_id)
        .where(*served(span, profile), Enrollment.account_id.in_(suspects | exhausted.keys()))
        .where(Enrollment.state.in_(AUTOPAY_ON), Enrollment.first_draft_on <= due)
    ).all()
    found = []
    for enrollment in enrollments:
        if _changed_by(enrollment, due) and enrollment.pending == CANCEL:
            continue
        account = session.get_one(Account, enrollment.account_id)
        method = _method_on(enrollment, due)
        why = _why(account, method, due)
        cents = autopay.draft_cents(session, account, due)
        failures: list[tuple[Why, int]] = [(why, cents)] if why is not None else []
        failures += [("no debit attempts left", exhausted[account.id])] if account.id in exhausted else []
        days_left = None if first_locked_on is None else (first_locked_on - on).days
        found += [
            KnownToFail(
                account.id, due, first_locked_on, days_left, amount_cents, method.label, reason, method.disabled_code
            )
            for reason, amount_cents in failures
            if amount_cents > 0
        ]
    return found


def _with_a_bad_method(session: Session, span: Span, profile: Profile, due: date) -> set[str]:
    """The accounts of the page whose method cannot be charged on `due`, from columns, since they are few among many."""
    rows = session.execute(
        select(
            Enrollment.account_id, Enrollment.pending, Enrollment.pending_on, Enrollment.pending_method_id,
            Method.kind, Method.brand, Method.expires_month, Method.disabled_code,
        )
        .join(Account, Account.id == Enrollment.account_id)
        .join(Method, Method.id == Enrollment.method_id)
        .where(*served(span, profile), Enrollment.state.in_(AUTOPAY_ON), Enrollment.first_draft_on <= due)
    )  # fmt: skip
    # A saved change of method is looked at one by one, with the method that it changes to.
    return {row[0] for row in rows if row[3] is not None or not owed.chargeable(profile.id, *row[4:], due)}


def _exhausted(session: Session, span: Span, profile: Profile, due: date) -> dict[str, int]:
    """What is open on months that were debited as often as they may be (G29), in cents, by account."""
    standing = owed.standing(session, span, due)
    found = {}
    for account_id, tries in standing.failed.items():
        open_ = [item for item in standing.open.get(account_id, ()) if not item.binder]
        stuck = sum(item.open_cents for item in open_ if not debits.may_debit(profile, item.due_on, tries, due))
        if stuck > 0:
            found[account_id] = stuck
    return found


def _changed_by(enrollment: Enrollment, due: date) -> bool:
    return enrollment.pending_on is not None and enrollment.pending_on <= due


def _method_on(enrollment: Enrollment, due: date) -> Method:
    moved = enrollment.pending_method if _changed_by(enrollment, due) else None
    return moved or enrollment.method


def _why(account: Account, method: Method, due: date) -> Why | None:
    try:
        methods.check(account, method, due)
    except MethodDisabled:
        return "method disabled"
    except MethodExpired:
        return "card expired by then"
    except MethodRefused:
        return "method not taken"
    return None
