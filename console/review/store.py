"""What reviewers said of turns. A label is never changed: a reviewer's later one counts, and their first is kept for
the rate of agreement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from channels.store import Message
from console.store import Base


class TurnLabel(Base):
    """One reviewer's reading of one message; it goes when its message goes.

    `reading` is `{"intent", "entities": [[entity, words], …]}` in the words that the product role reads, sorted;
    `answer` is one of `labels.ANSWERS`. `said_key` is the digest of the words, by which the same are known again.
    """

    __tablename__ = "turn_label"
    __table_args__ = (Index("ix_turn_label_message_id", "message_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey(Message.__table__.c.id, ondelete="CASCADE"))
    said_key: Mapped[str] = mapped_column(String(16), index=True)
    reviewer: Mapped[str] = mapped_column(String(120), index=True)
    at: Mapped[datetime]
    reading: Mapped[dict[str, Any]]
    hand_over: Mapped[bool]
    answer: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(String(500))
