"""What may be charged at the moment of charging: one rule, asked for one payment or for a batch of accounts at once.

Between a member's word and the charge lie days; what is owed, who waits for an answer and which method is dead is
read again under the accounts' locks (DESIGN 3, step 10).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing_core import accounts, invoices, methods, payments, reversals
from billing_core.accounts import Account
from billing_core.core import Core
from billing_core.errors import PersonNeeded
from billing_core.invoices import OpenInvoice
from billing_core.payments import Payment
from billing_core.states import PaymentState


@dataclass(frozen=True)
class Facts:
    """What the answer depends on, by account, as the held accounts stand in this transaction."""

    open: dict[str, list[OpenInvoice]]
    moving: dict[str, list[Payment]]
    needing_person: set[str]


def facts(session: Session, account_ids: Collection[str]) -> Facts:
    """Read in a handful of statements, however many accounts."""
    return Facts(
        invoices.open_by_account(session, account_ids),
        payments.moving(session, account_ids),
        reversals.needing_person(session, account_ids),
    )


def chargeable_cents(core: Core, payment: Payment, account: Account, known: Facts) -> int:
    """What may be charged now for what the payment is for, in cents.

    Raises `PlanNotServed`, `CoverageEnded`, `PersonNeeded`, `PaymentUnresolved`, or an error of `methods.check`.
    """
    accounts.must_be_payable(account)
    if account.id in known.needing_person:
        raise PersonNeeded("an unauthorized return stands on the account")
    moving = known.moving.get(account.id, [])
    payments.must_be_resolved_among(moving)
    methods.check(account, payment.method, max(payment.pay_on, core.today(account.profile.time_zone)))
    open_ = invoices.of_policy(known.open.get(account.id, []), payment.policy_id)
    committed_cents = payments.committed_cents_among(moving, payment.policy_id)
    own_cents = payment.amount_cents if payment.state == PaymentState.CONFIRMED else 0
    return sum(item.open_cents for item in open_) - (committed_cents - own_cents)
