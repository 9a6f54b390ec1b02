"""Amounts of money and shares of what is owed in a member's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bot.actions.reading.days import without_days
from bot.actions.reading.negation import kept, straight
from bot.actions.reading.numbers import digits

_SHARES = (
    (r"two thirds", Fraction(2, 3)),
    (r"three quarters|three fourths", Fraction(3, 4)),
    (r"(?<!other )(?<!second )(?<!remaining )half", Fraction(1, 2)),
    (r"(?:a|one) third", Fraction(1, 3)),
    (r"(?:a|one) (?:quarter|fourth)", Fraction(1, 4)),
)
_FRACTION = re.compile(r"\b([1-9])/([2-9])(?= (?:of|the|my)\b)")
_PERCENT = re.compile(r"\b(\d{1,3})\s?(?:%|per ?cent)")
_EVERYTHING = re.compile(
    r"\b(?:(?:full|whole|entire|total) (?:amount|balance|bill|thing|premium|payment|lot|price)|in full|all of it(?! is)"
    r"|(?:pay|take|charge) (?:it |them )?(?:all|everything|in total)|everything(?! (?:is|looks|sounds|seems)\b|'s)"
    r"|pay (?:it|this|that) off|the most (?:that )?(?:you|i|we) can|as much as (?:possible|you can)"
    r"|(?:lo|el) maximo(?! de)|lo mas que (?:se )?pued[ae]n?)\b"
)
# A word that Rasa marked as an amount and that means all of it.
_ALL = re.compile(r"\b(?:all|everything|full|whole|total|entire|balance|the rest)\b")

_NUMBER = r"\d{1,3}(?:\.\d{3})+(?:,\d{2})?(?!\d)|\d[\d,]*(?:\.\d{1,2})?(?![\d.]*\d)"
_MONEY = re.compile(
    rf"\$\s?({_NUMBER})|({_NUMBER})\s?(?:dollars?|bucks?|usd|\$)(?![a-z])|(?<![\d.,/-])(\d[\d,]*\.\d{{2}})(?![\d.]|\s?%)"
)
# A number that counts, names or times something is no amount: "2 cards", "ending in 4242", "at 5", "27601".
_NAMES_SOMETHING = re.compile(
    r"(?:\b(?:ending|ends|last four|last 4|card|visa|mastercard|amex|discover|checking|savings|account|acct|policy"
    r"|member|number|no\.|id|zip|code|phone|call|at|confirmation|option|#)\s*(?:in|is|with|number|:|#)?\s*)\d[\d-]*\b"
    r"|\bsplit\b.{0,12}?\b(?:in|into|by)\s+\d+\b"
    r"|\b\d{1,2}:\d{2}\b|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b|\b\d{3}[-. ]\d{4}\b|\(\d{3}\)\s*\d{3}[-. ]\d{4}\b"
    r"|\b\d+\s*(?:days?|weeks?|months?|years?|times?|hours?|hrs?|minutes?|mins?|am|pm|cards?|accounts?|policies|polic[yi]"
    r"|plans?|people|kids?|payments?|bills?|invoices?|members?|of us|or(?= \d)|k\b|%)"
)
# "want 2 pay", "pay 4 my son": texting for "to" and "for".
_TEXTING = re.compile(
    r"\b2 (?=(?:pay|do|set|get|be|see|make|use|know|ask|my|the)\b)|\b4 (?=(?:my|the|me|this|her|him)\b)"
)
_BARE = re.compile(rf"(?<![\w$.,/#\"':{{-])({_NUMBER})(?![\w/:\"}}-])")
_BARE_UNDER = 10_000 * 100
# "1.5k", "412 dollars and 10 cents", "75 cents", "$.50", "-50": put as the other amounts are.
_K = re.compile(r"(?<![\d.,])(\d{1,2}(?:\.\d)?)k\b")
_AND_CENTS = re.compile(r"(\d) ?(?:dollars?|bucks?),?(?: and| with)? (\d{1,2}) ?cents?\b")
_ONLY_CENTS = re.compile(r"(?<![\d.,$])(\d{1,2}) ?(?:cents?\b|\u00a2)")
_NO_WHOLE = re.compile(r"\$ ?\.(\d{1,2})(?!\d)")
_MINUS = re.compile(r"(?<=\s)-(?=\$?\d+(?:\.\d\d)?(?:\s|$))")
# What is to stay owed: "all but 100", "leave 50 for later".
_WITHHELD = re.compile(
    rf"\b(?:(?:all|everything|amount|balance|thing|bill|total|of it) (?:but|except(?: for)?|minus|less|menos|excepto)"
    rf"|leave|hold back|keep back|dej[ae]r?) (?:the last |about |only |just )?\$?\s?({_NUMBER})(?![\w/%])"
)
_ADDED = re.compile(
    rf"(\$\s?)?\b({_NUMBER})\s?(?:dollars?|bucks?)? (more|extra|less|mas|menos)\b(?! (?:days?|weeks?|than|or|que|o)\b)"
    rf"|\b(?:add|another|otros) (?:another )?\$?\s?({_NUMBER})(?! ?(?:days?|weeks?|cards?|months?))"
)


# "40 or 50 dollars": two amounts, of which one is meant.
_EITHER = re.compile(
    rf"(\$\s?)?(?<![\w.,/-])({_NUMBER})\s?(\$|dollars?|bucks?|usd)?,?\s+(?:or|o)\s+(?:(?:maybe|even|like|about|pay|pagar|pague)\s+)?"
    rf"(\$\s?)?({_NUMBER})(?![\w/%:])(?!\s?(?:%|days?|weeks?|months?|times?|payments?|cards?|am|pm|meses|veces|pagos?)\b)"
)
# So small a number without a currency may count something: "1 or 2".
_EITHER_LEAST = 1000


@dataclass(frozen=True)
class Amount:
    """An amount as it was said: cents, or a share of what is owed; `everything` is the share 1."""

    cents: int | None = None
    share: Fraction | None = None


def amount(text: str, marked: Sequence[str] = (), endings: Sequence[str] = ()) -> Amount | None:
    """The amount in the text, or None; the last four digits of a saved method (`endings`) are none."""
    words = _digits(kept(text))
    for ending in endings:
        words = re.sub(rf"(?<![\d$.,]){ending}(?![\d.])", " ", words)
    share = _share(words)
    if share is not None:
        return Amount(share=share)
    found = _MONEY.search(words)
    if found:
        return Amount(cents=_cents(next(filter(None, found.groups()))))
    left = _NAMES_SOMETHING.sub(" ", without_days(_TEXTING.sub(" ", words)))
    found = _BARE.search(left)
    if found and _cents(found[1]) < _BARE_UNDER:
        return Amount(cents=_cents(found[1]))
    said = [_digits(piece.casefold()) for piece in marked]
    if _EVERYTHING.search(words) or any(_ALL.search(piece) and piece in words for piece in said):
        return Amount(share=Fraction(1))
    return None


def in_digits(text: str) -> str:
    """The text as it is read, in small letters and English, with every number in digits."""
    return _digits(straight(text))


def either_cents(text: str) -> tuple[int, int] | None:
    """The two amounts between which the text leaves the choice ("40 or 50 dollars"), or None."""
    found = _EITHER.search(without_days(_digits(kept(text))))
    if found is None:
        return None
    first, second = _cents(found[2]), _cents(found[5])
    of_money = any((found[1], found[3], found[4])) or re.match(
        r"\s?(?:\$|dollars?|bucks?|usd)", found.string[found.end() :]
    )
    return (first, second) if first != second and (of_money or min(first, second) >= _EITHER_LEAST) else None


def withheld_cents(text: str) -> int | None:
    """How much of what is owed is not to be paid now: "all but 100", "leave 50 for later"; None where none is named."""
    found = _WITHHELD.search(_digits(straight(text)))
    return _cents(found[1]) if found else None


def added_cents(text: str) -> int | None:
    """What is to be added to the amount on the table, or taken off it (below zero): "100 more", "20 less"."""
    found = _ADDED.search(_digits(kept(text)))
    if found is None:
        return None
    cents = _cents(found[2] or found[4])
    return -cents if (found[3] or "").startswith(("less", "menos")) else cents


def _share(words: str) -> Fraction | None:
    percent, fraction = _PERCENT.search(words), _FRACTION.search(words)
    if percent and (percent[1] != "100" or re.search(r"\b(?:pay|of|charge|take)\b", words)):
        return Fraction(int(percent[1]), 100)
    if fraction:
        return Fraction(int(fraction[1]), int(fraction[2]))
    return next((share for name, share in _SHARES if re.search(rf"\b{name}\b", words)), None)


def _digits(words: str) -> str:
    """Numbers in words as digits: `fifty bucks` is `50 bucks`."""
    # A share in words stays one: text2num would make "two thirds" a number and an ordinal.
    if re.search(r"\b(?:thirds?|quarters?|fourths?)\b", words):
        return words
    plain = _K.sub(lambda found: f"{float(found[1]) * 1000:.0f}", digits(_MINUS.sub("", words)))
    plain = _AND_CENTS.sub(lambda found: f"{found[1]}.{int(found[2]):02} dollars", plain)
    plain = _ONLY_CENTS.sub(lambda found: f"$0.{int(found[1]):02}", plain)
    return _NO_WHOLE.sub(lambda found: f"$0.{found[1].ljust(2, '0')}", plain)


def _cents(number: str) -> int:
    """`1,250.5` and `1.250,50` in cents; three digits behind a point are thousands."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d{2})?", number):
        number = number.replace(".", "").replace(",", ".")
    whole, _, part = number.replace(",", "").partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)
