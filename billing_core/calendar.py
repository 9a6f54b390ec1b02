"""The one clock, the issuer's civil dates and the banking days.

Every "now" and "today" in Duely is asked here, so a test or a demonstration can place the whole system on any day.
Rules compare civil dates of the issuer's zone (G7), never instants; only ACH and stop-payment dates count banking
days (G27), by the Federal Reserve's calendar: a holiday on Saturday leaves the Friday before open, one on Sunday
closes the Monday after (DOMAIN 3.7).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ISSUER_ZONE = "America/New_York"


class Clock:
    """Tells the time; `set` and `advance` move it, which only development, tests and `duely play` do."""

    def __init__(self, source: Callable[[], datetime]) -> None:
        self._source = source

    @classmethod
    def system(cls) -> Clock:
        """The machine's own time."""
        return cls(lambda: datetime.now(UTC))

    @classmethod
    def starting_at(cls, start: datetime, zone: str = ISSUER_ZONE) -> Clock:
        """Begins at `start` (issuer-local when it carries no zone) and ticks on from there (`DUELY_CLOCK`)."""
        offset = _aware(start, zone) - datetime.now(UTC)
        return cls(lambda: datetime.now(UTC) + offset)

    @classmethod
    def fixed(cls, instant: datetime, zone: str = ISSUER_ZONE) -> Clock:
        """Stands still until it is set or advanced."""
        moment = _aware(instant, zone)
        return cls(lambda: moment)

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._source().astimezone(UTC)

    def today(self, zone: str = ISSUER_ZONE) -> date:
        """The civil date in `zone`; days change at local midnight (G7)."""
        return self.now().astimezone(ZoneInfo(zone)).date()

    def set(self, instant: datetime, zone: str = ISSUER_ZONE) -> None:
        """Stand still at `instant` (issuer-local when it carries no zone)."""
        moment = _aware(instant, zone)
        self._source = lambda: moment

    def advance(self, step: timedelta) -> None:
        """Move forward by `step`, and stand still there."""
        self.set(self.now() + step)


def _aware(instant: datetime, zone: str) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(zone))


@lru_cache(maxsize=64)
def _fed_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("FED", years=year))


def is_banking_day(day: date) -> bool:
    """Whether the Federal Reserve settles ACH on `day`."""
    return day.weekday() < 5 and day not in _fed_holidays(day.year)


def banking_day_on_or_after(day: date) -> date:
    """The ACH effective date of a draft due on `day` (G10)."""
    while not is_banking_day(day):
        day += timedelta(days=1)
    return day


def banking_days_before(day: date, count: int) -> date:
    """The date `count` banking days before `day`; 3 of them is the bank's stop-payment limit (12 CFR 1005.10(c))."""
    while count:
        day -= timedelta(days=1)
        count -= is_banking_day(day)
    return day


def banking_days_after(day: date, count: int) -> date:
    """The date `count` banking days after `day`, by which a bank debit settles or comes back (DOMAIN 3.6, 3.7)."""
    while count:
        day += timedelta(days=1)
        count -= is_banking_day(day)
    return day


def first_of_month(day: date, months_later: int = 0) -> date:
    """The first day of the month `months_later` months after the month of `day` (negative: before)."""
    index = day.year * 12 + day.month - 1 + months_later
    return date(index // 12, index % 12 + 1, 1)


def last_of_month(day: date) -> date:
    """The last day of the month of `day`."""
    return first_of_month(day, 1) - timedelta(days=1)
