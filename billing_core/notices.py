"""Notices owed to a member: which kind, about what, and when. One per `key`, ever.

What kinds there are is data (`notices.yml`). A notice is written in the transaction of what it is about; whoever
sends it asks `waiting`, and keeps here whether it is done or when to look again. What it says is read by
`notice_facts` when it is sent, except what only its writer knew (`facts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, ForeignKey, Index, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.core import Core
from billing_core.store import Base

Way = Literal["sms", "email", "post"]
# How a notice ended: it reached the member, it was not true any more, or a courtesy found no way.
Outcome = Literal["told", "moot", "unreached"]


class Kind(BaseModel):
    """One row of `notices.yml`; `facts` are the names of what each variant says, `without` the ways it does not go by,
    each with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    about: str
    rule: str | None = None
    channels: list[Way] = Field(default=["sms", "email", "post"])
    without: dict[Way, str] = Field(default_factory=dict)
    written: bool = False
    dated: bool = False
    answer: bool = False
    facts: dict[str, list[str]]

    @property
    def required(self) -> bool:
        """Whether a law or a rule wants it to reach the member, some way."""
        return self.rule is not None


class Notice(Base):
    """One notice. `outcome` stands when nothing is left to do; until then it is looked at from `next_at` on."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "ix_notice_waiting",
            "next_at",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    written_at: Mapped[datetime]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    next_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(10))


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of notice by its name."""
    rows = yaml.safe_load((files("billing_core") / "notices.yml").read_text(encoding="utf-8"))
    return {name: Kind(kind=name, **row) for name, row in rows.items()}


def record(
    session: Session, account_id: str, kind: str, key: str, at: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """Write the notice down unless `key` already stands; raises KeyError for a kind that `notices.yml` does not have.

    `facts` are those that cannot be read later from the account, as JSON takes them: cents, ISO dates, words.
    """
    row_of = row(account_id, kind, key, at, facts)
    if session.scalar(select(Notice.id).where(Notice.key == key)) is None:
        session.add(Notice(**row_of))


def row(account_id: str, kind: str, key: str, at: datetime, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The same as a row, for who writes many at once."""
    known = kinds()[kind].kind
    said = dict(facts) if facts else None
    return {"account_id": account_id, "kind": known, "key": key, "written_at": at, "next_at": at, "facts": said}


def waiting(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of notices that wait to be sent, oldest first."""
    return list(
        session.scalars(
            select(Notice.id)
            .where(Notice.outcome.is_(None), Notice.next_at <= now)
            .order_by(Notice.next_at, Notice.id)
            .limit(limit)
        )
    )


def take(session: Session, notice_id: int, now: datetime) -> Notice | None:
    """The notice, locked until the transaction ends; None when another has it, or has just dealt with it."""
    return session.scalars(
        select(Notice)
        .where(Notice.id == notice_id, Notice.outcome.is_(None), Notice.next_at <= now)
        .with_for_update(skip_locked=True)
    ).first()


def wake(session: Session, notice_id: int, at: datetime) -> None:
    """There is news about a notice under way: look at it from `at` on, if that is sooner than planned."""
    session.execute(
        update(Notice).where(Notice.id == notice_id, Notice.outcome.is_(None), Notice.next_at > at).values(next_at=at)
    )


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
