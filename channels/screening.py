"""Taking secrets out of what members type, before anything is stored, logged or sent on (DOMAIN 4.8).

Found: card numbers (Luhn, 13-19 digits), social security numbers, bank account and routing numbers, security codes
and passwords, however spaced, dashed, dotted, full-width or spelled out. Left alone: amounts, dates, phone numbers,
member ids, confirmation numbers and six-digit one-time codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stdnum import luhn

from channels.digits import Run, read_runs

CARD, SSN, ACCOUNT, CODE, PASSWORD = "card", "ssn", "account", "code", "password"
# How far from a number, in characters, a word still tells what it is.
_NEAR, _NEAR_SSN = 60, 120

_SSN_WORDS = re.compile(r"\b(?:ssn|s\.s\.n|social(?:\s+security)?|soc\s+sec|seguro\s+social|tax\s+id|itin)\b", re.I)
_BANK_WORDS = re.compile(
    r"\b(?:routing|aba|rtn|account|acct|checking|savings|bank|cuenta|banco|ruta|chequera|ahorros)\b", re.I
)
_ACCOUNT_NUMBER = re.compile(
    r"\b(?:(?:account|acct)\s*(?:number|num|no\b|#)|routing|aba|rtn|(?:n[uú]mero|no\.?)\s+de\s+(?:ruta|cuenta))", re.I
)
# One account named right before a number, and words that tell of two.
_ONE_ACCOUNT = re.compile(
    r"\b(?:account|acct|checking|savings|bank|cuenta|banco|chequera|ahorros)\b[\s:#.]*(?:(?:is|es|its|it's)\b[\s:#.]*)?$",
    re.I,
)
_TWO_ACCOUNTS = re.compile(r"\b(?:accounts|cuentas|between|entre|both|either|ending|ends)\b", re.I)
_DOLLARS = re.compile(r"\s*(?:dollars|bucks|usd)\b", re.I)
_PHONE_WORDS = re.compile(r"\b(?:phone|cell|mobile|call|text|fax|tel)\b", re.I)
_CVV = (
    r"(?:cvv2?|cvc2?|cid|csc|(?:security|card)\s+code|(?:3|three|4|four)[\s-]digit\s+code"
    r"|code\s+on\s+(?:the\s+)?back|c[oó]digo\s+de\s+seguridad)"
)
_CVV_BEFORE = re.compile(
    rf"\b{_CVV}\b[^\w\[]*(?:(?:number|code|is|was|it|its|on|the|back|my|card|es)\b[^\w\[]*){{0,4}}$", re.I
)
_CVV_AFTER = re.compile(rf"^[^\w\[]*(?:(?:is|was|the|my|for|as)\b[^\w\[]*){{0,3}}{_CVV}\b", re.I)
# A number with its own name beside it is not a bank number, whatever else the sentence talks about.
_NAMED = re.compile(
    r"(?:\$|\b(?:usd|member(?:\s+id)?|id|confirmation|conf|code|ending(?:\s+(?:in|with))?|ends\s+(?:in|with)|dob|born|zip|"
    r"invoice|bill|policy|group|reference|ref))[\s:#.]*(?:(?:number|no|is|was|id|at)\b[\s:#.]*)*$",
    re.I,
)
_NAME_OF_ONE = (
    r"\b(?:password|passwd|pass\s?word|passcode|pass\s?phrase|pwd|pw|contrase(?:n|ñ)a|clave|pin(?:\s+(?:number|code))?)"
)
_PASSWORD = re.compile(
    rf"({_NAME_OF_ONE}\s*(?:(?:for\s+\w+\s+)?(?:is|was|es)\b\s*:?|[:=])\s*)(?!\[)(\S*\w\S*)",
    re.I,
)
# Without "is" between them, only what can hardly be a word: letters with digits in them, or a PIN.
_BARE_PASSWORD = re.compile(rf"({_NAME_OF_ONE}\s+)((?=[^\s\[]*\d)(?=[^\s\[]*[^\W\d_])[^\s\[]{{4,}}|\d{{4}}\b)", re.I)
_NOT_A_PASSWORD = frozenset(
    [
        "not",
        "wrong",
        "incorrect",
        "expired",
        "locked",
        "invalid",
        "bad",
        "old",
        "gone",
        "lost",
        "forgotten",
        "broken",
        "right",
        "working",
        "being",
        "required",
        "needed",
        "the",
        "a",
        "my",
        "in",
        "it",
        "that",
        "what",
        "where",
        "for",
        "on",
        "too",
        "reset",
        "still",
    ]
)
_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d\d)?|\d{1,6}\.\d\d"
_DATE = "|".join(
    rf"\d{{1,2}}{mark}\d{{1,2}}{mark}\d{{2,4}}|\d{{4}}{mark}\d{{1,2}}{mark}\d{{1,2}}" for mark in ("/", r"\.", "-")
)
_PHONE = r"(?:\+?1[\s.-]*)?\(?[2-9]\d{2}[).\s-]+[2-9]\d{2}[\s.-]+\d{4}"
# Amounts, dates and phone numbers side by side, with at most small numbers among them.
_THING = rf"(?:{_AMOUNT}|{_DATE}|{_PHONE})"
_EVERYDAY = re.compile(rf"(?:\d{{1,3}},? )?{_THING}(?:,? (?:{_THING}|\d{{1,3}}))*")


@dataclass(frozen=True)
class Screened:
    """A text fit to be kept, with a tag such as `[card]` where something was, and the kinds that were found."""

    text: str
    found: frozenset[str]


def screen(text: str) -> Screened:
    """Replace every secret in a text by its tag. Never raises; a clean text comes back exactly as it was."""
    found: set[str] = set()
    # First over words of talk, or the last group of a card would be taken for the code that is asked for beside it.
    for options, kind_of in _READINGS:
        for run in reversed(read_runs(text, **options)):
            kind = kind_of(text, run)
            if kind:
                text = f"{text[: run.start]}[{kind}]{text[run.end :]}"
                found.add(kind)

    def password(match: re.Match[str]) -> str:
        if match[2].strip(".,!?\"'").lower() in _NOT_A_PASSWORD:
            return match[0]
        found.add(PASSWORD)
        return f"{match[1]}[{PASSWORD}]"

    return Screened(_BARE_PASSWORD.sub(password, _PASSWORD.sub(password, text)), frozenset(found))


def screen_together(texts: Sequence[str]) -> frozenset[str]:
    """The kinds of secret that the last of these messages (oldest first, each already screened) completes.

    The last must hold hardly anything but digits, and the ones between too, so "50" said after "4111" in ordinary
    talk is not pulled into a number; the first may also be what it is the number of ("my ssn is").
    """
    values = [_only_number(each) for each in texts]
    if len(values) < 2 or not all(values[1:]):
        return frozenset()
    if all(values) and _is_card("".join(value for value in values if value), known_issuer=True):
        return frozenset((CARD,))
    mark = "-" if any("-" in each for each in texts) else " "
    named = _SSN_WORDS.search(texts[0]) or _ACCOUNT_NUMBER.search(texts[0]) or _CVV_BEFORE.search(texts[0])
    if not named and mark == " ":
        return frozenset()
    return screen(mark.join(each.strip() for each in texts)).found - {PASSWORD} - screen(texts[0]).found


def bare(text: str) -> str:
    """A member's words without the leading slashes that Rasa would take as a command (USER_ASKS 9)."""
    return re.sub(r"^[\s/\uff0f]+", "", text).strip()


