"""When we may start a message: 09:00 to 20:00 where the member is (DOMAIN 4.3, G11). Replies are never held back.

The zone is that of the member's address, by its ZIP code; where that says nothing, of the phone's area code; else the
issuer's. Where either may lie in several zones it must be daytime in all of them (the narrowest common window).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
import yaml
from phonenumbers import timezone

OPENS, CLOSES = time(9), time(20)
_LOOK = timedelta(minutes=15)
_UNKNOWN = "Etc/Unknown"


@lru_cache(maxsize=10_000)
def zones(zip_code: str, phone: str | None, issuer_zone: str) -> tuple[ZoneInfo, ...]:
    """The zones in which it must be daytime."""
    found = _of_address().get(zip_code[:3]) or _of_phone(phone) or [issuer_zone]
    try:
        known = tuple(ZoneInfo(name) for name in found)
    except ZoneInfoNotFoundError:
        known = (ZoneInfo(issuer_zone),)
    return known if _ever_open(known) else (ZoneInfo(issuer_zone),)


@cache
def _of_address() -> dict[str, list[str]]:
    """The zones of each known beginning of a ZIP code."""
    rows = yaml.safe_load((Path(__file__).parent / "zip_zones.yml").read_text(encoding="utf-8"))
    found = {}
    for row in rows:
        for each in row["prefixes"]:
            first, _, last = each.partition("-")
            found.update({f"{number:03d}": row["zones"] for number in range(int(first), int(last or first) + 1)})
    return found


def _of_phone(phone: str | None) -> list[str]:
    if phone is None:
        return []
    try:
        found = list(timezone.time_zones_for_number(phonenumbers.parse(phone, None)))
    except phonenumbers.NumberParseException:
        return []
    return [] if _UNKNOWN in found else found


def is_open(now: datetime, where: tuple[ZoneInfo, ...]) -> bool:
    """Whether a message may be started: 09:00 is the first moment, 19:59 the last minute."""
    return all(OPENS <= now.astimezone(zone).time() < CLOSES for zone in where)


def opens_at(now: datetime, where: tuple[ZoneInfo, ...]) -> datetime:
    """The next moment at which a message may be started; now, when it may."""
    if is_open(now, where):
        return now
    # Windows open on a quarter of an hour in every zone there is.
    moment = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    while not is_open(moment, where) or moment < now:
        moment += _LOOK
    return moment


def is_over(now: datetime, where: tuple[ZoneInfo, ...], issuer_zone: str) -> bool:
    """Whether the issuer's civil day ends before the next opening: a notice of today would come tomorrow."""
    zone = ZoneInfo(issuer_zone)
    return opens_at(now, where).astimezone(zone).date() > now.astimezone(zone).date()


def _ever_open(where: tuple[ZoneInfo, ...]) -> bool:
    """Whether the zones have a common window; far-apart ones (an unassigned area code) have none."""
    start = datetime(2026, 6, 1, tzinfo=where[0])
    return any(is_open(start + _LOOK * step, where) for step in range(96))
