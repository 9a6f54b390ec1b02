"""Reading the numbers out of a text: digits of any script, set apart by punctuation or spaces, or spelled out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7",
    "ocho": "8", "nueve": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_TOKEN = re.compile(r"\d|[^\W\d_]+")
# What may stand between two digits of one run: a few marks, but none that begins something else ($ % # @ = : [ ]).
_GAP = re.compile(r"(?:[^\w$%#@=:;!?\[\]]|_){0,4}")


@dataclass(frozen=True)
class Run:
    """Digits that stand together: their value, where each stands in the text, and at which of them a group begins.

    "4111-1111" is one run with groups beginning at 0 and 4. A run may hold more than one number ("$50 4242").
    """

    value: str
    places: tuple[tuple[int, int], ...]
    groups: tuple[int, ...]

    @property
    def start(self) -> int:
        return self.places[0][0]

    @property
    def end(self) -> int:
        return self.places[-1][1]

    def stretches(self, shortest: int, longest: int) -> list[str]:
        """The values that fill whole groups, or lie inside one unbroken group, with `shortest` to `longest` digits."""
        edges = (*self.groups, len(self.value))
        found = [self.value[a:b] for a in edges for b in edges if a < b and shortest <= b - a <= longest]
        for a, b in pairwise(edges):
            if b - a > shortest:
                group = self.value[a:b]
                sizes = range(shortest, min(longest, len(group)) + 1)
                found += [group[at : at + size] for size in sizes for at in range(len(group) - size + 1)]
        return found


@dataclass(frozen=True)
class _Digit:
    value: str
    start: int
    end: int
    spelled: bool


def read_runs(text: str) -> list[Run]:
    """Every run of digits in a text, in order. A spelled digit counts only in a run that has others beside it."""
    runs: list[Run] = []
    current: list[_Digit] = []
    for digit in _digits(text):
        if current and not _GAP.fullmatch(text[current[-1].end : max(digit.start, current[-1].end)]):
            runs += _closed(text, current)
            current = []
        current.append(digit)
    return runs + _closed(text, current)


def _digits(text: str) -> list[_Digit]:
    found: list[_Digit] = []
    times, times_start = 1, 0
    for match in _TOKEN.finditer(text):
        token = match[0].lower()
        start = times_start if times > 1 else match.start()
        if len(token) == 1 and token.isdigit():
            found += [_Digit(str(unicodedata.digit(token)), start, match.end(), False)] * times
        elif token in _WORDS:
            found += [_Digit(_WORDS[token], start, match.end(), True)] * times
        elif token in _TIMES:
            times, times_start = _TIMES[token], match.start()
            continue
        times = 1
    return found


def _closed(text: str, digits: list[_Digit]) -> list[Run]:
    # "one" or "uno" alone, or two such words, are talk and not a number.
    if not digits or (all(each.spelled for each in digits) and len(digits) < 3):
        return []
    groups = [0]
    for index in range(1, len(digits)):
        if digits[index].start > digits[index - 1].end:
            groups.append(index)
    value = "".join(each.value for each in digits)
    return [Run(value, tuple((each.start, each.end) for each in digits), tuple(groups))]
