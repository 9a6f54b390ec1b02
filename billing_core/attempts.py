"""From a quote to an answer: confirm, submit, settle or reject, and ask again about what got no answer.

Every change of state goes through the table in `states.py`, in the transaction that posts the money. The attempt is
written and committed before the processor is called, and its id is the processor's idempotency key, so whatever
dies in between, nothing is charged twice (DESIGN 3, steps 10-11).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, codes, invoices, ledger, methods, notices, payments, quotes, states
from billing_core.core import Core
from billing_core.errors import AmountAboveOwed, NothingOffered, PaymentUnresolved, QuoteExpired, Refusal
from billing_core.payments import Payment
from billing_core.processors import Accepted, Declined, Finding, NeverArrived
from billing_core.states import PaymentEvent, PaymentState

# No 0/O, 1/I/L, and no vowels that could spell something: read aloud and typed back without mistakes.
CONFIRMATION_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
NOT_RECEIVED = "processing_error"


@dataclass(frozen=True)
class Outcome:
    """What became of a confirmed payment, with what is left to pay, in cents."""

    payment: Payment
    left_cents: int
    next_due_on: date | None


def confirm(core: Core, payment_id: str, turn_id: str) -> Outcome:
    """Take the quoted payment, or schedule it when its date is later; asking twice in one turn changes nothing.

    Checks again first: raises `QuoteExpired`, `PaymentUnresolved`, `AmountAboveOwed` (something was paid meanwhile),
    `PersonNeeded`, `NothingOffered` when the quote was left or used, or an error of `methods.check`.
    """
    with core.write() as session:
        payment = payments.hold(session, payment_id)
        if payment.confirmed_by_turn != turn_id:
            _check_again(core, session, payment)
            payment.confirmed_by_turn = turn_id
            payments.change(payment, PaymentEvent.CONFIRM)
            account = accounts.find(session, payment.account_id)
            if payment.pay_on <= core.today(account.profile.time_zone):
                _submit(core, payment)
    return _finish(core, payment_id)


def submit(core: Core, payment_id: str) -> Outcome:
    """Send a confirmed (scheduled or drafted) payment to the processor; sending it twice charges once.

    Much may have happened since it was confirmed. It waits while another attempt has no answer, takes no more than is
    owed by now, and is cancelled with a notice (`dropped`) when nothing is owed or a rule forbids it by now.
    """
    with core.write() as session:
        payment = payments.hold(session, payment_id)
        if payment.state == PaymentState.CONFIRMED:
            _submit_if_it_stands(core, session, payment)
    return _finish(core, payment_id)


def _submit_if_it_stands(core: Core, session: Session, payment: Payment) -> None:
    try:
        owed_cents = _chargeable_cents(core, session, payment)
    except PaymentUnresolved:
        return
    except Refusal:
        owed_cents = 0
    if owed_cents > 0:
        payment.amount_cents = min(payment.amount_cents, owed_cents)
        _submit(core, payment)
    else:
        payments.change(payment, PaymentEvent.LEAVE)
        notices.record(session, payment.account_id, "dropped", f"payment:{payment.id}:dropped", core.now())


def _finish(core: Core, payment_id: str) -> Outcome:
    # The processor is asked outside any open transaction: it may take seconds, and others must be able to work.
    with core.read() as session:
        payment = session.get_one(Payment, payment_id)
    if payment.state == PaymentState.SUBMITTED:
        answer = core.processor.charge(
            attempt_id=payment.id, token=payment.method.token, amount_cents=payment.amount_cents
        )
        _resolve(core, payment_id, answer)
    return outcome(core, payment_id)


def resolve_open(core: Core, account_id: str) -> None:
    """Ask the processor about every attempt of the account that has no answer yet; charges nothing."""
    with core.read() as session:
        waiting = list(
            session.scalars(
                select(Payment.id).where(Payment.account_id == account_id, Payment.state == PaymentState.UNKNOWN)
            )
        )
    for payment_id in waiting:
        _resolve(core, payment_id, core.processor.find(payment_id))


def outcome(core: Core, payment_id: str) -> Outcome:
    """The payment as it stands, and what the account still owes."""
    with core.read() as session:
        payment = session.get_one(Payment, payment_id)
        open_ = invoices.open_invoices(session, payment.account_id)
        left_cents = sum(item.open_cents for item in open_)
        return Outcome(payment, left_cents, open_[0].invoice.due_on if open_ else None)


def _check_again(core: Core, session: Session, payment: Payment) -> None:
    if payment.state != PaymentState.PROPOSED:
        raise NothingOffered("this quote was left or used")
    if payment.expires_at is not None and core.now() > payment.expires_at:
        raise QuoteExpired("the quote is too old")
    owed_cents = _chargeable_cents(core, session, payment)
    if payment.amount_cents > owed_cents:
        raise AmountAboveOwed(payment.amount_cents, owed_cents)


def _chargeable_cents(core: Core, session: Session, payment: Payment) -> int:
    """What may be charged now for what the payment is for, in cents; raises a `Refusal` when nothing may."""
    account = accounts.find(session, payment.account_id)
    accounts.must_be_payable(account)
    quotes.must_not_need_a_person(session, account)
    payments.must_be_resolved(session, payment.account_id)
    methods.check(account, payment.method, max(payment.pay_on, core.today(account.profile.time_zone)))
    open_ = invoices.open_invoices(session, payment.account_id, payment.policy_id)
    committed_cents = payments.committed_cents(session, payment.account_id, payment.policy_id)
    own_cents = payment.amount_cents if payment.state == PaymentState.CONFIRMED else 0
    return sum(item.open_cents for item in open_) - (committed_cents - own_cents)


def _submit(core: Core, payment: Payment) -> None:
    payments.change(payment, PaymentEvent.SUBMIT)
    payment.submitted_at = core.now()


def _resolve(core: Core, payment_id: str, answer: Finding) -> None:
    with core.write() as session:
        take_answer(core, session, payments.hold(session, payment_id), answer)


def take_answer(core: Core, session: Session, payment: Payment, answer: Finding) -> bool:
    """Bring a held payment that waits for its answer to its end; False, and nothing changed, when it waits for none.

    The answer comes from the call itself, from asking later, or from the processor's event, in any order: the first
    one that says something counts.
    """
    if payment.state not in states.UNRESOLVED:
        return False
    zone = accounts.find(session, payment.account_id).profile.time_zone
    today = core.today(zone)
    if isinstance(answer, Accepted):
        payments.change(payment, PaymentEvent.ACCEPT)
        payment.processor_reference = answer.reference
        payment.confirmation = _confirmation(session)
        payment.resolved_on = today
        _post_settled(core, session, payment, _made_on(payment, zone))
        notices.record(session, payment.account_id, "receipt", f"payment:{payment.id}:receipt", core.now())
    elif isinstance(answer, Declined | NeverArrived):
        code = answer.code if isinstance(answer, Declined) else NOT_RECEIVED
        payments.change(payment, PaymentEvent.DECLINE)
        payment.code = code
        payment.resolved_on = today
        if codes.reason(code).disable_saved_method:
            payment.method.disabled_code = code
        notices.record(session, payment.account_id, "rejection", f"payment:{payment.id}:rejection", core.now())
    elif payment.state == PaymentState.SUBMITTED:
        payments.change(payment, PaymentEvent.LOSE_ANSWER)
    return True


def _made_on(payment: Payment, zone: str) -> date:
    """The issuer's civil date on which the attempt was sent: paid in time counts so, however late the answer."""
    assert payment.submitted_at is not None
    return payment.submitted_at.astimezone(ZoneInfo(zone)).date()


def _post_settled(core: Core, session: Session, payment: Payment, on: date) -> None:
    """Money in, spread over the oldest coverage months first; what is over becomes the member's credit (2.6)."""
    open_ = invoices.open_invoices(session, payment.account_id, payment.policy_id)
    parts, over_cents = invoices.allocate(open_, payment.amount_cents)
    ledger.post(
        session,
        reference=f"payment:{payment.id}:settled",
        account_id=payment.account_id,
        on=on,
        at=core.now(),
        lines=[
            ledger.Line(ledger.CASH, payment.amount_cents),
            *(ledger.Line(ledger.RECEIVABLE, -part.amount_cents, part.invoice_id) for part in parts),
            ledger.Line(ledger.MEMBER_CREDIT, -over_cents),
        ],
    )


def _confirmation(session: Session) -> str:
    while True:
        letters = "".join(secrets.choice(CONFIRMATION_LETTERS) for _ in range(8))
        number = f"{letters[:4]}-{letters[4:]}"
        taken = session.scalar(select(Payment.id).where(Payment.confirmation == number))
        # Eight letters in a row could read as a telephone or member number; a digit-only one is drawn again.
        if taken is None and not letters.isdigit():
            return number
