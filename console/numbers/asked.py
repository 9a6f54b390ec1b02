"""What the numbers are asked for: days, how they are put together, whose conversations; all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement

from channels.tallies import Day

SPAN_DAYS, LONGEST_DAYS = 30, 731
# More days than this are told by the week unless days are asked for.
BY_DAY_UP_TO = 62
BY = {"day": "Day", "week": "Week"}


@dataclass(frozen=True)
class Asked:
    """The days from `since` to `until`, both included, each by its issuer's clock; empty filters mean any."""

    since: date
    until: date
    by: str = "day"
    channel: str = ""
    issuer: str = ""
    language: str = ""

    @classmethod
    def read(cls, query: Mapping[str, Any], today: date) -> Asked:
        """From the query of an address; what cannot be read is left out, and too long a time is cut at its end."""
        until = _day(query.get("until")) or today
        since = _day(query.get("since")) or until - timedelta(days=SPAN_DAYS - 1)
        since = max(min(since, until), until - timedelta(days=LONGEST_DAYS - 1))
        by = str(query.get("by", ""))
        if by not in BY:
            by = "day" if (until - since).days < BY_DAY_UP_TO else "week"
        words = {name: str(query.get(name, ""))[:40] for name in ("channel", "issuer", "language")}
        return cls(since, until, by, **words)

    def address(self, **changes: Any) -> str:
        """The query string that leads here, or with some of it changed."""
        there = replace(self, **changes)
        return urlencode([(each.name, str(value)) for each in fields(there) if (value := getattr(there, each.name))])

    def back(self, today: date, days: int) -> date:
        """The first of so many days that end today."""
        return today - timedelta(days=days - 1)

    @property
    def periods(self) -> list[date]:
        """The first day of each day or week that is told, those without anything too."""
        days = [self.since + timedelta(days=number) for number in range((self.until - self.since).days + 1)]
        return sorted({self.period(day) for day in days})

    def period(self, day: date) -> date:
        """The day itself, or the Monday of its week."""
        return day - timedelta(days=day.weekday()) if self.by == "week" else day

    @property
    def begins(self) -> datetime:
        """A moment before the first day of any issuer's clock."""
        return datetime.combine(self.since - timedelta(days=1), time(), UTC)

    @property
    def ends(self) -> datetime:
        """A moment after the last day of any issuer's clock."""
        return datetime.combine(self.until + timedelta(days=2), time(), UTC)

    @property
    def filtered(self) -> bool:
        """Whether only some conversations are asked for."""
        return bool(self.channel or self.issuer or self.language)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Which rows of `tallies.Day` are counted."""
        where: list[ColumnElement[bool]] = [Day.day >= self.since, Day.day <= self.until]
        for name in ("channel", "issuer", "language"):
            if value := getattr(self, name):
                where.append(getattr(Day, name) == value)
        return where


def _day(said: object) -> date | None:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        return None
