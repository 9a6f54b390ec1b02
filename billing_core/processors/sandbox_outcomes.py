"""What can be made to happen in the sandbox, by script, by token or by amount; `docs/sandbox.md` is drawn from here.

An outcome is one word: `accepted`, `timeout`, `lost`, a code of the code table, `late_3_accepted`,
`return_R01_after_2`, `noc_C01`. A token scripts itself with what follows `_then_`; an amount from $9,000.01 on does by
its place in the table; a script (`processor: {next: ...}` of a conversation file) goes before both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from billing_core import codes
from billing_core.money import dollars
from billing_core.processors.news import AskHolder, Closed, Corrected, Renewed

ACCEPTED = "accepted"
TIMEOUT = "timeout"  # the charge is made, but its answer gets lost on the way
LOST = "lost"  # the request gets lost, so nothing is ever charged

# The first amount that scripts itself, in cents: row 1 of the code table, and so on; then what is no code.
FIRST_AMOUNT_CENTS = 900_001
AFTER_THE_CODES_CENTS = 900_201
SPECIAL = (ACCEPTED, TIMEOUT, LOST, "late_2_accepted", "late_2_insufficient_funds", "return_R01_after_1", "noc_C01")
# A return comes by itself so many days after the charge, unless the outcome says otherwise.
RETURNED_AFTER_DAYS = 3

_LATE = re.compile(r"late_([1-9]\d?)_(.+)")
_RETURN = re.compile(r"return_(R\d\d)(?:_after_(\d{1,3}))?")
_NOC = re.compile(r"noc_(C\d\d)")
_CARD = re.compile(r"card_(renewed|closed|ask)")

# The corrections that a bank may send (Nacha C-codes): what they correct, and what the sandbox's bank says it is.
NOTICES_OF_CHANGE: dict[str, tuple[str, Corrected]] = {
    "C01": ("account number", Corrected("C01", last4="1001")),
    "C02": ("routing number", Corrected("C02")),
    "C03": ("routing and account number", Corrected("C03", last4="1003")),
    "C05": ("account type", Corrected("C05", kind="savings")),
    "C06": ("account number and type", Corrected("C06", last4="1006", kind="savings")),
    "C07": ("routing number, account number and type", Corrected("C07", last4="1007", kind="savings")),
}
CardNews = Renewed | Closed | AskHolder


@dataclass(frozen=True)
class Outcome:
    """What becomes of a charge: its answer, after how many times of asking, and what the bank says about it later."""

    answer: str
    asks: int = 0
    returned: str | None = None
    returned_after_days: int = RETURNED_AFTER_DAYS
    notice_of_change: str | None = None


@cache
def read(word: str) -> Outcome:
    """The outcome of a word; raises `CodeNotFound` for one that is none."""
    if word in (ACCEPTED, TIMEOUT, LOST):
        return Outcome(word)
    if late := _LATE.fullmatch(word):
        return Outcome(read(late[2]).answer, asks=int(late[1]))
    if back := _RETURN.fullmatch(word):
        codes.lookup(back[1])
        return Outcome(ACCEPTED, returned=back[1], returned_after_days=int(back[2] or RETURNED_AFTER_DAYS))
    if (change := _NOC.fullmatch(word)) and change[1] in NOTICES_OF_CHANGE:
        return Outcome(ACCEPTED, notice_of_change=change[1])
    return Outcome(codes.lookup(word).code)


def of_token(token: str) -> str | None:
    """The word a token scripts itself with; None where it does not."""
    _, found, word = token.partition("_then_")
    return word if found else None


def of_amount(amount_cents: int) -> str | None:
    """The word an amount stands for; None where it stands for nothing."""
    return amounts().get(amount_cents)


def of_card(token: str) -> str | None:
    """What the updater says of a token: `renewed`, `closed`, `ask`, or None."""
    word = of_token(token) or ""
    known = _CARD.fullmatch(word)
    return known[1] if known else None


@cache
def amounts() -> dict[int, str]:
    """Every amount in cents that scripts itself. A bank's code is a return, as it is in earnest."""
    rows = codes.table().values()
    words = [row.code if row.rail == "card" or row.code.startswith("LOCAL") else f"return_{row.code}" for row in rows]
    table = {FIRST_AMOUNT_CENTS + place: word for place, word in enumerate(words)}
    return table | {AFTER_THE_CODES_CENTS + place: word for place, word in enumerate(SPECIAL)}


def drawing() -> str:
    """The text of `docs/sandbox.md`."""
    lines = [
        "# The sandbox",
        "",
        "Drawn from `billing_core/processors/sandbox_outcomes.py` by `duely docs sandbox`; a test holds them together.",
        "",
        "The embedded processor accepts everything, unless it is told what to do: by a script, which goes first",
        "(`processor: {next: …}` in a conversation file), by the token of the saved method",
        "(`tok_visa_then_insufficient_funds`), or by the amount. What a bank says days later arrives by itself when a",
        "billing day begins after its day.",
        "",
        "| outcome | what happens |",
        "|---|---|",
        "| `accepted` | the money is taken |",
        "| `timeout` | the money is taken, the answer is lost; it is known after a minute |",
        "| `lost` | the request is lost; asked about, the processor never saw it |",
        "| a code of the code table | declined with it |",
        "| `late_3_accepted`, `late_2_insufficient_funds` | no answer the first so many times it is asked |",
        f"| `return_R01`, `return_R01_after_5` | accepted; the bank returns it {RETURNED_AFTER_DAYS} or 5 days later |",
        "| `noc_C01` | accepted, and the bank's notice of change arrives the next day |",
        "| token `…_then_card_renewed` | the updater knows a later expiry and another last four |",
        "| token `…_then_card_closed`, `…_then_card_ask` | the updater says closed, or to ask the cardholder |",
        "",
        "## Notices of change",
        "",
        "| code | corrects |",
        "|---|---|",
        *(f"| {code} | {what} |" for code, (what, _) in NOTICES_OF_CHANGE.items()),
        "",
        "## Amounts",
        "",
        "| amount | outcome | what the member hears of it |",
        "|---|---|---|",
    ]
    for cents, word in amounts().items():
        outcome = read(word)
        code = outcome.returned or (outcome.answer if outcome.answer in codes.table() else None)
        lines.append(f"| {dollars(cents)} | `{word}` | {codes.lookup(code).plain_reason if code else ''} |")
    return "\n".join(lines) + "\n"
