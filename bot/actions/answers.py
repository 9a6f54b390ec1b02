"""Yes, no, leave it: answers to whatever offer is open, and kind sentences when none is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from billing_core import enrolling, offers, pending, quotes, summary
from billing_core.authorization import Said
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.states import PaymentState
from bot.actions import (
    autopay,
    choices,
    contact,
    delivery,
    methods,
    pay,
    quoting,
    reading,
    refund,
    replies,
    wishes,
    words,
)
from bot.actions.say import Say, full_day, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# What an offer's acceptance asks of the speaker: money from a saved method L2, autopay L3 (DESIGN 5). A choice and a
# second wish ask for what the step behind them asks.
LEVEL = {
    offers.PAYMENT: "L2",
    offers.SCHEDULED: "L2",
    offers.REFUND: "L2",
    offers.CONTACT: "L2",
    offers.CHOICE: "L0",
    offers.NEXT: "L0",
}
# What a yes may hold and still be none: "ok but don't pay".
_ACT = "pay|charge|do|confirm|agree|proceed|turn|set ?up|want|take|start|go"

_CANCEL = re.compile(r"\bcancel", re.IGNORECASE)
# "Ok then do it on the 5th", after an answer that offered no payment.
_DO_IT = re.compile(
    r"\b(?:do|take|pay|make|charge|schedule) (?:it|that)\b|\b(?:h[aá]gal[oa]|c[oó]brel[oa]|p[aá]guel[oa])\b", re.I
)
# "Next" is the word for a second wish, and no yes to a payment that is read back.
_NEXT = re.compile(r"\W*(?:(?:the|el) )?(?:next|siguiente)(?: one)?\W*", re.IGNORECASE)
# A sign that says nothing: a question mark alone is no yes.
_NO_WORD = re.compile(r"[\s?!.,;:\u00bf\u00a1-]*")

# What is done when such an offer is taken up, and what is said when it is left.
TAKEN_UP: dict[str, Callable[[Step, Turn, Offer], list[Say]]] = {
    offers.PAPERLESS: delivery.agreed,
    offers.DELIVERY: delivery.agreed,
    offers.REMOVAL: methods.removed,
    offers.REFUND: refund.agreed,
}
LEFT = {
    offers.PAPERLESS: "utter_delivery_kept",
    offers.DELIVERY: "utter_delivery_kept",
    offers.REMOVAL: "utter_method_kept",
    offers.REFUND: "utter_refund_left",
    offers.CONTACT: "utter_contact_kept",
}
# What is told of a payment that is left, by whether it was scheduled already, and by what is owed without it.
_LEFT_PAYMENT = {
    (False, "due"): "utter_left_payment",
    (False, "past"): "utter_left_payment_past",
    (False, "nothing"): "utter_left_nothing_owed",
    (True, "due"): "utter_dropped_scheduled",
    (True, "past"): "utter_dropped_scheduled_past",
    (True, "nothing"): "utter_dropped_nothing_owed",
}


class Answer(Step):
    """What the three answers share: find the offer, check the speaker for it."""

    needs: ClassVar[str] = "L0"

    @property
    def settles(self) -> bool:
        return True

    def answer(self, turn: Turn) -> list[Say]:
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        if offer is None:
            return self.without_offer(turn)
        stopped = self.stop_for_identity(turn, LEVEL.get(offer.kind, "L3"))
        return stopped if stopped is not None else self.to_offer(turn, offer)

    def without_offer(self, turn: Turn) -> list[Say]:
        return [say("utter_nothing_open")]

    def to_offer(self, turn: Turn, offer: Offer) -> list[Say]:
        raise NotImplementedError

    def expired(self, offer: Offer) -> bool:
        """Whether the offer's time is up and this turn had not answered it before."""
        return offer.closed_at is None and offer.expires_at < self.core.now()


