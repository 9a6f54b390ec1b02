"""How often a month's premium may be debited by autopay (G29; DOMAIN 3.6, 3.8), computed from what was tried.

Two debits in all for `nc_seed`; the second only after R01 or R09 and some days later. Anything else leaves the month
to a payment by hand. Where the issuer's cap or spacing is unknown, nothing is debited a second time. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import PaymentState
from billing_core.store import unindexed

# Not enough money, or money still on hold: the only returns after which the same account may be debited again.
RETRIED_CODES = frozenset({"R01", "R09"})
# A draft that failed longer ago than this is of no invoice that autopay would still take.
COUNTED_FOR = timedelta(days=400)


@dataclass(frozen=True)
class FailedDebit:
    """A draft that was declined or came back: when it was made, when that was known, and why."""

    payment_id: str
    account_id: str
    draft_key: str
    amount_cents: int
    debited_on: date
    failed_on: date
    code: str | None


def failed(session: Session, whose: ColumnElement[bool], since: date) -> dict[str, list[FailedDebit]]:
    """The failed drafts due on `since` or later of the accounts that `whose` selects, oldest first, by account."""
    rows = session.execute(
        select(
            Payment.id,
            Payment.account_id,
            Payment.draft_key,
            Payment.amount_cents,
            Payment.pay_on,
            Payment.resolved_on,
            Payment.code,
        )
        .where(whose, Payment.kind == "draft", Payment.pay_on >= since)
        .where(unindexed(Payment.state).in_((PaymentState.REJECTED, PaymentState.RETURNED)))
        .order_by(Payment.pay_on, Payment.id)
    )
    found: dict[str, list[FailedDebit]] = {}
    for payment_id, account_id, key, cents, pay_on, resolved_on, code in rows:
        debit = FailedDebit(payment_id, account_id, key or "", cents, pay_on, resolved_on or pay_on, code)
        found.setdefault(account_id, []).append(debit)
    return found


def next_debit_on(profile: Profile, due_on: date, tries: Sequence[FailedDebit]) -> date | None:
    """The first day on which the premium due on `due_on` may be debited, given every failed draft of the account.

    The due date itself when it was never tried; None when it may not be debited any more.
    """
    tried = [debit for debit in tries if debit.debited_on >= due_on]
    if not tried:
        return due_on
    if profile.max_debit_attempts is None or profile.retry_spacing_days is None:
        return None
    if len(tried) >= profile.max_debit_attempts or any(debit.code not in RETRIED_CODES for debit in tried):
        return None
    return max(debit.failed_on for debit in tried) + timedelta(days=profile.retry_spacing_days)


def may_debit(profile: Profile, due_on: date, tries: Sequence[FailedDebit], on: date) -> bool:
    """Whether a draft on `on` may take the premium that was due on `due_on`."""
    first = next_debit_on(profile, due_on, tries)
    return first is not None and first <= on
