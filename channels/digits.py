"""Reading the numbers out of a text: digits of any script, set apart by punctuation or spaces, or spelled out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby, pairwise, zip_longest

_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7",
    "ocho": "8", "nueve": "9",
}  # fmt: skip
_TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_TOKEN = re.compile(r"\d|[^\W\d_]+")
# O for 0 and l or I for 1, where they touch a digit.
_LOOKS = str.maketrans("oOlI", "0011")
_WORDS_OF_LOOKS = frozenset(("lol", "loll", "loo", "ill", "ooo"))
# What may stand between two digits of one run: a few marks, but none that begins something else ($ % # @ = :), and
# the names of marks that are read out.
_MARKS = r"(?:[^\w$%#@=:;!?]|_){0,4}"
_NAMED_MARK = r"(?:dash|hyphen|minus|space|dot|gui[oó]n|espacio|punto)"
_GAP = re.compile(rf"{_MARKS}(?:{_NAMED_MARK}\b{_MARKS})?", re.I)
# Group by group with talk between them. Amounts are told like this too, so it makes no number by itself.
_TALK = r"(?:and\s+then|then|next|and|followed\s+by|luego|despu[eé]s|y)"
_WIDE_GAP = re.compile(rf"{_MARKS}(?:(?:{_NAMED_MARK}|{_TALK})\b{_MARKS})?", re.I)


@dataclass(frozen=True)
class Run:
    """Digits that stand together: their value, where each stands in the text, and at which of them a group begins.

    "4111-1111" is one run with groups beginning at 0 and 4. A run may hold more than one number ("$50 4242").
    `spelled` is True where every digit was a word: "forty sixty one" may then stand for 401, 4061 or 40601; `told` is
    how many digits in a row were words.
    """

    value: str
    places: tuple[tuple[int, int], ...]
    groups: tuple[int, ...]
    spelled: bool = False
    told: int = 0

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


def read_runs(text: str, *, wide: bool = False, letters: bool = False) -> list[Run]:
    """Every run of digits in a text, in order. A spelled digit counts only in a run that has others beside it.

    `wide` also reads over a word of talk between the groups ("4111 then 1111"), `letters` takes every group of O, l
    and I for digits, so that "4467 7802 964l I" is whole; "I" is a word too, so that makes no number by itself.
    """
    gap = _WIDE_GAP if wide else _GAP
    runs: list[Run] = []
    current: list[_Digit] = []
    for digit in _digits(text, letters):
        if current and not gap.fullmatch(text[current[-1].end : max(digit.start, current[-1].end)]):
            runs += _closed(text, current)
            current = []
        current.append(digit)
    return runs + _closed(text, current)


def _digits(text: str, letters: bool) -> list[_Digit]:
    found: list[_Digit] = []
    times, times_start = 1, 0
    tokens = list(_TOKEN.finditer(text))
    for match, following in zip_longest(tokens, tokens[1:]):
        token = match[0].lower()
        start = times_start if times > 1 else match.start()
        if token in _TIMES:
            times, times_start = _TIMES[token], match.start()
            continue
        if len(token) == 1 and token.isdigit():
            value, spelled = str(unicodedata.digit(token)), False
        elif not match[0].strip("oOlI") and (letters or _touches_digit(text, match)):
            value, spelled = match[0].translate(_LOOKS), False
        else:
            value, spelled = _WORDS.get(token) or _TEENS.get(token) or _ten(token, following), True
        found += [_Digit(each, start, match.end(), spelled) for each in value] * times
        times = 1
    return found


def _touches_digit(text: str, match: re.Match[str]) -> bool:
    """Whether letters stand directly beside a digit, or as a group of their own between two ("67I-lo-4550")."""
    if text[match.start() - 1 : match.start()].isdigit() or text[match.end() : match.end() + 1].isdigit():
        return True
    behind = re.search(r"\d[oOlI]*([ .-])$", text[: match.start()])
    if behind and len(match[0]) > 2 and (behind[1] != " " or match[0].lower() not in _WORDS_OF_LOOKS):
        return True
    between = behind and re.match(r"[ .-][oOlI]*\d", text[match.end() :])
    return between is not None and len(match[0]) > 1


def _ten(token: str, following: re.Match[str] | None) -> str:
    """The digits of "forty": 4 before a unit ("forty one"), else 40; nothing for any other word."""
    if token not in _TENS:
        return ""
    unit = following is not None and _WORDS.get(following[0].lower(), "0") != "0"
    return _TENS[token] if unit else f"{_TENS[token]}0"


def _closed(text: str, digits: list[_Digit]) -> list[Run]:
    # "one" or "uno" alone, or two such words, are talk and not a number.
    spelled = all(each.spelled for each in digits)
    if not digits or (spelled and len(digits) < 3):
        return []
    groups = [0]
    for index in range(1, len(digits)):
        if digits[index].start > digits[index - 1].end:
            groups.append(index)
    value = "".join(each.value for each in digits)
    told = max((len(list(each)) for words, each in groupby(digits, lambda digit: digit.spelled) if words), default=0)
    return [Run(value, tuple((each.start, each.end) for each in digits), tuple(groups), spelled, told)]