def _kind(text: str, run: Run) -> str | None:
    """What a run of digits is, or None for one that may stay."""
    shown = text[run.start : run.end]
    everyday = _EVERYDAY.fullmatch(shown) is not None
    before, after = text[max(0, run.start - _NEAR) : run.start], text[run.end : run.end + _NEAR]
    near = f"{before} {after}"
    around = f"{text[max(0, run.start - _NEAR_SSN) : run.start]} {text[run.end : run.end + _NEAR_SSN]}"
    if not everyday:
        if 13 <= len(run.value) <= 19 and _is_card(run.value):
            return CARD
        if any(_is_card(each, known_issuer=True) for each in run.stretches(13, 19)):
            return CARD
        # Read out in tens ("forty sixty one") the digits are ambiguous; nothing else is read out at this length.
        if run.told >= 12:
            return CARD
    if _has_ssn(run, shown, around, everyday):
        return SSN
    if len(run.value) in (3, 4) and (_CVV_BEFORE.search(before) or _CVV_AFTER.search(after)):
        return CODE
    if not everyday and _is_bank_number(text, run, before, near):
        return ACCOUNT
    return None


def _kind_surely(text: str, run: Run) -> str | None:
    """What a run of groups that may be words too is ("then", "I"): only what its own digits or name make sure."""
    if _EVERYDAY.fullmatch(text[run.start : run.end]):
        return None
    if any(_is_card(each, known_issuer=True) for each in run.stretches(13, 19)):
        return CARD
    return SSN if len(run.value) == 9 and _SSN_WORDS.search(_around(text, run)) else None


