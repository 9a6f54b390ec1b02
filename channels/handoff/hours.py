"""When people answer: the hours of `DUELY_PERSON_HOURS`, and the next time at which they do.

`mon-fri 08:00-18:00 America/New_York`; several spans stand between commas before the zone. Federal holidays are closed
on weekdays: a day on which nobody may be there is not promised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing_core.calendar import is_banking_day
from channels.words import clock_time, times, with_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SATURDAY = 5
_SPAN = re.compile(r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)")
# Holidays never close more days in a row than this.
_LOOK_DAYS = 15


@dataclass(frozen=True)
class Span:
    """Open from `opens` until just before `closes`, on the weekdays `first` to `last` (Monday is 0)."""

    first: int
    last: int
    opens: time
    closes: time


@dataclass(frozen=True)
class PersonHours:
    """The hours in which a person answers."""

    spans: tuple[Span, ...]
    zone: ZoneInfo

    def is_open(self, now: datetime) -> bool:
        """Whether somebody is there: 08:00 is the first moment, 17:59 the last minute."""
        local = now.astimezone(self.zone)
        return any(span.opens <= local.time() < span.closes for span in self._on(local))

    def opens_at(self, now: datetime) -> datetime:
        """The next moment at which somebody is there; now, when somebody is."""
        if self.is_open(now):
            return now
        local = now.astimezone(self.zone)
        for days in range(_LOOK_DAYS):
            day = local + timedelta(days=days)
            openings = [datetime.combine(day.date(), span.opens, self.zone) for span in self._on(day)]
            later = [opening for opening in openings if opening > local]
            if later:
                return min(later)
        raise ValueError("these hours never open")

    def told(self) -> str:
        """The hours as a member reads them: "weekdays 8-6 Eastern"."""
        spans = [
            times()["span"].format(days=_days(span), opens=clock_time(span.opens), closes=clock_time(span.closes))
            for span in self.spans
        ]
        return with_zone(", ".join(spans), self.zone)

    def _on(self, day: datetime) -> list[Span]:
        if day.weekday() < SATURDAY and not is_banking_day(day.date()):
            return []
        return [span for span in self.spans if span.first <= day.weekday() <= span.last]


@lru_cache(maxsize=8)
def read(text: str) -> PersonHours:
    """The hours that a setting says; raises ValueError with what is wrong with it."""
    spans_said, _, zone_said = text.strip().rpartition(" ")
    try:
        zone = ZoneInfo(zone_said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{zone_said} is no time zone") from None
    return PersonHours(tuple(_span(each.strip().lower()) for each in spans_said.split(",")), zone)


def _span(said: str) -> Span:
    match = _SPAN.fullmatch(said)
    if match is None:
        raise ValueError(f"{said!r} is not like `mon-fri 08:00-18:00`")
    last = match["last"] or match["first"]
    if match["first"] not in DAYS or last not in DAYS:
        raise ValueError(f"{said!r} names no days of {', '.join(DAYS)}")
    try:
        opens, closes = time.fromisoformat(match["opens"]), time.fromisoformat(match["closes"])
    except ValueError:
        raise ValueError(f"{said!r} names no times of a day") from None
    span = Span(DAYS.index(match["first"]), DAYS.index(last), opens, closes)
    if span.last < span.first or span.closes <= span.opens:
        raise ValueError(f"{said!r} ends before it begins")
    return span


def _days(span: Span) -> str:
    if (span.first, span.last) == (0, 4):
        return str(times()["weekdays"])
    if (span.first, span.last) == (0, 6):
        return str(times()["every_day"])
    names = [times()["days"][span.first], times()["days"][span.last]]
    return names[0] if span.first == span.last else "-".join(names)
