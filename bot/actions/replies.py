"""One table from the core's errors to the sentences of `bot/replies`; a test holds both ends together.

Each row says which response it is and which facts of the error it tells. Nothing else decides words about a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from billing_core import Core, accounts, errors, offers, profiles, summary
from billing_core.errors import BillingError
from billing_core.offered_words import told
from billing_core.offers import OfferTerms
from billing_core.profiles import Profile
from bot.actions import reading, words
from bot.actions.say import Say, button, full_day, phrase, say, spoken_day
from bot.actions.turn import Turn

Facts = Callable[[Any], dict[str, Any]]
DAY = timedelta(days=1)


def _none(_error: Any) -> dict[str, Any]:
    return {}


def _from(day: date | None) -> str:
    """The first day on which a refused thing is allowed; what to wait for where nobody can name it."""
    return phrase("phrase_after_the_draft") if day is None else phrase("phrase_from_day", day=full_day(day))


REPLIES: dict[type[BillingError], tuple[str, Facts]] = {
    errors.AccountNotFound: ("utter_stranger", _none),
    errors.MethodNotFound: ("utter_method_not_on_file", _none),
    errors.NothingOwed: ("utter_nothing_owed", _none),
    errors.AmountNotPositive: ("utter_amount_not_positive", _none),
    errors.AmountAboveOwed: (
        "utter_amount_above_owed",
        lambda e: {"asked_cents": e.asked_cents, "owed_cents": e.owed_cents},
    ),
    errors.PartialNotTaken: ("utter_partial_not_taken", lambda e: {"owed_cents": e.owed_cents}),
    errors.PayDatePast: ("utter_pay_date_past", _none),
    errors.PayDateTooLate: ("utter_pay_date_too_late", lambda e: {"latest": full_day(e.latest_on)}),
    errors.PaymentUnresolved: ("utter_payment_unresolved", lambda e: {"amount_cents": e.amount_cents}),
    errors.CoverageEnded: ("utter_coverage_ended", lambda e: {"ended": full_day(e.ended_on)}),
    errors.CoverageNeverBegan: ("utter_coverage_never_began", lambda e: {"start": full_day(e.starts_on)}),
    errors.PolicyNotFound: ("utter_policy_not_found", _none),
    errors.NoUsableMethod: ("utter_no_usable_method", _none),
    errors.MethodDisabled: ("utter_method_disabled", lambda e: {"method": e.label}),
    errors.MethodExpired: ("utter_method_expired", lambda e: {"method": e.label, "expires": e.expires}),
    errors.MethodNotAccepted: ("utter_method_not_accepted", lambda e: {"method": e.label}),
    errors.MethodUnknown: ("utter_method_unknown", lambda e: {"method": e.label}),
    errors.MethodUnverified: ("utter_method_unverified", lambda e: {"method": e.label}),
    errors.TriedTooOften: ("utter_tried_too_often", lambda e: {"method": e.label, "again": _from(e.until)}),
    errors.MethodInLock: ("utter_method_in_lock", lambda e: {"method": e.label, "again": _from(e.until)}),
    errors.MethodBusy: ("utter_method_busy", lambda e: {"method": e.label}),
    errors.NoEmail: ("utter_no_email", _none),
    errors.AlreadyDelivered: (
        "utter_already_delivered",
        lambda e: {"delivery": by(e.delivery)},
    ),
    errors.PaperOnAutopay: ("utter_paper_on_autopay", _none),
    errors.PaperOnAutopayUnknown: ("utter_paper_on_autopay_unknown", _none),
    errors.AutopayLocked: ("utter_autopay_locked", _none),
    errors.AutopayAlreadyOn: ("utter_autopay_already_on", _none),
    errors.AutopayNotOn: ("utter_autopay_not_on", _none),
    errors.AutopayEnding: ("utter_autopay_ending", lambda e: {"ends": full_day(e.ends_on) if e.ends_on else ""}),
    errors.BinderUnpaid: ("utter_binder_unpaid", lambda e: {"amount_cents": e.amount_cents}),
    errors.CannotSucceed: (
        "utter_method_expires_before_draft",
        lambda e: {"method": e.label, "expires": e.expires, "draft": spoken_day(e.draft_on)},
    ),
    errors.PlanNotServed: ("utter_plan_not_served", _none),
    errors.PersonNeeded: ("utter_person_needed", _none),
    errors.NothingToRefund: ("utter_nothing_to_refund", _none),
    errors.RefusedByRule: (
        "utter_refused_by_rule",
        lambda e: {"opens": phrase("phrase_opens", day=full_day(e.refusal.until)) if e.refusal.until else ""},
    ),
    errors.QuoteExpired: ("utter_quote_expired", _none),
    errors.TermsChanged: ("utter_terms_changed", _none),
    errors.NothingOffered: ("utter_nothing_open", _none),
}

# "I revoke my permission to debit" is more than turning autopay off.
_TAKES_BACK = re.compile(r"\brevo(?:k|c)|\btak(?:e|ing) back (?:my|the) (?:permission|authorization|consent)", re.I)

# Who bills a plan that is not served here (S22, G26).
ELSEWHERE = {
    "benefits_office": "utter_plan_not_served",
    "medicare": "utter_plan_medicare",
    "person": "utter_plan_elsewhere",
}
# A refusal after which a person must hear of it, with the reason they are told.
HAND_OFF = {errors.PersonNeeded: "unauthorized return", errors.CoverageEnded: "payment after termination"}


def way_on(error: BillingError) -> list[Say]:
    """The secure page, where nothing on file can be charged; what was asked for is answered again after it."""
    wanted = isinstance(error, errors.NoUsableMethod)
    return [Say(None, data={"secure_link": {"purpose": "add", "resume": True}})] if wanted else []


def row_for(error: BillingError) -> tuple[str, Facts]:
    """The row of the error's type; a type without a row is a defect and raises it again."""
    for kind in type(error).__mro__:
        if kind in REPLIES:
            return REPLIES[kind]
    raise error


