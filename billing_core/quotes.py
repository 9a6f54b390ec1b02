"""Quotes: what may be paid, how much, from what, when; decided here and read back before any money moves.

A quote is a payment in state PROPOSED, valid for 30 minutes. Nothing is charged by opening one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import (
    accounts,
    amounts,
    autopay,
    debits,
    invoices,
    methods,
    offers,
    past_due,
    payers,
    payments,
    records,
    reversals,
    waiting,
)
from billing_core.accounts import Account
from billing_core.amounts import Asked, Owing
from billing_core.autopay import Enrollment
from billing_core.chargeable import must_be_allowed
from billing_core.core import Core
from billing_core.errors import PersonNeeded
from billing_core.invoices import OpenInvoice
from billing_core.money import dollars
from billing_core.offers import Offer, OfferTerms
from billing_core.payments import Payment
from billing_core.profiles.third_parties import Payer
from billing_core.states import AutopayEvent, AutopayState, PaymentEvent, PaymentState


@dataclass(frozen=True)
class Wish:
    """What the member asked for; what they left out is the whole amount, today, from the first usable method."""

    amount_cents: int | None = None
    share: Fraction | None = None
    method_id: int | None = None
    pay_on: date | None = None
    policy_id: int | None = None
    payer: Payer = "member"

    @property
    def asked(self) -> Asked:
        """The part of the wish that the amounts depend on."""
        return Asked(self.amount_cents, self.share, self.pay_on)


@dataclass(frozen=True)
class Quote:
    """A quote as it is read back; amounts in cents, dates in the issuer's civil dates."""

    payment_id: str
    amount_cents: int
    owed_cents: int
    left_cents: int
    method_label: str
    pay_on: date
    today: date
    due_on: date
    last_day: date | None
    months: tuple[date, ...]
    policy_kinds: tuple[str, ...]
    expires_at: datetime
    in_grace: bool


def open_payment(
    core: Core, *, account_id: str, conversation_id: str, turn_id: str, wish: Wish | None = None, firm: bool = True
) -> Quote:
    """Put a quote on the table of the conversation; the same turn asked twice gets the same quote.

    Raises a `PaymentRefused`, a `MethodRefused`, `MethodNotFound`, `PlanNotServed` or `PersonNeeded`; then nothing
    has changed and an earlier offer still stands.
    """
    wish = wish or Wish()
    with records.deciding(core, account_id) as trail, core.write() as session:
        account = accounts.hold(session, account_id)
        known = session.scalar(select(Payment).where(Payment.quoted_by_turn == turn_id))
        if known is not None:
            return _read_back(core, session, known)
        today = core.today(account.profile.time_zone)
        accounts.must_be_payable(account)
        payers.must_be_allowed(account, wish.payer)
        must_not_need_a_person(session, account)
        moving = payments.moving(session, [account_id]).get(account_id, [])
        payments.must_be_resolved_among(moving)
        every, waits = invoices.open_invoices(session, account_id), waiting.among(moving)
        owing, asked = _owing(session, account, every, waits, wish.policy_id, today), wish.asked
        trail.keep(session, account, records.AMOUNT, (owing, asked), records.amount(account.profile, owing, asked))
        allowed = amounts.payable(account.profile, owing, asked)
        method = methods.choose(session, account, wish.method_id, allowed.pay_on)
        tried = debits.failed_lately(session, [account_id], core.now()).get(account_id, [])
        must_be_allowed(account, method, tried, allowed.pay_on, core.now())
        payment = Payment(
            account_id=account_id,
            payer=wish.payer,
            state=PaymentState.PROPOSED.value,
            amount_cents=allowed.amount_cents,
            method=method,
            policy_id=wish.policy_id,
            pay_on=allowed.pay_on,
            quoted_at=core.now(),
            expires_at=core.now() + offers.VALID_FOR,
            quoted_by_turn=turn_id,
        )
        session.add(payment)
        session.flush()
        offers.open_(
            session,
            conversation_id=conversation_id,
            account_id=account_id,
            turn_id=turn_id,
            terms=OfferTerms(offers.PAYMENT, payment.id, _words(allowed.amount_cents), firm),
            now=core.now(),
            withdraw=withdraw,
        )
        return _as_quote(core, session, account, payment, every, waits)


def read_back(core: Core, payment_id: str) -> Quote:
    """The quote once more, with what is owed by now."""
    with core.read() as session:
        return _read_back(core, session, session.get_one(Payment, payment_id))


