"""What an account looks like today, in one reading: what is owed, for what, by when, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from billing_core import (
    accounts,
    attempts,
    autopay,
    codes,
    invoices,
    ledger,
    methods,
    past_due,
    payments,
    proration,
    reversals,
)
from billing_core.accounts import Account
from billing_core.core import Core
from billing_core.grace import Grace
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.states import UNRESOLVED, PaymentState

TRIED = (PaymentState.REJECTED, PaymentState.RETURNED)
MADE = (
    PaymentState.CONFIRMED,
    *UNRESOLVED,
    PaymentState.SETTLED,
    PaymentState.REJECTED,
    PaymentState.RETURNED,
    PaymentState.REFUNDED,
)


@dataclass(frozen=True)
class NextInvoice:
    """The next bill that has not been issued: its day (None where unknown), due date and amount in cents.

    The amount is what will be left of it when the member's credit is taken off.
    """

    on: date | None
    due_on: date
    amount_cents: int


@dataclass(frozen=True)
class Summary:
    """An account as it stands; amounts in cents."""

    account: Account
    today: date
    owed_cents: int
    credit_cents: int
    open: list[OpenInvoice]
    grace: Grace | None
    next_invoice: NextInvoice
    autopay: autopay.Standing
    methods: list[Method]
    usable: list[Method]
    scheduled: list[Payment]
    unresolved: Payment | None
    payments: list[Payment]

    @property
    def due_on(self) -> date | None:
        """The earliest due date with something owed."""
        return self.open[0].invoice.due_on if self.open else None


@dataclass(frozen=True)
class Rejection:
    """Why the last payment failed, from the code table, and what may be done now."""

    payment: Payment
    row: codes.Code
    bounced: bool
    needs_person: bool
    other_methods: list[Method]
    still_owed_cents: int
    due_on: date | None


def of(core: Core, account_id: str) -> Summary:
    """The summary; raises `AccountNotFound`, `PlanNotServed`."""
    with core.read() as session:
        account = accounts.find(session, account_id)
        accounts.must_be_served(account)
        return in_session(core, session, account)


def of_answered(core: Core, account_id: str) -> Summary:
    """`of`, once the processor was asked about every attempt of the account that had no answer."""
    summary = of(core, account_id)
    if summary.unresolved is None:
        return summary
    attempts.resolve_open(core, account_id)
    return of(core, account_id)


def in_session(core: Core, session: Session, account: Account) -> Summary:
    """The summary, inside the caller's session."""
    today = core.today(account.profile.time_zone)
    billed = invoices.with_open(session, account.id)
    open_ = [item for item in billed if item.open_cents]
    made = payments.of(session, account.id, MADE)
    standing = autopay.standing_of(core, session, account)
    credit_cents = -ledger.balance_cents(session, account.id, ledger.MEMBER_CREDIT)
    saved = methods.of(session, account.id)
    return Summary(
        account=account,
        today=today,
        owed_cents=sum(item.open_cents for item in open_),
        credit_cents=credit_cents,
        open=open_,
        grace=past_due.standing_of(session, account, open_, today),
        next_invoice=_next_invoice(account, [item.invoice for item in billed], credit_cents, standing, today),
        autopay=standing,
        methods=saved,
        usable=methods.usable_among(saved, account, today),
        scheduled=[row for row in made if row.state == PaymentState.CONFIRMED],
        unresolved=next((row for row in made if row.state in UNRESOLVED), None),
        payments=made,
    )


def last_invoices(core: Core, account_id: str) -> tuple[Summary, list[tuple[Invoice, int]]]:
    """The invoices to show (those open, else the newest month's), each with what is open on it in cents."""
    summary = of(core, account_id)
    if summary.open:
        return summary, [(item.invoice, item.open_cents) for item in summary.open]
    with core.read() as session:
        every = invoices.all_of(session, account_id)
    newest = max((row.coverage_month for row in every), default=None)
    return summary, [(row, 0) for row in every if row.coverage_month == newest]


def last_rejection(core: Core, account_id: str) -> Rejection | None:
    """The payment that failed last, by the day it was declined or returned, though one may have gone through since.

    With the reason we may tell and what is owed now; None when none failed. Raises as `of`.
    """
    summary = of(core, account_id)
    failed = [row for row in summary.payments if row.state in TRIED]
    if not failed:
        return None
    payment = max(failed, key=lambda row: (row.resolved_on or row.pay_on, row.quoted_at))
    row = codes.reason(payment.code or "")
    with core.read() as session:
        needs_person = reversals.needs_person(session, account_id)
    return Rejection(
        payment=payment,
        row=row,
        bounced=payment.state == PaymentState.RETURNED,
        needs_person=payment.code in codes.for_person() and needs_person,
        other_methods=[method for method in summary.usable if method.id != payment.method_id],
        still_owed_cents=summary.owed_cents,
        due_on=summary.due_on,
    )


def _next_invoice(
    account: Account, billed: Sequence[Invoice], credit_cents: int, standing: autopay.Standing, today: date
) -> NextInvoice:
    profile = account.profile
    issued = {(row.policy_id, row.coverage_month) for row in billed}
    due = invoices.next_due_on(profile, today)
    while account.policies and all(
        (policy.id, invoices.coverage_month_of(profile, due)) in issued for policy in account.policies
    ):
        due = invoices.next_due_on(profile, _day_after(due))
    month = invoices.coverage_month_of(profile, due)
    prices = [proration.price(profile, row, month) for row in account.policies if (row.id, month) not in issued]
    billed_cents = sum(price.net_cents for price in prices if price is not None)
    amount = billed_cents - min(billed_cents, max(0, credit_cents))
    on = invoices.invoice_date(profile, due, autopay=standing.enrollment is not None)
    return NextInvoice(None if on is None else max(on, today), due, amount)


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
