"""What each day came to: kept for days that are over (`channels.day_counts`), counted at once for the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, delete, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from billing_core import Core, profiles
from channels import marks
from channels.day_counts import CountedDay, DayCount, claim
from channels.tallies import HANDED_OVER, QUOTED, Day, DayMark, DayPayment, DaySpeed, day_of
from console import found
from console.numbers.asked import Asked

TALKS, READ, MISUNDERSTOOD, SENT, SEGMENTS = "talks", "read", "misunderstood", "sent", "segments"
MISSED, ASKED, READ_BACK, CONFIRMED = "missed", "asked", "read_back", "confirmed"
# Of these the name goes on with a topic, a rule or a step of `tallies.SPEEDS_MS`.
TOPIC, TOPIC_MISSED, REFUSED, SPEED = "topic:", "topic_missed:", "refused:", "speed:"
ASKED_TO_PAY = ("intent:pay_bill", "intent:pay_partial")
# What makes a conversation's day one that the assistant did not solve by itself.
NOT_CONTAINED = (HANDED_OVER, marks.TROUBLE)
# Who began to write before midnight has long committed by then.
OVER_AFTER = timedelta(hours=1)
_AT_ONCE_DAYS = 31
_DIMENSIONS = (Day.day, Day.channel, func.coalesce(Day.issuer, ""), func.coalesce(Day.language, ""))
_KEYS = ("day", "channel", "issuer", "language")


class Counts:
    """The counts of the days that are asked for, of the conversations that are; built once for a page."""

    def __init__(self, session: Session, asked: Asked) -> None:
        self.session, self.asked = session, asked
        within = select(CountedDay.day).where(CountedDay.stands, CountedDay.day.between(asked.since, asked.until))
        kept = set(session.scalars(within))
        days = (asked.since + timedelta(days=number) for number in range((asked.until - asked.since).days + 1))
        self._open = {day for day in days if day not in kept}
        self._rows = [
            row
            for row in (counted(session, min(self._open), max(self._open)) if self._open else [])
            if row["day"] in self._open and all(getattr(asked, name) in ("", row[name]) for name in _KEYS[1:])
        ]

    def of(self, *names: str) -> Iterator[tuple[date, str, str, int]]:
        """(day, name, channel, how many) of each of these names, or of all that begin with one that ends in a colon."""
        named = or_(
            *(and_(DayCount.name >= name, DayCount.name < f"{name[:-1]};") if name[-1] == ":" else DayCount.name == name
              for name in names)
        )  # fmt: skip
        where: Any = (
            select(DayCount.day, DayCount.name, DayCount.channel, func.sum(DayCount.many))
            .join(CountedDay, and_(CountedDay.day == DayCount.day, CountedDay.stands))
            .where(named, DayCount.day.between(self.asked.since, self.asked.until))
            .group_by(DayCount.day, DayCount.name, DayCount.channel)
        )
        for name in _KEYS[1:]:
            if value := getattr(self.asked, name):
                where = where.where(getattr(DayCount, name) == value)
        yield from ((day, name, channel, int(many)) for day, name, channel, many in self.session.execute(where))
        for row in self._rows:
            if any(row["name"] == name or (name[-1] == ":" and row["name"].startswith(name)) for name in names):
                yield row["day"], row["name"], row["channel"], row["many"]


def keep(core: Core, since: date, until: date) -> None:
    """Count the days from `since` to `until` that are over and have no counts that stand."""
    last = min(until, over(core.now()))
    if last < since:
        return
    with core.read() as session:
        within = select(CountedDay.day).where(CountedDay.stands, CountedDay.day.between(since, last))
        kept = set(session.scalars(within))
    missing = [day for number in range((last - since).days + 1) if (day := since + timedelta(days=number)) not in kept]
    for first in range(0, len(missing), _AT_ONCE_DAYS):
        days = missing[first : first + _AT_ONCE_DAYS]
        with core.write() as session:
            for day in days:
                claim(session, day, stands=True)
            session.execute(delete(DayCount).where(DayCount.day.in_(days)))
            rows = [row for row in counted(session, days[0], days[-1]) if row["day"] in days]
            if rows:
                session.execute(insert(DayCount), rows)


def keep_all(core: Core) -> None:
    """Count every day that is over, from the first on which somebody wrote."""
    with core.read() as session:
        first = session.scalar(select(func.min(Day.day)))
    if first is not None:
        keep(core, first, over(core.now()))


def over(now: datetime) -> date:
    """The last day that is over for every issuer, and has been for a while."""
    return min(day_of(now - OVER_AFTER, issuer) for issuer in (None, *profiles.shipped())) - timedelta(days=1)


def counted(session: Session, since: date, until: date) -> list[dict[str, Any]]:
    """Every count of these days, from their tallies, in rows as `DayCount` has them."""
    days = Day.day.between(since, until)
    rows: list[dict[str, Any]] = []
    sums = (func.count(), *(func.sum(getattr(Day, name)) for name in (READ, MISUNDERSTOOD, SENT, SEGMENTS)))
    for *key, talks, read, missed, sent, segments in session.execute(
        select(*_DIMENSIONS, *sums).where(days).group_by(*_DIMENSIONS)
    ):
        each = {TALKS: talks, READ: read, MISUNDERSTOOD: missed, SENT: sent, SEGMENTS: segments}
        rows += [_row(key, name, many) for name, many in each.items()]
    for name, query in _queries(since, until).items():
        for *key, value, many in session.execute(query.where(days).group_by(*query.selected_columns[:-1])):
            rows.append(_row(key, f"{name}{value}", many))
    rows += _topics(session, since, until)
    return [row for row in rows if row["many"]]


def _queries(since: date, until: date) -> dict[str, Select[Any]]:
    """By the beginning of their names: what is counted, with the end of the name in the column before the last."""
    talks = func.count(Day.conversation_id.distinct())
    here = (Day.conversation_id == DayMark.conversation_id, Day.day == DayMark.day)
    marked = select(*_DIMENSIONS, literal(""), talks).join(DayMark, and_(*here, DayMark.day.between(since, until)))
    paid = and_(Day.conversation_id == DayPayment.conversation_id, Day.day == DayPayment.day)
    fast = and_(Day.conversation_id == DaySpeed.conversation_id, Day.day == DaySpeed.day)
    return {
        MISSED: marked.where(DayMark.mark.in_(NOT_CONTAINED)),
        ASKED: marked.where(DayMark.mark.in_((*ASKED_TO_PAY, QUOTED))),
        READ_BACK: marked.where(DayMark.mark == QUOTED),
        CONFIRMED: select(*_DIMENSIONS, literal(""), talks).join(DayPayment, paid),
        REFUSED: select(*_DIMENSIONS, func.substr(DayMark.mark, len(REFUSED) + 1), talks)
        .join(DayMark, and_(*here, DayMark.day.between(since, until)))
        .where(DayMark.mark > REFUSED, DayMark.mark < "refused;"),
        SPEED: select(*_DIMENSIONS, DaySpeed.upto_ms, func.sum(DaySpeed.turns)).join(DaySpeed, fast),
    }


def _topics(session: Session, since: date, until: date) -> Iterable[dict[str, Any]]:
    """Conversations in which a topic came up, and those of them that were not contained."""
    of_topic = case(*[(DayMark.mark.in_(f"intent:{each}" for each in names), topic)
                      for topic, names in found.topics().items()])  # fmt: skip
    days = DayMark.day.between(since, until)
    hard = (
        select(DayMark.conversation_id, DayMark.day).where(days, DayMark.mark.in_(NOT_CONTAINED)).distinct().subquery()
    )
    came_up = (
        select(DayMark.conversation_id, DayMark.day, of_topic.label("topic"))
        .where(days, DayMark.mark > "intent:", DayMark.mark < "intent;")
        .distinct()
        .subquery()
    )
    query = (
        select(*_DIMENSIONS, came_up.c.topic, func.count(), func.count(hard.c.day))
        .join(came_up, and_(came_up.c.conversation_id == Day.conversation_id, came_up.c.day == Day.day))
        .outerjoin(hard, and_(hard.c.conversation_id == Day.conversation_id, hard.c.day == Day.day))
        .where(came_up.c.topic.is_not(None))
        .group_by(*_DIMENSIONS, came_up.c.topic)
    )
    for *key, topic, many, missed in session.execute(query):
        yield _row(key, f"{TOPIC}{topic}", many)
        yield _row(key, f"{TOPIC_MISSED}{topic}", missed)


def _row(key: Iterable[Any], name: str, many: int) -> dict[str, Any]:
    return {"name": name, **dict(zip(_KEYS, key, strict=True)), "many": int(many)}
