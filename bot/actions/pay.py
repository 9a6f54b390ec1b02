"""Pay: from a wish in the member's words to a quote read back, with correction, and the answers to it."""

from __future__ import annotations

import re
from dataclasses import replace

from billing_core import attempts, guests, offers, quotes, summary
from billing_core.errors import MethodNotFound, PayDatePast, PayDateTooLate, PolicyNotFound, RefusedByRule
from billing_core.offers import Offer
from billing_core.payments import Payment
from billing_core.quotes import Wish
from billing_core.states import PaymentState
from billing_core.summary import Summary
from bot.actions import months, quoting, reading, replies, rest, unfinished
from bot.actions.account import owed
from bot.actions.say import Say, say
from bot.actions.step import Step
from bot.actions.turn import Turn

_ORDER = re.compile(
    r"\W*(?:(?:yes|yeah|yep|ok|okay|sure|please|go ahead|and|lets|let'?s|s[ií])\W+)*"
    r"(?:pay|p[aá]g(?:alo|uelo|ar))\b(?:\W+(?:it|that|this|now|please|ahora|por favor))*\W*",
    re.IGNORECASE,
)
INTENTS = ("pay_bill", "pay_partial")
# All policies of an account that has several.
_BOTH = re.compile(r"\b(?:both|each|all)(?: of (?:them|the (?:policies|plans|bills)))?\b")


_KIN = (
    r"(?:mom|mother|dad|father|parents?|son|daughter|kids?|child(?:ren)?|sister|brother|wife|husband|spouse|partner|"
    r"boyfriend|girlfriend|friend|aunt|uncle|niece|nephew|grand(?:ma|pa|mother|father|son|daughter)|church|family)"
)
_KIN_ES = r"(?:mam[aá]|madre|pap[aá]|padre|hij[oa]s?|herman[oa]|espos[oa]|pareja|amig[oa]|t[ií][oa]|familia|iglesia)"
# Somebody else is to pay, or a link is wanted that can be handed on.
_BY_ANOTHER = re.compile(
    rf"\b(?:(?:someone|somebody|anyone) else|my {_KIN})\s+"
    r"(?:(?:can|could|will|would|to|wants? to|is going to|may)\s+)*pay"
    rf"|\bpay(?:ment)?[\s-]?link\b|\blink\b.{{0,30}}\b(?:pay for me|(?:they|she|he|{_KIN}) can pay)"
    rf"|\b(?:otra persona|alguien m[aá]s|mi {_KIN_ES})\s+(?:(?:puede|podr[ií]a|quiere|va a)\s+)*pag(?:ar|ue|a)\b"
    r"|\benlace (?:de|para) pag|\bwho (?:else )?can pay\b|\bqui[eé]n (?:m[aá]s )?puede pagar\b",
    re.IGNORECASE,
)

_HAS_NO_OTHER = re.compile(
    r"\b(?:don'?t|dont|do not) have (?:an?other|any other|a different)|\bno tengo (?:otra|otro|mas)\b", re.IGNORECASE
)

# What is to be changed, named without what it is to be.
_PARTS = [
    (re.compile(rf"\W*(?:(?:change|just|the|my|el|la|de|cambiar)\W+)*{words}\W*", re.IGNORECASE), reply)
    for words, reply in (
        (r"(?:day|date|d[i\u00ed]a|fecha)", "utter_ask_which_day"),
        (r"(?:amount|cantidad|monto)", "utter_ask_amount"),
    )
]


