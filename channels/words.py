"""The fixed sentences of the channels in the language of the conversation: words.yml and its translations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime

_FOLDER = Path(__file__).parent
_FILES = {"en": "words.yml", "es": "words_es.yml"}
LANGUAGES = tuple(_FILES)
# What the outbox keeps where the code stands; the code itself is filled in while sending.
CODE_PLACE = "[code]"
# And where a one-time link stands.
LINK_PLACE = "[link]"
_spoken: ContextVar[str] = ContextVar("language of the conversation", default=LANGUAGES[0])


@contextmanager
def spoken_in(language: str | None) -> Iterator[None]:
    """Within it everything is said in `language`, or in English where we have no such words."""
    token = _spoken.set(language if language in LANGUAGES else LANGUAGES[0])
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language in which everything is said now."""
    return _spoken.get()


@cache
def sentences(language: str = LANGUAGES[0]) -> dict[str, Any]:
    """Every sentence of a language by its name."""
    loaded: dict[str, Any] = yaml.safe_load((_FOLDER / _FILES[language]).read_text(encoding="utf-8"))
    return loaded


def say(name: str, **values: str) -> str:
    """A sentence with its values; raises KeyError for an unknown name or a missing value."""
    return str(sentences(spoken())[name]).format(**values)


def purpose(name: str) -> str:
    """What a code is for, in the member's words: "change autopay"."""
    purposes = sentences(spoken())["purposes"]
    return str(purposes.get(name, purposes["other"]))


def moment(when: datetime, zone: str = "America/New_York") -> str:
    """An instant as a member reads it: "December 16, 10:00 a.m. Eastern"."""
    return _moment(when, ZoneInfo(zone), times()["moment"])


def weekday_moment(when: datetime, zone: ZoneInfo) -> str:
    """The same with the day of the week: "Monday, December 21, 8:00 a.m. Eastern"."""
    return _moment(when, zone, times()["weekday"] + times()["moment"])


def times() -> dict[str, Any]:
    """How times are told: the forms and words of `times` in words.yml."""
    told: dict[str, Any] = sentences(spoken())["times"]
    return told


def _moment(when: datetime, zone: ZoneInfo, form: str) -> str:
    local = when.astimezone(zone).replace(tzinfo=None)
    told = format_datetime(local, form, locale=spoken())
    return with_zone(f"{told} {times()['half'][local.hour >= 12]}", zone)


def clock_time(when: time) -> str:
    """A time of day as short as it goes: "8", "5:30"."""
    hour = str(when.hour % 12 or 12)
    return f"{hour}:{when:%M}" if when.minute else hour


def with_zone(text: str, zone: ZoneInfo) -> str:
    """A time with its zone as members call it; the others by their city."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    name = times()["zones"].get(zone.key) or times()["other_zone"].format(city=city)
    return str(times()["zone"].format(text=text, zone=name))
