"""Answers that need no account: greetings, what can be done, ways to pay, fees, a person, and not having understood."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from billing_core import accounts, offers, profiles, summary
from billing_core.profiles import Profile
from bot.actions import choices, pay, quoting, reading, replies, rest, unfinished, wishes, words
from bot.actions.say import Button, Say, button, say
from bot.actions.step import DEFAULT_PROFILE, Step
from bot.actions.turn import Turn

_BARE_AMOUNT = re.compile(r"\$?\s?\d[\d,]*(\.\d{1,2})?\s*(dollars?|bucks?)?\s*[.!]?", re.IGNORECASE)

# The profile's fact without which the answer is not known: `utter_<intent>_unknown` is said then.
ASKS_FOR = {"ask_mail_payment_address": "mail_address"}
# What a person should hear of when it is answered, and why.
NOTED = {"complain": "complaint"}


_LATE = re.compile(
    r"\b(?:late|overdue|penalt\w+|bounc\w+|returned|nsf"
    r"|devuel\w+|rebot\w+|mora|tard[ei]\w*|atras\w+|multa)\b",
    re.IGNORECASE,
)


class Fixed(Step):
    """Says the response that bears the intent's name: `thank` says `utter_thank`. Facts come from the profile only."""

    action = "action_answer"
    needs = "L0"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        if turn.intent == "change_autopay_date" and self._pays_by_hand(turn):
            return pay.Pay(self.core).reply(turn)
        profile = profile_of(self, turn)
        fact = ASKS_FOR.get(turn.intent)
        unknown = fact is not None and getattr(profile, fact) is None
        by_post = words.terms(method.label for method in profile.methods if method.channel == "post")
        reason = NOTED.get(turn.intent)
        return [
            say(
                f"utter_{turn.intent}_unknown" if unknown else f"utter_{turn.intent}",
                buttons=_menu() if turn.intent in ("greet", "ask_capabilities") else [],
                data={"handoff": {"reason": reason}} if reason else None,
                address=profile.mail_address,
                by_post=words.listed(by_post) if by_post else "",
                **replies.contact_of(profile),
            )
        ]

    def _pays_by_hand(self, turn: Turn) -> bool:
        """Whether a day is named by somebody without autopay who owes something: it is for a payment then."""
        if turn.account_id is None or not turn.at_least("L2"):
            return False
        view = summary.of(self.core, turn.account)
        named = reading.day(turn.text, turn.marked.get("date", []), view.today, view.due_on)
        return view.autopay.enrollment is None and view.owed_cents > 0 and named is not None


class AcceptedMethods(Step):
    """Every way to pay that the issuer takes, with equal weight (45 CFR 156.1240, G18)."""

    action = "action_accepted_methods"
    needs = "L0"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        profile = profile_of(self, turn)
        ways = words.listed(words.terms(method.label for method in profile.methods))
        contact = replies.contact_of(profile)
        said = [say("utter_accepted_methods", methods=ways, **contact)]
        if profile.methods_unknown:
            unknown = words.terms(profiles.METHOD_NAMES[kind] for kind in profile.methods_unknown)
            said.append(say("utter_methods_unknown", methods=words.listed(unknown), **contact))
        return said


class Fees(Step):
    """What paying costs: nothing where the profile says so, unknown where it does not (G16, S21, S23)."""

    action = "action_fees"
    needs = "L0"
    returns_to_offer = True
    unknown: ClassVar[str] = "utter_fee_unknown"
    none: ClassVar[str] = "utter_no_fee"
    late: ClassVar[str | None] = "utter_late_fee_unknown"
    some: ClassVar[str] = "utter_fee"

    def answer(self, turn: Turn) -> list[Say]:
        profile = profile_of(self, turn)
        fee_cents, contact = profile.convenience_fee_cents, replies.contact_of(profile)
        if self.late is not None and _LATE.search(turn.text):
            # What the profile tells is a fee for paying; what paying late costs it does not know.
            return [say(self.late, **contact)]
        if fee_cents is None:
            return [say(self.unknown, **contact)]
        return [say(self.some if fee_cents else self.none, fee_cents=fee_cents, **contact)]


class WaiveFee(Fees):
    """Asked to let a fee go: there is none from us, or a person has to look at it (S21)."""

    action = "action_waive_fee"
    unknown = "utter_fee_unknown"
    none = "utter_no_fee_to_waive"
    late = None
    some = "utter_fee_not_waived"


class Person(Step):
    """The member asks for a person: how to reach one, and a note that they asked."""

    action = "action_person"
    needs = "L0"

    def answer(self, turn: Turn) -> list[Say]:
        data = {"handoff": {"reason": "asked for a person"}}
        return [say("utter_request_human", data=data, **replies.contact(self.core, turn))]


class Repeat(Step):
    """Says the last reply again. The channel has it, word for word, buttons and all; Rasa may have forgotten it."""

    action = "action_repeat"
    needs = "L0"

    def answer(self, turn: Turn) -> list[Say]:
        return [Say(None, data={"repeat": True})]


