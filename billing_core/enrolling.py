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
    delivery,
    invoices,
    lock,
    methods,
    notices,
    offers,
    pending,
    quotes,
    records,
    terms,
)
from billing_core.accounts import Account
from billing_core.authorization import Range, Said
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
    MethodUnverified,
    NoEmail,
    NothingOffered,
    TermsChanged,
)
from billing_core.methods import Method
from billing_core.offers import OfferTerms
from billing_core.records import Trail
from billing_core.states import AutopayEvent, AutopayState
from billing_core.terms import Terms


@dataclass(frozen=True)
class Ended:
    """A cancellation that took effect: no draft from today; the next bill to pay by hand, in cents."""

    method_label: str
    ended_on: date
    by_hand_cents: int
    by_hand_due_on: date


def offer(
    core: Core,
    *,
    account_id: str,
    conversation_id: str,
    turn_id: str,
    method_id: int | None,
    agreed: Range | None = None,
    language: str = "en",
) -> Terms:
    """Put an autopay authorization on the table; with `agreed`, changed amounts are told only outside that range (G8).

    Raises `AutopayAlreadyOn`, `BinderUnpaid`, `CannotSucceed`, a `MethodRefused`, `PlanNotServed`, `CoverageEnded`,
    `PersonNeeded`, or `NoEmail` where bills of autopay members come by e-mail only (S8, S9, G13).
    """
    with records.deciding(core, account_id), core.write() as session:
        account = accounts.hold(session, account_id)
        known = session.scalar(select(Enrollment).where(Enrollment.offered_by_turn == turn_id))
        if known is None:
            known = _offered(core, session, account, conversation_id, turn_id, method_id, agreed, language)
        return terms.of(core, session, account, known)


def authorize(
    core: Core,
    enrollment_id: str,
    *,
    turn_id: str,
    channel: str,
    level: str | None = None,
    identity_event: str | None = None,
) -> Enrollment:
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
        said = Said(turn_id, channel, level, identity_event)
        _give(core, session, enrollment, authorization.AUTOPAY, enrollment.authorization_text, said)
        if account.email is not None and account.delivery != delivery.EMAIL:
            text = enrollment.authorization_text
            delivery.choose(core, session, account, delivery.EMAIL, why="autopay", text=text, said=said)
        notices.record(session, account.id, "autopay_terms", f"terms:{enrollment.id}", core.now())
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


def change_method(
    core: Core,
    *,
    account_id: str,
    conversation_id: str,
    turn_id: str,
    method_id: int,
    channel: str = "sms",
    level: str | None = None,
    identity_event: str | None = None,
    language: str = "en",
) -> Enrollment:
    """Move autopay to another saved method now; inside the lock as `cancel` does (G4)."""
    with records.deciding(core, account_id) as trail:
        with core.write() as session:
            account = accounts.hold(session, account_id)
            enrollment = autopay.must_be_on(session, account_id)
            method = _draftable(core, session, account, method_id, None)
            refusal = _refusal(core, session, trail, account, enrollment)
            if refusal is None:
                if enrollment.method_id != method.id:
                    text = authorization.move_text(enrollment.method, method, language)
                    enrollment.method = method
                    said = Said(turn_id, channel, level, identity_event, language)
                    _give(core, session, enrollment, authorization.MOVE, text, said)
                if enrollment.pending == CHANGE_METHOD:
                    # The newer wish rules; the one saved before must not undo it on the next billing day.
                    enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
                return enrollment
            asked = (conversation_id, turn_id, offers.METHOD_LATER, f"{enrollment.id}:{method.id}")
            pending.offer(core, session, account, enrollment, refusal, *asked)
        trail.committed = True
        raise AutopayLocked(refusal)


def _refusal(core: Core, session: Session, trail: Trail, account: Account, enrollment: Enrollment) -> Refused | None:
    """What the lock says today, put on record."""
    question = autopay.lock_question(session, account, enrollment, core.today(account.profile.time_zone))
    answer = lock.answer(account.profile, question)
    trail.keep(session, account, records.LOCK, question, answer)
    return answer if isinstance(answer, Refused) else None


def _offered(
    core: Core,
    session: Session,
    account: Account,
    conversation_id: str,
    turn_id: str,
    method_id: int | None,
    agreed: Range | None,
    language: str,
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
    if account.email is None and account.profile.paper_with_autopay is False:
        raise NoEmail("no e-mail address on file")
    first_cents = terms.first_amount_cents(session, account, first_on)
    enrollment = Enrollment(
        account_id=account.id,
        method=method,
        state=AutopayState.OFFERED.value,
        first_draft_on=first_on,
        offered_by_turn=turn_id,
        authorization_text=authorization.text(account, method, first_on, first_cents, agreed, language),
        first_amount_cents=first_cents,
        range_low_cents=agreed.low_cents if agreed else None,
        range_high_cents=agreed.high_cents if agreed else None,
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
        withdraw=quotes.withdraw,
    )
    return enrollment


def _give(core: Core, session: Session, enrollment: Enrollment, kind: str, text: str, said: Said) -> None:
    session.flush()
    authorization.give(
        session,
        kind=kind,
        subject_id=enrollment.id,
        account_id=enrollment.account_id,
        method=enrollment.method,
        text=text,
        amount_cents=enrollment.first_amount_cents or 0,
        first_on=enrollment.first_draft_on,
        agreed=enrollment.range,
        said=said,
        at=core.now(),
    )


def _draftable(core: Core, session: Session, account: Account, method_id: int | None, first_on: date | None) -> Method:
    """A method that autopay may use: usable today, taken for autopay, and alive on the first draft (G12)."""
    today = core.today(account.profile.time_zone)
    method = methods.choose(session, account, method_id, today)
    taken = account.profile.autopay_takes(method.kind)
    if not taken:
        raise MethodUnknown(method.label) if taken is None else MethodNotAccepted(method.label)
    if not method.validated:
        raise MethodUnverified(method.label)
    draft_on = first_on or invoices.next_due_on(account.profile, today)
    if not method.good_on(draft_on):
        raise CannotSucceed(method.label, method.expires, draft_on)
    return method


def _ended(core: Core, session: Session, account: Account, enrollment: Enrollment) -> Ended:
    today = core.today(account.profile.time_zone)
    due, cents = terms.first_by_hand(session, account, today)
    return Ended(
        method_label=enrollment.method.label,
        ended_on=enrollment.ended_on or today,
        by_hand_cents=cents,
        by_hand_due_on=due,
    )
