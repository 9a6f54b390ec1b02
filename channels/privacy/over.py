"""What is over goes with the words of its time: codes and links nobody used, wrong tries, tokens that counted once.

Each opened something for minutes and opens nothing now. A code or link that was used stays: it is the proof of what it
was used for (kept.yml). Days are those of `retention`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import DeclarativeBase

from billing_core import Core
from channels.privacy import retention
from channels.store import CodeChallenge, PortalToken, SecureLink, WrongTry


def run(core: Core, retention_days: int) -> Counter[str]:
    """Delete what was over before the days that are kept; how many of each. Safe to repeat."""
    before = retention.kept_from(core, retention_days)
    return +Counter(
        codes=forget(core, CodeChallenge, CodeChallenge.used_at.is_(None) & (CodeChallenge.expires_at < before)),
        links=forget(core, SecureLink, SecureLink.used_at.is_(None) & (SecureLink.expires_at < before)),
        wrong_tries=forget(core, WrongTry, WrongTry.at < before),
        portal_tokens=forget(core, PortalToken, PortalToken.at < before),
    )


def forget(core: Core, table: type[DeclarativeBase], over: ColumnElement[bool]) -> int:
    """Delete the rows of a table that are over, page by page, so that nobody waits for long; how many."""
    (key,) = table.__table__.primary_key
    total = 0
    while True:
        with core.write() as session:
            page: list[Any] = list(session.scalars(select(key).where(over).limit(retention.PAGE)))
            if page:
                session.execute(delete(table).where(key.in_(page)))
        total += len(page)
        if len(page) < retention.PAGE:
            return total
