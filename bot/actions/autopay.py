"""Autopay in conversation: on, off, how it stands, and which method it uses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from billing_core import Core, enrolling, offers, summary
from billing_core.autopay import Enrollment
from billing_core.enrolling import Ended
from billing_core.invoices import next_due_on
from billing_core.offers import OfferTerms
from billing_core.summary import Summary
from bot.actions import quoting, reading, replies
from bot.actions.account import draft_values
from bot.actions.methods import how_to_add
from bot.actions.reading.ranges import amount_range
from bot.actions.say import Say, button, full_day, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

_AUTOMATIC = re.compile(r"auto|enrol|inscri|domicili", re.IGNORECASE)
# "When is my next autopay, and how much": the answer to the first tells the second.
_AND_HOW_MUCH = re.compile(
    r"\W*(?:(?:and|y|for|por|de)\W+)*(?:how much|what(?:'s| is)? (?:the )?amount|cu[aá]nto)"
    r"(?:\W+(?:is|will|would|does|it|that|be|for|cost|take|es|ser[aá]|sale|va|a|ser|me|van?|cobran?|cobrar))*\W*",
    re.IGNORECASE,
)
_NAMES_PAYMENT = re.compile(r"^(?!.*\bauto).*\b(?:payment|charge|transaction)\b")


_ON = re.compile(
    r"\b(?:turn(?:ing)? (?:it |autopay |auto ?pay )?on|set(?:ting)? ?up|enroll?|sign (?:me )?up|start|activ\w*"
    r"|pon(?:er|ga|gan|erme)"
    r"|quiero (?:el |los )?(?:pagos?|cobros?) auto\w*)\b",
    re.IGNORECASE,
)
_OFF = re.compile(
    r"\b(?:cancel\w*|off|stop|end|disable|remove|drop|unenroll|get out|out of|quit\w*|ap[aá]g\w*|pare\w*"
    r"|detener|deten\w*|baja|desactiv\w*"
    r"|ya no|no (?:me|quiero)|don'?t|dont|do not|no more|no longer|elimin\w*|borr\w*|termin\w*|dej\w*|suspend\w*"
    r"|never|nunca|did ?n[o']?t|wasn'?t|won'?t|without|sin|mistake|error|why|por qu[eé])\b",
    re.IGNORECASE,
)


_NOT_ON = re.compile(
    r"\bno (?:(?:me|lo|quiero|deseo|que) )*(?:pong\w+|activ\w+|inscrib\w+|el (?:pago|cobro) auto\w+)", re.IGNORECASE
)


def wants_on(text: str) -> bool:
    """Whether the text asks to turn autopay on, whatever else it says of a month to leave out."""
    return _ON.search(text) is not None and _OFF.search(text) is None


class SetUpAutopay(Step):
    """Reads the authorization out; nothing is on until the member agrees to it."""

    action = "action_autopay_on"
    needs = "L3"
    purpose = "autopay"
    changes = True
    act = "set ?up|turn (?:it |autopay )?on|enroll?|sign(?: me)? up|start|enable|activate|auto ?pay|automatic"
    offer_kind = offers.AUTOPAY

    def refused(self, turn: Turn) -> bool:
        """In Spanish too: "no me ponga el pago automático"."""
        return super().refused(turn) or (not turn.exact and _NOT_ON.search(turn.text) is not None)

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        method = reading.method(turn.text, view.methods)
        return offer(self, turn, method.id if method else None)


class CancelAutopay(Step):
    """Turns autopay off, or tells the lock in the member's own dates with what can be done instead."""

    action = "action_autopay_off"
    needs = "L3"
    purpose = "autopay"
    changes = True
    act = "cancel|turn (?:it |autopay |auto ?pay )?off|end|stop|disable|remove|drop"

    def reply(self, turn: Turn) -> list[Say]:
        turn_on = self.other("setup_autopay")
        if turn_on is not None and not turn.exact and _AUTOMATIC.search(turn.text) and not _OFF.search(turn.text):
            known = turn.account_id is not None and turn.at_least("L2")
            if known and summary.of(self.core, turn.account).autopay.enrollment is None:
                # Nothing is on that could be turned off, and nothing says so.
                return turn_on.reply(replace(turn, intent="setup_autopay", ranking=()))
        offer = offers.at_hand(self.core, turn.conversation_id, turn.turn_id)
        payment = offer is not None and offer.kind in (offers.PAYMENT, offers.SCHEDULED)
        deny = self.other("deny")
        if deny is None or not payment or not _NAMES_PAYMENT.search(turn.text.casefold()):
            return super().reply(turn)
        # "Stop the payment", said beside one, is about that one; autopay goes on and is named.
        return [*deny.reply(replace(turn, intent="cancel")), say("utter_autopay_kept")]

    def stop_for_identity(self, turn: Turn, level: str) -> list[Say] | None:
        """No code where autopay is off already: nothing would be changed."""
        known = turn.account_id is not None and turn.at_least("L2")
        off = known and summary.of(self.core, turn.account).autopay.enrollment is None
        return super().stop_for_identity(turn, "L2" if off else level)

    def answer(self, turn: Turn) -> list[Say]:
        ended = enrolling.cancel(
            self.core, account_id=turn.account, conversation_id=turn.conversation_id, turn_id=turn.turn_id
        )
        view = summary.of(self.core, turn.account)
        # Delivery stays as it is, and the way back to paper is named (G14).
        by_mail = [say("utter_paper_again")] if view.account.delivery == "email" else []
        return [
            say(
                "utter_autopay_ended",
                draft=spoken_day(_none_on(ended, view), view.today),
                amount_cents=ended.by_hand_cents,
                due=spoken_day(ended.by_hand_due_on, view.today),
                delivery=replies.by(view.account.delivery),
            ),
            *by_mail,
        ]


