"""What a processor tells us by itself: each event counted once, in any order, in one transaction with its effect.

A processor delivers at least once and in no particular order, so an event is claimed by inserting its id, and what it
does depends on the state the payment is in by now. What only a person can decide is kept with a word saying why.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import attempts, payments, refunds, reversals, updating
from billing_core.core import Core
from billing_core.payments import Payment
from billing_core.processors import Accepted, Declined
from billing_core.processors.news import (
    Event,
    ForPerson,
    MethodNews,
    Refunded,
    TellsWhenAsked,
    UnderWay,
)
from billing_core.states import UNRESOLVED, PaymentState
from billing_core.store import Base


class Effect(StrEnum):
    """What an event did here."""

    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"
    REFUNDED = "refunded"
    KNOWN = "known"  # the payment had come to this end already
    PERSON = "person"  # nothing was changed; a person has to look
    UPDATED = "updated"  # a saved method has other data by now
    NOT_OURS = "not_ours"  # about something that is not ours
    SEEN = "seen"  # this event was taken before


class ProcessorEvent(Base):
    """An event that was taken; its `id` is the processor's."""

    __tablename__ = "processor_event"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    attempt_id: Mapped[str | None] = mapped_column(String(64), index=True)
    effect: Mapped[str] = mapped_column(String(12))
    for_person: Mapped[str | None] = mapped_column(String(30), index=True)
    taken_at: Mapped[datetime]


class _Seen(Exception):
    """Another delivery of this event was first."""


def take(core: Core, event: Event) -> Effect:
    """Count the event once and do what it calls for; `SEEN` and no change when it was taken before."""
    try:
        with core.write() as session:
            row = _claim(core, session, event)
            effect, why = _act(core, session, event)
            row.effect, row.for_person = effect.value, why.value if why else None
    except _Seen:
        return Effect.SEEN
    return effect


def fetch(core: Core) -> int:
    """Take what a processor without a webhook has to tell by now; returns how many events were new."""
    if not isinstance(core.processor, TellsWhenAsked):
        return 0
    count = 0
    for event in core.processor.news():
        count += take(core, event) is not Effect.SEEN
        core.processor.heard(event.id)
    return count


def for_person(core: Core) -> list[ProcessorEvent]:
    """Every event that a person has to look at, oldest first."""
    with core.read() as session:
        rows = select(ProcessorEvent).where(ProcessorEvent.for_person.is_not(None))
        return list(session.scalars(rows.order_by(ProcessorEvent.taken_at, ProcessorEvent.id)))


def _claim(core: Core, session: Session, event: Event) -> ProcessorEvent:
    row = ProcessorEvent(
        id=event.id,
        kind=event.kind[:80],
        attempt_id=event.attempt_id,
        effect=Effect.NOT_OURS.value,
        taken_at=core.now(),
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise _Seen from None
    return row


def _act(core: Core, session: Session, event: Event) -> tuple[Effect, ForPerson | None]:
    if isinstance(event.what, MethodNews):
        known = event.token is not None and updating.take(core, session, event.id, event.token, event.what)
        return Effect.UPDATED if known else Effect.NOT_OURS, None
    if event.what is None or event.attempt_id is None:
        return Effect.NOT_OURS, None
    if session.get(Payment, event.attempt_id) is None:
        return Effect.NOT_OURS, None
    payment = payments.hold(session, event.attempt_id)
    match event.what:
        case Accepted() as answer:
            return _accepted(core, session, payment, answer)
        case UnderWay(reference):
            taken = attempts.take_answer(core, session, payment, Accepted(reference))
            return Effect.SETTLED if taken else Effect.KNOWN, None
        case Declined() as answer:
            return _declined(core, session, payment, answer)
        case Refunded() as refunded:
            return _refunded(core, session, payment, refunded)
        case ForPerson() as why:
            return Effect.PERSON, why


def _accepted(core: Core, session: Session, payment: Payment, answer: Accepted) -> tuple[Effect, ForPerson | None]:
    if attempts.take_answer(core, session, payment, answer):
        return Effect.SETTLED, None
    if payment.state in (PaymentState.SETTLED, PaymentState.RETURNED, PaymentState.REFUNDED):
        return Effect.KNOWN, None
    if attempts.take_late(core, session, payment, answer):
        # It was told that this never arrived. The money counts; whether it was paid twice by now, a person looks.
        return Effect.SETTLED, ForPerson.ACCEPTED_LATE
    # Money was taken for a payment that we hold for rejected or never sent: nobody may guess what to do with it.
    return Effect.PERSON, ForPerson.CHARGED_UNEXPECTEDLY


def _declined(core: Core, session: Session, payment: Payment, answer: Declined) -> tuple[Effect, ForPerson | None]:
    if attempts.take_answer(core, session, payment, answer):
        return Effect.REJECTED, None
    if payment.state != PaymentState.SETTLED:
        return Effect.KNOWN, None
    if payment.method.rail == "card":
        return Effect.PERSON, ForPerson.FAILED_AFTER_SETTLING
    # A bank debit is taken in first and may come back days later, but not after it is final (DOMAIN 3.6).
    if reversals.is_final(core, session, payment):
        return Effect.PERSON, ForPerson.RETURNED_AFTER_FINAL
    reversals.take_return(core, session, payment, answer.code)
    return Effect.RETURNED, None


def _refunded(core: Core, session: Session, payment: Payment, refunded: Refunded) -> tuple[Effect, ForPerson | None]:
    if payment.state in UNRESOLVED:
        # The refund overtook the news that the charge was made; it could not have been refunded otherwise.
        attempts.take_answer(core, session, payment, Accepted(refunded.reference))
    # What went back as credit leaves the payment as it is: its bills stay paid.
    if payment.state == PaymentState.REFUNDED or refunded.amount_cents <= refunds.sent_cents(session, payment.id):
        return Effect.KNOWN, None
    if payment.state == PaymentState.SETTLED and refunded.amount_cents >= payment.amount_cents:
        reversals.take_refund(core, session, payment)
        return Effect.REFUNDED, None
    return Effect.PERSON, ForPerson.PARTLY_REFUNDED
