"""Names that thumbs misspell: "pay the dntal only", "on wensday", "my mastercrd"."""

from __future__ import annotations

import re
from functools import cache

# Only words of which no other everyday word is one slip away; the first letter is hardly ever the wrong one.
NAMES = (
    "dental", "dentist", "health", "medical", "vision", "mastercard", "american", "express", "discover", "checking",
    "savings", "january", "february", "august", "september", "october", "november", "december", "tomorrow", "monday",
    "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "everything",
)  # fmt: skip
SHORTEST = 5
_WORD = re.compile(r"[a-z]{5,}")


def mended(text: str) -> str:
    """The text, in small letters, with names that are one slip off put right: a letter lost, doubled, wrong or two
    of them swapped."""
    return _WORD.sub(lambda word: _mended(word[0]), text)


@cache
def _mended(word: str) -> str:
    if word in NAMES:
        return word
    near = [name for name in NAMES if name[0] == word[0] and word in _slips(name)]
    return near[0] if len(near) == 1 else word


@cache
def _slips(name: str) -> frozenset[str]:
    """Every spelling of a name with one slip in it, plurals aside."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(name[:at], name[at:]) for at in range(1, len(name) + 1)]
    lost = {head + tail[1:] for head, tail in cuts if tail}
    wrong = {head + letter + tail[1:] for head, tail in cuts if tail for letter in letters}
    added = {head + letter + tail for head, tail in cuts for letter in letters}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    return frozenset(each for each in lost | wrong | added | swapped if each != f"{name}s" and len(each) >= SHORTEST)
