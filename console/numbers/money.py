"""Figures of payments, people and delivery: what may change later is asked of its own table, as it is now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from billing_core import codes
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.payments import Payment
from billing_core.states import PaymentState
from channels import marks
from channels.handoff.store import Handoff
from channels.store import Contact, Conversation, Message
from channels.tallies import Day, DayPayment, day_of
from console.numbers import kept
from console.numbers.asked import Asked
from console.numbers.figure import Column, Figure, percent, shown, word
from console.numbers.kept import Counts

_FIRST = Column("From", "day")


def funnel(counts: Counts) -> Figure:
    # The counts do not know what became of a payment later, so that is asked of the payments.
    settled = (
        select(DayPayment.conversation_id, DayPayment.day)
        .join(Payment, Payment.id == DayPayment.payment_id)
        .where(DayPayment.day.between(counts.asked.since, counts.asked.until), Payment.state == PaymentState.SETTLED)
        .distinct()
    )
    if counts.asked.filtered:
        here = and_(Day.conversation_id == DayPayment.conversation_id, Day.day == DayPayment.day)
        settled = settled.join(Day, here).where(*counts.asked.conditions)
    by = Counter[str]()
    for _, name, _, came in counts.of(kept.ASKED, kept.READ_BACK, kept.CONFIRMED):
        by[name] += came
    steps = {
        "Asked to pay, or offered": by[kept.ASKED],
        "Payment read back": by[kept.READ_BACK],
        "Confirmed": by[kept.CONFIRMED],
        "Settled": counts.session.scalar(select(func.count()).select_from(settled.subquery())) or 0,
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


def rejected(counts: Counts) -> Figure:
    session, asked = counts.session, counts.asked
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


def autopay(counts: Counts) -> Figure:
    session, asked = counts.session, counts.asked
    on, off = Counter[date](), Counter[date]()
    mine = select(Enrollment.authorized_at, Enrollment.ended_on, Account.profile_id).join(
        Account, Account.id == Enrollment.account_id
    )
    given = and_(Enrollment.authorized_at >= asked.begins, Enrollment.authorized_at < asked.ends)
    ended = and_(Enrollment.ended_on >= asked.since, Enrollment.ended_on <= asked.until)
    for at, ended_on, issuer in session.execute(mine.where(or_(given, ended), *_of_issuer(asked))):
        if at is not None and asked.since <= (day := day_of(at, issuer)) <= asked.until:
            on[asked.period(day)] += 1
        if ended_on is not None and asked.since <= ended_on <= asked.until:
            off[asked.period(ended_on)] += 1
    rows = [(day, on[day], off[day]) for day in asked.periods]
    net = on.total() - off.total()
    columns = (_FIRST, Column("Turned on"), Column("Ended"))
    return Figure(
        "autopay", f"{net:+,}" if net else "0", f"net: {on.total():,} turned on, {off.total():,} ended", columns, rows
    )


def handoffs(counts: Counts) -> Figure:
    asked = counts.asked
    where = select(Handoff.opened_at, Handoff.taken_at, Account.profile_id)
    waits, many = defaultdict[date, list[float]](list), Counter[date]()
    for opened_at, taken_at, issuer in _of_talks(counts, where, Handoff.conversation_id, Handoff.opened_at):
        day = asked.period(day_of(opened_at, issuer))
        many[day] += 1
        if taken_at is not None:
            waits[day].append((taken_at - opened_at).total_seconds() / 60)
    rows = [(day, many[day], _middle(waits[day]), many[day] - len(waits[day])) for day in asked.periods]
    wait = _middle([each for day in waits.values() for each in day])
    taken = "none taken yet" if wait is None else f"taken after {shown(wait, 'minutes')}"
    columns = (
        _FIRST, Column("Requests"), Column("Wait in the middle", "minutes", drawn=False),
        Column("Not taken", drawn=False),
    )  # fmt: skip
    return Figure("handoffs", f"{many.total():,}", f"{word(many.total(), 'request')}, {taken}", columns, rows)


def undelivered(counts: Counts) -> Figure:
    where = select(Message.at, Message.error_code, Account.profile_id).where(Message.state.in_(marks.NOT_DELIVERED))
    lost = Counter(
        str(code or "none given") for _, code, _ in _of_talks(counts, where, Message.conversation_id, Message.at)
    )
    sent = sum(many for *_, many in counts.of(kept.SENT))
    rows = sorted(((code, many, percent(many, sent)) for code, many in lost.items()), key=lambda row: -row[1])
    columns = (Column("Carrier's error", "label"), Column("Messages"), Column("Of all sent", "percent", drawn=False))
    share = shown(percent(sum(lost.values()), sent), "percent")
    return Figure("undelivered", f"{sum(lost.values()):,}", f"messages, {share} of all sent", columns, rows)


def _middle(minutes: list[float]) -> float | None:
    return round(median(minutes), 1) if minutes else None


def _of_issuer(asked: Asked) -> list[ColumnElement[bool]]:
    return [Account.profile_id == asked.issuer] if asked.issuer else []


def _of_talks(counts: Counts, query: Any, conversation_id: Any, at: Any) -> Iterator[Any]:
    """Rows that begin with a moment and end with the issuer: those on a day that is asked for, by the issuer's own
    clock, and of the conversations that are, by what they were on one of these days."""
    asked = counts.asked
    where = (
        query.join(Conversation, Conversation.id == conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(at >= asked.begins, at < asked.ends)
    )
    if asked.filtered:
        where = where.where(exists().where(Day.conversation_id == Conversation.id, *asked.conditions))
    for row in counts.session.execute(where):
        if asked.since <= day_of(row[0], row[-1]) <= asked.until:
            yield row