def _none_on(ended: Ended, view: Summary) -> date:
    """The day of the draft that will not run: of what is past due already, the next one."""
    due = ended.by_hand_due_on
    return due if due >= view.today else next_due_on(view.account.profile, view.today)


class AutopayStatus(Step):
    """Whether autopay is on, from what, and when the next draft runs."""

    action = "action_autopay_status"
    topic = True
    returns_to_offer = True

    def tells_too(self, turn: Turn, said: str) -> bool:
        if turn.account_id is None or not turn.at_least("L2") or not _AND_HOW_MUCH.fullmatch(said):
            return False
        return summary.of(self.core, turn.account).autopay.next_draft is not None

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        enrollment, draft = view.autopay.enrollment, view.autopay.next_draft
        if (
            enrollment is None
            and (quote := quoting.open_quote(self.core, turn)) is not None
            and not _AUTOMATIC.search(turn.text)
        ):
            # "When would it come out", said beside a payment, is about that payment.
            return [say("utter_would_be_taken", amount_cents=quote.amount_cents, when=quoting.when(quote))]
        if enrollment is None and offers.kind_at_hand(self.core, turn.conversation_id) == offers.AUTOPAY:
            # Asked beside the authorization, it is about what that says.
            return offer(self, turn, _offered_method(self, turn))
        if enrollment is None:
            waiting = [
                say("utter_scheduled_is", amount_cents=row.amount_cents, day=spoken_day(row.pay_on, view.today))
                for row in view.scheduled
            ]
            return [*waiting, say("utter_autopay_is_off", buttons=[button("button_autopay_on", "set up autopay")])]
        if draft is None:
            return [ending(view)]
        said = [say("utter_autopay_is_on", **draft_values(view))]
        if not view.autopay.method_outlives_draft:
            said.append(
                say(
                    "utter_draft_will_fail",
                    method=enrollment.method.label,
                    expires=enrollment.method.expires,
                    draft=spoken_day(draft.due_on),
                )
            )
        if enrollment.pending == "cancel":
            said.append(ending(view))
        elif enrollment.pending is not None and enrollment.pending_method:
            said.append(changing(view, enrollment.pending_method.label))
        return said


