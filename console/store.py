"""The console's tables: who may sign in, who is signed in, wrong tries, and the audit log.

`audit_entry` is append-only: triggers of the database refuse to change or delete a row (migration 0007).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from billing_core.store import NAMING, UtcDateTime


class Base(DeclarativeBase):
    """The console's own tables, apart from the channels' and the core's."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON}


metadata = Base.metadata


class User(Base):
    """One person of a support or product team. Without a `password_hash` they come in by single sign-on only."""

    __tablename__ = "console_user"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SignedIn(Base):
    """One browser that is signed in, by the digest of its token; ended is ended, wherever the cookie still lies."""

    __tablename__ = "console_session"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_name: Mapped[str] = mapped_column(ForeignKey("console_user.name"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInTry(Base):
    """One try to sign in by password, written before the password is looked at; a right one takes its name's away."""

    __tablename__ = "console_try"
    __table_args__ = (Index("ix_console_try_name", "name", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what about which conversation, when and from where; `details` hold no words of a member."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_about", "about", "id"), Index("ix_audit_entry_who", "who", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(10))
    what: Mapped[str] = mapped_column(String(30))
    about: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]]