class Pay(Step):
    """Opens a quote: the whole amount, today, from the first usable method, unless the member said otherwise."""

    action = "action_pay"
    purpose = "pay"
    changes = True
    topic = True
    act = "pay|charge|process|submit|send|take (?:the |my |a |any )?(?:payment|money)|make (?:the |a |any )?payments?"
    offer_kind = offers.PAYMENT

    def answer(self, turn: Turn) -> list[Say]:
        if _BY_ANOTHER.search(turn.text):
            return by_another(self, turn)
        view = summary.of_answered(self.core, turn.account)
        missing = months.not_owed(turn, view)
        if missing:
            return missing + ([owed(view, view.open)] if view.open else [])
        first, later = rest.per_policy(turn, view) or rest.cut(turn)
        if later is not None and not says_nothing_new(first, view) and _amount(first, view) is not None:
            # "50 now and the rest on friday": the second waits until the first is done.
            after = [say("utter_after_that", what=rest.named(later.text))] if rest.keep(self, turn, later, view) else []
            return [*self.answer(first), *after]
        try:
            wished = wish(turn, view)
        except MethodNotFound:
            # Another card may be named next: "half by debit card", and then "ok from checking".
            amount, day = _amount(turn, view), reading.day(turn.text, turn.marked.get("date", []), view.today)
            if amount is not None and amount.share != 1:
                unfinished.keep(turn, Wish(amount_cents=amount.cents, share=amount.share), day=day)
            raise
        said = unfinished.completed(turn, view, wished, names_amount=_names_amount(turn, view))
        unclear = unfinished.which(turn, view, said)
        if unclear:
            return unclear
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        if offer is not None and quoting.is_open(self.core, offer) and (said != Wish() or _everything(turn, view)):
            return correct(self, turn, offer)
        affirm = self.other("affirm")
        if offer is not None and quoting.is_open(self.core, offer) and offer.firm and orders(turn.text) and affirm:
            # It was read back with PAY as the word for it, and they say so in more words.
            return affirm.answer(turn)
        if turn.intent == "pay_partial" and says_nothing_new(turn, view) and view.owed_cents:
            return [say("utter_ask_amount", owed_cents=view.owed_cents)]
        if view.owed_cents and reading.day_is_unclear(turn.text, turn.marked.get("date", []), view.today, view.due_on):
            # "When i get paid": it is not taken today instead, and what else was said is kept for the day to come.
            unfinished.keep(turn, said)
            return [say("utter_ask_which_day")]
        return months.oldest_first(turn, view) + quote(self, turn, said)

    def reply(self, turn: Turn) -> list[Say]:
        """A payment that is said to be made already is looked for; another one is not begun."""
        told = self.other("report_payment_error") if not turn.exact and reading.says_paid(turn.text) else None
        if told is not None:
            return told.reply(turn)
        return super().reply(replace(turn, ranking=()) if _BY_ANOTHER.search(turn.text) else turn)

    def refused(self, turn: Turn) -> bool:
        """ "Don't pay it with the visa" and "don't take it before friday" refuse a way and a day, not the payment."""
        refuses = super().refused(turn) or (not turn.exact and reading.refuses_to_pay_in_spanish(turn.text))
        if not refuses or turn.account_id is None or not turn.at_least(self.needs):
            return refuses
        view = summary.of(self.core, turn.account)
        return says_nothing_new(turn, view) and reading.shunned_method(turn.text, view.methods) is None


def by_another(step: Step, turn: Turn) -> list[Say]:
    """A link by which somebody else pays what is due, and learns of nothing else; who that is, is not asked (2.8)."""
    attempts.resolve_open(step.core, turn.account)
    try:
        due_cents = guests.payable_cents(step.core, turn.account)
    except RefusedByRule as refused:
        unknown = refused.rule == "unknown"
        name = "utter_pay_link_unknown" if unknown else "utter_pay_link_refused"
        return [say(name, **replies.contact(step.core, turn))]
    return [say("utter_pay_link", data={"secure_link": {"purpose": "pay", "amount_cents": due_cents}})]


def orders(text: str) -> bool:
    """Whether the text says to pay and nothing else: "yes, pay it now please"."""
    return _ORDER.fullmatch(text) is not None


def quote(step: Step, turn: Turn, wished: Wish) -> list[Say]:
    """Open the quote and read it back. Where only its day is refused, the rest of the wish is kept in mind."""
    try:
        opened = quotes.open_payment(
            step.core,
            account_id=turn.account,
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            wish=wished,
        )
    except (PayDatePast, PayDateTooLate):
        unfinished.keep(turn, wished)
        raise
    return quoting.read_back(step.core, opened, turn)


def wish(turn: Turn, view: Summary, base: Payment | None = None) -> Wish:
    """What the member asked for in this message, on top of the open quote where they correct it."""
    policy_id = reading.policy_id(turn.text, view)
    amount = _amount(turn, view) or _amount_of_months(turn, view, policy_id)
    method_id = _method_id(turn, view, base.method_id if base else None)
    day = reading.day(turn.text, turn.marked.get("date", []), view.today, view.due_on)
    whole = amount is not None and amount.share == 1
    cents, share = (amount.cents, None if whole else amount.share) if amount else (None, None)
    everything = _everything(turn, view)
    added_cents = reading.added_cents(turn.text) if base is not None else None
    if base is not None and added_cents is not None and base.amount_cents + added_cents > 0:
        cents, share = base.amount_cents + added_cents, None
    if base is None:
        return Wish(amount_cents=cents, share=share, method_id=method_id, pay_on=day, policy_id=policy_id)
    return Wish(
        amount_cents=cents if amount or everything or policy_id is not None else base.amount_cents,
        share=share,
        method_id=method_id or base.method_id,
        pay_on=day or unfinished.still_ahead(base.pay_on, view.today),
        policy_id=None if everything else policy_id or base.policy_id,
    )