class ChangeMethod(Step):
    """Moves autopay to another saved method; new cards and accounts are typed into a secure page only."""

    action = "action_change_method"
    needs = "L2"
    changes = True
    act = "change|switch|move|update|replace"
    offer_kind = offers.METHOD_CHANGE
    purpose = "method"

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        enrollment = view.autopay.enrollment
        if enrollment is None:
            return how_to_add(self, turn, view)
        method = reading.method(turn.text, view.methods, enrollment.method_id)
        others = [row for row in view.usable if row.id != enrollment.method_id]
        if method is None or method.id == enrollment.method_id:
            if len(others) != 1:
                return how_to_add(self, turn, view)
            method = others[0]
        stopped = self.stop_for_identity(turn, "L3")
        if stopped is not None:
            return stopped
        if view.autopay.lock is not None:
            # Inside the lock the refusal comes at once, with the offer to do it on the first open day.
            enrolling.change_method(
                self.core,
                account_id=turn.account,
                conversation_id=turn.conversation_id,
                turn_id=turn.turn_id,
                method_id=method.id,
            )
        offers.put(
            self.core,
            conversation_id=turn.conversation_id,
            account_id=turn.account,
            turn_id=turn.turn_id,
            terms=OfferTerms(offers.METHOD_CHANGE, str(method.id), {"AGREE": "affirm", "BACK": "cancel"}),
        )
        return [
            say(
                "utter_offer_method_change",
                old=enrollment.method.label,
                new=method.label,
                buttons=[button("button_agree", "AGREE"), button("button_not_now", "BACK")],
            )
        ]


def offer(step: Step, turn: Turn, method_id: int | None) -> list[Say]:
    """Put the authorization on the table: its literal text is what is said (DOMAIN 3.2).

    With a range of amounts in the message, only amounts outside it are told ahead; in the page that is asked (G8).
    """
    agreed = amount_range(turn.text)
    terms = enrolling.offer(
        step.core,
        account_id=turn.account,
        conversation_id=turn.conversation_id,
        turn_id=turn.turn_id,
        method_id=method_id,
        agreed=agreed,
        language=turn.language,
    )
    said = [] if agreed is not None or turn.channel != "web" else [say("utter_autopay_range")]
    if terms.pay_by_hand_cents and terms.pay_by_hand_by is not None:
        said.append(
            say(
                "utter_pay_this_one_by_hand", amount_cents=terms.pay_by_hand_cents, due=spoken_day(terms.pay_by_hand_by)
            )
        )
    agree = [button("button_agree", "AGREE"), button("button_not_now", "BACK")]
    return [say("utter_autopay_authorization", authorization=terms.text, buttons=agree), *said]


def _offered_method(step: Step, turn: Turn) -> int | None:
    """The method of the authorization on the table."""
    at_hand = offers.at_hand(step.core, turn.conversation_id, turn.turn_id)
    if at_hand is None:
        return None
    with step.core.read() as session:
        return session.get_one(Enrollment, at_hand.subject_id).method_id


def ending(view: Summary) -> Say:
    """On which day autopay ends, or that the day is not known yet."""
    if view.autopay.pending_on is None:
        return say("utter_autopay_ending_open")
    return say("utter_autopay_ending", ends=full_day(view.autopay.pending_on))


def changing(view: Summary, method: str) -> Say:
    """On which day autopay moves to the other method, or that the day is not known yet."""
    if view.autopay.pending_on is None:
        return say("utter_autopay_changing_open", method=method)
    return say("utter_autopay_changing", method=method, on=full_day(view.autopay.pending_on))


def turned_on(core: Core, turn: Turn) -> list[Say]:
    """Autopay is on: what happens next, and where bills go."""
    view = summary.of(core, turn.account)
    return [say("utter_autopay_on", email=view.account.email or "", **draft_values(view))]
