"""What a payment may be: how much of what is owed, and on which day. Pure: facts in, an answer or a refusal out.

The order of the refusals is the order in which a member should hear of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from billing_core import threshold
from billing_core.errors import (
    AmountAboveOwed,
    AmountNotPositive,
    NothingOwed,
    PartialNotTaken,
    PayDatePast,
    PayDateTooLate,
)
from billing_core.invoices import OpenInvoice, next_due_on
from billing_core.profiles import Profile


@dataclass(frozen=True)
class Owing:
    """What the rules look at: cents open and committed to scheduled payments, and the days that bound the payment.

    `last_day` is the last day to pay, None where it is unknown; `binder` says that a first payment is among them.
    """

    today: date
    open_cents: int
    committed_cents: int
    first_due_on: date | None
    last_day: date | None
    binder: bool


@dataclass(frozen=True)
class Asked:
    """What the member asked for; None is all of it, and today."""

    amount_cents: int | None = None
    share: Fraction | None = None
    pay_on: date | None = None


@dataclass(frozen=True)
class Payable:
    """What may be paid: amounts in cents, the issuer's civil date."""

    amount_cents: int
    owed_cents: int
    pay_on: date


def payable(profile: Profile, owing: Owing, asked: Asked) -> Payable:
    """The payment that the rules allow for what was asked; raises a `PaymentRefused`."""
    owed_cents = owing.open_cents - owing.committed_cents
    if owed_cents <= 0 or owing.first_due_on is None:
        raise NothingOwed(next_due_on(profile, owing.today))
    return Payable(
        _amount_cents(profile, owing, asked, owed_cents), owed_cents, _pay_on(owing, owing.first_due_on, asked.pay_on)
    )


def _amount_cents(profile: Profile, owing: Owing, asked: Asked, owed_cents: int) -> int:
    amount_cents = asked.amount_cents
    if amount_cents is None:
        amount_cents = owed_cents if asked.share is None else round(owed_cents * asked.share)
    if amount_cents <= 0:
        raise AmountNotPositive("nothing to pay")
    if amount_cents > owed_cents:
        raise AmountAboveOwed(amount_cents, owed_cents)
    if amount_cents < owed_cents and (profile.partial_payment == "refused" or owing.binder):
        raise PartialNotTaken(owed_cents)
    return amount_cents


def _pay_on(owing: Owing, first_due_on: date, asked_on: date | None) -> date:
    if asked_on is None or asked_on == owing.today:
        return owing.today
    if asked_on < owing.today:
        raise PayDatePast("the date has passed")
    latest_on = max(owing.last_day or first_due_on, owing.today)
    if asked_on > latest_on:
        raise PayDateTooLate(latest_on)
    return asked_on


@dataclass(frozen=True)
class Minimum:
    """The least that keeps coverage, in cents, and the day by which; None where nobody knows.

    `covers` says what it is: nothing is owed, the bill that is due next, what is past due, all that was billed, or
    unknown because the issuer's rule is.
    """

    amount_cents: int | None
    by: date | None
    covers: Literal["nothing", "next_due", "past_due", "all_open", "unknown"]


def minimum_to_keep(profile: Profile, open_: Sequence[OpenInvoice], today: date, last_day: date | None) -> Minimum:
    """The least payment that keeps coverage today (DOMAIN 2.2, 2.6); `last_day` is the last day to pay, if known.

    In grace the issuer's rule decides whether what is past due is enough (`grace_cleared_by`). A payment threshold
    is no discount and lowers nothing here: the shortfall would still be owed.
    """
    if not open_:
        return Minimum(0, None, "nothing")
    # A first payment has no grace, and keeps no coverage of another policy (2.3).
    begun = [item for item in open_ if not item.invoice.binder]
    if any(item.invoice.due_on < today for item in threshold.unmet(profile, begun)):
        open_ = begun
    past_due = [item for item in threshold.unmet(profile, open_) if item.invoice.due_on < today]
    if not past_due:
        due_on = min(item.invoice.due_on for item in open_)
        return Minimum(sum(item.open_cents for item in open_ if item.invoice.due_on == due_on), due_on, "next_due")
    if profile.grace_cleared_by is None:
        return Minimum(None, last_day, "unknown")
    if profile.grace_cleared_by == "past_due":
        return Minimum(sum(item.open_cents for item in past_due), last_day, "past_due")
    return Minimum(sum(item.open_cents for item in open_), last_day, "all_open")
