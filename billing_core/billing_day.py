"""The billing day: issue, draft, submit what is scheduled, apply saved changes, ask about what got no answer.

Safe to repeat: every step is claimed by a unique key (invoice by policy and month, draft by enrollment and due date,
attempt by its id). One account at a time; the set-based run over a million accounts comes with the full core.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, attempts, autopay, invoices, methods, notices, payments, pending, quotes
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.core import Core
from billing_core.payments import Payment
from billing_core.states import AUTOPAY_ON, PaymentEvent, PaymentState

# A submitted attempt older than this lost its caller (the process died); asking again with its id charges once.
ORPHANED_AFTER = timedelta(minutes=2)


def run(core: Core, on: date) -> None:
    """Do what `on` calls for, for every account.

    An account that fails does not hold up the others; the failures are raised together at the end, and the day may
    then be run again. What got no answer is asked about first, so that a draft knows what was paid.
    """
    settle_open(core)
    with core.read() as session:
        ids = list(session.scalars(select(Account.id).order_by(Account.id)))
    failed = []
    for account_id in ids:
        try:
            _run_account(core, account_id, on)
        except Exception as error:
            error.add_note(f"account {account_id}, billing day {on}")
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"billing day {on} is not done", failed)


def settle_open(core: Core) -> None:
    """Bring every attempt without an answer to its end: ask about it, or, if its caller died, send it once more.

    Sent again under its own id, an attempt that the processor knows is answered and not charged anew.
    """
    with core.read() as session:
        waiting = list(session.scalars(select(Payment.account_id).where(Payment.state == PaymentState.UNKNOWN)))
        orphans = list(
            session.scalars(
                select(Payment.id).where(
                    Payment.state == PaymentState.SUBMITTED, Payment.submitted_at < core.now() - ORPHANED_AFTER
                )
            )
        )
    for account_id in dict.fromkeys(waiting):
        attempts.resolve_open(core, account_id)
    for payment_id in orphans:
        attempts.submit(core, payment_id)


def _run_account(core: Core, account_id: str, on: date) -> None:
    with core.write() as session:
        account = accounts.hold(session, account_id)
        served = account.plan_type in account.profile.plan_types and account.coverage_ended_on is None
        _expire_quotes(core, session, account_id)
        enrollment = autopay.on(session, account_id)
        if enrollment is not None:
            pending.apply(core, session, enrollment, on)
            enrollment = autopay.on(session, account_id)
        if served:
            _issue(core, session, account, enrollment, on)
            if enrollment is not None:
                _draft(core, session, account, enrollment, on)
        due = list(
            session.scalars(
                select(Payment.id).where(
                    Payment.account_id == account_id,
                    Payment.state == PaymentState.CONFIRMED,
                    Payment.pay_on <= on,
                )
            )
        )
    for payment_id in due:
        attempts.submit(core, payment_id)


def _expire_quotes(core: Core, session: Session, account_id: str) -> None:
    old = session.scalars(
        select(Payment).where(
            Payment.account_id == account_id,
            Payment.state == PaymentState.PROPOSED,
            Payment.expires_at < core.now(),
        )
    )
    for payment in old:
        quotes.expire(session, payment)


def _issue(core: Core, session: Session, account: Account, enrollment: Enrollment | None, on: date) -> None:
    profile = account.profile
    due = invoices.next_due_on(profile, on)
    invoice_on = invoices.invoice_date(profile, due, autopay=enrollment is not None)
    if invoice_on is None or on < invoice_on:
        return
    for policy in account.policies:
        invoices.issue(
            session,
            policy,
            coverage_month=invoices.coverage_month_of(profile, due),
            due=due,
            issued_on=on,
            at=core.now(),
            for_autopay=enrollment is not None,
        )


def _draft(core: Core, session: Session, account: Account, enrollment: Enrollment, on: date) -> None:
    """Start the draft due today for what is open less what a scheduled payment will take (G6), once a period."""
    due = invoices.next_due_on(account.profile, on)
    if enrollment.state not in AUTOPAY_ON or due != on or due < enrollment.first_draft_on:
        return
    if autopay.drafted(session, enrollment, due):
        return
    open_ = [item for item in invoices.open_invoices(session, account.id) if item.invoice.due_on <= due]
    amount_cents = sum(item.open_cents for item in open_) - payments.committed_cents(session, account.id)
    if amount_cents <= 0:
        return
    key = autopay.draft_key(enrollment, due)
    if enrollment.method not in methods.usable(session, account, on):
        # A sure failure is not tried; the member hears of it and pays by hand (G5).
        notices.record(session, account.id, "draft_skipped", f"draft:{key}:skipped", core.now())
        return
    payment = Payment(
        account_id=account.id,
        kind="draft",
        state=PaymentState.PROPOSED.value,
        amount_cents=amount_cents,
        method=enrollment.method,
        pay_on=on,
        quoted_at=core.now(),
        draft_key=key,
    )
    payments.change(payment, PaymentEvent.CONFIRM)
    session.add(payment)
    session.flush()
