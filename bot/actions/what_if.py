"""What would happen if: worked out on a copy of the account and told in amounts and dates, with nothing changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from billing_core import Core, summary
from billing_core.errors import CoverageEnded
from billing_core.summary import Summary
from billing_core.what_if import CancelAutopay, Change, Happening, MissNextPayment, MoveAutopay, Pay, Supposed, what_if
from bot.actions import reading, replies, words
from bot.actions.account import ended, nothing_owed
from bot.actions.say import Say, button, full_day, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# What happens, by the core's name for it: the sentence, and the one for a day that nobody knows.
SENTENCES: dict[str, tuple[str, str | None]] = {
    "autopay_ends": ("utter_if_autopay_ends", None),
    "pay_by_hand": ("utter_if_pay_by_hand", None),
    "paid": ("utter_if_paid", None),
    "left_to_pay": ("utter_if_left", None),
    "next_draft": ("utter_if_next_draft", None),
    "missed": ("utter_if_missed", None),
    "grace_since": ("utter_if_grace", None),
    "last_day_to_pay": ("utter_if_last_day", "utter_if_last_day_unknown"),
    "last_day_to_pay_unverified": ("utter_if_last_day_unverified", "utter_if_last_day_unknown"),
    "claims_held_from": ("utter_if_claims", None),
    "coverage_would_end_back_to": ("utter_if_ends_back", None),
    "coverage_ended": ("utter_if_ended", None),
    "coverage_never_begins": ("utter_if_never_begins", "utter_if_never_begins"),
    "saved_end_applies": ("utter_if_end_saved", "utter_if_end_saved_open"),
    "saved_change_applies": ("utter_if_move_saved", "utter_if_move_saved_open"),
    "pay_by_hand_from": ("utter_if_by_hand_from", None),
}
# What a question is about, by stems of its words in English and Spanish.
_MISS = re.compile(
    r"\b(miss|skip|fail|bounce|late|expire|close|falt|salt|atras|venc|rechaz)|\bno money"
    r"|\b(not|never|don'?t|dont|can'?t|cant|no) (?:la |lo |el )?(?:pa[yg]|update|renew|fix|actuali)"
)
_MOVE = re.compile(
    r"\b(chang|switch|mov|us|replac|cambi|muev)\w*\b.*"
    r"\b(card|bank|account|method|visa|checking|savings|tarjeta|banco|cuenta)"
)
_CANCEL = re.compile(r"\b(cancel\w*|turn\w*|stop|end|drop|quit\w*|leave|pause|take|apag\w*|desactiv\w*)\b")
_AUTOPAY = re.compile(r"auto ?pay|autom[aá]tic|\bdraft")
_PAY = re.compile(r"\b(pay|paying|paid|pag\w+)\b")


class WhatIf(Step):
    """Reads which change is meant, and answers with what it would lead to."""

    action = "action_what_if"
    general = "utter_ask_what_if"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        if view.account.coverage_ended_on is not None:
            return [ended(self.core, turn, view)]
        change = meant(turn, view)
        if change is None:
            return [say("utter_ask_what_if")]
        if isinstance(change, CancelAutopay | MoveAutopay) and view.autopay.enrollment is None:
            return [say("utter_autopay_is_off", buttons=[button("button_autopay_on", "set up autopay")])]
        if isinstance(change, Pay) and not view.open:
            return [nothing_owed(view, replies.contact(self.core, turn))]
        on = reading.day(turn.text, turn.marked.get("date", []), view.today)
        supposed = what_if(self.core, turn.account, change, on)
        later = [say("utter_if_on", on=spoken_day(on, view.today))] if on not in (None, view.today) else []
        return [
            *(later if supposed.allowed else []),
            *told(self.core, turn, supposed, view),
            say("utter_if_nothing_done"),
        ]


def meant(turn: Turn, view: Summary) -> Change | None:
    """The change a question is about; None when it names none that can be worked out."""
    text = turn.text.casefold()
    if _MISS.search(text):
        return MissNextPayment()
    enrollment = view.autopay.enrollment
    if _MOVE.search(text) and enrollment is not None:
        method = reading.method(turn.text, view.methods, enrollment.method_id)
        others = [row for row in view.usable if row.id != enrollment.method_id]
        if method is None or method.id == enrollment.method_id:
            method = others[0] if len(others) == 1 else None
        return MoveAutopay(method.id) if method is not None else None
    automatic, paying = _AUTOPAY.search(text) is not None, _PAY.search(text) is not None
    if _MOVE.search(text) or (_CANCEL.search(text) and (automatic or not paying)):
        return CancelAutopay()
    if automatic and not paying:
        # "if i set up autopay": where it is off, that is said with the way to turn it on.
        return CancelAutopay() if enrollment is None else None
    amount = reading.amount(turn.text, turn.marked.get("amount", []))
    if amount is not None:
        return Pay(amount.cents, None if amount.share in (None, Fraction(1)) else amount.share)
    return Pay() if _PAY.search(text) else None


def told(core: Core, turn: Turn, supposed: Supposed, view: Summary) -> list[Say]:
    """What would happen, a sentence each, in the core's order."""
    if supposed.allowed:
        return list(_sentences(supposed.follows, view))
    since = next((each.on for each in supposed.follows if each.what == "locked_from"), None)
    if isinstance(supposed.refusal, CoverageEnded):
        on, back = spoken_day(supposed.on, view.today), full_day(supposed.refusal.ended_on)
        return [say("utter_if_too_late", on=on, back=back), *_in_time(view)]
    if since is None:
        assert supposed.refusal is not None
        return replies.of(core, supposed.refusal, turn)
    asked, on = spoken_day(supposed.on, view.today), spoken_day(since, view.today)
    if supposed.until is None:
        said = [say("utter_if_locked_open", asked=asked, on=on)]
    else:
        said = [say("utter_if_locked", asked=asked, on=on, until=full_day(supposed.until))]
    for each in supposed.follows:
        if each.what == "next_draft" and each.on is not None:
            said.append(say("utter_if_draft_runs", amount_cents=each.amount_cents, on=spoken_day(each.on, view.today)))
        elif each.what != "locked_from":
            said += _sentences([each], view)
    return said


def _in_time(view: Summary) -> list[Say]:
    """By when to pay instead, where that is known."""
    grace = view.grace
    if grace is None or grace.last_day is None or not grace.verified:
        return []
    return [say("utter_grace_last", clears_cents=grace.clears_cents, last=full_day(grace.last_day))]


def _sentences(follows: Iterable[Happening], view: Summary) -> Iterable[Say]:
    follows = list(follows)
    unsure = any(each.what == "last_day_to_pay_unverified" for each in follows)
    for each in follows:
        if each.what == "coverage_would_end_back_to" and unsure:
            continue
        known, unknown = SENTENCES[each.what]
        if each.what == "coverage_ended" and any(item.invoice.binder for item in view.open):
            known = "utter_if_never_begins"
        values: dict[str, Any] = {"amount_cents": each.amount_cents or 0, "method": each.method or ""}
        if each.on is None:
            yield say(unknown or known, on="", month="", **values)
        else:
            yield say(known, on=spoken_day(each.on, view.today), month=words.month(each.on), **values)
