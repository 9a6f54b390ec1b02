"""Refunds as a member asks for them and hears of them; a person decides in `refunding` (DOMAIN 2.6).

A refund gives back one settled payment whole, or credit, through the payment it came from. Credit that is asked for is
set aside at once, so that no bill takes it meanwhile. A payment is refunded once; nothing goes back above what it took.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from billing_core import accounts, ledger, payments
from billing_core.accounts import Account
from billing_core.calendar import banking_days_after
from billing_core.core import Core
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.errors import NothingToRefund, RefusedByRule
from billing_core.payments import Payment, new_attempt_id
from billing_core.states import PaymentState, RefundState
from billing_core.store import Base

Of = Literal["payment", "credit"]
# A bank debit settles on the next banking day, and its ordinary returns are back by the second one after (3.6, 3.7).
BANKING_DAYS_TO_SETTLE, BANKING_DAYS_TO_COME_BACK = 1, 2
# A consumer may call a debit unauthorized for 60 days after it settled.
FINAL_AFTER = timedelta(days=60)


class Refund(Base):
    """One request and what became of it. `standing_for` is its payment until it is declined: one stands at a time."""

    __tablename__ = "refund"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_attempt_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"))
    standing_for: Mapped[str | None] = mapped_column(String(32), unique=True)
    of: Mapped[str] = mapped_column(String(10))
    amount_cents: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), index=True)
    requested_by_turn: Mapped[str] = mapped_column(String(64), unique=True)
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    code: Mapped[str | None] = mapped_column(String(40))
    done_on: Mapped[date | None]
    payment: Mapped[Payment] = relationship(lazy="joined")


@dataclass(frozen=True)
class Status:
    """A refund as it is told: amount in cents, the issuer's civil dates; where it goes is the method that was charged.

    `earliest_on` is the first day on which it may be sent, `final_on` the day after which a bank debit stays paid.
    """

    refund_id: str
    of: Of
    amount_cents: int
    state: RefundState
    method_label: str
    requested_on: date
    earliest_on: date
    final_on: date
    decided_on: date | None
    done_on: date | None
    reason: str | None


def may_refund(payment: Payment, made_on: date, today: date) -> Answer:
    """Whether the payment, sent on `made_on`, may be given back today.

    Only a settled one may. A card payment may at once; a bank debit once its ordinary returns would be back, or it
    could be paid out twice. `until` is that first day (see docs/decisions).
    """
    if payment.state != PaymentState.SETTLED:
        return Refused("not_settled", None, {"state": payment.state})
    earliest_on = _earliest_on(payment, made_on)
    if today < earliest_on:
        return Refused("3.6", earliest_on, {"final_on": _final_on(payment, made_on)})
    return Allowed({"final_on": _final_on(payment, made_on)})


def request(core: Core, *, account_id: str, turn_id: str, payment_id: str | None = None) -> Status:
    """Ask for a settled payment back, or without one for the account's credit; a person decides (`refunding.decide`).

    Asked twice, in one turn or while a request for it stands, it is the same request. Raises `NothingToRefund`,
    `AccountNotFound`.
    """
    with core.write() as session:
        account = accounts.hold(session, account_id)
        known = session.scalar(select(Refund).where(Refund.requested_by_turn == turn_id))
        if known is None and payment_id is not None:
            known = session.scalar(select(Refund).where(Refund.standing_for == payment_id))
        if known is not None and known.account_id == account_id:
            return _status(account, known)
        if payment_id is None:
            asked = _of_credit(core, session, account)
            if asked is None:
                return _status(account, _last_of_credit(session, account_id))
            payment, amount_cents = asked
        else:
            payment = _settled(session, account_id, payment_id)
            amount_cents = payment.amount_cents
        refund = Refund(
            account_id=account_id,
            payment=payment,
            standing_for=payment.id,
            of="credit" if payment_id is None else "payment",
            amount_cents=amount_cents,
            state=RefundState.REQUESTED.value,
            requested_by_turn=turn_id,
            requested_at=core.now(),
        )
        session.add(refund)
        session.flush()
        if refund.of == "credit":
            post(core, session, refund, "set_aside", ledger.MEMBER_CREDIT, ledger.REFUND_DUE)
        return _status(account, refund)


def of(core: Core, account_id: str) -> tuple[Status, ...]:
    """Every refund the member asked for, oldest first; raises `AccountNotFound`."""
    with core.read() as session:
        account = accounts.find(session, account_id)
        return tuple(_status(account, row) for row in _all(session, account_id))


def status(core: Core, refund_id: str) -> Status:
    """One refund as it stands."""
    with core.read() as session:
        refund = session.get_one(Refund, refund_id)
        return _status(accounts.find(session, refund.account_id), refund)


def standing_for(session: Session, payment_id: str) -> Refund | None:
    """The refund of a payment that was asked for and not declined, if there is one."""
    return session.scalar(select(Refund).where(Refund.standing_for == payment_id))


def sent_cents(session: Session, payment_id: str) -> int:
    """What of a payment's money we had sent back as credit: a processor's word of it is no news."""
    refund = standing_for(session, payment_id)
    told = (RefundState.SENT.value, RefundState.DONE.value)
    return refund.amount_cents if refund is not None and refund.of == "credit" and refund.state in told else 0


def _earliest_on(payment: Payment, made_on: date) -> date:
    if payment.method.rail == "card":
        return made_on
    return banking_days_after(made_on, BANKING_DAYS_TO_SETTLE + BANKING_DAYS_TO_COME_BACK + 1)


def _final_on(payment: Payment, made_on: date) -> date:
    if payment.method.rail == "card":
        return made_on
    return banking_days_after(made_on, BANKING_DAYS_TO_SETTLE) + FINAL_AFTER


def _settled(session: Session, account_id: str, payment_id: str) -> Payment:
    payment = session.get(Payment, payment_id)
    if payment is None or payment.account_id != account_id or payment.state != PaymentState.SETTLED:
        raise NothingToRefund("no such settled payment")
    return payment


def _of_credit(core: Core, session: Session, account: Account) -> tuple[Payment, int] | None:
    """The payment that the credit can go back through, and how much of it in cents; None where there is no credit."""
    credit_cents = -ledger.balance_cents(session, account.id, ledger.MEMBER_CREDIT)
    if credit_cents <= 0:
        return None
    taken = {row.standing_for for row in _all(session, account.id)}
    free = [
        row for row in payments.of(session, account.id) if row.state == PaymentState.SETTLED and row.id not in taken
    ]
    if not free:
        raise RefusedByRule(Refused("2.6", None, {"credit_cents": credit_cents}))
    today = core.today(account.profile.time_zone)

    def fit(row: Payment) -> tuple[int, bool, str]:
        return min(row.amount_cents, credit_cents), bool(may_refund(row, made_on_of(account, row), today)), row.id

    best = max(free, key=fit)
    return best, min(best.amount_cents, credit_cents)


def _last_of_credit(session: Session, account_id: str) -> Refund:
    over = (RefundState.DONE.value, RefundState.DECLINED.value)
    under_way = [row for row in _all(session, account_id) if row.of == "credit" and row.state not in over]
    if not under_way:
        raise NothingToRefund("there is no credit")
    return under_way[-1]


def _all(session: Session, account_id: str) -> list[Refund]:
    rows = select(Refund).where(Refund.account_id == account_id)
    return list(session.scalars(rows.order_by(Refund.requested_at, Refund.id)))


def post(core: Core, session: Session, refund: Refund, what: str, debit: str, credit: str) -> None:
    """Move the refund's amount from one book to another, once for each `what`."""
    account = accounts.find(session, refund.account_id)
    ledger.post(
        session,
        reference=f"refund:{refund.id}:{what}",
        account_id=account.id,
        on=core.today(account.profile.time_zone),
        at=core.now(),
        lines=[ledger.Line(debit, refund.amount_cents), ledger.Line(credit, -refund.amount_cents)],
    )


def made_on_of(account: Account, payment: Payment) -> date:
    """The issuer's civil date on which the payment was sent."""
    if payment.submitted_at is None:
        return payment.pay_on
    return _day(account, payment.submitted_at)


def _day(account: Account, at: datetime) -> date:
    return at.astimezone(ZoneInfo(account.profile.time_zone)).date()


def _status(account: Account, refund: Refund) -> Status:
    made_on = made_on_of(account, refund.payment)
    return Status(
        refund_id=refund.id,
        of="credit" if refund.of == "credit" else "payment",
        amount_cents=refund.amount_cents,
        state=RefundState(refund.state),
        method_label=refund.payment.method.label,
        requested_on=_day(account, refund.requested_at),
        earliest_on=_earliest_on(refund.payment, made_on),
        final_on=_final_on(refund.payment, made_on),
        decided_on=None if refund.decided_at is None else _day(account, refund.decided_at),
        done_on=refund.done_on,
        reason=refund.reason,
    )
