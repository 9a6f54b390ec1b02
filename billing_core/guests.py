"""Guests: somebody pays for a member by a link the member gave them, and hears of nothing else (DOMAIN 2.8, 4.9).

A guest's card or account is charged once and is never on the member's file: its row is removed from the start, so no
list shows it and nothing else can be paid from it. Who pays, and why, is not asked.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, attempts, authorization, invoices, methods, payers, payments, quotes, waiting
from billing_core.accounts import Account
from billing_core.attempts import Outcome
from billing_core.authorization import Said
from billing_core.core import Core
from billing_core.errors import AmountAboveOwed, MethodUnknown, NothingOwed
from billing_core.methods import Method
from billing_core.money import dollars
from billing_core.payers import GUEST
from billing_core.payments import Payment
from billing_core.processors import Entered
from billing_core.profiles.third_parties import Payer
from billing_core.states import PaymentEvent, PaymentState, ValidationState


def payable_cents(core: Core, account_id: str, payer: Payer = GUEST) -> int:
    """What a guest may pay for the member now: what is due and not on its way, in cents.

    Raises `RefusedByRule` where the issuer does not take such a payer or nobody knows (G30), `NothingOwed`,
    `PaymentUnresolved`, `PersonNeeded`, `PlanNotServed` or `CoverageEnded`.
    """
    with core.read() as session:
        return _payable_cents(session, accounts.find(session, account_id), payer)


def bank_text(account: Account, amount_cents: int, language: str = "en") -> str:
    """What a guest agrees to before a bank account is debited: this one payment, today."""
    phone, hours = account.profile.reached_at()
    values = {"issuer": account.profile.short_name, "amount": dollars(amount_cents), "phone": phone, "hours": hours}
    return authorization.words("guest", language, **values)


def pay(
    core: Core, *, account_id: str, amount_cents: int, what: Entered, turn_id: str, text: str | None, said: Said
) -> Outcome:
    """Take exactly this amount from what the guest entered; the same `turn_id` asked twice charges once.

    Raises what `payable_cents` raises, `AmountAboveOwed` when less is due by now, or an error of `methods.check`.
    """
    with core.write() as session:
        account = accounts.hold(session, account_id)
        payment = session.scalar(select(Payment).where(Payment.quoted_by_turn == turn_id))
        if payment is None:
            payment = _confirmed(core, session, account, amount_cents, what, turn_id)
            if payment.method.rail == "ach":
                _authorize(core, session, payment, text, said)
        payment_id = payment.id
    return attempts.submit(core, payment_id)


def _payable_cents(session: Session, account: Account, payer: Payer) -> int:
    accounts.must_be_payable(account)
    payers.must_be_allowed(account, payer)
    quotes.must_not_need_a_person(session, account)
    payments.must_be_resolved(session, account.id)
    due_cents = sum(item.open_cents for item in invoices.open_invoices(session, account.id))
    left_cents = due_cents - waiting.committed_cents(session, account.id)
    if left_cents <= 0:
        raise NothingOwed(None)
    return left_cents


def _confirmed(
    core: Core, session: Session, account: Account, amount_cents: int, what: Entered, turn_id: str
) -> Payment:
    payable_cents = _payable_cents(session, account, GUEST)
    today, now = core.today(account.profile.time_zone), core.now()
    if amount_cents > payable_cents:
        raise AmountAboveOwed(amount_cents, payable_cents)
    if what.business:
        raise MethodUnknown(f"a business account ending {what.last4}")
    method = Method(
        account_id=account.id,
        kind=what.kind,
        brand=what.brand,
        last4=what.last4,
        expires_month=what.expires_month,
        token=what.token,
        validation=(ValidationState.VERIFIED if what.verified else ValidationState.PENDING).value,
        removed_on=today,
    )
    methods.check(account, method, today)
    payment = Payment(
        account_id=account.id,
        payer=GUEST,
        state=PaymentState.PROPOSED.value,
        amount_cents=amount_cents,
        method=method,
        pay_on=today,
        quoted_at=now,
        quoted_by_turn=turn_id,
        confirmed_by_turn=turn_id,
    )
    session.add(payment)
    payments.change(payment, PaymentEvent.CONFIRM)
    session.flush()
    return payment


def _authorize(core: Core, session: Session, payment: Payment, text: str | None, said: Said) -> None:
    if text is None:
        raise ValueError("a bank account is debited with the authorization that was shown")
    authorization.give(
        session,
        kind=authorization.ONE_TIME,
        subject_id=payment.id,
        account_id=payment.account_id,
        method=payment.method,
        text=text,
        amount_cents=payment.amount_cents,
        first_on=payment.pay_on,
        agreed=None,
        said=said,
        at=core.now(),
    )
