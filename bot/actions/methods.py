"""Cards and bank accounts on file: adding one, and taking one off by the rules of the lock (G4)."""

from __future__ import annotations

import re

from billing_core import offers, removing, summary
from billing_core.errors import MethodNotFound
from billing_core.offers import Offer, OfferTerms
from billing_core.summary import Summary
from bot.actions import reading, replies, words
from bot.actions.say import Say, button, phrase, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# "When does my card expire" asks for its date.
_EXPIRES = re.compile(r"\bwhen\b.*\bexpir|\bcu[aá]ndo\b.*\b(?:venc|expir)", re.IGNORECASE)


class AddMethod(Step):
    """Where a card or bank account is typed in: never here (DOMAIN 4.8)."""

    action = "action_add_method"
    needs = "L0"
    purpose = "method"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        if turn.account_id is None:
            return [say("utter_add_payment_method", **replies.contact(self.core, turn))]
        if not turn.at_least("L2"):
            return [say("utter_add_securely", data={"secure_link": {}})]
        return how_to_add(self, turn, summary.of(self.core, turn.account))


class RemoveMethod(Step):
    """Asks before it takes a method off the account, and says what would end with it."""

    action = "action_remove_method"
    needs = "L3"
    changes = True
    act = "remove|delete|erase|take off|get rid of"
    offer_kind = offers.REMOVAL
    purpose = "method"
    general = "utter_remove_payment_method"

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        if not view.methods:
            return [say("utter_nothing_on_file")]
        method = reading.method(turn.text, view.methods)
        if method is None and len(view.methods) > 1:
            buttons = [button(words.term(row.label), f"remove {row.label}") for row in view.methods]
            names = words.listed([words.term(row.label) for row in view.methods])
            return [say("utter_ask_which_to_remove", methods=names, buttons=buttons)]
        removal = removing.plan(self.core, turn.account, (method or view.methods[0]).id)
        offers.put(
            self.core,
            conversation_id=turn.conversation_id,
            account_id=turn.account,
            turn_id=turn.turn_id,
            terms=OfferTerms(offers.REMOVAL, str(removal.method_id), {"AGREE": "affirm", "KEEP": "cancel"}),
        )
        response = "utter_offer_removal"
        if removal.ends_autopay:
            response = "utter_offer_removal_ends_autopay"
        elif removal.drops_saved_change:
            response = "utter_offer_removal_drops_change"
        return [
            say(
                response,
                method=removal.label,
                by_hand_from=spoken_day(removal.by_hand_from or view.next_invoice.due_on, view.today),
                buttons=[button("button_remove", "AGREE"), button("button_keep", "KEEP")],
            )
        ]


def how_to_add(step: Step, turn: Turn, view: Summary) -> list[Say]:
    """How a new card or bank account comes on file, for a member we know."""
    enrollment = view.autopay.enrollment
    dated = [row for row in view.methods if row.expires and row.disabled_code is None]
    if dated and _EXPIRES.search(turn.text):
        return [say("utter_method_expires", method=row.label, expires=row.expires) for row in dated]
    data = {"secure_link": {"purpose": "update", "method_id": enrollment.method_id} if enrollment else {}}
    return [say("utter_add_method", methods=labels(view), data=data)]


def removed(step: Step, turn: Turn, offer: Offer) -> list[Say]:
    """The member agreed: the method is off the account, and autopay with it where it was used."""
    try:
        removal = removing.remove(step.core, turn.account, int(offer.subject_id), turn_id=turn.turn_id)
    except MethodNotFound:
        return [say("utter_method_gone")]
    if removal.ends_autopay and removal.by_hand_from is not None:
        by_hand_from = spoken_day(removal.by_hand_from)
        return [say("utter_method_removed_autopay_off", method=removal.label, by_hand_from=by_hand_from)]
    return [say("utter_method_removed", method=removal.label)]


def labels(view: Summary) -> str:
    """The usable methods on file, as a list in words."""
    return words.listed([words.term(row.label) for row in view.usable]) if view.usable else phrase("phrase_nothing_yet")