def says_nothing_new(turn: Turn, view: Summary) -> bool:
    """Whether a message names neither amount, method, date, month nor policy that can be acted on."""
    try:
        return wish(turn, view) == Wish() and _amount(turn, view) is None and not _everything(turn, view)
    except (MethodNotFound, PolicyNotFound):
        return False


def differs(step: Step, turn: Turn, offer: Offer) -> bool:
    """Whether the message names anything that is not as the open quote has it."""
    view = summary.of(step.core, turn.account)
    if says_nothing_new(turn, view):
        return False
    with step.core.read() as session:
        base = session.get_one(Payment, offer.subject_id)
    try:
        asked = wish(turn, view, base)
    except (MethodNotFound, PolicyNotFound):
        return True
    amount_cents = view.owed_cents if asked.amount_cents is None and asked.share is None else asked.amount_cents
    same_day = (asked.pay_on or view.today) == max(base.pay_on, view.today)
    same = (amount_cents, asked.method_id, asked.policy_id) == (base.amount_cents, base.method_id, base.policy_id)
    return not (same and same_day)


def correct(step: Step, turn: Turn, offer: Offer) -> list[Say]:
    """Replace the open quote by one with the member's correction in it, or ask what to change."""
    view = summary.of(step.core, turn.account)
    with step.core.read() as session:
        base = session.get_one(Payment, offer.subject_id)
    both = rest.beside(step, turn, view, quotes.read_back(step.core, base.id))
    if both is not None:
        return both
    if reading.day_is_unclear(turn.text, turn.marked.get("date", []), view.today, view.due_on):
        return [say("utter_ask_which_day")]
    unclear = unfinished.which(
        turn, view, Wish(amount_cents=base.amount_cents, method_id=base.method_id, pay_on=base.pay_on)
    )
    if unclear:
        return unclear
    if _HAS_NO_OTHER.search(turn.text):
        return quoting.read_back(step.core, quotes.read_back(step.core, base.id), turn)
    if says_nothing_new(turn, view) and reading.shunned_method(turn.text, view.methods) is None:
        part = next((reply for words, reply in _PARTS if words.fullmatch(turn.text)), "utter_ask_what_to_change")
        return [say(part, owed_cents=view.owed_cents)]
    wished = unfinished.completed(turn, view, wish(turn, view, base), names_amount=_names_amount(turn, view))
    return months.not_owed(turn, view) or months.oldest_first(turn, view) + quote(step, turn, wished)


def lapsed(step: Step, turn: Turn, offer: Offer) -> list[Say]:
    """The quote is too old: say so and start again, nothing carried over."""
    quotes.lapse(step.core, offer)
    offers.answer(step.core, offer, turn.turn_id)
    return [say("utter_quote_expired"), *quoting.fresh(step.core, turn)]


def _amount(turn: Turn, view: Summary) -> reading.Amount | None:
    held_cents = reading.withheld_cents(turn.text)
    if held_cents is not None and 0 < held_cents < view.owed_cents:
        return reading.Amount(cents=view.owed_cents - held_cents)
    return reading.amount(turn.text, turn.marked.get("amount", []), [row.last4 for row in view.methods])


def _amount_of_months(turn: Turn, view: Summary, policy_id: int | None) -> reading.Amount | None:
    cents = months.amount_cents(turn, view, policy_id)
    return reading.Amount(cents=cents) if cents else None


def _everything(turn: Turn, view: Summary) -> bool:
    """Whether the member wants all that is owed, on every policy."""
    amount = _amount(turn, view)
    several = len(view.account.policies) > 1 and _BOTH.search(reading.kept(turn.text)) is not None
    return (several or (amount is not None and amount.share == 1)) and reading.policy_id(turn.text, view) is None


def _method_id(turn: Turn, view: Summary, current_id: int | None) -> int | None:
    """The method named, or another one than that which is not wanted; raises `MethodNotFound` where there is none."""
    method = reading.method(turn.text, view.methods, current_id)
    if method is not None:
        # "The other one", said where another was offered after one had failed, is the one offered.
        last = view.payments[-1] if view.payments else None
        failed = last is not None and last.state == PaymentState.REJECTED and last.method_id == method.id
        return current_id if failed and current_id is not None and reading.names_other(turn.text) else method.id
    shunned = reading.shunned_method(turn.text, view.methods)
    default = view.usable[0].id if view.usable else None
    if shunned is None or shunned.id != (current_id or default):
        return None
    rest = [row.id for row in view.usable if row.id != shunned.id]
    if not rest:
        raise MethodNotFound("other")
    return rest[0]


def _names_amount(turn: Turn, view: Summary) -> bool:
    return _amount(turn, view) is not None or _everything(turn, view)
