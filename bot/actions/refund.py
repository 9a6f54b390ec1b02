"""Money back: asked for here, decided by a person, and how it stands (DOMAIN 2.6)."""

from __future__ import annotations

import re
from typing import Any

from billing_core import errors, offers, refunds, summary
from billing_core.offers import Offer, OfferTerms
from billing_core.refunds import Status
from billing_core.states import PaymentState, RefundState
from bot.actions import replies
from bot.actions.say import Say, button, full_day, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# A refund's state, as it is told.
STATES = {
    RefundState.REQUESTED: "utter_refund_requested",
    RefundState.APPROVED: "utter_refund_approved",
    RefundState.SENT: "utter_refund_sent",
    RefundState.DONE: "utter_refund_done",
    RefundState.DECLINED: "utter_refund_declined",
}
_PAYMENT = re.compile(r"\b(?:payment|charge|that|it|pago|cargo|eso)\b", re.IGNORECASE)
OVER = (RefundState.DONE, RefundState.DECLINED)


class RequestRefund(Step):
    """Asks for the account's credit back, once the member agrees; what paid a bill goes to a person."""

    action = "action_request_refund"
    changes = True
    act = "refund|send|give|ask"
    offer_kind = offers.REFUND
    general = "utter_request_refund"

    def answer(self, turn: Turn) -> list[Say]:
        standing = [each for each in refunds.of(self.core, turn.account) if each.state not in OVER]
        if standing:
            return [told(self, turn, standing[-1])]
        view = summary.of(self.core, turn.account)
        if view.credit_cents <= 0:
            paid = [row for row in view.payments if row.state == PaymentState.SETTLED]
            contact = replies.contact(self.core, turn)
            data = {"handoff": {"reason": "refund asked for"}}
            if not paid:
                return [say("utter_nothing_to_refund", data=data, **contact)]
            day = spoken_day(paid[-1].resolved_on or paid[-1].pay_on, view.today)
            amount_cents = paid[-1].amount_cents
            return [say("utter_refund_person", amount_cents=amount_cents, day=day, data=data, **contact)]
        offers.put(
            self.core,
            conversation_id=turn.conversation_id,
            account_id=turn.account,
            turn_id=turn.turn_id,
            terms=OfferTerms(offers.REFUND, "credit", {"AGREE": "affirm", "BACK": "cancel"}),
        )
        buttons = [button("button_agree", "AGREE"), button("button_not_now", "BACK")]
        return [say("utter_refund_offer", credit_cents=view.credit_cents, buttons=buttons)]


class RefundStatus(Step):
    """How the newest refund stands, or that there is none and whether there is a credit to ask for."""

    action = "action_refund_status"
    general = "utter_ask_refund_status"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        asked = refunds.of(self.core, turn.account)
        if asked:
            return [told(self, turn, asked[-1])]
        view = summary.of(self.core, turn.account)
        given = [row for row in view.payments if row.state == PaymentState.REFUNDED]
        if given:
            row = given[-1]
            return [say("utter_refunded", amount_cents=row.amount_cents, method=row.method.label)]
        if view.credit_cents > 0:
            return [say("utter_refund_not_asked", credit_cents=view.credit_cents)]
        return [say("utter_no_refund", **replies.contact(self.core, turn))]


def paid_today(step: Step, turn: Turn) -> bool:
    """Whether a payment that was made today is what they may want cancelled: only a refund could undo it."""
    if turn.account_id is None or not turn.at_least("L2") or not _PAYMENT.search(turn.text):
        return False
    view = summary.of(step.core, turn.account)
    made = [row for row in view.payments if row.state == PaymentState.SETTLED]
    return bool(made) and (made[-1].resolved_on or made[-1].pay_on) == view.today


def agreed(step: Step, turn: Turn, _offer: Offer) -> list[Say]:
    """The member agrees: the credit is asked back, and a person is told."""
    try:
        status = refunds.request(step.core, account_id=turn.account, turn_id=turn.turn_id)
    except errors.RefusedByRule:
        data = {"handoff": {"reason": "refund asked for"}}
        return [say("utter_refund_by_person", data=data, **replies.contact(step.core, turn))]
    return [
        say(
            "utter_refund_asked",
            amount_cents=status.amount_cents,
            method=status.method_label,
            earliest=spoken_day(status.earliest_on),
            data={"handoff": {"reason": "refund to decide"}},
        )
    ]


def told(step: Step, turn: Turn, status: Status) -> Say:
    """One refund as it stands, in amounts and days."""
    values: dict[str, Any] = {
        "amount_cents": status.amount_cents,
        "method": status.method_label,
        "asked": spoken_day(status.requested_on),
        "earliest": full_day(status.earliest_on),
        "day": spoken_day(status.done_on or status.decided_on or status.requested_on),
    }
    return say(STATES[status.state], **values, **replies.contact(step.core, turn))
