"""How a quote and the outcome of a payment are told: shared by every step that offers or takes a payment."""

from __future__ import annotations

from typing import Any

from billing_core import Core, accounts, attempts, errors, offers, past_due, quotes, summary
from billing_core.attempts import Outcome
from billing_core.authorization import Said
from billing_core.codes import reason
from billing_core.errors import BillingError
from billing_core.money import dollars
from billing_core.offers import Offer
from billing_core.quotes import Quote, Wish
from billing_core.states import PaymentState
from billing_core.summary import Summary
from bot.actions import replies, words
from bot.actions.say import Button, Say, button, full_day, phrase, say, spoken_day
from bot.actions.turn import Turn

# Why no quote could be put beside an answer that was not about paying; the answer stands without it.
QUIET = (errors.PaymentRefused, errors.MethodDisabled, errors.MethodExpired, errors.MethodNotAccepted)


def buttons(quote: Quote) -> list[Button]:
    """The quick replies of a read-back."""
    return [
        button("button_pay", "PAY", amount_cents=quote.amount_cents),
        button("button_change", "CHANGE"),
        button("button_not_now", "BACK"),
    ]


def what_for(quote: Quote) -> str:
    """`January`, `January dental`, `November and December`."""
    if not quote.months:
        return phrase("phrase_your_bill")
    months = words.listed([words.month(month) for month in quote.months])
    return phrase("phrase_months_dental", months=months) if quote.policy_kinds == ("dental",) else months


def when(quote: Quote) -> str:
    """`today`, or `on December 18`."""
    day = spoken_day(quote.pay_on, quote.today)
    return phrase("phrase_today") if quote.pay_on == quote.today else phrase("phrase_on_day", day=day)


def read_back(core: Core, quote: Quote, turn: Turn) -> list[Say]:
    """Amount, method, date and what it covers, with the warning a partial payment needs (G19)."""
    said = []
    left: dict[str, Any] = {"amount_cents": quote.amount_cents, "left_cents": quote.left_cents}
    if quote.left_cents > 0 and quote.in_grace and quote.last_day is not None:
        said.append(say("utter_partial_in_grace", last=full_day(quote.last_day), **left))
    elif quote.left_cents > 0 and quote.in_grace:
        said.append(say("utter_partial_in_grace_unknown", **left, **replies.contact(core, turn)))
    elif quote.left_cents > 0 and not _partial_is_known(core, turn):
        said.append(say("utter_partial_unknown", **left, **replies.contact(core, turn)))
    elif quote.left_cents > 0:
        said.append(
            say(
                "utter_partial",
                due=spoken_day(quote.due_on, quote.today),
                **left,
            )
        )
    if quote.pay_on > max(quote.due_on, quote.today):
        said.append(say("utter_pays_after_due", due=spoken_day(quote.due_on, quote.today)))
    said.append(
        say(
            "utter_quote",
            amount_cents=quote.amount_cents,
            what=what_for(quote),
            method=quote.method_label,
            when=when(quote),
            buttons=buttons(quote),
        )
    )
    return said


def offer_quietly(core: Core, turn: Turn, wish: Wish, *, firm: bool = False) -> Quote | None:
    """A quote beside another answer, or None where none may be offered.

    Raises `PersonNeeded` and `NoUsableMethod`: those the member should hear, whatever was asked.
    """
    if turn.quiet:
        return None
    try:
        return quotes.open_payment(
            core,
            account_id=turn.account,
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            wish=wish,
            firm=firm,
        )
    except (*QUIET, errors.MethodNotFound):
        return None


def outcome(core: Core, result: Outcome, turn: Turn) -> list[Say]:
    """What became of a confirmed payment: paid, scheduled, declined with what can be done, or not known yet."""
    payment = result.payment
    view = summary.of(core, payment.account_id)
    common: dict[str, Any] = {"amount_cents": payment.amount_cents, "method": payment.method.label}
    if payment.state == PaymentState.SETTLED:
        return [paid(core, result, view), *_bank_note(result)]
    if payment.state == PaymentState.CONFIRMED:
        return [say("utter_scheduled", day=spoken_day(payment.pay_on, view.today), **common)]
    if payment.state == PaymentState.REJECTED:
        return declined(core, result, turn)
    return [say("utter_payment_unknown", **common)]


