"""Another phone number or e-mail address on file. What is new is proved by a code that the channel sends there."""

from __future__ import annotations

from billing_core import offers
from billing_core.offers import Offer, OfferTerms
from bot.actions.reading import contacts
from bot.actions.say import Say, button, say
from bot.actions.step import Step
from bot.actions.turn import Turn

_ASK: dict[str, str] = {
    "phone": "utter_contact_ask_phone",
    "email": "utter_contact_ask_email",
    "either": "utter_contact_ask_either",
}


class ChangeContact(Step):
    """Asks for the new number or address where the message has none, and hands it to the channel, which proves it.

    No intent leads here: it hears the wish, and what is sent after its question, whatever they were taken for.
    """

    needs = "L3"
    purpose = "contact"
    act = "change|update"
    offer_kind = offers.CONTACT

    def hears(self, turn: Turn) -> bool:
        if turn.exact:
            return False
        if contacts.contact_wished(turn.text) is not None:
            return True
        return contacts.looks_like_contact(turn.text) and self._asked(turn) is not None

    def answer(self, turn: Turn) -> list[Say]:
        asked = self._asked(turn)
        wished = contacts.contact_wished(turn.text) or (asked.subject_id if asked is not None else "either")
        phone = contacts.phone(turn.text) if wished != "email" else None
        address = phone or (contacts.email(turn.text) if wished != "phone" else None)
        if address is None:
            unread = contacts.looks_like_contact(turn.text)
            return [*([say("utter_contact_unread")] if unread else []), *ask(self, turn, wished)]
        if asked is not None:
            offers.answer(self.core, asked, turn.turn_id)
        return [Say(None, data={"new_contact": {"way": "sms" if phone else "email", "address": address}})]

    def _asked(self, turn: Turn) -> Offer | None:
        """The open question for a new contact."""
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        open_ = offer is not None and offer.kind == offers.CONTACT and offer.expires_at >= self.core.now()
        return offer if open_ else None


def ask(step: Step, turn: Turn, wished: str) -> list[Say]:
    """The question for the new number or address; it stays open until it is answered or left."""
    offers.put(
        step.core,
        conversation_id=turn.conversation_id,
        account_id=turn.account,
        turn_id=turn.turn_id,
        terms=OfferTerms(offers.CONTACT, wished, {"BACK": "cancel"}),
    )
    return [say(_ASK[wished], buttons=[button("button_not_now", "BACK")])]
