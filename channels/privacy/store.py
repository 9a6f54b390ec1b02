"""The tables of privacy: words that stay for now, copies elsewhere that are still to go, deletions asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from channels.store import Base, new_id

Place = Literal["carrier", "slack", "rasa"]


class KeptWords(Base):
    """A message whose words stay although those around it went: the proof of an authorization or of a consent."""

    __tablename__ = "kept_words"

    message_id: Mapped[str] = mapped_column(ForeignKey("message.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    why: Mapped[str] = mapped_column(String(16))


class CopyElsewhere(Base):
    """A copy of words that are gone here, until it is gone there too: `reference` is the carrier's SID, the post's time
    in Slack, or the conversation whose last turns Rasa has in memory. `not_before` is when it is tried next."""

    __tablename__ = "copy_elsewhere"
    __table_args__ = (UniqueConstraint("place", "reference"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    place: Mapped[str] = mapped_column(String(8))
    reference: Mapped[str] = mapped_column(String(128))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(index=True)


class ErasureRequest(Base):
    """One deletion that was asked for: whose, by whom, what went; `finished_at` once no conversation is left over.

    `open_key` is the account while it is not finished, so that asking again is the same request.
    """

    __tablename__ = "erasure_request"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    open_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    conversations: Mapped[int] = mapped_column(default=0)
    messages: Mapped[int] = mapped_column(default=0)
