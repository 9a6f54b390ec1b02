"""The console's office, with what is left of words in it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from channels.store import Message
from tests.console.conftest import Office, make_office, office, sqlite_office  # noqa: F401

RETENTION_DAYS = 730


def texts(office: Office) -> list[str]:  # noqa: F811
    """The words that are left, in order; empty ones left out."""
    with office.core.read() as session:
        where = select(Message.text).where(Message.text != "").order_by(Message.at, Message.seq)
        return list(session.scalars(where))


def after(office: Office, days: int) -> None:  # noqa: F811
    """Let days pass."""
    office.core.clock.advance(timedelta(days=days))
