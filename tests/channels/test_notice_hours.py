"""When we may start a message: in the daytime of the member's address, else of their phone, else of their issuer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from channels.notices import hours

EAST, CENTRAL, MOUNTAIN, WEST = (
    ZoneInfo(f"America/{city}") for city in ("New_York", "Chicago", "Denver", "Los_Angeles")
)
CARY, RALEIGH_PHONE = "27511", "+19195550101"


def at(zone: ZoneInfo, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, 15, hour, minute, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("zip_code", "phone", "zones"),
    [
        (CARY, RALEIGH_PHONE, (EAST,)),
        ("90001", RALEIGH_PHONE, (WEST,)),
        ("57501", RALEIGH_PHONE, (CENTRAL, MOUNTAIN)),
        ("00000", RALEIGH_PHONE, (EAST,)),
        ("", "+13105550101", (WEST,)),
        ("00000", None, (CENTRAL,)),
        ("00000", "no phone", (CENTRAL,)),
    ],
)
def test_the_address_comes_before_the_phone_and_the_phone_before_the_issuer(
    zip_code: str, phone: str | None, zones: tuple[ZoneInfo, ...]
) -> None:
    assert hours.zones(zip_code, phone, "America/Chicago") == zones


def test_a_phone_of_the_east_that_lives_in_california_is_not_woken_at_six() -> None:
    where = hours.zones("90001", RALEIGH_PHONE, "America/New_York")
    assert not hours.is_open(at(EAST, 9), where)
    assert hours.opens_at(at(EAST, 9), where) == at(WEST, 9)
    assert hours.is_open(at(WEST, 19, 59), where)
    assert not hours.is_open(at(WEST, 20), where)


def test_an_address_in_two_zones_is_written_to_when_it_is_day_in_both() -> None:
    where = hours.zones("57501", None, "America/Chicago")
    assert [hours.is_open(at(MOUNTAIN, 9), where), hours.is_open(at(MOUNTAIN, 8, 59), where)] == [True, False]
    assert [hours.is_open(at(CENTRAL, 19, 59), where), hours.is_open(at(CENTRAL, 20), where)] == [True, False]


def test_every_zip_code_has_zones_that_exist_and_share_a_day_of_writing() -> None:
    rows = yaml.safe_load((Path(hours.__file__).parent / "zip_zones.yml").read_text(encoding="utf-8"))
    assert all(ZoneInfo(name) for row in rows for name in row["zones"])
    for number in range(1000):
        where = hours.zones(f"{number:03d}01", None, "America/New_York")
        assert any(hours.is_open(datetime(2026, 12, 15, hour, tzinfo=UTC), where) for hour in range(24)), number