def paid(core: Core, result: Outcome, view: Summary) -> Say:
    """The receipt: amount, confirmation number, and what is left or when the next bill is due.

    In a grace period what counts is the last day to pay, not a due date that has passed (2.2).
    """
    payment = result.payment
    rows = [
        [phrase("phrase_row_paid"), dollars(payment.amount_cents)],
        [phrase("phrase_row_from"), words.term(payment.method.label)],
        [phrase("phrase_row_on"), full_day(payment.resolved_on or view.today)],
        [phrase("phrase_row_confirmation"), payment.confirmation or ""],
    ]
    total = [phrase("phrase_row_still_owed"), dollars(result.left_cents)]
    card = {"kind": "receipt", "title": phrase("phrase_receipt"), "rows": rows, "total": total}
    due_on = result.next_due_on or view.next_invoice.due_on
    least: dict[str, Any] = {}
    if not result.left_cents:
        response = "utter_paid_all" if view.account.profile.due_verified else "utter_paid_all_unknown"
    elif view.grace is not None and view.grace.verified and view.grace.last_day is not None:
        response = "utter_paid_some_in_grace"
        least_cents = past_due.minimum_to_keep(core, payment.account_id).amount_cents or view.grace.clears_cents
        least = {"least_cents": least_cents, "last": full_day(view.grace.last_day)}
    else:
        response = "utter_paid_some_past" if due_on < view.today else "utter_paid_some"
    return say(
        response,
        amount_cents=payment.amount_cents,
        day=spoken_day(payment.resolved_on or view.today),
        confirmation=payment.confirmation,
        left_cents=result.left_cents,
        **least,
        due=spoken_day(due_on, view.today),
        data={"card": card},
    )


def declined(core: Core, result: Outcome, turn: Turn) -> list[Say]:
    """The reason we may tell, that nothing was taken, and the next step the code allows (G24)."""
    payment = result.payment
    row = reason(payment.code or "")
    said = [
        say("utter_declined", amount_cents=payment.amount_cents, method=payment.method.label, reason=row.plain_reason)
    ]
    view = summary.of(core, payment.account_id)
    others = [method for method in view.usable if method.id != payment.method_id]
    again = Wish(
        amount_cents=payment.amount_cents,
        method_id=others[0].id if others else None,
        policy_id=payment.policy_id,
    )
    quote = offer_quietly(core, turn, again, firm=True) if others else None
    if quote is not None:
        said.append(say("utter_pay_with_other", method=quote.method_label, buttons=buttons(quote)))
    else:
        said.append(say("utter_next_step", step=row.member_action))
    return said


def confirm(core: Core, payment_id: str, turn: Turn) -> list[Say]:
    """Take the payment and tell what became of it; a quote that is too old is offered anew, nothing carried over."""
    try:
        said = Said(turn.turn_id, turn.channel, turn.level, language=turn.language)
        return outcome(core, attempts.confirm(core, payment_id, turn.turn_id, said), turn)
    except errors.AmountAboveOwed:
        return [say("utter_owed_changed"), *fresh(core, turn)]


def fresh(core: Core, turn: Turn) -> list[Say]:
    """A new quote for all that is owed, read back."""
    try:
        quote = quotes.open_payment(
            core, account_id=turn.account, conversation_id=turn.conversation_id, turn_id=turn.turn_id
        )
    except BillingError as error:
        return replies.of(core, error, turn)
    return read_back(core, quote, turn)


def _partial_is_known(core: Core, turn: Turn) -> bool:
    return accounts.profile_of(core, turn.account).partial_payment is not None


def _bank_note(result: Outcome) -> list[Say]:
    return [say("utter_bank_note")] if result.payment.method.rail == "ach" else []


def is_open(core: Core, offer: Offer) -> bool:
    """Whether the offer is a quote that may still be corrected."""
    return offer.kind == offers.PAYMENT and offer.closed_at is None and offer.expires_at >= core.now()


def open_quote(core: Core, turn: Turn) -> Quote | None:
    """The payment that waits for a PAY, as it was read back; None where there is none."""
    offer = offers.at_hand(core, turn.conversation_id, turn.turn_id)
    if offer is None or not offer.firm or not is_open(core, offer):
        return None
    return quotes.read_back(core, offer.subject_id)