class Affirm(Answer):
    """Takes the open offer up."""

    action = "action_affirm"
    purpose = "other"

    def to_offer(self, turn: Turn, offer: Offer) -> list[Say]:
        if not turn.exact and _NO_WORD.fullmatch(turn.text):
            return self._unclear(turn)
        if not turn.exact and (reading.refuses(turn.text, _ACT) or reading.refuses_to_pay_in_spanish(turn.text)):
            return self._left(turn)
        if offer.kind == offers.PAYMENT and not turn.exact and _NEXT.fullmatch(turn.text) and not self.expired(offer):
            return quoting.read_back(self.core, quotes.read_back(self.core, offer.subject_id), turn)
        if offer.kind == offers.PAYMENT:
            return self._pay(turn, offer)
        if offer.kind in (offers.CHOICE, offers.NEXT):
            return self._wanted(turn, offer)
        if offer.kind == offers.SCHEDULED:
            return [say("utter_nothing_open")]
        if self.expired(offer):
            offers.answer(self.core, offer, turn.turn_id)
            return [say("utter_offer_expired")]
        if offer.kind == offers.CONTACT:
            # "Yes" is no number and no address: it is asked for again.
            return contact.ask(self, turn, offer.subject_id)
        taken_up = TAKEN_UP.get(offer.kind)
        said = taken_up(self, turn, offer) if taken_up is not None else self._autopay(turn, offer)
        offers.answer(self.core, offer, turn.turn_id)
        return said

    def without_offer(self, turn: Turn) -> list[Say]:
        if _NO_WORD.fullmatch(turn.text) and not turn.exact:
            return self._unclear(turn)
        if not turn.exact and turn.account_id is not None and turn.at_least("L2"):
            # "Ok then all of it", after an amount that could not be.
            view = summary.of(self.core, turn.account)
            about_paying = turn.memory.topic in pay.INTENTS or _DO_IT.search(turn.text) is not None
            if about_paying and view.owed_cents and not pay.says_nothing_new(turn, view):
                return pay.Pay(self.core).reply(replace(turn, intent="pay_bill"))
        return super().without_offer(turn)

    def _unclear(self, turn: Turn) -> list[Say]:
        misunderstood = self.other("nlu_fallback")
        assert misunderstood is not None
        return misunderstood.reply(turn)

    def _pay(self, turn: Turn, offer: Offer) -> list[Say]:
        if self.expired(offer):
            return pay.lapsed(self, turn, offer)
        if not turn.exact and pay.differs(self, turn, offer):
            # "Yes but make it 50" is no yes to what was read back.
            return pay.correct(self, turn, offer)
        meant = turn.memory.payment_named or pay.orders(turn.text)
        if not turn.exact and not (offer.firm and meant):
            # A mere "ok" after hearing the amount, or to another question since, is no order: it is read back first.
            offers.make_firm(self.core, offer)
            return quoting.read_back(self.core, quotes.read_back(self.core, offer.subject_id), turn)
        said = quoting.confirm(self.core, offer.subject_id, turn)
        offers.answer(self.core, offer, turn.turn_id)
        self._let_scheduled_go(turn, offer)
        return said

    def _wanted(self, turn: Turn, offer: Offer) -> list[Say]:
        """Do what was chosen, or what had to wait; the offer stays open while a one-time code is asked for."""
        wanted = choices.chosen(turn) if offer.kind == offers.CHOICE else turn.memory.next
        if wanted is None:
            return choices.ask(self, turn) if len(turn.memory.choice) == 2 else [say("utter_nothing_open")]
        said = wishes.take_up(self, turn, wanted)
        if wishes.asks_for_a_code(said):
            return said
        offers.answer(self.core, offer, turn.turn_id)
        if offer.kind == offers.CHOICE:
            turn.memory.choice = []
        elif turn.memory.next is wanted:
            # Of three payments, the third has taken its place.
            turn.memory.next = None
        return said

    def _left(self, turn: Turn) -> list[Say]:
        deny = self.other("deny")
        assert deny is not None
        return deny.reply(turn)

    def _let_scheduled_go(self, turn: Turn, offer: Offer) -> None:
        """A payment for a later day can be dropped again by its own word."""
        with self.core.read() as session:
            payment = session.get_one(Payment, offer.subject_id)
        if payment.state == PaymentState.CONFIRMED:
            replies.offer_to_drop(self.core, turn, payment.id)

    def _autopay(self, turn: Turn, offer: Offer) -> list[Say]:
        if offer.kind == offers.AUTOPAY:
            enrolling.authorize(
                self.core, offer.subject_id, turn_id=turn.turn_id, channel=turn.channel, level=turn.level
            )
            return autopay.turned_on(self.core, turn)
        if offer.kind == offers.METHOD_CHANGE:
            changed = enrolling.change_method(
                self.core,
                account_id=turn.account,
                conversation_id=turn.conversation_id,
                turn_id=turn.turn_id,
                method_id=int(offer.subject_id),
                channel=turn.channel,
                level=turn.level,
                language=turn.language,
            )
            return [say("utter_autopay_method_changed", method=changed.method.label)]
        enrollment_id, _, method_id = offer.subject_id.partition(":")
        said = Said(turn.turn_id, turn.channel, turn.level, language=turn.language)
        saved = pending.save(self.core, enrollment_id, method_id=int(method_id) if method_id else None, said=said)
        values: dict[str, Any] = {
            "draft": spoken_day(saved.last_draft_on),
            "from_month": words.month(saved.by_hand_from),
            "method": saved.method_label,
        }
        if saved.applies_on is None:
            return [say("utter_method_change_saved_open" if method_id else "utter_autopay_end_saved_open", **values)]
        response = "utter_method_change_saved" if method_id else "utter_autopay_end_saved"
        return [say(response, applies=full_day(saved.applies_on), **values)]


