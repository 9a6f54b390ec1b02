"""Taking the words of a conversation out: the messages stay as rows, since payments and decisions point to them.

What goes: words, buttons, cards, entities, the values of replies, and when nothing younger is left, what the next turn
would have known. What stays of a message: who spoke, when, how it was delivered. Copies elsewhere are noted in the same
transaction and go by `privacy.copies`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from channels.finding import Finding
from channels.handoff.store import Handoff
from channels.marks import Mark
from channels.privacy import kept
from channels.privacy.store import CopyElsewhere, KeptWords, Place
from channels.slack.store import SlackEvent, SlackPost
from channels.store import Conversation, Message, SecureLink, Turn, insert_once

# What is left of a message's data: who spoke, and what our own records need to know the message again.
_SPOKE = frozenset(("role", "name", "by", "again"))
_LEFT = _SPOKE | {"notice_id", "challenge_id", "link_id", "keyword", "found", "forgotten"}
# Messages that were found in these states are not over: nobody has answered them, or they have not left.
UNDER_WAY = {"in": ("queued",), "out": ("queued", "sending", "unknown")}
_NO_WORDS = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Erased:
    """How many messages lost their words, and how many keep them for now."""

    messages: int
    kept: int


def erase(session: Session, conversation: Conversation, through_seq: int, now: datetime, today: date) -> Erased:
    """Take out the words up to and with `through_seq`; the caller holds the conversation's row. Safe to repeat."""
    stays = kept.words(session, conversation.id, through_seq, today)
    where = select(Message).where(Message.conversation_id == conversation.id, Message.seq <= through_seq)
    rows = [row for row in session.scalars(where.order_by(Message.seq)) if row.id not in stays]
    gone = [row for row in rows if row.text or row.buttons or row.data.keys() - _LEFT]
    _blank(session, conversation.id, gone, now)
    for message_id, why in stays.items():
        insert_once(session, KeptWords, message_id=message_id, conversation_id=conversation.id, why=why)
    conversation.erased_seq = max(conversation.erased_seq, through_seq)
    if conversation.erased_seq >= conversation.last_seq:
        conversation.memory = {}
        session.execute(delete(Finding).where(Finding.conversation_id == conversation.id))
        session.execute(update(SecureLink).where(SecureLink.conversation_id == conversation.id).values(shown=None))
        note(session, "rasa", [conversation.id], conversation.id, now)
    return Erased(len(gone), len(stays))


def release(session: Session, message_ids: Iterable[str], now: datetime) -> int:
    """Take out words whose time to be kept is over; how many messages."""
    rows = list(session.scalars(select(Message).where(Message.id.in_(list(message_ids)))))
    for conversation_id in {row.conversation_id for row in rows}:
        session.get_one(Conversation, conversation_id, with_for_update=True)
        _blank(session, conversation_id, [row for row in rows if row.conversation_id == conversation_id], now)
    session.execute(delete(KeptWords).where(KeptWords.message_id.in_([row.id for row in rows])))
    return len(rows)


def forget_readings(session: Session, conversation_id: str, through_seq: int) -> None:
    """Take out what was made of the words too, and what the conversation is found by: for a deletion asked for."""
    ids = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.direction == "in", Message.seq <= through_seq
    )
    nothing: dict[str, Any] = {"intent": None, "confidence": None, "ranking": []}
    session.execute(
        update(Turn).where(Turn.message_id.in_(ids)).values(nothing).execution_options(synchronize_session=False)
    )
    session.execute(delete(Mark).where(Mark.conversation_id == conversation_id))


def note(session: Session, place: Place, references: Iterable[str], conversation_id: str, now: datetime) -> None:
    """Note copies that are to go elsewhere, each once."""
    for reference in references:
        insert_once(
            session, CopyElsewhere, place=place, reference=reference, conversation_id=conversation_id, tries=0,
            not_before=now,
        )  # fmt: skip


def _blank(session: Session, conversation_id: str, rows: list[Message], now: datetime) -> None:
    ids = [row.id for row in rows]
    at_carrier = [
        row.provider_id
        for row in rows
        if row.channel == "sms"
        and row.provider_id is not None
        and not row.provider_id.startswith("link:")
        and not row.data.get("forgotten")
    ]
    for row in rows:
        row.text, row.buttons = "", []
        row.data = {name: value for name, value in row.data.items() if name in _LEFT}
    note(session, "carrier", at_carrier, conversation_id, now)
    if not ids:
        return
    session.execute(update(Turn).where(Turn.message_id.in_(ids)).values(entities=[], said=[]))
    _in_threads(session, conversation_id, ids, max(row.seq for row in rows), now)


def _in_threads(session: Session, conversation_id: str, ids: list[str], last_seq: int, now: datetime) -> None:
    """What agents typed, what was posted of these messages, and openings that quote those before them."""
    handoffs = select(Handoff.id).where(Handoff.conversation_id == conversation_id, Handoff.first_seq <= last_seq)
    session.execute(update(SlackEvent).where(SlackEvent.handoff_id.in_(handoffs)).values(text=""))
    of_these = SlackPost.message_id.in_(ids) | ((SlackPost.key == "opening") & SlackPost.handoff_id.in_(handoffs))
    where = select(SlackPost).where(SlackPost.conversation_id == conversation_id, of_these, SlackPost.ts.is_not(None))
    posted = list(session.scalars(where))
    for row in posted:
        row.digest = _NO_WORDS if row.message_id else row.digest
    note(session, "slack", [row.ts for row in posted if row.ts], conversation_id, now)
