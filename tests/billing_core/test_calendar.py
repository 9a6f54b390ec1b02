"""Civil dates, banking days and the clock (DOMAIN 1.4, 3.7, G7, G10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from billing_core.calendar import (
    Clock,
    banking_day_on_or_after,
    banking_days_before,
    first_of_month,
    is_banking_day,
    last_of_month,
)

HOLIDAYS = {
    2026: ["01-01", "01-19", "02-16", "05-25", "06-19", "09-07", "10-12", "11-11", "11-26", "12-25"],
    2027: ["01-01", "01-18", "02-15", "05-31", "07-05", "09-06", "10-11", "11-11", "11-25"],
    2028: ["01-17", "02-21", "05-29", "06-19", "07-04", "09-04", "10-09", "11-10", "11-23", "12-25"],
}
# Veterans Day 2028 is a Saturday, so the Fed stays open on the Friday; it is in the list to be taken out again here.
HOLIDAYS[2028].remove("11-10")


@pytest.mark.parametrize("year", HOLIDAYS)
def test_the_bank_is_closed_on_weekends_and_the_listed_holidays_and_on_no_other_day(year: int) -> None:
    closed = {date.fromisoformat(f"{year}-{day}") for day in HOLIDAYS[year]}
    day = date(year, 1, 1)
    while day.year == year:
        assert is_banking_day(day) == (day.weekday() < 5 and day not in closed), day
        day += timedelta(days=1)


@pytest.mark.parametrize("friday", ["2026-07-03", "2027-06-18", "2027-12-24", "2027-12-31", "2028-11-10"])
def test_a_holiday_on_saturday_leaves_the_friday_before_open(friday: str) -> None:
    assert is_banking_day(date.fromisoformat(friday))


def test_a_holiday_on_sunday_closes_the_monday_after() -> None:
    assert not is_banking_day(date(2027, 7, 5))
    assert is_banking_day(date(2027, 7, 6))


@pytest.mark.parametrize(
    ("due", "bank_on", "stop_by"),
    [
        ("2026-12-01", "2026-12-01", "2026-11-25"),
        ("2027-01-01", "2027-01-04", "2026-12-29"),
        ("2027-02-01", "2027-02-01", "2027-01-27"),
        ("2027-03-01", "2027-03-01", "2027-02-24"),
        ("2027-05-01", "2027-05-03", "2027-04-28"),
        ("2027-08-01", "2027-08-02", "2027-07-28"),
    ],
)
def test_the_bank_date_and_the_stop_order_date_are_those_of_the_table(due: str, bank_on: str, stop_by: str) -> None:
    day = date.fromisoformat(due)
    assert banking_day_on_or_after(day) == date.fromisoformat(bank_on)
    assert banking_days_before(day, 3) == date.fromisoformat(stop_by)


def test_no_banking_days_before_a_day_is_the_day_itself() -> None:
    assert banking_days_before(date(2027, 1, 1), 0) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "later", "first"),
    [
        ("2026-12-15", 0, "2026-12-01"),
        ("2026-12-31", 1, "2027-01-01"),
        ("2027-01-31", -1, "2026-12-01"),
        ("2027-01-01", -13, "2025-12-01"),
        ("2026-12-15", 14, "2028-02-01"),
    ],
)
def test_the_first_of_a_month_is_found_across_years(day: str, later: int, first: str) -> None:
    assert first_of_month(date.fromisoformat(day), later) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("day", "last"), [("2027-02-01", 28), ("2028-02-10", 29), ("2026-12-31", 31), ("2027-04-30", 30)]
)
def test_the_last_day_of_a_month_knows_leap_years(day: str, last: int) -> None:
    assert last_of_month(date.fromisoformat(day)).day == last


def test_the_civil_date_changes_at_the_issuers_midnight_and_not_at_utc() -> None:
    clock = Clock.fixed(datetime(2026, 12, 17, 4, 59, 59, tzinfo=UTC))
    assert clock.today() == date(2026, 12, 16)
    clock.advance(timedelta(seconds=1))
    assert clock.today() == date(2026, 12, 17)


@pytest.mark.parametrize(
    ("before_midnight_utc", "day"),
    [
        # The night of the change to winter time: midnight is still at 04:00 UTC before it and at 05:00 after it.
        (datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC), date(2026, 10, 31)),
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2027, 3, 14, 4, 59, 59, tzinfo=UTC), date(2027, 3, 13)),
        (datetime(2027, 3, 15, 3, 59, 59, tzinfo=UTC), date(2027, 3, 14)),
    ],
)
def test_nights_when_the_clocks_change_are_one_day_each(before_midnight_utc: datetime, day: date) -> None:
    clock = Clock.fixed(before_midnight_utc)
    assert clock.today() == day
    clock.advance(timedelta(seconds=1))
    assert clock.today() == day + timedelta(days=1)


def test_a_time_without_a_zone_is_the_issuers() -> None:
    assert Clock.fixed(datetime(2026, 12, 15, 10, 0)).now() == datetime(2026, 12, 15, 15, 0, tzinfo=UTC)  # noqa: DTZ001
    assert Clock.fixed(datetime(2026, 7, 1, 10, 0)).now() == datetime(2026, 7, 1, 14, 0, tzinfo=UTC)  # noqa: DTZ001


def test_a_member_in_another_zone_has_their_own_date() -> None:
    clock = Clock.fixed(datetime(2026, 12, 17, 4, 30, tzinfo=UTC))
    assert clock.today("America/New_York") == date(2026, 12, 16)
    assert clock.today("Europe/Berlin") == date(2026, 12, 17)


def test_a_started_clock_ticks_and_a_set_clock_stands_still() -> None:
    ticking = Clock.starting_at(datetime(2026, 12, 15, 10, 0))  # noqa: DTZ001
    first = ticking.now()
    assert timedelta(0) <= first - datetime(2026, 12, 15, 15, 0, tzinfo=UTC) < timedelta(seconds=5)
    assert ticking.now() > first
    ticking.set(datetime(2026, 12, 20, 9, 0))  # noqa: DTZ001
    assert ticking.now() == ticking.now() == datetime(2026, 12, 20, 14, 0, tzinfo=UTC)
