"""What the sandbox's card form takes: the test numbers that processors publish, and nothing else, ever.

A real card or account cannot be saved here, because no other number is accepted (docs.stripe.com/testing, and the
test accounts of docs.stripe.com/payments/ach-direct-debit). Faults are codes; no answer and no log has what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from stdnum import luhn
from stdnum.us import rtn

from billing_core.calendar import first_of_month
from billing_core.processors import Entered

Fault = tuple[str, str]  # the field, and what is wrong with it


@dataclass(frozen=True)
class Outcome:
    """What a published number leads to: `declined` when it is saved, or `later`, each time it is charged."""

    declined: str = ""
    later: str = ""
    verified: bool = True


CARDS: dict[str, Outcome] = {
    "4242424242424242": Outcome(),
    "4012888888881881": Outcome(),
    "4000056655665556": Outcome(),
    "5555555555554444": Outcome(),
    "5105105105105100": Outcome(),
    "2223003122003222": Outcome(),
    "378282246310005": Outcome(),
    "371449635398431": Outcome(),
    "6011111111111117": Outcome(),
    "6011000990139424": Outcome(),
    "4000000000000002": Outcome(declined="generic_decline"),
    "4000000000009995": Outcome(declined="insufficient_funds"),
    "4000000000009987": Outcome(declined="lost_card"),
    "4000000000009979": Outcome(declined="stolen_card"),
    "4000000000000069": Outcome(declined="expired_card"),
    "4000000000000127": Outcome(declined="incorrect_cvc"),
    "4000000000000119": Outcome(declined="processing_error"),
    "4000000000000341": Outcome(later="generic_decline"),
    "4000002500003155": Outcome(later="authentication_required"),
}
ROUTING = "110000000"
ACCOUNTS: dict[str, Outcome] = {
    "000123456789": Outcome(),
    "000111111113": Outcome(later="return_R02"),
    "000111111116": Outcome(later="return_R03"),
    "000222222227": Outcome(later="return_R01"),
    "000333333335": Outcome(later="return_R10"),
    "000666666661": Outcome(verified=False),
}
BRANDS = (
    ("visa", re.compile(r"4"), (13, 16, 19), 3),
    ("mastercard", re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,), 3),
    ("amex", re.compile(r"3[47]"), (15,), 4),
    ("discover", re.compile(r"6011|64[4-9]|65"), (16, 19), 3),
)
_EXPIRES = re.compile(r"(\d{1,2})\s*/\s*(?:20)?(\d{2})")


def card(typed: dict[str, Any], today: date) -> tuple[Entered, Outcome] | list[Fault]:
    """The card that was typed, or what is wrong with it, field by field."""
    number = _digits(typed.get("number"))
    brand, length = _brand(number)
    faults: list[Fault] = []
    if not number:
        faults.append(("number", "missing"))
    elif brand is None or not luhn.is_valid(number):
        faults.append(("number", "wrong"))
    elif number not in CARDS:
        faults.append(("number", "not_a_test_number"))
    month = _month(str(typed.get("expires") or ""))
    if month is None:
        faults.append(("expires", "missing"))
    elif month < first_of_month(today):
        faults.append(("expires", "past"))
    if not re.fullmatch(rf"\d{{{length}}}", str(typed.get("code") or "").strip()):
        faults.append(("code", "wrong"))
    if faults or month is None:
        return faults
    outcome = CARDS[number]
    return Entered(_token(brand or "card", number, outcome), "card", brand, number[-4:], month), outcome


def bank(
    typed: dict[str, Any], kinds: tuple[str, ...] = ("checking", "savings")
) -> tuple[Entered, Outcome] | list[Fault]:
    """The bank account that was typed, or what is wrong with it: routing number, account number twice, type."""
    routing, account, again = (_digits(typed.get(name)) for name in ("routing", "account", "again"))
    kind, holder = typed.get("type"), typed.get("holder")
    faults: list[Fault] = []
    if not routing:
        faults.append(("routing", "missing"))
    elif not rtn.is_valid(routing):
        faults.append(("routing", "wrong"))
    elif routing != ROUTING:
        faults.append(("routing", "not_a_test_number"))
    if not account:
        faults.append(("account", "missing"))
    elif not 4 <= len(account) <= 17:
        faults.append(("account", "wrong"))
    elif account not in ACCOUNTS:
        faults.append(("account", "not_a_test_number"))
    if account and account != again:
        faults.append(("again", "differs"))
    if kind not in ("checking", "savings"):
        faults.append(("type", "missing"))
    if holder not in ("personal", "business"):
        faults.append(("holder", "missing"))
    if faults:
        return faults
    outcome = ACCOUNTS[account]
    saved = Entered(
        token=_token("bank", account, outcome),
        kind="savings" if kind == "savings" else "checking",
        brand=None,
        last4=account[-4:],
        expires_month=None,
        verified=outcome.verified,
        business=holder == "business",
    )
    return saved, outcome


def _brand(number: str) -> tuple[str | None, int]:
    """The brand by its first digits and length, and how long its security code is."""
    for name, starts, lengths, code in BRANDS:
        if starts.match(number):
            return (name if len(number) in lengths else None), code
    return None, 3


def _month(typed: str) -> date | None:
    found = _EXPIRES.fullmatch(typed.strip())
    if found is None or not 1 <= int(found[1]) <= 12:
        return None
    return date(2000 + int(found[2]), int(found[1]), 1)


def _token(kind: str, number: str, outcome: Outcome) -> str:
    """A token as the embedded processor reads it: it scripts what becomes of each charge."""
    later = f"_then_{outcome.later}" if outcome.later else ""
    return f"tok_{kind}_{number[-4:]}{later}"


def _digits(typed: Any) -> str:
    return re.sub(r"[\s-]", "", typed) if isinstance(typed, str) and re.fullmatch(r"[\d\s-]{0,40}", typed, re.A) else ""
