"""Figures of what was said: counted from the tallies of conversation-days alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from channels import marks
from channels.tallies import HANDED_OVER, Day, DayMark, DaySpeed
from console import found
from console.numbers.asked import Asked
from console.numbers.figure import Column, Figure, percent, shown

_CHANNELS = {"sms": "Text message", "web": "Web chat"}
# What makes a conversation's day one that the assistant did not solve by itself.
NOT_CONTAINED = (HANDED_OVER, marks.TROUBLE)
_FIRST = Column("From", "day")


def conversations(session: Session, asked: Asked) -> Figure:
    by = _folded(asked, session.execute(_days(asked, Day.channel, func.count()).group_by(Day.day, Day.channel)))
    rows = [(day, by[day]["sms"], by[day]["web"], by[day].total()) for day in asked.periods]
    total = sum(counts.total() for counts in by.values())
    columns = (_FIRST, *(Column(title) for title in _CHANNELS.values()), Column("All", drawn=False))
    return Figure("conversations", f"{total:,}", "conversations", columns, rows)


def contained(session: Session, asked: Asked) -> Figure:
    all_ = _folded(asked, session.execute(_days(asked, Day.channel, func.count()).group_by(Day.day, Day.channel)))
    counted = func.count(DayMark.conversation_id.distinct())
    where = _marked(asked, Day.channel, counted, DayMark.mark.in_(NOT_CONTAINED))
    missed = _folded(asked, session.execute(where.group_by(Day.day, Day.channel)))

    def share(day: date, *channels: str) -> float | None:
        whole = sum(all_[day][each] for each in channels)
        return percent(whole - sum(missed[day][each] for each in channels), whole)

    rows = [(day, share(day, *_CHANNELS), *(share(day, each) for each in _CHANNELS)) for day in asked.periods]
    whole, part = (sum(counts.total() for counts in each.values()) for each in (all_, missed))
    columns = (_FIRST, Column("All", "percent"), *(Column(title, "percent") for title in _CHANNELS.values()))
    return Figure("contained", shown(percent(whole - part, whole), "percent"), "of conversations", columns, rows)


def topics(session: Session, asked: Asked) -> Figure:
    of_topic = case(*[(DayMark.mark.in_(f"intent:{each}" for each in names), topic)
                      for topic, names in found.topics().items()])  # fmt: skip
    hard = (
        select(DayMark.conversation_id, DayMark.day)
        .where(DayMark.day >= asked.since, DayMark.day <= asked.until, DayMark.mark.in_(NOT_CONTAINED))
        .distinct()
        .subquery()
    )
    came_up = (
        select(of_topic.label("topic"), DayMark.conversation_id, DayMark.day, hard.c.day.label("hard"))
        .join(Day, and_(Day.conversation_id == DayMark.conversation_id, Day.day == DayMark.day))
        .outerjoin(hard, and_(hard.c.conversation_id == DayMark.conversation_id, hard.c.day == DayMark.day))
        .where(*asked.conditions, DayMark.day >= asked.since, DayMark.day <= asked.until)
        .where(DayMark.mark > "intent:", DayMark.mark < "intent;")
        .distinct()
        .subquery()
    )
    counted = session.execute(
        select(came_up.c.topic, func.count(), func.count(came_up.c.hard))
        .where(came_up.c.topic.is_not(None))
        .group_by(came_up.c.topic)
    ).all()
    rows = sorted(
        ((topic, many, percent(many - hard_, many)) for topic, many, hard_ in counted), key=lambda row: -row[1]
    )
    columns = (Column("Topic", "label"), Column("Conversations"), Column("Without a person", "percent", drawn=False))
    return Figure("topics", str(rows[0][0]) if rows else "–", "comes up most", columns, rows)


def refused(session: Session, asked: Asked) -> Figure:
    where = and_(DayMark.mark > "refused:", DayMark.mark < "refused;")
    counted = session.execute(_marked(asked, DayMark.mark, func.count(), where).group_by(Day.day, DayMark.mark))
    by: Counter[str] = Counter()
    for _, mark, many in counted:
        by[mark.removeprefix("refused:")] += many
    columns = (Column("Rule", "label"), Column("Conversations"))
    return Figure("refused", f"{by.total():,}", "refusals", columns, [*by.most_common()])


def misunderstood(session: Session, asked: Asked) -> Figure:
    read, missed = Counter[date](), Counter[date]()
    where = _days(asked, func.sum(Day.read), func.sum(Day.misunderstood)).group_by(Day.day)
    for day, many, wrong in session.execute(where):
        read[asked.period(day)] += many
        missed[asked.period(day)] += wrong
    rows = [(day, percent(missed[day], read[day]), missed[day], read[day]) for day in asked.periods]
    columns = (
        _FIRST,
        Column("Misunderstood", "percent"),
        Column("Of them", drawn=False),
        Column("Messages", drawn=False),
    )
    rate = shown(percent(missed.total(), read.total()), "percent")
    return Figure("misunderstood", rate, "of messages", columns, rows)


def segments(session: Session, asked: Asked) -> Figure:
    by: defaultdict[date, Counter[str]] = defaultdict(Counter)
    where = _days(asked, func.sum(Day.segments), func.sum(Day.sent), func.count()).where(Day.channel == "sms")
    for day, parts, texts, talks in session.execute(where.group_by(Day.day)):
        by[asked.period(day)].update(parts=int(parts), texts=int(texts), talks=talks)
    rows = [
        (day, by[day]["parts"], by[day]["texts"], _each(by[day]["parts"], by[day]["talks"])) for day in asked.periods
    ]
    parts, talks = (sum(each[name] for each in by.values()) for name in ("parts", "talks"))
    columns = (_FIRST, Column("Parts"), Column("Texts", drawn=False), Column("Parts a conversation", drawn=False))
    return Figure("segments", f"{parts:,}", f"parts, {_each(parts, talks) or 0:,} a conversation", columns, rows)


def speed(session: Session, asked: Asked) -> Figure:
    where = (
        select(DaySpeed.day, DaySpeed.upto_ms, func.sum(DaySpeed.turns))
        .join(Day, and_(Day.conversation_id == DaySpeed.conversation_id, Day.day == DaySpeed.day))
        .where(*asked.conditions, DaySpeed.day >= asked.since, DaySpeed.day <= asked.until)
        .group_by(DaySpeed.day, DaySpeed.upto_ms)
    )
    by = _folded(asked, session.execute(where))
    rows = [(day, upto(by[day], 0.5), upto(by[day], 0.95)) for day in asked.periods]
    all_ = sum(by.values(), Counter[Any]())
    columns = (_FIRST, Column("Half", "ms"), Column("95 of 100", "ms"))
    beside = f"for half, {shown(upto(all_, 0.95), 'ms')} for 95 of 100"
    return Figure("speed", shown(upto(all_, 0.5), "ms"), beside, columns, rows)


def upto(turns: Counter[Any], share: float) -> int | None:
    """The step, in ms, within which this share of the turns was answered."""
    counted = 0
    for step in sorted(turns):
        counted += turns[step]
        if counted >= share * turns.total():
            return int(step)
    return None


def _each(parts: int, talks: int) -> float | None:
    return round(parts / talks, 1) if talks else None


def _days(asked: Asked, *what: Any) -> Any:
    return select(Day.day, *what).where(*asked.conditions)


def _marked(asked: Asked, what: Any, counted: Any, where: Any) -> Any:
    return (
        select(Day.day, what, counted)
        .join(DayMark, and_(Day.conversation_id == DayMark.conversation_id, Day.day == DayMark.day))
        .where(*asked.conditions, DayMark.day >= asked.since, DayMark.day <= asked.until, where)
    )


def _folded(asked: Asked, counted: Iterable[Any]) -> defaultdict[date, Counter[Any]]:
    """Counts by a second value, days put into their periods."""
    by: defaultdict[date, Counter[Any]] = defaultdict(Counter)
    for day, value, many in counted:
        by[asked.period(day)][value] += int(many)
    return by
