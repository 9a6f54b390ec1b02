"""The payment: one quote and the one attempt that may come of it. Its states change only along `states.PAYMENT`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cache
from secrets import token_hex
from time import time_ns
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, Select, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from billing_core import accounts, states
from billing_core.accounts import Account
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
    # Read in the order of accounts: what waits to be sent, however much of it; and one account's without the others'.
    __table_args__ = (Index("ix_payment_state_account_id_id", "state", "account_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_attempt_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="one_time")
    payer: Mapped[str] = mapped_column(String(20), default="member", server_default="member")
    state: Mapped[str] = mapped_column(String(12))
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


def made_on(payment: Payment, zone: str) -> date:
    """The issuer's civil date on which the attempt was sent, or is to be: paid in time counts so, however late the
    answer."""
    at = payment.submitted_at
    return payment.pay_on if at is None else at.astimezone(ZoneInfo(zone)).date()


def change(payment: Payment, event: PaymentEvent) -> None:
    """Move the payment along the state table; raises `IllegalTransition`."""
    payment.state = states.advance(PAYMENT, payment.state, event)


def moving(session: Session, account_ids: Collection[str]) -> dict[str, list[Payment]]:
    """The payments of these accounts that may yet take money; accounts without one are absent."""
    rows = session.scalars(_moving(), {"account_ids": list(account_ids)})
    found: dict[str, list[Payment]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row)
    return found


@cache
def _moving() -> Select[Payment]:
    # Written once, like other statements of a turn: to write one anew takes longer than to run it.
    mine = Payment.account_id.in_(bindparam("account_ids", expanding=True))
    moving_ = select(Payment).where(mine, Payment.state.in_(states.MONEY_MAY_MOVE))
    return moving_.order_by(Payment.account_id, Payment.id)


def must_be_resolved(session: Session, account_id: str) -> None:
    """Raises `PaymentUnresolved` while an attempt of the account has no answer."""
    must_be_resolved_among(moving(session, [account_id]).get(account_id, []))


def must_be_resolved_among(rows: Iterable[Payment]) -> None:
    """`must_be_resolved` for the payments of one account."""
    for row in rows:
        if row.state in states.UNRESOLVED:
            raise PaymentUnresolved(row.amount_cents)


def of(session: Session, account_id: str, within: Collection[PaymentState] | None = None) -> list[Payment]:
    """The payments of the account in these states, oldest first; where none are named all of them, quotes included."""
    mine = select(Payment).where(Payment.account_id == account_id)
    if within is not None:
        mine = mine.where(Payment.state.in_(within))
    return list(session.scalars(mine.order_by(Payment.quoted_at, Payment.id)))


def hold_all(session: Session, payment_ids: Collection[str]) -> list[tuple[Payment, Account]]:
    """These payments as they stand now, by account, each with its account, which is locked."""
    mine = Payment.id.in_(payment_ids)
    held = accounts.hold_all(session, session.scalars(select(Payment.account_id).where(mine)).all())
    rows = select(Payment).where(mine).order_by(Payment.account_id, Payment.id)
    fresh = session.scalars(rows.execution_options(populate_existing=True))
    return [(row, held[row.account_id]) for row in fresh]


def hold(session: Session, payment_id: str) -> Payment:
    """The payment, with its account locked."""
    payment = session.get_one(Payment, payment_id)
    accounts.hold(session, payment.account_id)
    session.refresh(payment)
    return payment
