"""Two wishes in one message: questions are answered at once, one thing is done at a time, the second is kept in mind.

Never two movements of money or two changes at once: the second is offered by its own word as soon as the first is
done or left. It is kept with the conversation (`memory.next`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from billing_core import offers
from billing_core.offers import OfferTerms
from bot.actions import follow_ups, reading, rest
from bot.actions.memory import KEPT_FOR, Wanted
from bot.actions.say import Say, button, phrase, say
from bot.actions.turn import Turn

if TYPE_CHECKING:
    from bot.actions.step import Step


def answered(step: Step, turn: Turn) -> list[Say]:
    """Everything that is said in this turn, by this step and by that of a second wish."""
    turn = follow_ups.completed(turn)
    leaning = follow_ups.answer(step, turn)
    if leaning is not None:
        return leaning
    step, turn = _ordered(step.hearer(turn) or step, turn)
    step = _correction_of(step, turn) or step
    said = step.reply(turn) if turn.after is None else _both(step, turn, turn.after)
    if turn.more and not asks_for_a_code(said):
        said = [*said, say("utter_more_than_two")]
    return _once(said) + _offer_next(step, turn, said)


# A reply that tells, of the same facts, no more than another one does.
_TOLD_BY = {"utter_next_draft": "utter_autopay_is_on"}


def _once(said: list[Say]) -> list[Say]:
    """Nothing twice: two questions may both end with how to pay, with adding a card, or with the next draft."""
    kept: list[Say] = []
    for each in said:
        names = (each.response, _TOLD_BY.get(each.response or ""))
        told = any(other.response in names and other.values == each.values for other in kept)
        if each.response is None or each.data or not told:
            kept.append(each)
    return kept


def take_up(step: Step, turn: Turn, wanted: Wanted) -> list[Say]:
    """Do what was wanted earlier, as if it were said now."""
    other = step.other(wanted.intent)
    assert other is not None, f"no step for {wanted.intent}"
    return other.reply(as_turn(turn, wanted))


def as_turn(turn: Turn, wanted: Wanted) -> Turn:
    """The turn as it were had the member said only this."""
    return replace(
        turn, text=wanted.text, intent=wanted.intent, marked=wanted.marked, exact=False, ranking=(), after=None, word=""
    )


def asks_for_a_code(said: list[Say]) -> bool:
    """Whether the answer waits for a one-time code, after which the same message is answered again."""
    return any("step_up" in (each.data or {}) for each in said)


def can_be_named(intent: str) -> bool:
    """Whether there are words for this wish, so that it can be offered or asked about."""
    return intent in NAMED


def named(intent: str) -> str:
    """The wish in words: `turn on autopay`."""
    return phrase(NAMED[intent])


# As what a suggestion in the middle of a payment may be taken, when it is about that payment.
SUGGESTED = frozenset(
    ("ask_payment_plan", "change_due_date", "ask_due_date", "ask_amount_due", "ask_payment_methods_accepted",
     "ask_minimum_payment", "change_autopay_date")
)  # fmt: skip

NAMED = {
    "pay_bill": "phrase_wish_pay",
    "pay_partial": "phrase_wish_pay_part",
    "setup_autopay": "phrase_wish_autopay_on",
    "cancel_autopay": "phrase_wish_autopay_off",
    "update_payment_method": "phrase_wish_change_method",
    "remove_payment_method": "phrase_wish_remove_method",
    "add_payment_method": "phrase_wish_add_method",
    "request_paperless": "phrase_wish_paperless",
    "request_paper_bill": "phrase_wish_paper",
    "cancel": "phrase_wish_leave_payment",
    "ask_amount_due": "phrase_wish_owed",
    "ask_due_date": "phrase_wish_due",
    "view_invoice": "phrase_wish_bill",
    "explain_bill": "phrase_wish_explain",
    "ask_autopay_status": "phrase_wish_autopay_status",
    "ask_payment_status": "phrase_wish_payment_status",
    "ask_payment_rejected": "phrase_wish_rejected",
    "ask_payment_history": "phrase_wish_history",
    "ask_fees": "phrase_wish_fees",
    "ask_payment_methods_accepted": "phrase_wish_ways",
    "request_human": "phrase_wish_person",
    "request_refund": "phrase_wish_refund",
    "ask_missed_payment": "phrase_wish_missed",
    "ask_coverage_lapsed": "phrase_wish_coverage",
}


# Without its accent "pague" is an order as well as "I paid": short and with no question, it is an order.
_PAGUE = re.compile(
    r"\W*(?:(?:y|bueno|ok|entonces|por favor|pues|nada m[aá]s|solo)\W+)*(?:pague(?:l[oa]s?)?"
    r"|p[aá]guel[oa]s?|p[aá]gal[oa])\b"
    r"(?:\W+(?!no\b|ya\b|dos\b)[\w$.,]+){0,4}[\s.!]*",
    re.IGNORECASE,
)
_HEARD_AS_PAID = frozenset(
    ("ask_payment_history", "ask_payment_status", "report_payment_error", "request_refund", "ask_missed_payment")
)


def _ordered(step: Step, turn: Turn) -> tuple[Step, Turn]:
    """The step and the turn as an order to pay, where a short "pague noviembre" was taken for "pagué noviembre"."""
    if turn.exact or turn.intent not in _HEARD_AS_PAID or not _PAGUE.fullmatch(turn.text):
        return step, turn
    pays = step.other("pay_bill")
    return (pays, replace(turn, intent="pay_bill", ranking=())) if pays is not None else (step, turn)


def _correction_of(step: Step, turn: Turn) -> Step | None:
    """The step that corrects what is open, where a message begins as a correction and was taken for a question.

    One that only suggests ("can i do it friday") is one too, where it was taken for a question of such a kind.
    """
    corrects = reading.corrects(turn.text) or (turn.intent in SUGGESTED and reading.suggests(turn.text))
    change = None if step.settles or turn.exact or not corrects else step.other("change")
    return change if change is not None and change.can_correct(turn) else None


def _both(step: Step, turn: Turn, after: Wanted) -> list[Say]:
    other = step.hearer(as_turn(turn, after)) or step.other(after.intent)
    same = type(other) is type(step) and (step.changes or step.topic)
    if other is None or same or step.tells_too(turn, after.text):
        # The same step hears all of it: "how much do i owe and when is it due" is one question.
        return step.reply(replace(turn, text=turn.whole, after=None))
    second = replace(as_turn(turn, after), turn_id=f"{turn.turn_id}:2")
    if not step.settles:
        return step.reply(replace(turn, quiet=other.changes)) + other.reply(second)
    if not other.changes and turn.intent == "affirm" and not _something_open(step, turn):
        # "Ok, and what do I owe": the ok is an answer to nothing.
        return other.reply(second)
    if not other.changes:
        return other.reply(replace(second, quiet=True)) + step.reply(turn)
    said = step.reply(turn)
    if asks_for_a_code(said) or turn.account_id is None or not can_be_named(after.intent):
        return said
    turn.memory.next = replace(after, until=(step.core.now() + KEPT_FOR).isoformat())
    if _something_open(step, turn):
        return [*said, say("utter_after_that", what=named(after.intent))]
    return said


def _offer_next(step: Step, turn: Turn, said: list[Say]) -> list[Say]:
    """The second wish, once what was open is done or left."""
    waiting = turn.memory.next
    if waiting is None or asks_for_a_code(said) or turn.account_id is None:
        return []
    if waiting.stale(step.core.now()):
        turn.memory.next = None
        return []
    if not step.settles or _something_open(step, turn):
        return []
    offers.put(
        step.core,
        conversation_id=turn.conversation_id,
        account_id=turn.account,
        turn_id=_next_turn(turn),
        terms=OfferTerms(offers.NEXT, waiting.intent, {"NEXT": "affirm", "BACK": "cancel"}),
    )
    choices = [button("button_next", "NEXT"), button("button_not_now", "BACK")]
    what = rest.named(waiting.text) if waiting.intent == "pay_bill" else named(waiting.intent)
    return [say("utter_next", what=what, buttons=choices)]


def _something_open(step: Step, turn: Turn) -> bool:
    """Whether an answer is awaited; a word that merely stays good ("DROP IT") is not one.

    Nor is the second wish itself, where this turn offered it before it was cut short.
    """
    with step.core.read() as session:
        offer = offers.current(session, turn.conversation_id)
    if offer is None or offer.opened_by_turn == _next_turn(turn):
        return False
    return offer.firm and offer.expires_at >= step.core.now()


def _next_turn(turn: Turn) -> str:
    return f"{turn.turn_id}:next"