def of(core: Core, error: BillingError, turn: Turn) -> list[Say]:
    """What the member hears about a refusal."""
    response, facts = row_for(error)
    values = contact(core, turn) | facts(error)
    if isinstance(error, errors.AutopayLocked):
        return [_locked(core, error, turn), *_taken_back(turn)]
    if isinstance(error, errors.MethodNotFound) and error.wanted == "other":
        return [say("utter_no_other_method")]
    if isinstance(error, errors.AmountAboveOwed):
        return [_above_owed(core, error, turn)]
    if isinstance(error, errors.NothingOwed):
        return [_nothing_owed(core, turn)]
    if isinstance(error, errors.AutopayEnding) and error.ends_on is None:
        return [say("utter_autopay_ending_open")]
    if isinstance(error, errors.PlanNotServed):
        response = ELSEWHERE[accounts.asked_elsewhere(error.plan_type)]
    reason = next((HAND_OFF[kind] for kind in type(error).__mro__ if kind in HAND_OFF), None)
    said = [say(response, data={"handoff": {"reason": reason}} if reason else None, **values)]
    if isinstance(error, errors.CoverageEnded) and error.reinstate_until is not None:
        said.append(say("utter_reinstatement_until", until=full_day(error.reinstate_until)))
    return said


def _taken_back(turn: Turn) -> list[Say]:
    """A person hears of a permission to debit that is taken back while the lock holds the draft (12 CFR 1005.10(c))."""
    revoked = _TAKES_BACK.search(turn.text)
    return [Say(None, data={"handoff": {"reason": "revoked authorization"}})] if revoked else []


def by(delivery: str) -> str:
    """How bills come, in words: by e-mail, or by post."""
    return phrase("phrase_by_email" if delivery == "email" else "phrase_by_post")


def contact(core: Core, turn: Turn) -> dict[str, Any]:
    """How the issuer is reached: for every reply that points there."""
    known = turn.account_id is not None
    return contact_of(accounts.profile_of(core, turn.account) if known else profiles.get("nc_seed"))


def contact_of(profile: Profile) -> dict[str, Any]:
    """How this issuer is reached."""
    phone, hours = profile.reached_at()
    return {"phone": phone, "hours": hours, "portal": profile.portal_url, "issuer": profile.short_name}


