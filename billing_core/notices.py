"""Notices owed to a member: which kind, about what, and when. One per `key`, ever."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.core import Core
from billing_core.store import Base


class Notice(Base):
    """One notice; its text is chosen when it is sent."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    written_at: Mapped[datetime]


def record(session: Session, account_id: str, kind: str, key: str, at: datetime) -> None:
    """Write the notice down unless `key` already stands."""
    if session.scalar(select(Notice.id).where(Notice.key == key)) is None:
        session.add(Notice(account_id=account_id, kind=kind, key=key, written_at=at))


def kinds_since(core: Core, account_id: str, since_id: int) -> list[str]:
    """The kinds of the account's notices written after notice `since_id`, oldest first."""
    with core.read() as session:
        return list(
            session.scalars(
                select(Notice.kind).where(Notice.account_id == account_id, Notice.id > since_id).order_by(Notice.id)
            )
        )


def last_id(core: Core) -> int:
    """The newest notice's id, or 0."""
    with core.read() as session:
        return session.scalar(select(Notice.id).order_by(Notice.id.desc()).limit(1)) or 0
