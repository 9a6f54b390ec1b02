"""When people answer: the edges of the day, of the week and of the zone, and days on which nobody is promised."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from channels.handoff import hours

WEEKDAYS = hours.read("mon-fri 08:00-18:00 America/New_York")
EASTERN, PACIFIC = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")


def at(said: str, zone: ZoneInfo = EASTERN) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("2026-12-15T07:59", False),
        ("2026-12-15T08:00", True),
        ("2026-12-15T17:59", True),
        ("2026-12-15T18:00", False),
        ("2026-12-19T12:00", False),
        ("2026-12-20T12:00", False),
        ("2026-12-25T12:00", False),
    ],
)
def test_somebody_is_there_from_the_first_moment_to_the_last_minute(moment: str, there: bool) -> None:
    assert WEEKDAYS.is_open(at(moment)) is there


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-12-15T10:00", "2026-12-15T10:00"),
        ("2026-12-15T07:59", "2026-12-15T08:00"),
        ("2026-12-15T18:00", "2026-12-16T08:00"),
        ("2026-12-18T17:59", "2026-12-18T17:59"),
        ("2026-12-18T18:00", "2026-12-21T08:00"),
        ("2026-12-20T23:59", "2026-12-21T08:00"),
        ("2026-12-24T20:00", "2026-12-28T08:00"),
        ("2026-12-31T18:00", "2027-01-04T08:00"),
        ("2027-03-12T18:00", "2027-03-15T08:00"),
    ],
)
def test_the_next_opening_is_named(moment: str, opens: str) -> None:
    assert WEEKDAYS.opens_at(at(moment)) == at(opens)


def test_the_zone_of_the_people_counts_and_not_the_callers() -> None:
    assert WEEKDAYS.is_open(at("2026-12-15T05:00", PACIFIC))
    assert not WEEKDAYS.is_open(at("2026-12-15T15:00", PACIFIC))


def test_several_spans_and_single_days() -> None:
    more = hours.read("mon-thu 08:30-17:30, sat 09:00-13:00 America/Denver")
    assert more.told() == "Mon-Thu 8:30-5:30, Sat 9-1 Mountain"
    assert more.is_open(at("2026-12-19T09:00", ZoneInfo("America/Denver")))
    friday = at("2026-12-18T09:00", ZoneInfo("America/Denver"))
    assert more.opens_at(friday) == at("2026-12-19T09:00", ZoneInfo("America/Denver"))
    assert WEEKDAYS.told() == "weekdays 8-6 Eastern"


@pytest.mark.parametrize(
    "said",
    ["", "always", "mon-fri 08:00-18:00", "mon-fri 08:00-18:00 Mars/Base", "mon-fri 18:00-08:00 America/New_York",
     "fri-mon 08:00-18:00 America/New_York", "mon-fri 8-18 America/New_York", "mon-fri 08:00-25:00 America/New_York",
     "abc 08:00-18:00 America/New_York"],
)  # fmt: skip
def test_hours_that_say_nothing_are_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        hours.read(said)
