"""The saved card or bank account a member names, by brand, kind, ending or as the other one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from billing_core.errors import MethodNotFound
from billing_core.methods import Method
from bot.actions.reading.negation import dropped, kept

BRANDS = {
    "visa": re.compile(r"\bvisa\b"),
    "mastercard": re.compile(r"\b(?:master ?card|mc)\b"),
    "amex": re.compile(r"\b(?:amex|american express|am ex)\b"),
    "discover": re.compile(r"\bdiscover\b"),
}
_CARD = r"card|credit|debit"
KINDS = {
    "checking": re.compile(r"\b(?:checking|chequing)"),
    "savings": re.compile(r"\bsavings?(?: account)?"),
    "bank": re.compile(r"\b(?:(?:bank|checking) (?:account|acct|one)|my bank|the bank|e-?check)"),
    "card": re.compile(rf"\b(?:{_CARD})"),
}
_OTHER = re.compile(
    r"\b(?:other|another|different|something else|otra (?:cosa|forma))\b"
    r"(?! (?:half|day|amount|month|bill|policy|way|date|question))"
)
_IS_A_METHOD = re.compile(r"\b(?:card|one|method|account|the other|something else|otra (?:cosa|forma))\b")
_POINTS = re.compile(r"\b(?:my|the|with|by|use|from|on|charge|that|this)\b")
_ENDING = re.compile(r"(?:ending|ends|last (?:four|4))(?: (?:in|with|is|are))?\s*(\d{4})\b")


def method(text: str, saved: Sequence[Method], current_id: int | None = None) -> Method | None:
    """The saved method the text names, usable or not; the first when several fit; None when it names none.

    Raises `MethodNotFound` when the words name a brand, kind or ending that is not on file.
    """
    words = kept(text)
    endings = set(re.findall(r"(?<![\d$.,])\d{4}(?![\d.,]\d)", words)) & {row.last4 for row in saved}
    if endings:
        return next(row for row in saved if row.last4 in endings)
    unknown = _ENDING.search(words)
    if unknown:
        raise MethodNotFound(unknown[1])
    if names_other(text):
        return _other(words, saved, current_id)
    return _named(words, saved)


def names_other(text: str) -> bool:
    """Whether the text names no method but another one than that at hand: "use the other card"."""
    words = kept(text)
    return _OTHER.search(words) is not None and _IS_A_METHOD.search(words) is not None


def shunned_method(text: str, saved: Sequence[Method]) -> Method | None:
    """The saved method the text says not to use ("no not the visa"); None when it names none so.

    "My card" names none: who does not want it charged does not want to pay.
    """
    words = re.sub(_CARD, " ", dropped(text))
    ending = next((row for row in saved if re.search(rf"(?<!\d){row.last4}(?!\d)", words)), None)
    if ending is not None:
        return ending
    try:
        return _named(words, saved)
    except MethodNotFound:
        return None


def _named(words: str, saved: Sequence[Method]) -> Method | None:
    for brand, names in BRANDS.items():
        if names.search(words):
            return _first([row for row in saved if row.brand == brand], brand)
    for kind, names in KINDS.items():
        if names.search(words):
            if kind == "card" and not _POINTS.search(words):
                return None
            return _first([row for row in saved if row.kind == kind or (kind == "bank" and row.rail == "ach")], kind)
    return None


def _other(words: str, saved: Sequence[Method], current_id: int | None) -> Method:
    alive = [row for row in saved if row.disabled_code is None]
    current = current_id if current_id is not None else next((row.id for row in alive), None)
    rest = [row for row in alive if row.id != current]
    if re.search(r"\bcard\b", words):
        rest = [row for row in rest if row.kind == "card"]
    elif re.search(r"\baccount\b", words):
        rest = [row for row in rest if row.rail == "ach"] or rest
    if not rest:
        raise MethodNotFound("other")
    return rest[0]


def _first(fits: list[Method], wanted: str) -> Method:
    if not fits:
        raise MethodNotFound(wanted)
    return next((row for row in fits if row.disabled_code is None), fits[0])
