"""Pay: from a wish in the member's words to a quote read back, with correction, and the answers to it."""

from __future__ import annotations

import re
from datetime import date

from billing_core import attempts, offers, quotes, summary
from billing_core.errors import MethodNotFound
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.quotes import Wish
from billing_core.summary import Summary
from bot.actions import quoting, reading
from bot.actions.say import Say, say
from bot.actions.step import Step
from bot.actions.turn import Turn


class Pay(Step):
    """Opens a quote: the whole amount, today, from the first usable method, unless the member said otherwise."""

    action = "action_pay"
    purpose = "take a payment"

    def answer(self, turn: Turn) -> list[Say]:
        attempts.resolve_open(self.core, turn.account)
        view = summary.of(self.core, turn.account)
        said = wish(turn, view)
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        if said != Wish() and offer is not None and is_open_quote(self, offer):
            return correct(self, turn, offer)
        if turn.intent == "pay_partial" and said == Wish() and view.owed_cents:
            return [say("utter_ask_amount", owed_cents=view.owed_cents)]
        return quote(self, turn, said)


def quote(step: Step, turn: Turn, wished: Wish) -> list[Say]:
    """Open the quote and read it back."""
    opened = quotes.open_payment(
        step.core,
        account_id=turn.account,
        conversation_id=turn.conversation_id,
        turn_id=turn.turn_id,
        wish=wished,
    )
    return quoting.read_back(step.core, opened, turn)


def wish(turn: Turn, view: Summary, base: Payment | None = None) -> Wish:
    """What the member asked for in this message, on top of the open quote where they correct it."""
    amount = _amount(turn, view)
    method = reading.method(turn.text, view.methods, base.method_id if base else None)
    day = reading.day(turn.text, turn.marked.get("date", []), view.today)
    policy_id = reading.policy_id(turn.text, view)
    if base is None:
        return Wish(
            amount_cents=amount.cents if amount else None,
            share=amount.share if amount and amount.share != 1 else None,
            method_id=method.id if method else None,
            pay_on=day,
            policy_id=policy_id,
        )
    whole = amount is not None and amount.share == 1
    kept = None if whole or policy_id is not None else base.amount_cents
    return Wish(
        amount_cents=amount.cents if amount and amount.cents else None if amount else kept,
        share=amount.share if amount and not whole else None,
        method_id=method.id if method else base.method_id,
        pay_on=day or _still_ahead(base.pay_on, view.today),
        policy_id=policy_id or base.policy_id,
    )


def says_nothing_new(turn: Turn, view: Summary) -> bool:
    """Whether a correction names neither amount, method, date nor policy."""
    return wish(turn, view) == Wish() and _amount(turn, view) is None


def correct(step: Step, turn: Turn, offer: Offer) -> list[Say]:
    """Replace the open quote by one with the member's correction in it, or ask what to change."""
    view = summary.of(step.core, turn.account)
    with step.core.read() as session:
        base = session.get_one(Payment, offer.subject_id)
    try:
        if says_nothing_new(turn, view):
            return [say("utter_ask_what_to_change")]
    except MethodNotFound:
        pass
    return quote(step, turn, wish(turn, view, base))


def lapsed(step: Step, turn: Turn, offer: Offer) -> list[Say]:
    """The quote is too old: say so and start again, nothing carried over."""
    quotes.lapse(step.core, offer)
    offers.answer(step.core, offer, turn.turn_id)
    return [say("utter_quote_expired"), *quoting.fresh(step.core, turn)]


def is_open_quote(step: Step, offer: Offer) -> bool:
    """Whether the offer is a quote that may still be corrected."""
    return offer.kind == offers.PAYMENT and offer.closed_at is None and offer.expires_at >= step.core.now()


def _amount(turn: Turn, view: Summary) -> reading.Amount | None:
    """The amount said; the last four digits of a saved method are none."""
    text, marked = turn.text, turn.marked.get("amount", [])
    for row in view.methods:
        text = re.sub(rf"(?<![\d$.,]){row.last4}(?![\d.])", " ", text)
        marked = [value for value in marked if value.strip(" .") != row.last4]
    return reading.amount(text, marked)


def _still_ahead(day: date, today: date) -> date | None:
    return day if day > today else None
