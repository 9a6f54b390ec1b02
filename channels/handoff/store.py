"""The hand-off's tables: conversations that a person is to take, and agents' words, each taken once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from billing_core.states import advance
from channels.store import Base, new_id


class HandoffState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    RELEASED = "released"
    CLOSED = "closed"


class HandoffEvent(StrEnum):
    TAKE = "take"
    RELEASE = "release"
    CLOSE = "close"


HANDOFF: Mapping[StrEnum, Mapping[StrEnum, StrEnum]] = {
    # Asked for; the assistant goes on helping with what it can.
    HandoffState.WAITING: {HandoffEvent.TAKE: HandoffState.HELD, HandoffEvent.CLOSE: HandoffState.CLOSED},
    # A person has spoken and the assistant is silent.
    HandoffState.HELD: {HandoffEvent.RELEASE: HandoffState.RELEASED},
    HandoffState.RELEASED: {},
    HandoffState.CLOSED: {},
}
OPEN = (HandoffState.WAITING, HandoffState.HELD)


class Handoff(Base):
    """One time that a person was asked for. `open_key` is the conversation while it is open: there is one at most.

    `reasons` are names of reasons.yml, the first first. What is said after `first_seq` and up to `last_seq` (none while
    it is open) belongs to it. `taken_by` is who holds it ("slack:U024", "cli:kim"), `agent_name` what the member reads.
    `thread` is where it is talked about, `mirrored_seq` how far that has the conversation.
    """

    __tablename__ = "handoff"
    __table_args__ = (Index("ix_handoff_conversation_id", "conversation_id", "opened_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    open_key: Mapped[str | None] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    reasons: Mapped[list[Any]]
    urgency: Mapped[int]
    opened_at: Mapped[datetime]
    taken_by: Mapped[str | None] = mapped_column(String(80))
    agent_name: Mapped[str | None] = mapped_column(String(40))
    taken_at: Mapped[datetime | None]
    last_word_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    first_seq: Mapped[int]
    last_seq: Mapped[int | None]
    mirrored_seq: Mapped[int]
    thread: Mapped[str | None] = mapped_column(String(32), index=True)

    def move(self, event: HandoffEvent) -> None:
        """Change state as the table says; raises `IllegalTransition`."""
        self.state = advance(HANDOFF, self.state, event)
        if self.state not in OPEN:
            self.open_key = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class AgentWord(Base):
    """What an agent said, by the key under which it came in: the same key again says nothing new."""

    __tablename__ = "handoff_word"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoff.id"))
    message_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
