"""One clarifying question, with two numbered choices, when two readings of a message are close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing_core import offers, summary
from billing_core.offers import OfferTerms
from bot.actions.memory import Wanted
from bot.actions.rules import action_of
from bot.actions.say import Say, button, say
from bot.actions.turn import Turn
from bot.actions.wishes import can_be_named, named

if TYPE_CHECKING:
    from bot.actions.step import Step

# How close two confidences are so that we ask.
MARGIN = 0.2
# What a reading must have at least, to be offered as one.
LEAST = 0.15
AUTOPAY_ON_OR_OFF = frozenset(("setup_autopay", "cancel_autopay", "pause_autopay"))
NOT_A_READING = ("nlu_fallback", "out_of_scope")


def between(step: Step, turn: Turn) -> list[Say] | None:
    """The question which of two readings was meant, or None where one of them is clear enough."""
    if turn.exact or turn.account_id is None or turn.quiet:
        return None
    likely = [(name, sure) for name, sure in _readings(turn) if sure >= LEAST]
    if len(likely) < 2:
        return None
    offer = offers.at_hand(step.core, turn.conversation_id, turn.turn_id)
    # To leave what is open is a reading only where something is.
    open_ = offer is not None and offer.kind != offers.SCHEDULED
    readings = [(name, sure) for name, sure in likely if open_ or name != "cancel"]
    # "I don't want to pay" is no wish to pay, however close it looks.
    readings = [(name, sure) for name, sure in readings if not _refused(step, turn, name)]
    if len(readings) < 2:
        return None
    (first, sure), (second, less) = readings[:2]
    if sure - less > MARGIN or action_of().get(first) == action_of().get(second):
        return None
    if not (can_be_named(first) and can_be_named(second)) or not _matters(step, first, second):
        return None
    if {turn.intent, first, second} <= AUTOPAY_ON_OR_OFF and summary.of(
        step.core, turn.account
    ).autopay.enrollment is None:
        # What is off can only be turned on: the step itself sees to it.
        return None
    if offer is not None and offer.kind == offers.CHOICE and offer.closed_at is None:
        # They were asked already: the better reading of their answer is taken.
        return None
    turn.memory.choice = [Wanted(name, turn.text, turn.marked) for name in (first, second)]
    return ask(step, turn)


def ask(step: Step, turn: Turn) -> list[Say]:
    """Put the two readings on the table, by number."""
    first, second = (named(each.intent) for each in turn.memory.choice)
    offers.put(
        step.core,
        conversation_id=turn.conversation_id,
        account_id=turn.account,
        turn_id=turn.turn_id,
        terms=OfferTerms(offers.CHOICE, "choice", {"1": "affirm", "2": "affirm", "BACK": "cancel"}),
    )
    return [say("utter_choice", first=first, second=second, buttons=[button(first, "1"), button(second, "2")])]


def chosen(turn: Turn) -> Wanted | None:
    """The reading the member picked by its number, or by saying something only it can mean."""
    kept = turn.memory.choice
    if turn.word in ("1", "2") and len(kept) == 2:
        return kept[int(turn.word) - 1]
    names = [name for name, _ in _readings(turn)]
    ranked = sorted((each for each in kept if each.intent in names), key=lambda each: names.index(each.intent))
    return ranked[0] if ranked and names.index(ranked[0].intent) == 0 else None


def _readings(turn: Turn) -> list[tuple[str, float]]:
    return [(name, sure) for name, sure in turn.ranking if name not in NOT_A_READING]


def _refused(step: Step, turn: Turn, intent: str) -> bool:
    kind = step.other(intent)
    return kind is not None and kind.refused(turn)


def _matters(step: Step, *intents: str) -> bool:
    """Whether a wrong guess would do something: between two questions, the first is simply answered."""
    kinds = [step.other(intent) for intent in intents]
    return all(kind is not None for kind in kinds) and any(kind.changes for kind in kinds if kind is not None)
