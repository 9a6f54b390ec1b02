"""How bills and reminders reach a member: paper, paperless, and what is told when."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from billing_core import delivery, errors, offers
from billing_core.authorization import Said
from billing_core.offers import Offer, OfferTerms
from bot.actions import replies
from bot.actions.general import profile_of
from bot.actions.say import Say, button, say
from bot.actions.step import Step
from bot.actions.turn import Turn

_AGREE = {"AGREE": "affirm", "BACK": "cancel"}


class RequestPaper(Step):
    """Bills by post again, or where autopay rules that out, a copy of the newest one by post (S9, G15)."""

    action = "action_paper_bill"
    needs = "L3"
    changes = True
    purpose = "delivery"
    general = "utter_request_paper_bill"

    def answer(self, turn: Turn) -> list[Say]:
        try:
            delivery.go_paper(self.core, turn.account, said=said_by(turn))
        except errors.PaperOnAutopay:
            _put(self, turn, offers.DELIVERY, "copy")
            return [say("utter_paper_copy_offer", buttons=_buttons("button_send_copy"))]
        return [say("utter_paper_on")]


class RequestPaperless(Step):
    """Bills by e-mail only: the consent is read out, and counts when the member agrees to it (S7, G13)."""

    action = "action_paperless"
    needs = "L3"
    changes = True
    act = "go paperless|paperless|switch|change|set ?up|sign (?:me )?up|turn on|enroll|e-?mail"
    offer_kind = offers.PAPERLESS
    purpose = "delivery"
    general = "utter_request_paperless"

    def answer(self, turn: Turn) -> list[Say]:
        terms = delivery.paperless_terms(self.core, turn.account, turn.language)
        _put(self, turn, offers.PAPERLESS, _mark(terms))
        return [say("utter_paperless_terms", terms=terms, buttons=_buttons("button_agree"))]


class Reminders(Step):
    """What is told before money is due, as far as the issuer's profile knows it (S10, G8)."""

    action = "action_reminders"
    needs = "L0"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        profile = profile_of(self, turn)
        lead, notice = profile.invoice_lead_days_manual, profile.autopay_notice_days
        values: dict[str, Any] = {"lead": lead, "notice": notice, "changed": profile.changed_amount_notice_days}
        return [
            say(
                "utter_bill_comes_unknown" if lead is None else "utter_bill_comes",
                **values,
                **replies.contact(self.core, turn),
            ),
            say("utter_draft_told_changed" if notice is None else "utter_draft_told", **values),
            say("utter_no_other_reminders"),
        ]


def agreed(step: Step, turn: Turn, offer: Offer) -> list[Say]:
    """The member takes up paperless bills as they were read out, or a copy by post."""
    if offer.kind == offers.DELIVERY:
        delivery.post_copy(step.core, turn.account, said=said_by(turn))
        return [say("utter_paper_copy_sent")]
    try:
        terms = delivery.paperless_terms(step.core, turn.account, turn.language)
        if _mark(terms) != offer.subject_id:
            raise errors.TermsChanged("the consent would be another than the one read out")
        delivery.go_paperless(step.core, turn.account, text=terms, said=said_by(turn))
    except errors.AlreadyDelivered:
        pass  # This turn was cut short after it had done it.
    return [say("utter_paperless_on")]


def said_by(turn: Turn) -> Said:
    """The member's word, as it is kept with what they chose."""
    return Said(turn.turn_id, turn.channel, turn.level, language=turn.language)


def _mark(terms: str) -> str:
    """What tells these words from any others."""
    return sha256(terms.encode()).hexdigest()


def _buttons(agree: str) -> list[dict[str, str]]:
    return [button(agree, "AGREE"), button("button_not_now", "BACK")]


def _put(step: Step, turn: Turn, kind: str, subject_id: str) -> None:
    offers.put(
        step.core,
        conversation_id=turn.conversation_id,
        account_id=turn.account,
        turn_id=turn.turn_id,
        terms=OfferTerms(kind, subject_id, _AGREE),
    )
