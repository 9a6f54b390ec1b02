"""The coverage months a member names: `january and february`, `last month's`, `everything but december`."""

from __future__ import annotations

import re
from datetime import date

from billing_core.calendar import first_of_month
from bot.actions.reading.days import MONTH, MONTHS, without_days
from bot.actions.reading.negation import dropped, kept

# "may" and "mar" are also other words: they are months only where they stand as one.
_NAMED = re.compile(rf"\b({MONTH})(?:'?s)?\b")
_PLAIN_WORD = re.compile(
    r"(?<!for )(?<!in )(?<!of )(?<!and )(?<!about )(?<!my )(?<!the )\bmay\b(?!'s| bill| premium| payment| and)"
)
_WITH_YEAR = re.compile(rf"\b({MONTH}),? \d{{4}}\b")
_RELATIVE = re.compile(r"\b(last|previous|past|this|current|next|coming) months?\b")
_THIS = re.compile(r"\b(?:this|current) months?\b")
_SHIFT = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0, "next": 1, "coming": 1}
# A month named alone is the one nearest to today: eight back, three ahead.
_AHEAD = 3


def months(text: str, today: date) -> tuple[frozenset[date], frozenset[date]]:
    """The first days of the months that are asked for, and of those that are left out."""
    return _named(kept(text), today), _named(dropped(text), today)


def names_this_month(text: str) -> bool:
    """Whether the text says "this month", by which people mean the bill that waits now, whatever month it covers."""
    return _THIS.search(kept(text)) is not None


def _named(words: str, today: date) -> frozenset[date]:
    left = _PLAIN_WORD.sub(" ", without_days(_WITH_YEAR.sub(r"\1", words)))
    found = {first_of_month(today, _SHIFT[word]) for word in _RELATIVE.findall(left)}
    return frozenset(found | {_nearest(name, today) for name in _NAMED.findall(left)})


def _nearest(name: str, today: date) -> date:
    ahead = (MONTHS.index(name[:3]) + 1 - today.month) % 12
    return first_of_month(today, ahead if ahead <= _AHEAD else ahead - 12)
