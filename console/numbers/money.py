"""Figures of payments, people and delivery: what may change later is asked of its own table, as it is now."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from billing_core import codes
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.payments import Payment
from billing_core.states import PaymentState
from channels import marks
from channels.handoff.store import Handoff
from channels.store import Message
from channels.tallies import QUOTED, Day, DayMark, DayPayment, day_of
from console.numbers.asked import Asked
from console.numbers.figure import Column, Figure, percent, shown

ASKED_TO_PAY = ("intent:pay_bill", "intent:pay_partial")
_FIRST = Column("From", "day")


def funnel(session: Session, asked: Asked) -> Figure:
    paid = (
        select(DayPayment.conversation_id, DayPayment.day)
        .join(Day, and_(Day.conversation_id == DayPayment.conversation_id, Day.day == DayPayment.day))
        .where(*asked.conditions)
        .distinct()
    )
    settled = paid.join(Payment, Payment.id == DayPayment.payment_id).where(Payment.state == PaymentState.SETTLED)
    steps = {
        "Asked to pay, or offered": _talks(session, _with(asked, *ASKED_TO_PAY, QUOTED)),
        "Payment read back": _talks(session, _with(asked, QUOTED)),
        "Confirmed": _talks(session, paid),
        "Settled": _talks(session, settled),
    }
    many = list(steps.values())
    left = [before - after for before, after in pairwise(many)]
    rows = [
        (step, count, percent(count, many[0]), gone)
        for (step, count), gone in zip(steps.items(), [*left, None], strict=True)
    ]
    columns = (
        Column("Step", "label"), Column("Conversations"), Column("Of all", "percent", drawn=False),
        Column("Left here", drawn=False),
    )  # fmt: skip
    return Figure("funnel", shown(percent(many[-1], many[0]), "percent"), "of those who ask have paid", columns, rows)


def rejected(session: Session, asked: Asked) -> Figure:
    later = aliased(Payment)
    recovered = exists().where(
        later.account_id == Payment.account_id,
        later.state == PaymentState.SETTLED,
        later.submitted_at > Payment.submitted_at,
    )
    where = (
        select(Payment.code, recovered, func.count())
        .join(Account, Account.id == Payment.account_id)
        .where(Payment.state.in_((PaymentState.REJECTED, PaymentState.RETURNED)))
        .where(Payment.resolved_on >= asked.since, Payment.resolved_on <= asked.until, *_of_issuer(asked))
        .group_by(Payment.code, recovered)
    )
    failed, well = Counter[str](), Counter[str]()
    for code, came, many in session.execute(where):
        failed[code or "unknown"] += many
        well[code or "unknown"] += many if came else 0
    rows = [
        (code, codes.reason(code).operator_note, many, well[code], percent(well[code], many))
        for code, many in failed.most_common()
    ]
    columns = (
        Column("Code", "label"), Column("What it means", "label", drawn=False), Column("Payments"),
        Column("Recovered"), Column("Share", "percent", drawn=False),
    )  # fmt: skip
    rate = shown(percent(well.total(), failed.total()), "percent")
    return Figure("rejected", f"{failed.total():,}", f"failed, {rate} recovered", columns, rows)


def autopay(session: Session, asked: Asked) -> Figure:
    on, off = Counter[date](), Counter[date]()
    mine = select(Enrollment.authorized_at, Enrollment.ended_on).join(Account, Account.id == Enrollment.account_id)
    given = and_(Enrollment.authorized_at >= asked.begins, Enrollment.authorized_at < asked.ends)
    ended = and_(Enrollment.ended_on >= asked.since, Enrollment.ended_on <= asked.until)
    for at, ended_on in session.execute(mine.where(or_(given, ended), *_of_issuer(asked))):
        if at is not None and asked.begins <= at < asked.ends:
            on[asked.period(day_of(at))] += 1
        if ended_on is not None and asked.since <= ended_on <= asked.until:
            off[asked.period(ended_on)] += 1
    rows = [(day, on[day], off[day]) for day in asked.periods]
    net = on.total() - off.total()
    columns = (_FIRST, Column("Turned on"), Column("Ended"))
    return Figure("autopay", f"{net:+,}" if net else "0", f"{on.total():,} on, {off.total():,} ended", columns, rows)


def handoffs(session: Session, asked: Asked) -> Figure:
    where = select(Handoff.opened_at, Handoff.taken_at).where(
        Handoff.opened_at >= asked.begins, Handoff.opened_at < asked.ends
    )
    waits, many = defaultdict[date, list[float]](list), Counter[date]()
    for opened_at, taken_at in session.execute(_of_talks(asked, where, Handoff.conversation_id)):
        day = asked.period(day_of(opened_at))
        many[day] += 1
        if taken_at is not None:
            waits[day].append((taken_at - opened_at).total_seconds() / 60)
    rows = [(day, many[day], _middle(waits[day]), many[day] - len(waits[day])) for day in asked.periods]
    wait = shown(_middle([each for day in waits.values() for each in day]), "minutes")
    columns = (
        _FIRST, Column("Requests"), Column("Wait in the middle", "minutes", drawn=False),
        Column("Not taken", drawn=False),
    )  # fmt: skip
    return Figure("handoffs", f"{many.total():,}", f"requests, taken after {wait}", columns, rows)


def undelivered(session: Session, asked: Asked) -> Figure:
    where = (
        select(Message.error_code, func.count())
        .where(Message.state.in_(marks.NOT_DELIVERED), Message.at >= asked.begins, Message.at < asked.ends)
        .group_by(Message.error_code)
    )
    lost = {
        str(code or "none given"): many
        for code, many in session.execute(_of_talks(asked, where, Message.conversation_id))
    }
    sent = session.scalar(select(func.sum(Day.sent)).where(*asked.conditions)) or 0
    rows = sorted(((code, many, percent(many, sent)) for code, many in lost.items()), key=lambda row: -row[1])
    columns = (Column("Carrier's error", "label"), Column("Messages"), Column("Of all sent", "percent", drawn=False))
    share = shown(percent(sum(lost.values()), sent), "percent")
    return Figure("undelivered", f"{sum(lost.values()):,}", f"messages, {share} of all sent", columns, rows)


def _middle(minutes: list[float]) -> float | None:
    return round(median(minutes), 1) if minutes else None


def _with(asked: Asked, *wanted: str) -> Any:
    """Days of conversations with one of these marks."""
    return (
        select(DayMark.conversation_id, DayMark.day)
        .join(Day, and_(Day.conversation_id == DayMark.conversation_id, Day.day == DayMark.day))
        .where(*asked.conditions, DayMark.day >= asked.since, DayMark.day <= asked.until, DayMark.mark.in_(wanted))
        .distinct()
    )


def _talks(session: Session, which: Any) -> int:
    return session.scalar(select(func.count()).select_from(which.subquery())) or 0


def _of_issuer(asked: Asked) -> list[ColumnElement[bool]]:
    return [Account.profile_id == asked.issuer] if asked.issuer else []


def _of_talks(asked: Asked, query: Any, conversation_id: Any) -> Any:
    """Only of the conversations that are asked for: by what they were on one of these days."""
    if not (asked.channel or asked.issuer or asked.language):
        return query
    return query.where(conversation_id.in_(select(Day.conversation_id).where(*asked.conditions)))
