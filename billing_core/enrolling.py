"""Turning autopay on and off and moving it to another method, inside and outside the lock window.

Every function is safe to ask twice in one turn. Refusals change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import (
    accounts,
    authorization,
    autopay,
    invoices,
    lock,
    methods,
    offers,
    payments,
    pending,
    quotes,
    records,
)
from billing_core.accounts import Account
from billing_core.autopay import CANCEL, CHANGE_METHOD, Enrollment
from billing_core.core import Core
from billing_core.decisions import Refused
from billing_core.errors import (
    AutopayAlreadyOn,
    AutopayEnding,
    AutopayLocked,
    BinderUnpaid,
    CannotSucceed,
    MethodNotAccepted,
    MethodUnknown,
    NothingOffered,
    TermsChanged,
)
from billing_core.methods import Method
from billing_core.offers import OfferTerms
from billing_core.records import Trail
from billing_core.states import AutopayEvent, AutopayState


@dataclass(frozen=True)
class Terms:
    """An autopay authorization as it is read back: amounts in cents, dates of the issuer."""

    enrollment_id: str
    method_label: str
    first_draft_on: date
    first_amount_cents: int
    notice_on: date | None
    pay_by_hand_cents: int
    pay_by_hand_by: date | None
    text: str


@dataclass(frozen=True)
class Ended:
    """A cancellation that took effect: no draft from today; the next bill to pay by hand, in cents."""

    method_label: str
    ended_on: date
    by_hand_cents: int
    by_hand_due_on: date


def offer(core: Core, *, account_id: str, conversation_id: str, turn_id: str, method_id: int | None) -> Terms:
    """Put an autopay authorization on the table.

    Raises `AutopayAlreadyOn`, `BinderUnpaid`, `CannotSucceed`, a `MethodRefused`, `PlanNotServed`, `CoverageEnded`
    or `PersonNeeded`.
    """
    with records.deciding(core, account_id), core.write() as session:
        account = accounts.hold(session, account_id)
        known = session.scalar(select(Enrollment).where(Enrollment.offered_by_turn == turn_id))
        if known is None:
            known = _offered(core, session, account, conversation_id, turn_id, method_id)
        return _terms(core, session, account, known)


def authorize(core: Core, enrollment_id: str, *, turn_id: str, channel: str) -> Enrollment:
    """The member agrees to the text that was shown; autopay is on and bills come by e-mail where there is one (S8).

    Raises `TermsChanged` when the first draft would no longer be the one that was read out (midnight into the lock),
    `NothingOffered`, `AutopayAlreadyOn`, or an error of `methods.check`.
    """
    with core.write() as session:
        enrollment = session.get_one(Enrollment, enrollment_id)
        account = accounts.hold(session, enrollment.account_id)
        session.refresh(enrollment)
        if enrollment.authorized_by_turn == turn_id:
            return enrollment
        if enrollment.state != AutopayState.OFFERED:
            raise NothingOffered("this authorization was left or used")
        if autopay.on(session, account.id) is not None:
            raise AutopayAlreadyOn("autopay is on")
        today = core.today(account.profile.time_zone)
        methods.check(account, enrollment.method, today)
        if autopay.first_draft_on(session, account, today) != enrollment.first_draft_on:
            raise TermsChanged("the first draft would be another than the one read out")
        autopay.change(enrollment, AutopayEvent.AUTHORIZE)
        enrollment.authorized_at = core.now()
        enrollment.authorized_by_turn = turn_id
        enrollment.channel = channel
        if account.email is not None:
            account.delivery = "email"
        return enrollment


def withdraw(core: Core, enrollment_id: str) -> None:
    """The member does not agree; nothing was turned on."""
    with core.write() as session:
        enrollment = session.get_one(Enrollment, enrollment_id)
        if enrollment.state == AutopayState.OFFERED:
            autopay.change(enrollment, AutopayEvent.WITHDRAW)


def cancel(core: Core, *, account_id: str, conversation_id: str, turn_id: str) -> Ended:
    """Turn autopay off now.

    Raises `AutopayLocked` inside the lock window, after putting "off on the first open day" on the table where the
    profile allows it (G3); `AutopayEnding` when that is saved already; `AutopayNotOn`.
    """
    with records.deciding(core, account_id) as trail:
        with core.write() as session:
            account = accounts.hold(session, account_id)
            ended = session.scalar(select(Enrollment).where(Enrollment.ended_by_turn == turn_id))
            if ended is not None:
                return _ended(core, session, account, ended)
            enrollment = autopay.must_be_on(session, account_id)
            refusal = _refusal(core, session, trail, account, enrollment)
            if refusal is None:
                autopay.end(core, account, enrollment, turn_id)
                return _ended(core, session, account, enrollment)
            if enrollment.pending == CANCEL:
                raise AutopayEnding(None if refusal.until is None else enrollment.pending_on)
            pending.offer(core, session, account, enrollment, refusal, conversation_id, turn_id, offers.CANCEL_LATER)
        trail.committed = True
        raise AutopayLocked(refusal)


def change_method(core: Core, *, account_id: str, conversation_id: str, turn_id: str, method_id: int) -> Enrollment:
    """Move autopay to another saved method now; inside the lock as `cancel` does (G4)."""
    with records.deciding(core, account_id) as trail:
        with core.write() as session:
            account = accounts.hold(session, account_id)
            enrollment = autopay.must_be_on(session, account_id)
            method = _draftable(core, session, account, method_id, None)
            refusal = _refusal(core, session, trail, account, enrollment)
            if refusal is None:
                enrollment.method = method
                if enrollment.pending == CHANGE_METHOD:
                    # The newer wish rules; the one saved before must not undo it on the next billing day.
                    enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
                return enrollment
            enrollment_id = f"{enrollment.id}:{method.id}"
            pending.offer(
                core,
                session,
                account,
                enrollment,
                refusal,
                conversation_id,
                turn_id,
                offers.METHOD_LATER,
                enrollment_id,
            )
        trail.committed = True
        raise AutopayLocked(refusal)


def _refusal(core: Core, session: Session, trail: Trail, account: Account, enrollment: Enrollment) -> Refused | None:
    """What the lock says today, put on record."""
    question = autopay.lock_question(session, account, enrollment, core.today(account.profile.time_zone))
    answer = lock.answer(account.profile, question)
    trail.keep(session, account, records.LOCK, question, answer)
    return answer if isinstance(answer, Refused) else None


def _offered(
    core: Core, session: Session, account: Account, conversation_id: str, turn_id: str, method_id: int | None
) -> Enrollment:
    accounts.must_be_payable(account)
    quotes.must_not_need_a_person(session, account)
    if autopay.on(session, account.id) is not None:
        raise AutopayAlreadyOn("autopay is on")
    for item in invoices.open_invoices(session, account.id):
        if item.invoice.binder:
            raise BinderUnpaid(item.open_cents)
    today = core.today(account.profile.time_zone)
    first_on = autopay.first_draft_on(session, account, today)
    method = _draftable(core, session, account, method_id, first_on)
    previous = offers.current(session, conversation_id)
    if previous is not None:
        quotes.withdraw(session, previous)
    enrollment = Enrollment(
        account_id=account.id,
        method=method,
        state=AutopayState.OFFERED.value,
        first_draft_on=first_on,
        offered_by_turn=turn_id,
        authorization_text=authorization.text(
            account, method, first_on, _first_amount_cents(session, account, first_on)
        ),
    )
    session.add(enrollment)
    session.flush()
    words = {"AGREE": "affirm", "CHANGE": "change", "BACK": "cancel"}
    offers.open_(
        session,
        conversation_id=conversation_id,
        account_id=account.id,
        turn_id=turn_id,
        terms=OfferTerms(offers.AUTOPAY, enrollment.id, words),
        now=core.now(),
    )
    return enrollment


def _draftable(core: Core, session: Session, account: Account, method_id: int | None, first_on: date | None) -> Method:
    """A method that autopay may use: usable today, taken for autopay, and alive on the first draft (G12)."""
    today = core.today(account.profile.time_zone)
    method = methods.choose(session, account, method_id, today)
    taken = account.profile.autopay_takes(method.kind)
    if not taken:
        raise MethodUnknown(method.label) if taken is None else MethodNotAccepted(method.label)
    draft_on = first_on or invoices.next_due_on(account.profile, today)
    if not method.good_on(draft_on):
        raise CannotSucceed(method.label, method.expires, draft_on)
    return method


def _ended(core: Core, session: Session, account: Account, enrollment: Enrollment) -> Ended:
    today = core.today(account.profile.time_zone)
    open_ = invoices.open_invoices(session, account.id)
    due = open_[0].invoice.due_on if open_ else invoices.next_due_on(account.profile, today)
    due = autopay.next_bill_on(session, account, due)
    return Ended(
        method_label=enrollment.method.label,
        ended_on=enrollment.ended_on or today,
        by_hand_cents=autopay.draft_cents(session, account, due),
        by_hand_due_on=due,
    )


def _first_amount_cents(session: Session, account: Account, first_on: date) -> int:
    """What the first draft takes when earlier bills have been paid by hand."""
    before = [item for item in invoices.open_invoices(session, account.id) if item.invoice.due_on < first_on]
    by_hand_cents = sum(item.open_cents for item in before) - payments.committed_cents(session, account.id)
    return autopay.draft_cents(session, account, first_on) - max(0, by_hand_cents)


def _terms(core: Core, session: Session, account: Account, enrollment: Enrollment) -> Terms:
    today = core.today(account.profile.time_zone)
    first_on = enrollment.first_draft_on
    planned_notice_on = invoices.invoice_date(account.profile, first_on, autopay=True)
    before = [item for item in invoices.open_invoices(session, account.id) if item.invoice.due_on < first_on]
    by_hand = sum(item.open_cents for item in before)
    return Terms(
        enrollment_id=enrollment.id,
        method_label=enrollment.method.label,
        first_draft_on=first_on,
        first_amount_cents=_first_amount_cents(session, account, first_on),
        notice_on=None if planned_notice_on is None else max(planned_notice_on, today),
        pay_by_hand_cents=by_hand,
        pay_by_hand_by=before[0].invoice.due_on if before else None,
        text=enrollment.authorization_text,
    )
