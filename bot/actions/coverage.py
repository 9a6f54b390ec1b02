"""Missed payments and what follows: how long coverage is safe, what keeps it, what help there is (S33, S34, G22)."""

from __future__ import annotations

import re
from typing import Any

from billing_core import past_due, summary
from billing_core.grace import Grace
from billing_core.quotes import Wish
from billing_core.summary import Summary
from bot.actions import replies, words
from bot.actions.account import ended, next_draft, nothing_owed, offer_to_pay
from bot.actions.general import profile_of
from bot.actions.say import Say, full_day, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# Asked of what is still ahead: "what if i miss a payment".
_IF = re.compile(r"\b(?:what if|what happens? (?:if|when)|qu[eé] (?:pasa|pasar[ií]a) si)\b", re.IGNORECASE)


class Coverage(Step):
    """Where coverage stands: ended, in grace with its own dates, or not in danger and until when."""

    action = "action_coverage"
    general = "utter_ask_missed_payment"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        contact = replies.contact(self.core, turn)
        if view.account.coverage_ended_on is not None:
            return [ended(self.core, turn, view)]
        if view.grace is not None:
            least_cents = past_due.minimum_to_keep(self.core, turn.account).amount_cents
            told = in_grace(view, view.grace, least_cents, contact)
            return [*told, *offer_to_pay(self, turn, view, Wish())]
        return self._safe(turn, view, contact)

    def _safe(self, turn: Turn, view: Summary, contact: dict[str, Any]) -> list[Say]:
        first = view.open[0].invoice if view.open else None
        if first is not None and first.binder:
            response = "utter_binder_missed" if first.due_on < view.today else "utter_binder_waits"
            due = spoken_day(first.due_on, view.today)
            said = say(response, owed_cents=_first_payment_cents(view), due=due, **contact)
            return [said, *offer_to_pay(self, turn, view, Wish())]
        what_if = self.other("ask_what_if")
        if not view.open and what_if is not None and _IF.search(turn.text):
            return what_if.answer(turn)
        if not view.open:
            return [say("utter_nothing_missed"), *(next_draft(view) or [nothing_owed(view, contact)])]
        return [say("utter_nothing_missed"), self._ahead(view, contact), *offer_to_pay(self, turn, view, Wish())]

    def _ahead(self, view: Summary, contact: dict[str, Any]) -> Say:
        """What is due next, and the last day on which it would still keep coverage."""
        with self.core.read() as session:
            last_day = past_due.last_day_to_pay_of(session, view.account, view.open, view.today)
        values: dict[str, Any] = {"owed_cents": view.owed_cents, "due": spoken_day(view.open[0].invoice.due_on)}
        if last_day is None:
            return say("utter_due_then_unknown", **values, **contact)
        three_months = view.account.has_three_months(view.open[0].invoice.coverage_month)
        verified = three_months or view.account.profile.grace_other_verified
        response = "utter_due_then" if verified else "utter_due_then_unverified"
        return say(response, last=full_day(last_day), **values, **contact)


class MinimumPayment(Step):
    """The least that keeps coverage and the day by which, from the issuer's rule; unknown where nobody knows."""

    action = "action_minimum_payment"
    general = "utter_ask_minimum_payment"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        least = past_due.minimum_to_keep(self.core, turn.account)
        view = summary.of(self.core, turn.account)
        contact = replies.contact(self.core, turn)
        if least.covers == "nothing":
            return [nothing_owed(view, contact)]
        if view.open[0].invoice.binder and view.grace is None:
            due = spoken_day(view.open[0].invoice.due_on)
            waits = say("utter_binder_waits", owed_cents=_first_payment_cents(view), due=due)
            return [waits, *offer_to_pay(self, turn, view, Wish())]
        if least.amount_cents is None:
            unknown = say("utter_minimum_unknown", owed_cents=view.owed_cents, **contact)
            return [unknown, *offer_to_pay(self, turn, view, Wish())]
        verified = view.grace is None or view.grace.verified
        response = MINIMUM[least.covers]
        if least.by is None:
            response = "utter_minimum_by_unknown"
        by = full_day(least.by) if least.by is not None else ""
        said = [say(response, least_cents=least.amount_cents, by=by, **contact)]
        if not verified and least.by is not None:
            said.append(say("utter_last_day_unverified", **contact))
        if view.autopay.next_draft is not None and view.grace is None:
            return said + next_draft(view)
        return said + offer_to_pay(self, turn, view, Wish(amount_cents=least.amount_cents))


class PaymentPlan(Step):
    """Cannot pay: the programs the profile names and no other, a part now, the last day, a person (S34, G21)."""

    action = "action_payment_plan"
    needs = "L0"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        programs = profile_of(self, turn).assistance_programs
        contact = replies.contact(self.core, turn)
        response = "utter_programs" if programs else "utter_no_programs"
        said = [say(response, programs=words.listed(words.terms(programs)) if programs else "", **contact)]
        # Who can't pay is not left with a telephone number alone.
        said.append(Say(None, data={"handoff": {"reason": "hardship"}}))
        if turn.account_id is None or not turn.at_least("L2"):
            return [*said, say("utter_ask_early")]
        view = summary.of(self.core, turn.account)
        if view.account.coverage_ended_on is not None:
            return [*said, ended(self.core, turn, view)]
        return [*said, *self._now(turn, view)]

    def _now(self, turn: Turn, view: Summary) -> list[Say]:
        """What can be done today, with its limit."""
        if not view.open:
            return [say("utter_ask_early")]
        last_day = view.grace.last_day if view.grace is not None else view.open[0].invoice.due_on
        whole = view.account.profile.partial_payment == "refused" or view.open[0].invoice.binder
        if whole or last_day is None:
            return offer_to_pay(self, turn, view, Wish())
        return [say("utter_part_now", owed_cents=view.owed_cents, last=full_day(last_day))]


MINIMUM = {
    "next_due": "utter_minimum_next_due",
    "past_due": "utter_minimum_past_due",
    "all_open": "utter_minimum_all",
}


def _first_payment_cents(view: Summary) -> int:
    """What starts coverage, without what another policy owes."""
    return sum(item.open_cents for item in view.open if item.binder)


def in_grace(view: Summary, grace: Grace, least_cents: int | None, contact: dict[str, Any]) -> list[Say]:
    """The grace period in the member's own dates: since when, the last day, what ends it, claims, and what if not.

    `least_cents` is what the issuer's rule asks for; where that is unknown, all of it is told.
    """
    months = words.listed([words.month(item.invoice.coverage_month) for item in view.open if not item.binder])
    # Where a month is due before it begins, it is past due before the three months of the tax credit begin.
    began = "utter_grace_since" if grace.since <= view.today else "utter_grace_to_come"
    since, past_due = spoken_day(grace.since, view.today), spoken_day(grace.past_due_since, view.today)
    said = [say(began, since=since, past_due=past_due, months=months)]
    clears: dict[str, Any] = {"clears_cents": least_cents or grace.clears_cents}
    if grace.last_day is None:
        return [*said, say("utter_grace_last_unknown", **clears, **contact)]
    verified = "utter_grace_last" if grace.verified else "utter_grace_last_unverified"
    said.append(say(verified, last=full_day(grace.last_day), **clears, **contact))
    if grace.claims_hold_from is not None:
        said.append(say("utter_claims_wait", hold=spoken_day(grace.claims_hold_from, view.today)))
    if grace.ends_back_on is not None and grace.verified:
        said.append(say("utter_would_end_back", back=full_day(grace.ends_back_on)))
    return said
