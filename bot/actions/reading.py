"""Amounts, dates, methods and policies in a member's words, read in issuer time.

Methods and policies are a closed vocabulary (what is on file), so they are looked for in the whole text; amounts and
dates come from what Rasa marked, or from spellings that can be nothing else. What cannot be read is left out, and the
read-back shows the member what was understood before any money moves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import dateparser
from dateutil.relativedelta import relativedelta
from text_to_num import alpha2digit

from billing_core.calendar import first_of_month, last_of_month
from billing_core.errors import MethodNotFound, PolicyNotFound
from billing_core.methods import Method
from billing_core.summary import Summary

SHARES = {
    "half": Fraction(1, 2),
    "a half": Fraction(1, 2),
    "a third": Fraction(1, 3),
    "a quarter": Fraction(1, 4),
}
EVERYTHING = ("all", "everything", "full", "whole", "total", "entire", "balance", "the rest", "in full")
FAR_AHEAD = timedelta(days=300)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BRANDS = {
    "visa": ("visa",),
    "mastercard": ("mastercard", "master card", "mc"),
    "amex": ("amex", "american express", "am ex"),
    "discover": ("discover",),
}
KINDS = {
    "checking": ("checking", "chequing"),
    "savings": ("savings", "saving account"),
    "bank": ("bank account", "bank acct", "my bank", "the bank", "e-check", "echeck"),
    "card": ("card", "credit", "debit"),
}
OTHER = re.compile(r"\b(other|another|different)\b")
POLICIES = {"dental": ("dental", "teeth"), "health": ("health", "medical")}

_MONEY = re.compile(
    r"\$\s?(\d[\d,]*(?:\.\d{1,2})?)|(\d[\d,]*(?:\.\d{1,2})?)\s?(?:dollars?|bucks?|usd)\b|(?<![\d.])(\d[\d,]*\.\d{2})(?![\d.])",
    re.IGNORECASE,
)
_DAY_WORDS = re.compile(
    r"\b(today|yesterday|tomorrow|tmrw|tomorow|(?:next |this |on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|the \d{1,2}(?:st|nd|rd|th)|in \w+ (?:days?|weeks?)|next week|end of (?:the )?month"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?"
    r"|\d{1,2}/\d{1,2}(?:/\d{2,4})?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amount:
    """An amount as it was said: cents, or a share of what is owed; `everything` is the share 1."""

    cents: int | None = None
    share: Fraction | None = None


def amount(text: str, marked: Sequence[str]) -> Amount | None:
    """The amount in the text, or None."""
    percent = re.search(r"\b(\d{1,3})\s?(?:%|per ?cent)", text.casefold())
    if percent:
        return Amount(share=Fraction(int(percent[1]), 100))
    for piece in [*marked, *_money_in(text), *_share_in(text), *_bare_number_in(text)]:
        read = _amount_of(piece)
        if read is not None:
            return read
    return None


def day(text: str, marked: Sequence[str], today: date) -> date | None:
    """The date in the text, or None; a bare day or weekday is the next one from today on."""
    for piece in [*marked, *_DAY_WORDS.findall(text)]:
        read = _day_of(piece.casefold().strip(" .,!?"), today)
        if read is not None:
            return read
    return None


def method(text: str, saved: Sequence[Method], current_id: int | None = None) -> Method | None:
    """The saved method the text names, usable or not; the first when several fit; None when it names none.

    Raises `MethodNotFound` when the words name a brand, kind or ending that is not on file.
    """
    words = text.casefold()
    endings = set(re.findall(r"(?<![\d$.,])\d{4}(?![\d.,])", words)) & {row.last4 for row in saved}
    if endings:
        return next(row for row in saved if row.last4 in endings)
    if OTHER.search(words) and re.search(r"\b(card|one|method|account|other)\b", words):
        rest = [row for row in saved if row.id != current_id and row.disabled_code is None]
        if not rest:
            raise MethodNotFound("other")
        return rest[0]
    for brand, names in BRANDS.items():
        if _says(words, names):
            return _first([row for row in saved if row.brand == brand], brand)
    for kind, names in KINDS.items():
        if _says(words, names):
            fits = [row for row in saved if row.kind == kind or (kind == "bank" and row.rail == "ach")]
            if kind == "card" and not re.search(r"\b(my|the|with|use|from|on|charge|that|this)\b", words):
                return None
            return _first(fits, kind)
    return None


def policy_id(text: str, summary: Summary) -> int | None:
    """The policy the text names on an account that has several; raises `PolicyNotFound` for one it has not."""
    words = text.casefold()
    said = [kind for kind, names in POLICIES.items() if _says(words, names)]
    if len(said) != 1 or (len(summary.account.policies) < 2 and said == ["health"]):
        return None
    for policy in summary.account.policies:
        if policy.kind == said[0]:
            return policy.id
    raise PolicyNotFound(said[0])


def _first(fits: list[Method], wanted: str) -> Method:
    if not fits:
        raise MethodNotFound(wanted)
    alive = [row for row in fits if row.disabled_code is None]
    return (alive or fits)[0]


def _says(words: str, names: Sequence[str]) -> bool:
    return any(re.search(rf"\b{re.escape(name)}", words) for name in names)


def _money_in(text: str) -> list[str]:
    digits = alpha2digit(text, "en")
    return ["$" + next(filter(None, found)) for found in _MONEY.findall(digits)]


def _share_in(text: str) -> list[str]:
    return re.findall(r"\bhalf\b", text.casefold())


def _bare_number_in(text: str) -> list[str]:
    """A lone number that is neither a date nor an ending nor a count of something else: "can i do 200 now"."""
    left = _DAY_WORDS.sub(" ", alpha2digit(text, "en"))
    return re.findall(
        r"(?<![\w$.,/#-])(\d[\d,]*(?:\.\d{1,2})?)(?![\w/-]|\s*(?:days?|weeks?|months?|years?|times?)\b)", left
    )


def _amount_of(piece: str) -> Amount | None:
    words = piece.casefold().strip()
    for name, share in SHARES.items():
        if re.search(rf"\b{name}\b", words):
            return Amount(share=share)
    if any(re.search(rf"\b{name}\b", words) for name in EVERYTHING):
        return Amount(share=Fraction(1))
    found = re.search(r"(\d[\d,]*)(?:\.(\d{1,2}))?", alpha2digit(words, "en"))
    if found is None:
        return None
    cents = (found.group(2) or "").ljust(2, "0")
    return Amount(cents=int(found.group(1).replace(",", "")) * 100 + int(cents))


def _day_of(words: str, today: date) -> date | None:
    if words in ("today", "now", "right now"):
        return today
    if words.startswith(("tomorrow", "tmrw", "tomorow")):
        return today + timedelta(days=1)
    if "next week" in words:
        return today + timedelta(days=7)
    if "end of" in words and "month" in words:
        return last_of_month(today)
    found = re.search(r"\b(a|\d+) (day|week)s?\b", alpha2digit(words, "en"))
    if found and "after tomorrow" not in words:
        count = 1 if found.group(1) == "a" else int(found.group(1))
        return today + timedelta(days=count * (7 if found.group(2) == "week" else 1))
    for number, name in enumerate(WEEKDAYS):
        if re.search(rf"\b{name[:-3]}(day)?\b", words):
            ahead = (number - today.weekday()) % 7 or 7
            return today + timedelta(days=ahead)
    found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", words) or re.search(r"\bthe (\d{1,2})(?:st|nd|rd|th)?\b", words)
    if found:
        return _next_day_of_month(int(found.group(1)), today)
    parsed = dateparser.parse(
        words,
        languages=["en"],
        settings={
            "RELATIVE_BASE": _noon(today),
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "MDY",
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    if parsed is None:
        return None
    # "12/10" said on December 15 is five days ago, not a year ahead; the rules then say that it has passed.
    return parsed.date() - relativedelta(years=1) if parsed.date() > today + FAR_AHEAD else parsed.date()


def _next_day_of_month(number: int, today: date) -> date | None:
    for months in range(13):
        first = first_of_month(today, months)
        if 1 <= number <= last_of_month(first).day and first.replace(day=number) >= today:
            return first.replace(day=number)
    return None


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))
