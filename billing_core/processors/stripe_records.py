"""What we keep about Stripe beside the payment: which customer is whose, and which attempts were sent.

An attempt's row is committed before its request leaves. So no row means that nothing was ever sent, and a row says
when, for whom, and (once an answer came) which PaymentIntent it became.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.store import Base


class StripeCustomer(Base):
    """The Stripe customer that holds an account's payment methods."""

    __tablename__ = "stripe_customer"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(64))


class StripeAttempt(Base):
    """One attempt that was, or was about to be, sent to Stripe."""

    __tablename__ = "stripe_attempt"

    attempt_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(64))
    intent_id: Mapped[str | None] = mapped_column(String(64), index=True)
    first_sent_at: Mapped[datetime]
    last_sent_at: Mapped[datetime]


def attempt_of(session: Session, intent_id: str) -> str | None:
    """The attempt that became this PaymentIntent, as far as we have heard."""
    return session.scalar(select(StripeAttempt.attempt_id).where(StripeAttempt.intent_id == intent_id))
