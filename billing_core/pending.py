"""Changes of autopay saved for the first open day, because today is inside the lock window (G3, G4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from billing_core import accounts, autopay, invoices, lock, offers, quotes
from billing_core.accounts import Account
from billing_core.autopay import CANCEL, CHANGE_METHOD, Enrollment
from billing_core.calendar import first_of_month
from billing_core.core import Core
from billing_core.decisions import Refused
from billing_core.errors import AutopayNotOn
from billing_core.offers import OfferTerms
from billing_core.states import AutopayEvent, AutopayState


@dataclass(frozen=True)
class Saved:
    """A change saved for the first open day; the draft in progress still runs."""

    applies_on: date
    last_draft_on: date
    bank_on: date
    by_hand_from: date
    method_label: str


def save(core: Core, enrollment_id: str, *, method_id: int | None = None) -> Saved:
    """Keep the change for the first open day, as the member agreed (G3); with a method it is a change, else an end.

    A newer wish replaces the one saved before; saving the same one twice changes nothing. Raises `AutopayNotOn`.
    """
    with core.write() as session:
        enrollment = session.get_one(Enrollment, enrollment_id)
        account = accounts.hold(session, enrollment.account_id)
        session.refresh(enrollment)
        if enrollment.state in (AutopayState.OFFERED, AutopayState.ENDED, AutopayState.WITHDRAWN):
            raise AutopayNotOn("autopay is off")
        wanted = CANCEL if method_id is None else CHANGE_METHOD
        if (enrollment.pending, enrollment.pending_method_id) != (wanted, method_id):
            refusal = autopay.refusal_today(core, session, account, enrollment)
            today = core.today(account.profile.time_zone)
            enrollment.pending = wanted
            enrollment.pending_method_id = method_id
            enrollment.pending_on = refusal.until if refusal is not None and refusal.until else today
            if wanted == CANCEL and enrollment.state == AutopayState.ACTIVE:
                autopay.change(enrollment, AutopayEvent.CANCEL_LATER)
            elif wanted == CHANGE_METHOD and enrollment.state == AutopayState.ENDING:
                autopay.change(enrollment, AutopayEvent.KEEP)
            session.flush()
            session.refresh(enrollment)
        return _saved(account, enrollment)


def apply(core: Core, session: Session, enrollment: Enrollment, today: date) -> bool:
    """Carry out a saved change whose day has come; returns whether it did."""
    if enrollment.pending is None or enrollment.pending_on is None or today < enrollment.pending_on:
        return False
    account = accounts.hold(session, enrollment.account_id)
    if enrollment.pending == CANCEL:
        autopay.end(core, account, enrollment, f"pending:{enrollment.id}")
    elif enrollment.pending_method is not None:
        enrollment.method = enrollment.pending_method
    enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
    return True


def offer(
    core: Core,
    session: Session,
    account: Account,
    enrollment: Enrollment,
    refusal: Refused,
    conversation_id: str,
    turn_id: str,
    kind: str,
    subject_id: str | None = None,
) -> None:
    """Put "do it on the first open day" on the table, where the profile allows it and the day is known."""
    if refusal.until is None or not account.profile.pending_changes_allowed:
        return
    previous = offers.current(session, conversation_id)
    if previous is not None:
        quotes.withdraw(session, previous)
    word = "OFF LATER" if kind == offers.CANCEL_LATER else "CHANGE LATER"
    offers.open_(
        session,
        conversation_id=conversation_id,
        account_id=account.id,
        turn_id=turn_id,
        terms=OfferTerms(kind, subject_id or enrollment.id, {word: "affirm", "KEEP": "deny", "BACK": "deny"}),
        now=core.now(),
    )


def _saved(account: Account, enrollment: Enrollment) -> Saved:
    applies_on = enrollment.pending_on
    assert applies_on is not None
    profile = account.profile
    due = invoices.next_due_on(profile, applies_on)
    last = first_of_month(due, -1).replace(day=profile.due_day)
    window = lock.window(profile, last)
    method = enrollment.pending_method or enrollment.method
    return Saved(
        applies_on=applies_on,
        last_draft_on=last,
        bank_on=window.bank_date if window and enrollment.method.rail == "ach" else last,
        by_hand_from=due,
        method_label=method.label,
    )
