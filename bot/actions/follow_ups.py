"""What a message of a word or two is about: a bare "why" after an answer or a refusal, and "how do I get it back".

The step before it noted what a "why" would ask (`memory.why`): an intent whose step explains it, or a reply.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from billing_core import accounts, errors
from billing_core.errors import BillingError
from bot.actions import replies
from bot.actions.say import Say, say
from bot.actions.turn import Turn

if TYPE_CHECKING:
    from bot.actions.step import Step

_WHY = re.compile(
    r"\W*(?:(?:but|and|so|ok|okay|hm+|huh|wait|no|pero|y|no entiendo)\W+)*"
    r"(?:why (?:so|that) much|por ?qu[eé] tanto|why|how come|y tho|por ?qu[eé]|c[oó]mo as[ií])"
    r"(?:\W+(?:not|no|is that|is it|that|this|tho|though|so|then|es eso|es as[ií]|eso"
    r"|(?:can'?t|cant|cannot) (?:i|you)))*\W*",
    re.IGNORECASE,
)
_IT_BACK = re.compile(
    r"\b(?:get|have|want|bring) (?:it|that|this|them|everything|my (?:coverage|insurance|plan|policy)) back\b"
    r"|\breinstat|\b(?:recupero|recuperarl[oa]|recuperar|reactiv)",
    re.IGNORECASE,
)

# What a "why" asks after a refusal; after any other one it asks for the issuer's rule.
AFTER_REFUSAL: dict[type[BillingError], str] = {
    errors.AutopayLocked: "ask_why_locked",
    errors.MethodInLock: "ask_why_locked",
    errors.CoverageEnded: "ask_coverage_lapsed",
    errors.PersonNeeded: "ask_payment_rejected",
    errors.MethodDisabled: "ask_payment_rejected",
    errors.AmountAboveOwed: "utter_why_above_owed",
    errors.PayDatePast: "utter_why_date_past",
    errors.PayDateTooLate: "utter_why_date_too_late",
    errors.MethodNotFound: "utter_why_method_not_found",
    errors.NoUsableMethod: "utter_why_method_not_found",
    errors.MethodExpired: "utter_why_method_expired",
    errors.TriedTooOften: "utter_why_tried_too_often",
    errors.PaymentUnresolved: "utter_why_unresolved",
}
# And after an answer.
AFTER_ANSWER = {
    "ask_amount_due": "explain_bill",
    "view_invoice": "explain_bill",
    "pay_bill": "explain_bill",
    "pay_partial": "explain_bill",
    "ask_minimum_payment": "explain_bill",
    "ask_payment_status": "ask_payment_rejected",
    "ask_payment_rejected": "utter_why_bank",
    "ask_payment_methods_accepted": "utter_why_rule",
    "ask_due_date": "utter_change_due_date",
    "pause_autopay": "ask_why_locked",
    "explain_bill": "utter_why_rule",
    "ask_why_locked": "utter_why_rule",
}
# What explains something by itself, where nothing was said before it.
EXPLAINS = frozenset(
    name for name in (*AFTER_REFUSAL.values(), *AFTER_ANSWER.values()) if not name.startswith("utter_")
)

# "Pay that one", "when is that one due": the one that the last answer was about.
_THAT_ONE = re.compile(r"\b(?:that|this) one\b|\b(?:es|est)[ae]\b(?! mes)", re.IGNORECASE)
_ABOUT_ONE = frozenset(("pay_bill", "pay_partial", "ask_due_date", "ask_amount_due", "view_invoice", "explain_bill"))


def completed(turn: Turn) -> Turn:
    """The turn with "that one" called by its name."""
    if not turn.memory.that or turn.exact or turn.intent not in _ABOUT_ONE or not _THAT_ONE.search(turn.text):
        return turn
    return replace(turn, text=f"{turn.text} ({turn.memory.that})")


def answer(step: Step, turn: Turn) -> list[Say] | None:
    """What is said to a message that leans on the answer before it; None where it stands by itself."""
    if turn.exact or turn.after is not None:
        return None
    if _WHY.fullmatch(turn.text) and (turn.memory.why is not None or turn.intent not in EXPLAINS):
        return _why(step, turn)
    ended = (
        _IT_BACK.search(turn.text) is not None
        and turn.account_id is not None
        and accounts.get(step.core, turn.account_id).coverage_ended_on is not None
    )
    coverage = step.other("ask_coverage_lapsed") if ended else None
    return coverage.reply(turn) if coverage is not None else None


def note(turn: Turn, error: BillingError | None = None) -> None:
    """Remember what a "why" would ask now: after this refusal, or after the answer to this turn."""
    if error is None:
        turn.memory.why = AFTER_ANSWER.get(turn.intent)
        return
    kinds = (AFTER_REFUSAL[kind] for kind in type(error).__mro__ if kind in AFTER_REFUSAL)
    turn.memory.why = next(kinds, "utter_why_rule")


def _why(step: Step, turn: Turn) -> list[Say]:
    asked = turn.memory.why
    contact = replies.contact(step.core, turn)
    if asked is None:
        return [say("utter_why_what", **contact)]
    explains = None if asked.startswith("utter_") else step.other(asked)
    turn.memory.why = "utter_why_rule"
    if explains is None:
        return [say(asked, **contact), *step.back_to_offer(turn)]
    said = explains.reply(turn)
    turn.memory.why = "utter_why_rule"
    return said