def leave(core: Core, offer: Offer, turn_id: str | None = None) -> None:
    """The member leaves a quote or a payment scheduled for later: cancelled, nothing charged. With the turn that says
    so, the offer is answered too."""
    with core.write() as session:
        payment = payments.hold(session, offer.subject_id)
        if payment.state in (PaymentState.PROPOSED, PaymentState.CONFIRMED):
            payments.change(payment, PaymentEvent.LEAVE)
        if turn_id is not None:
            offers.answer_in(session, offer, turn_id, core.now())


def lapse(core: Core, offer: Offer) -> None:
    """The quote's time is up."""
    with core.write() as session:
        expire(session, payments.hold(session, offer.subject_id))


def withdraw(session: Session, offer: Offer) -> None:
    """What a replaced offer leaves behind: a quote becomes cancelled, an authorization nobody gave withdrawn."""
    if offer.kind == offers.PAYMENT:
        payment = session.get_one(Payment, offer.subject_id)
        if payment.state == PaymentState.PROPOSED:
            payments.change(payment, PaymentEvent.LEAVE)
    elif offer.kind == offers.AUTOPAY:
        enrollment = session.get_one(Enrollment, offer.subject_id)
        if enrollment.state == AutopayState.OFFERED:
            autopay.change(enrollment, AutopayEvent.WITHDRAW)


def expire(session: Session, payment: Payment) -> None:
    """The quote was not answered in time; nothing was charged."""
    if payment.state == PaymentState.PROPOSED:
        payments.change(payment, PaymentEvent.EXPIRE)


def must_not_need_a_person(session: Session, account: Account) -> None:
    """Raises `PersonNeeded` while a return for a person stands and is still owed (`codes.for_person`; 3.6)."""
    if reversals.needs_person(session, account.id):
        raise PersonNeeded("an unauthorized return stands on the account")


def _words(amount_cents: int) -> dict[str, str]:
    exact = dollars(amount_cents)
    words = {"PAY": "affirm", f"PAY {exact}": "affirm", f"PAY {exact.replace(',', '')}": "affirm"}
    if amount_cents % 100 == 0:
        words[f"PAY {amount_cents // 100}"] = "affirm"
    return words | {"CHANGE": "change", "BACK": "cancel"}


def _owing(
    session: Session,
    account: Account,
    every: list[OpenInvoice],
    waits: list[Payment],
    policy_id: int | None,
    today: date,
) -> Owing:
    open_ = invoices.of_policy(every, policy_id)
    return Owing(
        today=today,
        open_cents=sum(item.open_cents for item in open_),
        committed_cents=waiting.committed_cents_among(every, waits, policy_id),
        first_due_on=open_[0].invoice.due_on if open_ else None,
        last_day=past_due.last_day_to_pay_of(session, account, open_, today),
        binder=any(item.invoice.binder for item in open_),
    )


def _read_back(core: Core, session: Session, payment: Payment) -> Quote:
    account = accounts.find(session, payment.account_id)
    every, waits = invoices.open_invoices(session, account.id), waiting.of(session, account.id, payment.id)
    return _as_quote(core, session, account, payment, every, waits)


def _as_quote(
    core: Core, session: Session, account: Account, payment: Payment, every: list[OpenInvoice], waits: list[Payment]
) -> Quote:
    """The payment as it is read back, given every open bill and what else waits for its day."""
    today = core.today(account.profile.time_zone)
    open_ = invoices.of_policy(every, payment.policy_id)
    owed_cents = sum(item.open_cents for item in open_)
    parts, _ = waiting.allocate(every, waits, payment, payment.amount_cents)
    paid = [item.invoice for item in open_ if item.invoice.id in {part.invoice_id for part in parts}]
    standing = past_due.standing_of(session, account, open_, today)
    committed_cents = waiting.committed_cents_among(every, waits, payment.policy_id)
    return Quote(
        payment_id=payment.id,
        amount_cents=payment.amount_cents,
        owed_cents=owed_cents,
        left_cents=owed_cents - committed_cents - payment.amount_cents,
        method_label=payment.method.label,
        pay_on=payment.pay_on,
        today=today,
        due_on=open_[0].invoice.due_on if open_ else payment.pay_on,
        last_day=standing.last_day if standing else None,
        months=tuple(sorted({invoice.coverage_month for invoice in paid})),
        policy_kinds=tuple(sorted({invoice.policy_kind for invoice in paid})),
        expires_at=payment.expires_at or core.now(),
        in_grace=standing is not None,
    )
