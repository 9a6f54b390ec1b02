"""Grace told as dated facts, in their order: for the conversation, the console and the docs (DOMAIN 2.2).

Read by the very rules that end coverage. What the issuer's rule does not say has no date here and is said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from billing_core import accounts, amounts, invoices, past_due, threshold
from billing_core.accounts import Account
from billing_core.amounts import Minimum
from billing_core.core import Core

What = Literal[
    "paid_through", "grace_since", "bill_due", "claims_held_from", "last_day_to_pay", "coverage_ends_back_to"
]


@dataclass(frozen=True)
class Step:
    """One fact: what, on which civil date (None: nobody knows), and the cents it is about, if any."""

    what: What
    on: date | None
    amount_cents: int | None = None


@dataclass(frozen=True)
class Timeline:
    """A grace period from the last paid day to where coverage would end; amounts in cents.

    `clears_cents` is all that is owed, `least` what the issuer's rule asks. Paying less, or a later month, ends
    nothing: then, and with no payment, coverage ends back to `ends_back_on`. `verified` is false where a person has to
    confirm the days, and `three_months` says that the tax credit's grace applies.
    """

    steps: tuple[Step, ...]
    past_due_cents: int
    clears_cents: int
    least: Minimum
    last_day: date | None
    ends_back_on: date | None
    verified: bool
    three_months: bool


def of(core: Core, account_id: str) -> Timeline | None:
    """The account's grace period, or None when it is in none.

    Raises `AccountNotFound`, `PlanNotServed`, or `CoverageEnded`.
    """
    with core.read() as session:
        account = accounts.find(session, account_id)
        accounts.must_be_payable(account)
        return in_session(session, account, core.today(account.profile.time_zone))


def in_session(session: Session, account: Account, today: date) -> Timeline | None:
    """`of`, inside the caller's session and on a day."""
    profile = account.profile
    open_ = invoices.open_invoices(session, account.id)
    found = past_due.standing_of(session, account, open_, today)
    if found is None:
        return None
    open_ = [item for item in open_ if not item.invoice.binder]
    unpaid = threshold.unmet(profile, open_)
    steps = [
        Step("paid_through", unpaid[0].invoice.coverage_month - timedelta(days=1)),
        Step("grace_since", found.since, found.past_due_cents),
        *(Step("bill_due", item.invoice.due_on, item.open_cents) for item in open_ if item.invoice.due_on >= today),
        Step("last_day_to_pay", found.last_day, found.clears_cents),
    ]
    if found.claims_hold_from is not None:
        steps.append(Step("claims_held_from", found.claims_hold_from))
    steps.sort(key=lambda step: step.on or date.max)
    # What follows if it is not paid comes last, though it reaches back.
    steps.append(Step("coverage_ends_back_to", found.ends_back_on))
    return Timeline(
        steps=tuple(steps),
        past_due_cents=found.past_due_cents,
        clears_cents=found.clears_cents,
        least=amounts.minimum_to_keep(profile, open_, today, found.last_day),
        last_day=found.last_day,
        ends_back_on=found.ends_back_on,
        verified=found.verified,
        three_months=found.three_months,
    )