_TO_ZERO = re.compile(r"\bzero(?: \w+){0,3} out\b|\bto zero\b|\bwipe out (?:my|the) balance\b", re.IGNORECASE)


class OptOut(Step):
    """No more texts, asked for in other words than STOP: the channel does and says what it does for STOP (4.1)."""

    action = "action_opt_out"
    needs = "L0"

    def answer(self, turn: Turn) -> list[Say]:
        if _TO_ZERO.search(turn.text):
            # "Zero me out" asks for the balance to be paid; no text must stop because of it.
            return pay.Pay(self.core).reply(replace(turn, intent="pay_bill", ranking=()))
        if turn.channel == "sms":
            return [Say(None, data={"opt": "out"})]
        return [say("utter_opt_out", **replies.contact(self.core, turn))]


# Below this a message is not about something else: it was not understood. What is plainly elsewhere has 0.95 and more.
SURELY_ELSEWHERE = 0.8
_THE_OTHER_ONE = re.compile(r"\W*(?:(?:and|y|what about)\W+)*(?:the other|el otro|la otra)(?: one)?\W*", re.IGNORECASE)
# So short a message in the middle of a payment is about it where it names anything of a payment.
A_CORRECTION_WORDS = 5


class Misunderstood(Step):
    """Nothing fits: a correction or a bare amount is taken as one, close readings are asked about, then a person.

    The first time a member hears what can be done here, the second time in a row a person is brought in.
    """

    action = "action_misunderstood"
    needs = "L0"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        known = turn.account_id is not None and turn.at_least("L2")
        if known and _BARE_AMOUNT.fullmatch(turn.text.strip()):
            said = replace(turn, marked={"amount": [turn.text]}, intent="pay_partial", ranking=())
            return pay.Pay(self.core).answer(said)
        if known and turn.memory.wish and unfinished.resumes(turn, summary.of(self.core, turn.account)):
            return pay.Pay(self.core).answer(turn)
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        elsewhere = turn.intent == "out_of_scope" and (not turn.ranking or turn.ranking[0][1] >= SURELY_ELSEWHERE)
        short = not elsewhere and len(turn.text.split()) <= A_CORRECTION_WORDS
        about_it = turn.intent != "out_of_scope" or short or rest.cut(turn)[1] is not None
        if known and about_it and offer is not None and quoting.is_open(self.core, offer):
            # In the middle of a payment, an amount, a day or a method is a correction, however it is put.
            view = summary.of(self.core, turn.account)
            if not pay.says_nothing_new(turn, view) or reading.shunned_method(turn.text, view.methods):
                return pay.correct(self, turn, offer)
        if known and not elsewhere:
            goes_on = self._goes_on(turn)
            if goes_on:
                return goes_on
        contact = replies.contact(self.core, turn)
        if elsewhere:
            return [say("utter_out_of_scope", buttons=_menu(), **contact)]
        choosing = offer is not None and offer.kind == offers.CHOICE and len(turn.memory.choice) == 2
        wanted = choices.chosen(turn) if choosing else None
        if wanted is not None and offer is not None:
            said_of_it = wishes.take_up(self, turn, wanted)
            if not wishes.asks_for_a_code(said_of_it):
                offers.answer(self.core, offer, turn.turn_id)
                turn.memory.choice = []
            return said_of_it
        if turn.misunderstandings:
            data = {"misunderstood": True, "handoff": {"reason": "misunderstood twice"}}
            return [say("utter_misunderstood_again", data=data, **contact)]
        asked = choices.ask(self, turn) if choosing else choices.between(self, turn)
        if asked is not None:
            return [*asked, Say(None, data={"misunderstood": True})] if choosing else asked
        return [say("utter_misunderstood", buttons=_menu(), data={"misunderstood": True}, **contact)]

    def _goes_on(self, turn: Turn) -> list[Say]:
        """What follows from an answer about paying ("la mitad", "y el otro?"), or two payments that name no act."""
        view = summary.of(self.core, turn.account)
        first, later = rest.cut(turn)
        several = later is not None and reading.amount(first.text) is not None
        if not view.owed_cents or not (several or turn.memory.topic in pay.INTENTS):
            return []
        change = self.other("change")
        if _THE_OTHER_ONE.fullmatch(turn.text) and change is not None:
            return change.reply(turn)
        if pay.says_nothing_new(turn, view):
            return []
        return pay.Pay(self.core).reply(replace(turn, intent="pay_bill", ranking=()))


def _menu() -> list[Button]:
    """What can be asked, as quick replies."""
    return [
        button("button_owed", "how much do i owe"),
        button("button_pay_bill", "pay my bill"),
        button("button_autopay_on", "set up autopay"),
        button("button_rejected", "why was my payment rejected"),
    ]


def profile_of(step: Step, turn: Turn) -> Profile:
    """The issuer's rules for who speaks, or those a stranger's question is answered from."""
    if turn.account_id is None:
        return profiles.get(DEFAULT_PROFILE)
    return accounts.profile_of(step.core, turn.account_id)
