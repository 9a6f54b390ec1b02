"""Slack's tables: what came from there, what goes there, each once, and what agents are called."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from channels.store import Base


class SlackEvent(Base):
    """One thing an agent did in a thread, by Slack's own id for it; `text` has been screened, and `found` is what was
    taken out. `state` is `queued`, `done` or `failed`; `ts` is Slack's time of it, by which they are taken."""

    __tablename__ = "slack_event"
    __table_args__ = (Index("ix_slack_event_queue", "conversation_id", "state"),)

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoff.id"))
    kind: Mapped[str] = mapped_column(String(10))
    agent: Mapped[str] = mapped_column(String(32))
    ts: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text, default="")
    found: Mapped[list[Any]] = mapped_column(default=list)
    files: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(8), default="queued")
    at: Mapped[datetime]


class SlackPost(Base):
    """One post of ours in a thread: `queued`, `posting` (it may be there: ask), `posted` as `ts`, or `failed`.

    `key` is what it is (`opening`, `message:ID`, `note:…`), told to Slack with it, so that it can be found again. The
    words are made when it is posted, and only those of a note are kept here; `digest` tells whether a message's have
    been changed since (a number was taken out) and the post must follow. `tried_at` and `not_before` are the machine's
    time: they are held against Slack's.
    """

    __tablename__ = "slack_post"
    __table_args__ = (UniqueConstraint("handoff_id", "key"), Index("ix_slack_post_queue", "conversation_id", "state"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoff.id"))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    key: Mapped[str] = mapped_column(String(160))
    message_id: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="queued")
    ts: Mapped[str | None] = mapped_column(String(32))
    error_code: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]


class SlackAgent(Base):
    """What an agent is called there, asked once a day."""

    __tablename__ = "slack_agent"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
