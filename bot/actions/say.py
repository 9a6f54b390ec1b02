"""What a step answers: named responses of `bot/replies` with their values, never text of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing_core.money import dollars
from bot.actions import words

Button = dict[str, str]

# Values that are the core's own words, and are said in the language of the turn.
TERMS = frozenset(("method", "old", "new", "reason", "step", "phone", "hours"))
# A date further off than this is said with its year.
NEAR_DAYS = 60


@dataclass(frozen=True)
class Say:
    """One response with its values; `buttons` and `data` reach the web page and are ignored by SMS."""

    response: str | None
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    data: dict[str, Any] | None = None

    @property
    def text(self) -> str | None:
        """The sentence, in the language of the turn; None for one that only carries data."""
        return words.render(self.response, self.values) if self.response is not None else None

    def noted(self, language: str) -> dict[str, Any]:
        """From what the same words can be made again: the reply's name and the values that it tells."""
        assert self.response is not None
        spoken = (self.data or {}).get("language", language)
        told = {name: self.values[name] for name in words.fields(self.response, spoken) if name in self.values}
        return {"reply": self.response, "values": told, "language": spoken}


def say(
    response: str, *, buttons: list[Button] | None = None, data: dict[str, Any] | None = None, **values: Any
) -> Say:
    """A `Say` whose values are made into words: `*_cents` become dollars, dates the member's own words."""
    return Say(response, {key: _in_words(key, value) for key, value in values.items()}, buttons or [], data)


def phrase(name: str, **values: Any) -> str:
    """A named piece of a sentence (`phrase_...` in `bot/replies`), for a value that is words itself."""
    return words.render(name, {key: _in_words(key, value) for key, value in values.items()})


def button(title: str, payload: str, **values: Any) -> Button:
    """A quick reply, titled with a named piece (`button_...`) or the words given; `payload` is what it stands for."""
    return {"title": phrase(title, **values) if title.startswith("button_") else title, "payload": payload}


def spoken_day(day: date, today: date | None = None) -> str:
    """`January 1`, and with its year when it lies far off."""
    near = today is None or abs((day - today).days) <= NEAR_DAYS
    return words.day(day) if near else words.full_day(day)


def full_day(day: date) -> str:
    """`January 7, 2027`."""
    return words.full_day(day)


def _in_words(key: str, value: Any) -> str:
    if key.endswith("_cents") and isinstance(value, int):
        return dollars(value)
    if isinstance(value, date):
        return spoken_day(value)
    return words.term(str(value)) if key in TERMS else str(value)