class Deny(Answer):
    """Leaves the open offer with nothing done."""

    action = "action_deny"
    purpose = "other"

    def without_offer(self, turn: Turn) -> list[Say]:
        if turn.intent == "cancel" and _CANCEL.search(turn.text):
            asks_back = self.other("request_refund") if refund.paid_today(self, turn) else None
            if asks_back is not None:
                return asks_back.reply(turn)
            return [say("utter_cancel_what", **replies.contact(self.core, turn))]
        return [say("utter_nothing_to_leave")]

    def to_offer(self, turn: Turn, offer: Offer) -> list[Say]:
        if offer.kind == offers.SCHEDULED and not turn.exact:
            return self._how_to_drop(offer)
        if offer.kind in (offers.CHOICE, offers.NEXT):
            turn.memory.choice, turn.memory.next = [], None if offer.kind == offers.NEXT else turn.memory.next
            offers.answer(self.core, offer, turn.turn_id)
            return [say("utter_not_done")]
        if turn.intent == "deny" and quoting.is_open(self.core, offer) and pay.differs(self, turn, offer):
            # "No, the other card" goes on with the payment; only a plain no leaves it.
            return pay.correct(self, turn, offer)
        if offer.kind in (offers.PAYMENT, offers.SCHEDULED):
            quotes.leave(self.core, offer, turn.turn_id)
            return self._left_payment(turn, offer)
        if offer.kind == offers.AUTOPAY:
            enrolling.withdraw(self.core, offer.subject_id)
            said = [say("utter_left_autopay")]
        else:
            said = [say(LEFT.get(offer.kind, "utter_autopay_kept"))]
        offers.answer(self.core, offer, turn.turn_id)
        return said

    def _how_to_drop(self, offer: Offer) -> list[Say]:
        with self.core.read() as session:
            payment = session.get_one(Payment, offer.subject_id)
        if payment.state != PaymentState.CONFIRMED:
            return [say("utter_nothing_to_leave")]
        return [say("utter_how_to_drop", amount_cents=payment.amount_cents, day=spoken_day(payment.pay_on))]

    def _left_payment(self, turn: Turn, offer: Offer) -> list[Say]:
        view = summary.of(self.core, turn.account)
        values: dict[str, Any] = {
            "owed_cents": view.owed_cents,
            "due": spoken_day(view.due_on or view.today, view.today),
        }
        late = view.due_on is not None and view.due_on < view.today
        owing = "past" if view.owed_cents and late else "due" if view.owed_cents else "nothing"
        return [say(_LEFT_PAYMENT[offer.kind == offers.SCHEDULED, owing], **values)]
