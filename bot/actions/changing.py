"""Change it: a correction of whatever offer is open, or of what was said before it."""

from __future__ import annotations

import re

from billing_core import offers, summary
from billing_core.autopay import Enrollment
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.quotes import Wish
from billing_core.states import PaymentState
from bot.actions import autopay, methods, pay, quoting, reading, replies, unfinished
from bot.actions.answers import Answer
from bot.actions.say import Say, say, spoken_day
from bot.actions.turn import Turn

# What is left of what was to be paid: "and the other one?".
_THE_OTHER = re.compile(
    r"\b(?:the (?:other|rest|remaining)|(?:el|la) otr[oa]|el resto|lo dem[aá]s)\b(?! (?:card|account|tarjeta|cuenta))",
    re.IGNORECASE,
)
# A question about what was paid: "was that on the visa".
_ASKS_BACK = re.compile(r"\W*(?:was|were|did|fue|era)\b", re.IGNORECASE)
_NAMES_METHOD = re.compile(
    r"\b(?:cards?|visa|master ?card|amex|discover|debit|credit|checking|savings|bank|account|method"
    r"|tarjeta|cuenta|banco"
    r"|(?:the|an?)(?:other)? (?:other|different) one|la otra)\b",
    re.IGNORECASE,
)


class Change(Answer):
    """Corrects the open offer with what the message says."""

    action = "action_change"
    purpose = "other"

    def can_correct(self, turn: Turn) -> bool:
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        if offer is None or turn.account_id is None or not turn.at_least("L2") or not quoting.is_open(self.core, offer):
            return False
        if turn.intent == "ask_amount_due" and not offer.firm:
            # "What about january", said after hearing what is owed, asks once more.
            return False
        return pay.differs(self, turn, offer)

    def without_offer(self, turn: Turn) -> list[Say]:
        stopped = self.stop_for_identity(turn, "L2")
        if stopped is not None:
            return stopped
        view = summary.of(self.core, turn.account)
        if _ASKS_BACK.match(turn.text):
            return self._instead("ask_payment_history", turn)
        if turn.memory.topic in pay.INTENTS and view.owed_cents and _THE_OTHER.search(turn.text):
            day = reading.day(turn.text, turn.marked.get("date", []), view.today, view.due_on)
            return pay.quote(self, turn, Wish(pay_on=day))
        if unfinished.resumes(turn, view):
            return pay.Pay(self.core).answer(turn)
        if view.autopay.enrollment is not None and not view.open and _NAMES_METHOD.search(turn.text):
            return self._instead("update_payment_method", turn)
        said = pay.wish(turn, view)
        moves_draft = view.autopay.next_draft is not None and not view.open and said == Wish(pay_on=said.pay_on)
        if moves_draft and said.pay_on is not None:
            return [say("utter_change_autopay_date")]
        return pay.quote(self, turn, said) if said != Wish() else [say("utter_nothing_open")]

    def to_offer(self, turn: Turn, offer: Offer) -> list[Say]:
        if offer.kind == offers.PAYMENT:
            return pay.lapsed(self, turn, offer) if self.expired(offer) else pay.correct(self, turn, offer)
        if offer.kind == offers.AUTOPAY:
            return self._autopay_method(turn, offer)
        if offer.kind != offers.SCHEDULED:
            return [say("utter_nothing_open")]
        # A word that merely stays good (DROP IT) is nothing to correct.
        return self._moved(turn, offer) or self.without_offer(turn)

    def _instead(self, intent: str, turn: Turn) -> list[Say]:
        step = self.other(intent)
        assert step is not None
        return step.reply(turn)

    def _moved(self, turn: Turn, offer: Offer) -> list[Say]:
        """ "Move that to the 23rd", beside a part payment for a later day: how it is moved; nothing for others."""
        with self.core.read() as session:
            payment = session.get_one(Payment, offer.subject_id)
        view = summary.of(self.core, turn.account)
        if payment.state != PaymentState.CONFIRMED or not view.open or _THE_OTHER.search(turn.text):
            return []
        said = pay.wish(turn, view)
        if said.pay_on is None or said != Wish(pay_on=said.pay_on) or payment.amount_cents >= view.owed_cents:
            return []
        unfinished.keep(turn, Wish(amount_cents=payment.amount_cents, method_id=payment.method_id))
        return [say("utter_how_to_move", amount_cents=payment.amount_cents, day=spoken_day(payment.pay_on, view.today))]

    def _autopay_method(self, turn: Turn, offer: Offer) -> list[Say]:
        view = summary.of(self.core, turn.account)
        with self.core.read() as session:
            current_id = session.get_one(Enrollment, offer.subject_id).method_id
        method = reading.method(turn.text, view.methods, current_id)
        if method is None and not _NAMES_METHOD.search(turn.text):
            day = reading.day(turn.text, turn.marked.get("date", []), view.today, view.due_on)
            if day is not None and day != view.today:
                return [say("utter_change_autopay_date"), *self.back_to_offer(turn)]
            # "Wait, does that take money today?" asks what the authorization says.
            return self._instead("ask_autopay_status", turn)
        if method is None:
            return [say("utter_ask_which_method", methods=methods.labels(view), **replies.contact(self.core, turn))]
        return autopay.offer(self, turn, method.id)
