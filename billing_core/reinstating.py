"""Coverage given back after it ended for non-payment: by a person, inside the issuer's window, all of it paid (2.7).

A member's own payment never restores coverage here. What a person took elsewhere (a check, a call) is written down as
the member's credit, the bills that were taken back are issued again, and only if that pays every bill that is due is
coverage restored. Autopay stays off: its authorization ended with the coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from billing_core import accounts, credits, invoices, issuing, ledger, proration, records
from billing_core.accounts import Account
from billing_core.calendar import first_of_month
from billing_core.core import Core
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.errors import RefusedByRule


@dataclass(frozen=True)
class Received:
    """Money that a person took for the member outside of Duely: cents, and the number by which it is found again."""

    amount_cents: int
    reference: str


@dataclass(frozen=True)
class Reinstated:
    """Coverage without a gap again, and what is left to pay on bills that are not due yet; autopay has to be set up
    anew.
    """

    account_id: str
    had_ended_on: date
    open_cents: int
    autopay_on: bool = False


def may_reinstate(account: Account, today: date) -> Answer:
    """Whether the window after the termination notice is open; `unknown` where its length or the notice's day is.

    The facts say the last day and whether the issuer's rule is verified.
    """
    until = account.reinstate_until()
    facts = {"until": until, "verified": account.profile.reinstatement_verified}
    if until is None:
        return Refused("unknown", None, facts)
    return Allowed(facts) if today <= until else Refused("2.7", None, facts)


def reinstate(core: Core, account_id: str, *, by: str, reason: str, received: Received | None = None) -> Reinstated:
    """Restore coverage on a person's word, and keep the decision. Nothing is charged.

    Raises `RefusedByRule` when coverage has not ended, when a verified window is over, or with `short_cents` when the
    bills that are due are not all paid; then nothing has changed. `AccountNotFound`, `PlanNotServed`.
    """
    with records.deciding(core, account_id) as trail, core.write() as session:
        account = accounts.hold(session, account_id)
        accounts.must_be_served(account)
        today = core.today(account.profile.time_zone)
        had_ended_on = account.coverage_ended_on
        if had_ended_on is None:
            raise RefusedByRule(Refused("2.7", None, {"ended": False}))
        window = may_reinstate(account, today)
        if isinstance(window, Refused) and window.rule != "unknown" and account.profile.reinstatement_verified:
            raise RefusedByRule(window)
        account.coverage_ended_on = account.end_decided_on = None
        if received is not None:
            _take(core, session, account, received, today)
        _issue_again(core, session, account, had_ended_on, today)
        open_ = invoices.open_invoices(session, account_id)
        short_cents = sum(item.open_cents for item in open_ if item.invoice.due_on <= today)
        if short_cents > 0:
            raise RefusedByRule(Refused("2.7", None, {"short_cents": short_cents}))
        facts = {"had_ended_on": had_ended_on.isoformat(), "by": by, "reason": reason, "window": bool(window)}
        trail.keep(session, account, records.OTHER, None, Allowed(facts))
        return Reinstated(account_id, had_ended_on, sum(item.open_cents for item in open_))


def _take(core: Core, session: Session, account: Account, received: Received, today: date) -> None:
    ledger.post(
        session,
        reference=f"received:{account.id}:{received.reference}",
        account_id=account.id,
        on=today,
        at=core.now(),
        lines=[
            ledger.Line(ledger.PAID_ELSEWHERE, received.amount_cents),
            ledger.Line(ledger.MEMBER_CREDIT, -received.amount_cents),
        ],
    )


def _issue_again(core: Core, session: Session, account: Account, ended_on: date, today: date) -> None:
    """The bills that were taken back, and those of the months that were not billed meanwhile, oldest first."""
    every = invoices.all_of(session, account.id)
    for invoice in every:
        if invoice.cancelled_on is not None:
            issuing.issue_again(session, invoice, today, core.now())
    billed = {(row.policy_id, row.coverage_month) for row in every}
    month = first_of_month(ended_on + timedelta(days=1))
    while month <= today:
        due = invoices.due_on(account.profile, month)
        for policy in account.policies:
            price = proration.price(account.profile, policy, month)
            missing = policy.first_month <= month and (policy.id, month) not in billed
            if missing and price is not None and price.premium_cents > 0:
                issuing.issue(
                    session,
                    policy,
                    coverage_month=month,
                    due=due,
                    issued_on=today,
                    at=core.now(),
                    binder=policy.first_month == month,
                    price=price,
                )
        month = first_of_month(month, 1)
    cause = f"reinstated:{account.id}:{ended_on.isoformat()}:{core.now().isoformat()}"
    credits.settle(session, account.id, cause=cause, on=today, at=core.now())