def _above_owed(core: Core, error: errors.AmountAboveOwed, turn: Turn) -> Say:
    """More than is owed; where payments are scheduled already, what they leave."""
    cents: dict[str, Any] = {"asked_cents": error.asked_cents, "owed_cents": error.owed_cents}
    view = summary.of(core, turn.account)
    scheduled_cents = sum(row.amount_cents for row in view.scheduled)
    if (policy_id := reading.policy_id(turn.text, view)) is not None:
        kind = next(policy.kind for policy in view.account.policies if policy.id == policy_id)
        what = phrase("phrase_pay_dental" if kind == "dental" else "phrase_pay_health")
        return say("utter_amount_above_owed_policy", what=what, **cents)
    if scheduled_cents:
        return say("utter_amount_above_left", scheduled_cents=scheduled_cents, **cents)
    return say("utter_amount_above_owed", **cents)


def _nothing_owed(core: Core, turn: Turn) -> Say:
    view = summary.of(core, turn.account)
    if view.scheduled:
        row = view.scheduled[0]
        offer_to_drop(core, turn, row.id)
        drop = [button("button_drop", "DROP IT")]
        return say(
            "utter_covered_by_scheduled", amount_cents=row.amount_cents, day=spoken_day(row.pay_on), buttons=drop
        )
    bill = view.next_invoice
    if not view.account.profile.due_verified:
        return say("utter_owes_nothing_unknown", **contact(core, turn))
    return say("utter_nothing_owed", next_due=spoken_day(bill.due_on), amount_cents=bill.amount_cents)


def offer_to_drop(core: Core, turn: Turn, payment_id: str) -> None:
    """Let DROP IT stop a payment scheduled for a later day."""
    offers.put(
        core,
        conversation_id=turn.conversation_id,
        account_id=turn.account,
        turn_id=f"{turn.turn_id}:drop",
        terms=OfferTerms(offers.SCHEDULED, payment_id, {"DROP IT": "deny"}, firm=False),
    )


def _locked(core: Core, error: errors.AutopayLocked, turn: Turn) -> Say:
    """The lock in the member's own dates, with the pending-change offer and the bank's own right to stop (G9)."""
    refusal = error.refusal
    if refusal.rule == "unknown":
        return say("utter_autopay_lock_unknown", **contact(core, turn))
    window = refusal.facts["window"]
    view = summary.of(core, turn.account)
    offered = offers.kind_at_hand(core, turn.conversation_id)
    changing = offered == offers.METHOD_LATER
    draft = view.autopay.next_draft
    started = draft is None or draft.due_on != window.due_on
    word = "CHANGE LATER" if changing else "OFF LATER"
    ach = view.autopay.enrollment is not None and view.autopay.enrollment.method.rail == "ach"
    values: dict[str, Any] = {
        "done": phrase("phrase_moved" if changing else "phrase_turned_off"),
        "from_day": spoken_day(window.first_on),
        "month": words.month(window.due_on),
        "draft_cents": draft.amount_cents if draft else 0,
        "draft": spoken_day(window.due_on),
        "bank_date": phrase("phrase_bank_date", day=spoken_day(window.bank_date))
        if ach and window.bank_date != window.due_on
        else "",
        "word": told(word, words.language()),
        "stop": phrase("phrase_bank_can_stop", day=spoken_day(window.stop_order_by)) if ach else "",
        "buttons": [button("button_then", word), button("button_keep", "KEEP")],
    }
    if offered not in (offers.CANCEL_LATER, offers.METHOD_LATER):
        # The issuer takes no change for later, so no word is offered that nothing would answer to.
        earliest = refusal.until or window.at_least_to + DAY
        return say("utter_autopay_locked_ask_again", earliest=full_day(earliest), stop=values["stop"])
    if refusal.until is None:
        response = "utter_autopay_locked_after_open" if started else "utter_autopay_locked_open"
        return say(response, earliest=full_day(window.at_least_to + DAY), **values)
    response = "utter_autopay_locked_after" if started else "utter_autopay_locked"
    return say(response, to_day=spoken_day(refusal.until - DAY), until=full_day(refusal.until), **values)
