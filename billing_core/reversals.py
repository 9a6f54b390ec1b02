"""Money that goes back: ACH returns and refunds, each a mirror entry in the ledger, each counted once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from billing_core import accounts, ach, codes, credits, ledger, notices, payments, refunds, states
from billing_core.core import Core
from billing_core.errors import IllegalTransition
from billing_core.payments import Payment
from billing_core.processors import Accepted
from billing_core.states import PAYMENT, PaymentEvent, PaymentState


def returned(core: Core, payment_id: str, code: str) -> None:
    """An ACH return arrives: the entry is reversed, the invoice is owed again, the method may be disabled.

    `code` is a row of the code table (raises `CodeNotFound`); a second return of the same payment changes nothing.
    """
    codes.lookup(code)
    with core.write() as session:
        take_return(core, session, payments.hold(session, payment_id), code)


def take_return(core: Core, session: Session, payment: Payment, code: str) -> None:
    """`returned`, on a held payment; a return that the table does not know yet ends the method too."""
    if payment.state == PaymentState.RETURNED:
        return
    payments.change(payment, PaymentEvent.RETURN)
    payment.code = code
    _post_back(core, session, payment, "returned")
    if codes.reason(code).disable_saved_method:
        payment.method.disabled_code = code
    notices.record(session, payment.account_id, "return", f"payment:{payment.id}:return", core.now())


def is_final(core: Core, session: Session, payment: Payment) -> bool:
    """Whether a bank debit is past the days in which it can come back (3.6): then a return goes to a person."""
    zone = accounts.find(session, payment.account_id).profile.time_zone
    return payment.method.rail == "ach" and core.today(zone) > ach.final_on(payments.made_on(payment, zone))


def refund(core: Core, payment_id: str) -> Payment:
    """Give a settled payment back through the processor; asked twice, it refunds once.

    Raises `IllegalTransition` when it is not settled, or when a refund of it stands already (`refunds`).
    """
    with core.read() as session:
        payment = session.get_one(Payment, payment_id)
    if payment.state != PaymentState.REFUNDED:
        states.advance(PAYMENT, payment.state, PaymentEvent.REFUND)
        with core.read() as session:
            if refunds.standing_for(session, payment_id) is not None:
                raise IllegalTransition(payment.state, PaymentEvent.REFUND.value)
        answer = core.processor.refund(attempt_id=payment.id, amount_cents=payment.amount_cents)
        if isinstance(answer, Accepted):
            with core.write() as session:
                take_refund(core, session, payments.hold(session, payment_id))
    with core.read() as session:
        return session.get_one(Payment, payment_id)


def take_refund(core: Core, session: Session, payment: Payment) -> None:
    """The whole amount of a held payment went back; told twice, it counts once."""
    if payment.state != PaymentState.REFUNDED:
        payments.change(payment, PaymentEvent.REFUND)
        _post_back(core, session, payment, "refunded")


def needs_person(session: Session, account_id: str) -> bool:
    """Whether a return for a person (`codes.for_person`) stands: an invoice that it reopened is still owed (3.6)."""
    return account_id in needing_person(session, [account_id])


def needing_person(session: Session, account_ids: Collection[str]) -> set[str]:
    """Those of the accounts for which `needs_person` is true."""
    unauthorized = session.scalars(_for_person(), {"account_ids": list(account_ids)})
    references = [f"payment:{payment_id}:returned" for payment_id in unauthorized]
    if not references:
        return set()
    reopened = select(ledger.Posting.invoice_id).join(ledger.Entry).where(ledger.Entry.reference.in_(references))
    still_owed = (
        select(ledger.Posting.account_id)
        .where(ledger.Posting.account_id.in_(account_ids), ledger.Posting.invoice_id.in_(reopened))
        .where(ledger.Posting.book == ledger.RECEIVABLE)
        .group_by(ledger.Posting.account_id, ledger.Posting.invoice_id)
        .having(func.sum(ledger.Posting.amount_cents) != 0)
    )
    return set(session.scalars(still_owed))


@cache
def _for_person() -> Select[str]:
    """The returns for a person. Written once: to write it anew takes longer than to run it."""
    return select(Payment.id).where(
        Payment.account_id.in_(bindparam("account_ids", expanding=True)),
        Payment.state == PaymentState.RETURNED,
        Payment.code.in_(codes.for_person()),
    )


def _post_back(core: Core, session: Session, payment: Payment, what: str) -> None:
    """The payment's mirror image; credit that it had made and that went to bills meanwhile goes back too (2.6)."""
    today = core.today(accounts.find(session, payment.account_id).profile.time_zone)
    payment.resolved_on = today
    ledger.reverse(
        session,
        original=f"payment:{payment.id}:settled",
        reference=f"payment:{payment.id}:{what}",
        on=today,
        at=core.now(),
    )
    credits.settle(session, payment.account_id, cause=f"payment:{payment.id}:{what}", on=today, at=core.now())
