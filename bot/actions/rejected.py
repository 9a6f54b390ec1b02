"""Why a payment was rejected, and whether one went through."""

from __future__ import annotations

import re
from typing import Any

from billing_core import attempts, errors, history, summary
from billing_core.payments import Payment
from billing_core.quotes import Wish
from billing_core.states import UNRESOLVED, PaymentState
from billing_core.summary import Rejection, Summary
from bot.actions import months, quoting, replies
from bot.actions.account import next_draft
from bot.actions.say import Say, button, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# A payment that did not go through us: it is known only when it arrives.
_ELSEWHERE = re.compile(
    r"\b(?:checks?|mailed|(?:by|in the) mail|money order|cash|in person|at the (?:bank|office|store)|bill ?pay"
    r"|neighbou?r|(?:mi|el) banco|cheque|giro|por correo|efectivo)\b",
    re.IGNORECASE,
)


class WhyRejected(Step):
    """The reason we may tell, from the code table, and the next step; unauthorized returns go to a person."""

    action = "action_why_rejected"

    def answer(self, turn: Turn) -> list[Say]:
        attempts.resolve_open(self.core, turn.account)
        found = summary.last_rejection(self.core, turn.account)
        if found is None:
            return [say("utter_nothing_rejected")]
        return rejection(self, turn, found)


class PaymentStatus(Step):
    """What became of the newest payment."""

    action = "action_payment_status"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of_answered(self.core, turn.account)
        if not view.payments:
            return [say("utter_no_payment_yet")]
        of_months = months.as_paid(turn, view, history.of(self.core, turn.account))
        if of_months and of_months[0].response == "utter_month_not_paid":
            person = {"handoff": {"reason": "payment error"}}
            return [*of_months, say("utter_noted_for_person", data=person, **replies.contact(self.core, turn))]
        if of_months:
            return of_months
        newest = view.payments[-1]
        if newest.state in (PaymentState.REJECTED, PaymentState.RETURNED):
            found = summary.last_rejection(self.core, turn.account)
            return rejection(self, turn, found) if found else [say("utter_no_payment_yet")]
        return self._stands(turn, view, newest)

    def _stands(self, turn: Turn, view: Summary, newest: Payment) -> list[Say]:
        values: dict[str, Any] = {
            "amount_cents": newest.amount_cents,
            "method": newest.method.label,
            "day": spoken_day(newest.resolved_on or newest.pay_on, view.today),
            "confirmation": newest.confirmation or "",
        }
        if newest.state == PaymentState.CONFIRMED:
            replies.offer_to_drop(self.core, turn, newest.id)
            return [say("utter_scheduled", buttons=[button("button_drop", "DROP IT")], **values)]
        if newest.state in UNRESOLVED:
            return [say("utter_payment_unresolved", amount_cents=newest.amount_cents)]
        said = []
        if quoting.open_quote(self.core, turn) is not None:
            said.append(say("utter_not_charged_yet"))
        elif _ELSEWHERE.search(turn.text):
            said.append(say("utter_elsewhere_takes_days"))
        said += [say("utter_refunded" if newest.state == PaymentState.REFUNDED else "utter_went_through", **values)]
        if newest.method.rail == "ach" and newest.resolved_on == view.today:
            said.append(say("utter_bank_note"))
        doomed = view.autopay.next_draft is not None and not view.autopay.method_outlives_draft
        return said + (next_draft(view) if doomed else [])


def rejection(step: Step, turn: Turn, found: Rejection) -> list[Say]:
    """The story of a failed payment: what, when, why, what is owed now, and what can be done."""
    payment = found.payment
    day = spoken_day(payment.resolved_on or payment.pay_on)
    values: dict[str, Any] = {"amount_cents": payment.amount_cents, "method": payment.method.label, "day": day}
    if found.needs_person:
        contact = replies.contact(step.core, turn)
        return [say("utter_returned_person", data={"handoff": {"reason": "unauthorized return"}}, **values, **contact)]
    said = [
        say("utter_was_returned" if found.bounced else "utter_was_declined", reason=found.row.plain_reason, **values)
    ]
    if not found.still_owed_cents or found.due_on is None:
        return [*said, say("utter_nothing_owed_now")]
    return said + _next(step, turn, found)


def _next(step: Step, turn: Turn, found: Rejection) -> list[Say]:
    view = summary.of(step.core, turn.account)
    owed: dict[str, Any] = {
        "owed_cents": found.still_owed_cents,
        "due": spoken_day(found.due_on or view.today, view.today),
    }
    late = found.due_on is not None and found.due_on < view.today
    said = [say("utter_still_owed_past" if late else "utter_still_owed", **owed)]
    wish = Wish(method_id=found.other_methods[0].id) if found.other_methods else Wish()
    try:
        quote = quoting.offer_quietly(step.core, turn, wish)
    except (errors.NoUsableMethod, errors.PersonNeeded):
        quote = None
    if quote is None:
        return [*said, say("utter_next_step", step=found.row.member_action)]
    same = quote.method_label == found.payment.method.label
    again = "utter_try_same_again" if same else "utter_pay_with_other_or_later"
    if not same and found.row.retryable != "later":
        again = "utter_pay_with_other"
    return [
        *said,
        say(again, method=quote.method_label, old=found.payment.method.label, buttons=quoting.buttons(quote)),
    ]
