"""What if: what a change would lead to, in amounts and dates, with nothing changed.

Each question is done on a copy of the account by the functions that do it in earnest (`supposed`), up to the day it is
about. Between today and that day it is supposed that drafts and scheduled payments go through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from billing_core import accounts, attempts, autopay, enrolling, offers, pending, quotes, summary
from billing_core.core import Core
from billing_core.errors import AutopayEnding, AutopayLocked, BillingError, PayDatePast
from billing_core.lock import LockWindow
from billing_core.quotes import Wish
from billing_core.summary import Summary
from billing_core.supposed import Supposing, copy_of, run_to

ASKED = "what-if"


@dataclass(frozen=True)
class CancelAutopay:
    """Turn autopay off."""


@dataclass(frozen=True)
class Pay:
    """Pay an amount in cents, or a share of what is owed; neither means all of it."""

    amount_cents: int | None = None
    share: Fraction | None = None


@dataclass(frozen=True)
class MoveAutopay:
    """Draft from another saved method."""

    method_id: int


@dataclass(frozen=True)
class MissNextPayment:
    """The next premium is not paid: by hand nothing comes, or the draft is declined."""


Change = CancelAutopay | Pay | MoveAutopay | MissNextPayment


@dataclass(frozen=True)
class Happening:
    """One thing that would happen: what, on which day (None: not known), how much in cents, from which method."""

    what: str
    on: date | None = None
    amount_cents: int | None = None
    method: str | None = None


@dataclass(frozen=True)
class Supposed:
    """The answer: whether the change would be taken on `on`, else the rule, the first open day and the refusal as
    it would be raised in earnest; what follows."""

    change: Change
    on: date
    allowed: bool
    rule: str | None = None
    until: date | None = None
    follows: tuple[Happening, ...] = field(default_factory=tuple)
    refusal: BillingError | None = field(default=None, compare=False, repr=False)


def what_if(core: Core, account_id: str, change: Change, on: date | None = None) -> Supposed:
    """What `change` made on `on` (today if left out) would lead to. Changes nothing.

    Raises `AccountNotFound`, `PlanNotServed`, and `PayDatePast` for a day that is over.
    """
    with copy_of(core, account_id) as (copy, processor):
        account = accounts.get(copy, account_id)
        accounts.must_be_served(account)
        zone = account.profile.time_zone
        today = copy.today(zone)
        on = today if on is None else on
        if on < today:
            raise PayDatePast("the day is over")
        run_to(copy, zone, on)
        try:
            if isinstance(change, CancelAutopay):
                follows = _cancel(copy, account_id)
            elif isinstance(change, MoveAutopay):
                follows = _move(copy, account_id, change)
            elif isinstance(change, Pay):
                follows = _pay(copy, account_id, change)
            else:
                follows = _miss(copy, account_id, processor)
        except AutopayLocked as error:
            return _locked(copy, account_id, change, on, error)
        except BillingError as error:
            until = error.ends_on if isinstance(error, AutopayEnding) else None
            return Supposed(change, on, False, error.rule or type(error).__name__, until, refusal=error)
        return Supposed(change, on, True, follows=tuple(follows))


def _cancel(core: Core, account_id: str) -> list[Happening]:
    ended = enrolling.cancel(core, account_id=account_id, conversation_id=ASKED, turn_id=ASKED)
    return [
        Happening("autopay_ends", ended.ended_on, method=ended.method_label),
        Happening("pay_by_hand", ended.by_hand_due_on, ended.by_hand_cents),
    ]


def _move(core: Core, account_id: str, change: MoveAutopay) -> list[Happening]:
    enrollment = enrolling.change_method(
        core, account_id=account_id, conversation_id=ASKED, turn_id=ASKED, method_id=change.method_id
    )
    return _draft(core, account_id, enrollment.method.label)


def _locked(core: Core, account_id: str, change: Change, on: date, error: AutopayLocked) -> Supposed:
    """The draft in progress runs as it is; what the member may save instead is saved, to see what it leads to."""
    refusal = error.refusal
    window = refusal.facts.get("window")
    follows: list[Happening] = []
    if isinstance(window, LockWindow):
        follows += [Happening("locked_from", window.first_on), *_draft(core, account_id, None)]
    with core.read() as session:
        offer = offers.current(session, ASKED)
    if offer is not None:
        enrollment_id, _, method_id = offer.subject_id.partition(":")
        saved = pending.save(core, enrollment_id, method_id=int(method_id) if method_id else None)
        what = "saved_change_applies" if method_id else "saved_end_applies"
        follows.append(Happening(what, saved.applies_on, method=saved.method_label))
        if not method_id:
            follows.append(Happening("pay_by_hand_from", saved.by_hand_from))
    return Supposed(change, on, False, refusal.rule, refusal.until, tuple(follows), error)


def _pay(core: Core, account_id: str, change: Pay) -> list[Happening]:
    wish = Wish(amount_cents=change.amount_cents, share=change.share)
    quote = quotes.open_payment(core, account_id=account_id, conversation_id=ASKED, turn_id=ASKED, wish=wish)
    outcome = attempts.confirm(core, quote.payment_id, f"{ASKED}:pay")
    view = summary.of(core, account_id)
    follows = [Happening("paid", quote.pay_on, quote.amount_cents, quote.method_label)]
    if outcome.left_cents:
        follows.append(Happening("left_to_pay", outcome.next_due_on, outcome.left_cents))
    return follows + _late(view) + _draft(core, account_id, None)


def _miss(core: Core, account_id: str, processor: Supposing) -> list[Happening]:
    """Nothing is taken through the day after the next due date with something to pay; then grace is read off."""
    processor.takes_nothing = True
    view = summary.of(core, account_id)
    dues = [item.invoice.due_on for item in view.open] + [view.next_invoice.due_on]
    due = min(day for day in dues if day >= view.today)
    bill_cents = view.owed_cents or view.next_invoice.amount_cents
    run_to(core, view.account.profile.time_zone, due + timedelta(days=1))
    view = summary.of(core, account_id)
    missed = Happening("missed", due, view.owed_cents or bill_cents)
    return [missed, *_late(view)]


def _late(view: Summary) -> list[Happening]:
    """Grace as it would stand, and when coverage would end back to if it were not cleared."""
    if view.account.coverage_ended_on is not None:
        return [Happening("coverage_ended", view.account.coverage_ended_on)]
    unpaid_binder = any(item.invoice.binder and item.invoice.due_on < view.today for item in view.open)
    if unpaid_binder:
        return [Happening("coverage_never_begins", None, view.owed_cents)]
    if view.grace is None:
        return []
    grace = view.grace
    last = "last_day_to_pay" if grace.verified else "last_day_to_pay_unverified"
    follows = [
        Happening("grace_since", grace.since, grace.past_due_cents),
        Happening(last, grace.last_day, grace.clears_cents),
    ]
    if grace.claims_hold_from is not None:
        follows.append(Happening("claims_held_from", grace.claims_hold_from))
    if grace.ends_back_on is not None:
        follows.append(Happening("coverage_would_end_back_to", grace.ends_back_on))
    return follows


def _draft(core: Core, account_id: str, method: str | None) -> list[Happening]:
    standing = autopay.standing(core, account_id)
    draft, enrollment = standing.next_draft, standing.enrollment
    if draft is None or enrollment is None:
        return []
    return [Happening("next_draft", draft.due_on, draft.amount_cents, method or enrollment.method.label)]