def _kind_told(text: str, run: Run) -> str | None:
    """What a run read over words of talk is ("4111 then 1111"): whole numbers under their own name, or a card's."""
    if _EVERYDAY.fullmatch(text[run.start : run.end]):
        return None
    if sure := _kind_surely(text, run):
        return sure
    before, after = text[max(0, run.start - _NEAR) : run.start], text[run.end : run.end + _NEAR]
    if _is_told_account(text, run, before):
        return ACCOUNT
    # Amounts are told one after another too; they are shorter, and nobody calls them an account number.
    named = _ACCOUNT_NUMBER.search(f"{before} {after}")
    fours = len(run.groups) >= 3 and run.groups[:3] == (0, 4, 8) and _BANK_WORDS.search(f"{before} {after}")
    return ACCOUNT if (named or fours) and 7 <= len(run.value) <= 17 and len(run.groups) <= 6 else None


def _around(text: str, run: Run) -> str:
    return f"{text[max(0, run.start - _NEAR) : run.start]} {text[run.end : run.end + _NEAR]}"


def _is_told_account(text: str, run: Run, before: str) -> bool:
    """Two bare groups right behind the name of one account ("checking 3168 and 7848"), neither of them a year.

    Two amounts stand before the account they come from, or have cents, a dollar sign or "dollars"; two accounts, told
    by their endings, are called so ("accounts", "between", "ending")."""
    groups = _group_sizes(run)
    if len(groups) != 2 or groups[0] != 4 or not 7 <= len(run.value) <= 8 or not _ONE_ACCOUNT.search(before):
        return False
    if _TWO_ACCOUNTS.search(before) or _DOLLARS.match(text[run.end :]):
        return False
    return not all(re.fullmatch(r"(?:19|20)\d\d", each) for each in (run.value[:4], run.value[4:]))


def _is_card(value: str, *, known_issuer: bool = False) -> bool:
    """Luhn, and not one digit repeated. A number found inside a longer one must also begin and end as an issuer's do,
    or one reference in ten would match."""
    if len(set(value)) == 1 or not luhn.is_valid(value):
        return False
    return not known_issuer or bool(
        (value[0] == "4" and len(value) in (13, 16, 19))
        or (re.match(r"5[1-5]|2[2-7]", value) and len(value) == 16)
        or (re.match(r"3[47]", value) and len(value) == 15)
        or (re.match(r"3[0689]", value) and 14 <= len(value) <= 19)
        or (re.match(r"35|6[0245]", value) and 16 <= len(value) <= 19)
        or (re.match(r"5[06-8]|6[3789]", value) and 13 <= len(value) <= 19)
    )


def _has_ssn(run: Run, shown: str, near: str, everyday: bool) -> bool:
    """Nine digits near the words, or three, two and four set apart by the same mark, in an area that is given out."""
    nine = len(run.value) == 9 or 9 in _group_sizes(run) or (run.spelled and 7 <= len(run.value) <= 10)
    if _SSN_WORDS.search(near) and nine and not everyday:
        return True
    sizes = _group_sizes(run)
    for at in range(len(sizes) - 2):
        if tuple(sizes[at : at + 3]) == (3, 2, 4):
            first = run.groups[at]
            area = run.value[first : first + 3]
            marks = [
                shown[run.places[i - 1][1] - run.start : run.places[i][0] - run.start] for i in (first + 3, first + 5)
            ]
            if marks[0].strip() == marks[1].strip() and area not in ("000", "666") and area[0] != "9":
                return True
    return False


def _group_sizes(run: Run) -> list[int]:
    edges = (*run.groups, len(run.value))
    return [b - a for a, b in pairwise(edges)]


def _is_bank_number(text: str, run: Run, before: str, near: str) -> bool:
    """Four to seventeen digits in the company of a bank word, unless something else names them."""
    if not 4 <= len(run.value) <= 17 or not _BANK_WORDS.search(near) or _NAMED.search(before):
        return False
    # A single letter before the digits makes a member id; dollars after them make an amount.
    if re.search(r"(?:^|[^A-Za-z])[A-Za-z]$", before) or _DOLLARS.match(text[run.end :]):
        return False
    if re.fullmatch(r"1?[2-9]\d{2}[2-9]\d{6}", run.value) and _PHONE_WORDS.search(near):
        return False
    # "checking 6789" is how an account is named by its ending; a whole account number is longer, or is called one.
    return len(run.value) >= 6 or bool(_ACCOUNT_NUMBER.search(near))


def _only_number(text: str) -> str | None:
    """The digits of a message that is nothing but one run of them, with no sign of an amount."""
    runs = read_runs(text)
    if len(runs) != 1 or re.search(r"[$%]", text):
        return None
    rest = text[: runs[0].start] + text[runs[0].end :]
    return runs[0].value if len(re.sub(r"\W", "", rest)) <= 12 and not _EVERYDAY.fullmatch(text.strip()) else None


# How a text is read, and what then makes a run of digits a secret.
_READINGS: tuple[tuple[dict[str, bool], Callable[[str, Run], str | None]], ...] = (
    ({"letters": True}, _kind_surely),
    ({"wide": True}, _kind_told),
    ({}, _kind),
)
