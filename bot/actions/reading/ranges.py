"""A range of amounts: "autopay with a range of $300 to $450", "entre 300 y 450"."""

from __future__ import annotations

import re

from billing_core.authorization import Range

_CENTS = r"\$?\s?(\d[\d,]*)(?:\.(\d{2}))?"
_NAMED = r"\b(?:range|between|outside|from|rango|entre|fuera de)\b[^\d$]{0,12}"
_RANGE = re.compile(rf"{_NAMED}{_CENTS}\s*(?:to|and|-|y|a)\s*{_CENTS}(?![\d.]*\d)", re.IGNORECASE)


def amount_range(text: str) -> Range | None:
    """The range of amounts the text names, the smaller one first; None when it names none."""
    found = _RANGE.search(text)
    if found is None:
        return None
    low, high = sorted((_cents(found[1], found[2]), _cents(found[3], found[4])))
    return Range(low, high) if 0 < low < high else None


def _cents(whole: str, part: str | None) -> int:
    return int(whole.replace(",", "")) * 100 + int(part or 0)
