"""The ways in which people write a number: by seed, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Callable

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SPANISH = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
HYPHENS = ["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"]
SPACES = [" ", "  ", "\u00a0", "\u2009", "\u202f", "\t", "\n"]
MARKS = [".", ",", "/", "_", "*", "·", "•", "|", " - ", " . ", ", ", "~", "+"]

Way = Callable[[random.Random, str, tuple[int, ...]], str]


def cut(number: str, sizes: tuple[int, ...]) -> list[str]:
    """The number in groups of these sizes, the last size going on to the end."""
    groups, at = [], 0
    while at < len(number):
        size = sizes[min(len(groups), len(sizes) - 1)]
        groups.append(number[at : at + size])
        at += size
    return groups


def _joined(marks: list[str]) -> Way:
    return lambda rng, number, sizes: rng.choice(marks).join(cut(number, sizes))


def _apart(marks: list[str]) -> Way:
    return lambda rng, number, _sizes: rng.choice(marks).join(number)


def _script(zero: int) -> Way:
    def write(_rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
        return " ".join("".join(chr(zero + int(digit)) for digit in group) for group in cut(number, sizes))

    return write


def _words(names: list[str], mark: str = " ") -> Way:
    return lambda _rng, number, _sizes: mark.join(names[int(digit)] for digit in number)


def _mixed(rng: random.Random, number: str, _sizes: tuple[int, ...]) -> str:
    return " ".join(ENGLISH[int(digit)] if rng.random() < 0.5 else digit for digit in number)


def _pairs(_rng: random.Random, number: str, _sizes: tuple[int, ...]) -> str:
    """ "forty one eleven": two digits at a time, as card numbers are read out."""
    said = []
    for at in range(0, len(number) - 1, 2):
        tens, unit = int(number[at]), int(number[at + 1])
        if tens == 0:
            said.append(f"oh {ENGLISH[unit]}")
        elif tens == 1:
            said.append(TEENS[unit])
        else:
            said.append(TENS[tens] + (f" {ENGLISH[unit]}" if unit else ""))
    return " ".join(said + ([ENGLISH[int(number[-1])]] if len(number) % 2 else []))


def _doubles(_rng: random.Random, number: str, _sizes: tuple[int, ...]) -> str:
    said, at = [], 0
    while at < len(number):
        run = 1
        while run < 3 and at + run < len(number) and number[at + run] == number[at]:
            run += 1
        said.append({1: "", 2: "double ", 3: "triple "}[run] + ENGLISH[int(number[at])])
        at += run
    return " ".join(said)


def _letters(rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
    """O for 0 and l or I for 1, as from a photo or an old typewriter."""
    swapped = "".join({"0": rng.choice("oO"), "1": rng.choice("lI")}.get(digit, digit) for digit in number)
    return rng.choice([" ", "-", ""]).join(cut(swapped, sizes))


def _told(rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
    """Group by group, with words between."""
    return rng.choice([" then ", " and then ", " next ", " luego ", " dash ", " space ", " and "]).join(
        cut(number, sizes)
    )


def _bracketed(rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
    left, right = rng.choice(["()", "[]", "{}", "<>", '""', "''"])
    return " ".join(f"{left}{group}{right}" for group in cut(number, sizes))


def _hidden(_rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
    return "\u200b".join(cut(number, sizes))


def _keycaps(_rng: random.Random, number: str, _sizes: tuple[int, ...]) -> str:
    return "".join(f"{digit}\ufe0f\u20e3" for digit in number)


WAYS: dict[str, Way] = {
    "plain": lambda _rng, number, _sizes: number,
    "spaces": _joined(SPACES),
    "hyphens": _joined(HYPHENS),
    "marks": _joined(MARKS),
    "digit by digit": _apart([" ", "-", ".", ", ", "\n", " - "]),
    "full width": _script(0xFF10),
    "arabic": _script(0x0660),
    "mathematical": _script(0x1D7CE),
    "keycaps": _keycaps,
    "zero width": _hidden,
    "words": _words(ENGLISH),
    "words with commas": _words(ENGLISH, ", "),
    "words with dashes": _words(ENGLISH, "-"),
    "spanish words": _words(SPANISH),
    "words and digits": _mixed,
    "pairs": _pairs,
    "doubles": _doubles,
    "letters for digits": _letters,
    "group by group": _told,
    "brackets": _bracketed,
}
# The ways in which three or four digits are written.
SHORT = ("plain", "digit by digit", "full width", "words", "words and digits", "spanish words", "keycaps")
