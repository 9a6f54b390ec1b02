"""The sentences of `bot/replies`, and how days and lists are said, in the language of the turn.

A reply's words are no part of the trained model: the actions render them, so a changed sentence asks for no training
and a second language is a second folder (docs/decisions/the_actions_say_the_sentences.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter

import yaml
from babel.dates import format_date

from billing_core import offered_words, translated

REPLIES = Path(__file__).parent.parent / "replies"
LANGUAGES = tuple(sorted(folder.name for folder in REPLIES.iterdir() if folder.is_dir()))
DEFAULT = "en"

_DAY = {"en": "MMMM d", "es": "d 'de' MMMM"}
_FULL_DAY = {"en": "MMMM d, y", "es": "d 'de' MMMM 'de' y"}
_MONTH_YEAR = {"en": "MMMM y", "es": "MMMM 'de' y"}
_AND = {"en": "and", "es": "y"}
_spoken: ContextVar[str] = ContextVar("language of the turn", default=DEFAULT)


@contextmanager
def spoken_in(language: str) -> Iterator[None]:
    """Within it everything is said in `language`, or in English where we have no such words."""
    token = _spoken.set(language if language in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """The language of the turn."""
    return _spoken.get()


@cache
def sentences(language: str) -> dict[str, str]:
    """Every reply of one language by name; a name in two files is a defect and raises `ValueError`."""
    found: dict[str, str] = {}
    for path in sorted((REPLIES / language).glob("*.yml")):
        for name, text in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if name in found:
                raise ValueError(f"{name} is written twice in bot/replies/{language}")
            found[name] = text
    return found


def render(response: str, values: dict[str, str]) -> str:
    """The sentence with its values; a value it needs and does not get is a defect and raises `KeyError`."""
    return sentences(_spoken.get())[response].format(**values)


def fields(response: str, language: str) -> list[str]:
    """The names of the values a sentence tells."""
    text = sentences(language if language in LANGUAGES else DEFAULT)[response]
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def day(given: date) -> str:
    """`January 7`."""
    return str(format_date(given, _DAY[_spoken.get()], locale=_spoken.get()))


def full_day(given: date) -> str:
    """`January 7, 2027`."""
    return str(format_date(given, _FULL_DAY[_spoken.get()], locale=_spoken.get()))


def month(given: date) -> str:
    """`January`."""
    return str(format_date(given, "MMMM", locale=_spoken.get()))


def month_and_year(given: date) -> str:
    """`January 2027`."""
    return str(format_date(given, _MONTH_YEAR[_spoken.get()], locale=_spoken.get()))


def term(text: str) -> str:
    """The core's own words ("checking ending 6789", a reason, hours) in the language of the turn."""
    return translated.of(text, _spoken.get())


def terms(texts: Iterable[str]) -> list[str]:
    """Several of them, in the alphabetical order of the language: none is named first on purpose (G18)."""
    return sorted(map(term, texts), key=offered_words.normal)


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {_AND[_spoken.get()]} {parts[-1]}"
