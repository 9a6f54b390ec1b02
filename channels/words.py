"""The fixed sentences of the channels, read once from words.yml and filled in."""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

_FILE = Path(__file__).with_name("words.yml")
# What the outbox keeps where the code stands; the code itself is filled in while sending.
CODE_PLACE = "[code]"
# And where a one-time link stands.
LINK_PLACE = "[link]"
_ZONES = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Los_Angeles": "Pacific",
}


@cache
def sentences() -> dict[str, Any]:
    """Every sentence of words.yml by its name."""
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


def say(name: str, **values: str) -> str:
    """A sentence with its values; raises KeyError for an unknown name or a missing value."""
    return str(sentences()[name]).format(**values)


def purpose(name: str) -> str:
    """What a code is for, in the member's words: "change autopay"."""
    purposes = sentences()["purposes"]
    return str(purposes.get(name, purposes["other"]))


def moment(when: datetime, zone: str = "America/New_York") -> str:
    """An instant as a member reads it: "December 16, 10:00 a.m. Eastern"."""
    where = ZoneInfo(zone)
    local = when.astimezone(where)
    hour, half = local.hour % 12 or 12, "a.m." if local.hour < 12 else "p.m."
    return f"{local:%B} {local.day}, {hour}:{local:%M} {half} {zone_name(where)}"


def weekday_moment(when: datetime, zone: ZoneInfo) -> str:
    """The same with the day of the week: "Monday, December 21, 8:00 a.m. Eastern"."""
    return f"{when.astimezone(zone):%A}, {moment(when, zone.key)}"


def clock_time(when: time) -> str:
    """A time of day as short as it goes: "8", "5:30"."""
    hour = str(when.hour % 12 or 12)
    return f"{hour}:{when:%M}" if when.minute else hour


def zone_name(zone: ZoneInfo) -> str:
    """A zone as members call it; the others by their city."""
    return _ZONES.get(zone.key, zone.key.rpartition("/")[2].replace("_", " ") + " time")
