"""Changes of autopay saved for the first open day, because today is inside the lock window (G3, G4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from billing_core import accounts, authorization, autopay, invoices, methods, notices, offers, quotes
from billing_core.accounts import Account
from billing_core.authorization import Said
from billing_core.autopay import CANCEL, CHANGE_METHOD, Enrollment
from billing_core.calendar import banking_day_on_or_after, first_of_month
from billing_core.core import Core
from billing_core.decisions import Refused
from billing_core.errors import AutopayNotOn, MethodRefused
from billing_core.lock import LockWindow
from billing_core.methods import Method
from billing_core.offers import OfferTerms
from billing_core.states import AutopayEvent, AutopayState


@dataclass(frozen=True)
class Saved:
    """A change saved for the first open day (None: not known yet); the draft in progress still runs."""

    applies_on: date | None
    last_draft_on: date
    bank_on: date
    by_hand_from: date
    method_label: str


def save(core: Core, enrollment_id: str, *, method_id: int | None = None, said: Said | None = None) -> Saved:
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
            enrollment.pending_on = today if refusal is None else _first_try_on(refusal, today)
            if wanted == CANCEL and enrollment.state == AutopayState.ACTIVE:
                autopay.change(enrollment, AutopayEvent.CANCEL_LATER)
            elif wanted == CHANGE_METHOD and enrollment.state == AutopayState.ENDING:
                autopay.change(enrollment, AutopayEvent.KEEP)
            session.flush()
            session.refresh(enrollment)
            if enrollment.pending_method is not None and said is not None:
                text = authorization.move_text(enrollment.method, enrollment.pending_method, said.language)
                authorization.give(
                    session,
                    kind=authorization.MOVE,
                    subject_id=enrollment.id,
                    account_id=account.id,
                    method=enrollment.pending_method,
                    text=text,
                    amount_cents=enrollment.first_amount_cents or 0,
                    first_on=enrollment.pending_on or core.today(account.profile.time_zone),
                    agreed=enrollment.range,
                    said=said,
                    at=core.now(),
                )
        return _saved(core, session, account, enrollment)


def apply(core: Core, session: Session, enrollment: Enrollment, today: date) -> bool:
    """Carry out a saved change on the first day that is really open; returns whether it did.

    A draft whose outcome takes longer than thought moves the day on. A method that died or was removed meanwhile is not
    taken: autopay stays with the old one, and the member hears of it.
    """
    if enrollment.pending is None or enrollment.pending_on is None or today < enrollment.pending_on:
        return False
    account = accounts.hold(session, enrollment.account_id)
    refusal = autopay.refusal_on(session, account, enrollment, today)
    if refusal is not None:
        enrollment.pending_on = _first_try_on(refusal, today)
        return False
    if enrollment.pending == CANCEL:
        autopay.end(core, account, enrollment, f"pending:{enrollment.id}")
        enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
        return True
    wanted = enrollment.pending_method
    moves = wanted is not None and _may_move(account, wanted, invoices.next_due_on(account.profile, today))
    if wanted is not None and moves:
        enrollment.method = wanted
    elif wanted is not None:
        facts = {"method": wanted.label, "kept_method": enrollment.method.label}
        key = f"pending:{enrollment.id}:{enrollment.pending_on}:dropped"
        notices.record(session, account.id, "change_dropped", key, core.now(), facts)
    enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
    return moves


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
    """Put "do it on the first open day" on the table, where the profile allows it and knows its own lock.

    The refusal itself is written down as a notice, so that the member has its days in writing.
    """
    _tell(core, session, enrollment, refusal)
    if refusal.rule == "unknown" or not account.profile.pending_changes_allowed:
        return
    word = "OFF LATER" if kind == offers.CANCEL_LATER else "CHANGE LATER"
    offers.open_(
        session,
        conversation_id=conversation_id,
        account_id=account.id,
        turn_id=turn_id,
        terms=OfferTerms(kind, subject_id or enrollment.id, {word: "affirm", "KEEP": "deny", "BACK": "deny"}),
        now=core.now(),
        withdraw=quotes.withdraw,
    )


def _tell(core: Core, session: Session, enrollment: Enrollment, refusal: Refused) -> None:
    window = refusal.facts.get("window")
    if not isinstance(window, LockWindow):
        return
    ach = enrollment.method.rail == "ach"
    facts = {"variant": ("bank" if ach else "card") + ("_unknown" if refusal.until is None else "")}
    facts["draft_on"] = window.due_on.isoformat()
    if ach:
        facts["stop_by_on"] = window.stop_order_by.isoformat()
    if refusal.until is not None:
        facts["open_on"] = refusal.until.isoformat()
    key = f"lock:{enrollment.id}:{window.due_on}:{refusal.until}"
    notices.record(session, enrollment.account_id, "lock_refused", key, core.now(), facts)


def _may_move(account: Account, wanted: Method, draft_on: date) -> bool:
    """Whether the next draft may be taken from the method that was saved for it."""
    try:
        methods.check(account, wanted, draft_on)
    except MethodRefused:
        return False
    return wanted.removed_on is None


def _first_try_on(refusal: Refused, today: date) -> date:
    """The first open day, or where it is not known yet the earliest that it can be."""
    if refusal.until is not None:
        return refusal.until
    window = refusal.facts.get("window")
    return max(window.at_least_to if isinstance(window, LockWindow) else today, today) + timedelta(days=1)


def _saved(core: Core, session: Session, account: Account, enrollment: Enrollment) -> Saved:
    first_try_on = enrollment.pending_on
    assert first_try_on is not None
    refusal = autopay.refusal_today(core, session, account, enrollment)
    due = invoices.next_due_on(account.profile, first_try_on)
    last = first_of_month(due, -1).replace(day=account.profile.due_day)
    method = enrollment.pending_method or enrollment.method
    return Saved(
        applies_on=None if refusal is not None and refusal.until is None else first_try_on,
        last_draft_on=last,
        bank_on=banking_day_on_or_after(last) if enrollment.method.rail == "ach" else last,
        by_hand_from=due,
        method_label=method.label,
    )
