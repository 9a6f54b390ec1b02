"""From a quote to an answer: confirm, submit, settle or reject, and ask again about what got no answer.

Every change of state goes through the table in `states.py`, in the transaction that posts the money. The attempt is
written and committed before the processor is called, and its id is the processor's idempotency key, so whatever
dies in between, nothing is charged twice (DESIGN 3, steps 10-11).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, authorization, codes, invoices, ledger, notices, payments, states, waiting
from billing_core.accounts import Account
from billing_core.authorization import Said
from billing_core.chargeable import Facts, chargeable_cents, facts
from billing_core.core import Core
from billing_core.errors import AmountAboveOwed, NothingOffered, PaymentUnresolved, QuoteExpired, Refusal, TriedTooOften
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.processors import Accepted, Answer, Declined, Finding, NeverArrived
from billing_core.states import PaymentEvent, PaymentState
from billing_core.store import insert_or_leave

# No 0/O, 1/I/L, and no vowels that could spell something: read aloud and typed back without mistakes.
CONFIRMATION_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
NOT_RECEIVED = "processing_error"
# What a notice is told of an answer that came after the conversation had moved on.
LATE = {"asked_later": True}
# A draft that comes too soon after the last one (a missed day was made up) waits for its hour this long.
WAITS_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Outcome:
    """What became of a confirmed payment, with what is left to pay, in cents."""

    payment: Payment
    left_cents: int
    next_due_on: date | None


def confirm(core: Core, payment_id: str, turn_id: str, said: Said | None = None) -> Outcome:
    """Take the quoted payment, or schedule it when its date is later; asking twice in one turn changes nothing.

    Checks again first: raises `QuoteExpired`, `PaymentUnresolved`, `AmountAboveOwed` (something was paid meanwhile),
    `PersonNeeded`, `NothingOffered` when the quote was left or used, or an error of `methods.check`. From a bank
    account it is an authorization (a WEB entry, DOMAIN 3.1), kept with who `said` so.
    """
    with core.write() as session:
        payment = payments.hold(session, payment_id)
        if payment.confirmed_by_turn != turn_id:
            _check_again(core, session, payment)
            payment.confirmed_by_turn = turn_id
            payments.change(payment, PaymentEvent.CONFIRM)
            account = accounts.find(session, payment.account_id)
            if payment.method.rail == "ach":
                _authorize(core, session, payment, said or Said(turn_id, "unknown"))
            if payment.pay_on <= core.today(account.profile.time_zone):
                _submit(core, payment)
    return _finish(core, payment_id)


def _authorize(core: Core, session: Session, payment: Payment, said: Said) -> None:
    authorization.give(
        session,
        kind=authorization.ONE_TIME,
        subject_id=payment.id,
        account_id=payment.account_id,
        method=payment.method,
        text=authorization.one_time_text(payment.method, payment.amount_cents, payment.pay_on, said.language),
        amount_cents=payment.amount_cents,
        first_on=payment.pay_on,
        agreed=None,
        said=said,
        at=core.now(),
    )


def submit(core: Core, payment_id: str) -> Outcome:
    """Send a confirmed (scheduled or drafted) payment to the processor; sending it twice charges once.

    Much may have happened since it was confirmed. It waits while another attempt has no answer, takes no more than is
    owed by now, and is cancelled with a notice (`dropped`) when nothing is owed or a rule forbids it by now.
    """
    submit_all(core, [payment_id])
    return _finish(core, payment_id)


def submit_all(core: Core, payment_ids: Collection[str]) -> list[Payment]:
    """Write down those of the confirmed payments that still stand as submitted, as `submit` does, in one transaction.

    Returns them for the caller to send with `ask` and to end with `resolve_all`. One payment an account at a time: the
    next one of an account waits, as it would for an answer.
    """
    with core.write() as session:
        held = [pair for pair in payments.hold_all(session, payment_ids) if pair[0].state == PaymentState.CONFIRMED]
        known = facts(session, {account.id for _, account in held}, core.now())
        return [row for row, account in held if _submit_if_it_stands(core, session, row, account, known)]


def _submit_if_it_stands(core: Core, session: Session, payment: Payment, account: Account, known: Facts) -> bool:
    try:
        owed_cents = chargeable_cents(core, payment, account, known)
    except PaymentUnresolved:
        return False
    except TriedTooOften as refused:
        if payment.kind == "draft" and refused.until is not None and refused.until <= payment.pay_on + WAITS_FOR:
            return False
        owed_cents = 0
    except Refusal:
        owed_cents = 0
    if owed_cents > 0:
        payment.amount_cents = min(payment.amount_cents, owed_cents)
        _submit(core, payment)
        return True
    payments.change(payment, PaymentEvent.LEAVE)
    notices.record(session, payment.account_id, "dropped", f"payment:{payment.id}:dropped", core.now())
    return False


def _finish(core: Core, payment_id: str) -> Outcome:
    # The processor is asked outside any open transaction: it may take seconds, and others must be able to work.
    with core.read() as session:
        payment = session.get_one(Payment, payment_id)
    if payment.state == PaymentState.SUBMITTED:
        resolve_all(core, {payment_id: ask(core, payment)})
    return outcome(core, payment_id)


def ask(core: Core, payment: Payment) -> Answer:
    """Have the processor charge a payment that is written down as submitted; outside any transaction."""
    return core.processor.charge(attempt_id=payment.id, token=payment.method.token, amount_cents=payment.amount_cents)


def resolve_open(core: Core, account_id: str) -> None:
    """Ask the processor about every attempt of the account that has no answer yet; charges nothing."""
    with core.read() as session:
        waiting = list(
            session.scalars(
                select(Payment.id).where(Payment.account_id == account_id, Payment.state == PaymentState.UNKNOWN)
            )
        )
    for payment_id in waiting:
        resolve_all(core, {payment_id: core.processor.find(payment_id)})


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
    account = accounts.find(session, payment.account_id)
    owed_cents = chargeable_cents(core, payment, account, facts(session, [account.id], core.now()))
    if payment.amount_cents > owed_cents:
        raise AmountAboveOwed(payment.amount_cents, owed_cents)


def _submit(core: Core, payment: Payment) -> None:
    payments.change(payment, PaymentEvent.SUBMIT)
    payment.submitted_at = core.now()


def resolve_all(core: Core, answers: Mapping[str, Finding]) -> list[Payment]:
    """Bring these payments to their end by the processor's answers, in one transaction, and return them as they are."""
    with core.write() as session:
        held = payments.hold_all(session, answers)
        _take_answers(core, session, [(payment, account, answers[payment.id]) for payment, account in held])
        return [payment for payment, _ in held]


