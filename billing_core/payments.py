"""The payment: one quote and the one attempt that may come of it. Its states change only along `states.PAYMENT`."""

from __future__ import annotations

from datetime import date, datetime
from secrets import token_hex
from time import time_ns

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from billing_core import accounts, states
from billing_core.errors import PaymentUnresolved
from billing_core.methods import Method
from billing_core.states import PAYMENT, PaymentEvent, PaymentState
from billing_core.store import Base


def new_attempt_id() -> str:
    """32 letters that nobody can guess and that sort in the order of their making, within one clock second too."""
    return f"{time_ns():016x}{token_hex(8)}"


class Payment(Base):
    """One quote and the one attempt that may come of it; `id` is the attempt id."""

    __tablename__ = "payment"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_attempt_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="one_time")
    state: Mapped[str] = mapped_column(String(12), index=True)
    amount_cents: Mapped[int]
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"))
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))
    pay_on: Mapped[date]
    quoted_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    quoted_by_turn: Mapped[str | None] = mapped_column(String(64), unique=True)
    confirmed_by_turn: Mapped[str | None] = mapped_column(String(64), unique=True)
    draft_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    submitted_at: Mapped[datetime | None]
    resolved_on: Mapped[date | None]
    processor_reference: Mapped[str | None] = mapped_column(String(120))
    confirmation: Mapped[str | None] = mapped_column(String(9), unique=True)
    code: Mapped[str | None] = mapped_column(String(40))
    method: Mapped[Method] = relationship(lazy="joined")


def change(payment: Payment, event: PaymentEvent) -> None:
    """Move the payment along the state table; raises `IllegalTransition`."""
    payment.state = states.advance(PAYMENT, payment.state, event)


def committed_cents(session: Session, account_id: str, policy_id: int | None = None) -> int:
    """What confirmed payments waiting for their day will take, in cents, so that it is not offered twice (G6)."""
    rows = session.scalars(
        select(Payment).where(Payment.account_id == account_id, Payment.state == PaymentState.CONFIRMED)
    )
    return sum(row.amount_cents for row in rows if policy_id is None or row.policy_id in (None, policy_id))


def must_be_resolved(session: Session, account_id: str) -> None:
    """Raises `PaymentUnresolved` while an attempt of the account has no answer."""
    waiting = session.scalars(
        select(Payment).where(Payment.account_id == account_id, Payment.state.in_(states.UNRESOLVED))
    ).first()
    if waiting is not None:
        raise PaymentUnresolved(waiting.amount_cents)


def of(session: Session, account_id: str) -> list[Payment]:
    """Every payment of the account, oldest first, quotes included."""
    return list(
        session.scalars(select(Payment).where(Payment.account_id == account_id).order_by(Payment.quoted_at, Payment.id))
    )


def hold(session: Session, payment_id: str) -> Payment:
    """The payment, with its account locked."""
    payment = session.get_one(Payment, payment_id)
    accounts.hold(session, payment.account_id)
    session.refresh(payment)
    return payment
