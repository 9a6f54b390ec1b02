"""The rest of a bill: "half now and the other half on January 15" is two payments, read back one at a time.

The first is the one on the table; the second waits as a second wish does (`memory.next`) and is offered once the first
is paid or left. A rest without a day of its own is only what a part payment leaves, and opens nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from billing_core.summary import Summary
from bot.actions import quoting, reading
from bot.actions.memory import KEPT_FOR, Wanted
from bot.actions.say import Say, phrase, say
from bot.actions.turn import Turn

if TYPE_CHECKING:
    from billing_core.quotes import Quote
    from bot.actions.step import Step

_REST = re.compile(
    r"(?:(?:\band\b|\bthen\b|\by\b|\bluego\b|\bdespu[eé]s\b|,|;)\s*)*"
    r"\b(?:the (?:(?:other|second|remaining) half|rest|remainder|remaining (?:amount|balance|part))"
    r"|(?:other half|rest) (?=on|later)"
    r"|la otra mitad|el resto|lo (?:dem[aá]s|que (?:falta|queda)))\b",
    re.IGNORECASE,
)

# "20 on each": as much on every policy, so as many payments as there are policies with something open.
_EACH = re.compile(
    r"\s*(?:\b(?:on|to|for|toward|towards|in|of|a|en|por|para)\s+)?"
    r"(?:\beach\b(?! (?:month|week|day|time|year|other|pay|\w+day))(?: (?:one|policy|plan|bill|of (?:them|the \w+)))?"
    r"|\bapiece\b|\bcada (?:un[oa]|p[oó]liza|plan|seguro)\b)",
    re.IGNORECASE,
)

_JOIN = re.compile(r"\s*(?:,|;|\band\b(?: then)?|\bthen\b|\by\b|\bluego\b)\s+", re.IGNORECASE)


def cut(turn: Turn) -> tuple[Turn, Turn | None]:
    """The turn as it is without what is said of the rest, and the rest as a turn of its own; None where it is not
    spoken of."""
    found = _REST.search(turn.text)
    first, later = _two_amounts(turn)
    if found is None or later is not None:
        # Of three, the second and third wait together, and are cut when they come up.
        return first, later
    before, after = turn.text[: found.start()], turn.text[found.start() :]
    if not before.strip() or not re.search(r"\w", before):
        return replace(turn, text=""), turn
    marked = {name: [each for each in words if each in before] for name, words in turn.marked.items()}
    return replace(turn, text=before, marked=marked), replace(turn, text=after.strip(" ,;"), marked={})


def _two_amounts(turn: Turn) -> tuple[Turn, Turn | None]:
    """ "50 now and 50 next friday": two payments, of which the second has its own day.

    Cut with its numbers as digits: "two hundred and fifty today" and "ciento treinta y cinco" are one amount.
    """
    said = reading.in_digits(turn.text)
    for join in _JOIN.finditer(said):
        before, after = said[: join.start()], said[join.end() :]
        if reading.amount(before) and reading.amount(after) and reading.names_a_day(after):
            marked = {
                name: [each for each in words if each.casefold() in before] for name, words in turn.marked.items()
            }
            return replace(turn, text=before, marked=marked), replace(turn, text=after.strip(" ,;"), marked={})
    return turn, None


def per_policy(turn: Turn, view: Summary) -> tuple[Turn, Turn] | None:
    """ "20 on each", where two policies are open: the turn for the one, and as much for the other."""
    kinds = list(dict.fromkeys(item.invoice.policy_kind for item in view.open))
    if len(kinds) != 2 or _EACH.search(turn.text) is None or reading.amount(turn.text) is None:
        return None
    said = _EACH.sub(" ", turn.text).strip(" ,;.")
    first, second = (replace(turn, text=f"{said}, {kind}", marked={}) for kind in kinds)
    return first, second


def keep(step: Step, turn: Turn, later: Turn, view: Summary) -> bool:
    """Keep the rest in mind where it has a day ahead or a policy of its own; it is offered once the first is done."""
    day = reading.day(later.text, later.marked.get("date", []), view.today, view.due_on)
    if (day is None or day <= view.today) and reading.policy_id(later.text, view) is None:
        return False
    turn.memory.next = Wanted("pay_bill", later.text, later.marked, (step.core.now() + KEPT_FOR).isoformat())
    return True


def beside(step: Step, turn: Turn, view: Summary, open_: Quote) -> list[Say] | None:
    """ "The other half on the 15th", said while a part is on the table: both are kept. None where it corrects."""
    first, later = cut(turn)
    if later is None or first.text or view.owed_cents <= open_.amount_cents or not keep(step, turn, later, view):
        return None
    return [*quoting.read_back(step.core, open_, turn), say("utter_after_that", what=named(later.text))]


def named(text: str) -> str:
    """The rest in words, where it is the rest that is wanted; of several payments, the next one."""
    found = _REST.search(text)
    if found and not reading.amount(text[: found.start()]):
        return phrase("phrase_wish_pay_rest")
    if text.endswith(", dental"):
        return phrase("phrase_wish_pay_dental")
    return phrase("phrase_wish_pay_part" if reading.amount(text) else "phrase_wish_pay")