def take_answer(core: Core, session: Session, payment: Payment, answer: Finding) -> bool:
    """Bring a held payment that waits for its answer to its end; False, and nothing changed, when it waits for none.

    The answer comes from the call itself, from asking later, or from the processor's event, in any order: the first
    one that says something counts.
    """
    waits = payment.state in states.UNRESOLVED
    _take_answers(core, session, [(payment, accounts.find(session, payment.account_id), answer)])
    return waits


def take_late(core: Core, session: Session, payment: Payment, answer: Accepted) -> bool:
    """Count a held payment that was given up as never arrived, and that the processor took after all; False for others.

    What it no longer has to pay becomes the member's credit.
    """
    given_up = payment.code == NOT_RECEIVED and payment.processor_reference is None
    if payment.state != PaymentState.REJECTED or not given_up:
        return False
    account = accounts.find(session, payment.account_id)
    _settle(core, session, [(payment, account, answer)], PaymentEvent.ACCEPT_LATE)
    payment.code = None
    notices.record(session, account.id, "receipt", f"payment:{payment.id}:receipt", core.now(), LATE)
    return True


def _take_answers(core: Core, session: Session, answered: Sequence[tuple[Payment, Account, Finding]]) -> None:
    """`take_answer` for held payments of as many different accounts."""
    accepted = []
    told = []
    for payment, account, answer in answered:
        if payment.state not in states.UNRESOLVED:
            continue
        # Whoever was told that nothing is known yet has to hear of it again.
        late = LATE if payment.state == PaymentState.UNKNOWN else None
        if isinstance(answer, Accepted):
            accepted.append((payment, account, answer))
            told.append(("receipt", payment, late))
        elif isinstance(answer, Declined | NeverArrived):
            _reject(core, payment, account, answer)
            told.append(("rejection", payment, late))
        elif payment.state == PaymentState.SUBMITTED:
            payments.change(payment, PaymentEvent.LOSE_ANSWER)
    if accepted:
        _settle(core, session, accepted)
    rows = [
        notices.row(each.account_id, kind, f"payment:{each.id}:{kind}", core.now(), late) for kind, each, late in told
    ]
    session.flush()
    insert_or_leave(session, Notice, rows)


def _reject(core: Core, payment: Payment, account: Account, answer: Declined | NeverArrived) -> None:
    code = answer.code if isinstance(answer, Declined) else NOT_RECEIVED
    payments.change(payment, PaymentEvent.DECLINE)
    payment.processor_reference = answer.reference if isinstance(answer, Declined) else None
    payment.code = code
    payment.resolved_on = core.today(account.profile.time_zone)
    if codes.reason(code).disable_saved_method:
        payment.method.disabled_code = code


def _settle(
    core: Core,
    session: Session,
    accepted: Sequence[tuple[Payment, Account, Accepted]],
    event: PaymentEvent = PaymentEvent.ACCEPT,
) -> None:
    """Money in, spread over the oldest coverage months first; what is over becomes the member's credit (2.6)."""
    ids = [account.id for _, account, _ in accepted]
    open_, moving = invoices.open_by_account(session, ids), payments.moving(session, ids)
    numbers = _confirmations(session, len(accepted))
    entries = []
    for (payment, account, answer), number in zip(accepted, numbers, strict=True):
        payments.change(payment, event)
        payment.processor_reference = answer.reference
        payment.confirmation = number
        payment.resolved_on = core.today(account.profile.time_zone)
        others = waiting.among(moving.get(account.id, []), but_for=payment.id)
        parts, over_cents = waiting.allocate(open_.get(account.id, []), others, payment, payment.amount_cents)
        entries.append(
            ledger.entry(
                reference=f"payment:{payment.id}:settled",
                account_id=account.id,
                on=payments.made_on(payment, account.profile.time_zone),
                at=core.now(),
                lines=[
                    ledger.Line(ledger.CASH, payment.amount_cents),
                    *(ledger.Line(ledger.RECEIVABLE, -part.amount_cents, part.invoice_id) for part in parts),
                    ledger.Line(ledger.MEMBER_CREDIT, -over_cents),
                ],
            )
        )
    ledger.post_all(session, entries)


def _confirmations(session: Session, count: int) -> list[str]:
    """So many numbers that no payment has."""
    free: dict[str, None] = {}
    while len(free) < count:
        drawn = {_drawn() for _ in range(count - len(free))} - {""}
        taken = set(session.scalars(select(Payment.confirmation).where(Payment.confirmation.in_(drawn))))
        free |= dict.fromkeys(drawn - taken)
    return list(free)


def _drawn() -> str:
    """A number, or nothing: eight digits in a row could read as a telephone or member number."""
    letters = "".join(secrets.choice(CONFIRMATION_LETTERS) for _ in range(8))
    return "" if letters.isdigit() else f"{letters[:4]}-{letters[4:]}"
