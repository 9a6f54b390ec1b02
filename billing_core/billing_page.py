"""How far a billing day has come: its pages, and whether it has come to an account."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.store import Base


class BillingPage(Base):
    """One page of one day; `done_at` stands once its transaction is committed."""

    __tablename__ = "billing_page"

    day: Mapped[date] = mapped_column(primary_key=True)
    # Whose day it is: an issuers' time zone, or nothing for every issuer.
    zone: Mapped[str] = mapped_column(String(40), primary_key=True)
    after_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    up_to_id: Mapped[str] = mapped_column(String(40))
    done_at: Mapped[datetime | None]


def came_to(session: Session, account_id: str, day: date, zone: str) -> bool:
    """Whether the billing day of `day`, in the issuer's time zone, has been done for the account."""
    page = select(BillingPage.day).where(
        BillingPage.day == day,
        BillingPage.zone.in_(("", zone)),
        BillingPage.after_id < account_id,
        BillingPage.up_to_id >= account_id,
        BillingPage.done_at.is_not(None),
    )
    return session.scalar(page.limit(1)) is not None
