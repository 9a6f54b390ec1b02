"""Putting a message of ours into a conversation."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from channels import links, marks, tallies
from channels.assembly import Channels
from channels.store import Conversation, Message, new_id

# Text, buttons and data of one message.
Piece = tuple[str, list[Any], dict[str, Any]]


def put(
    channels: Channels,
    session: Session,
    conversation: Conversation,
    text: str,
    *,
    buttons: list[Any] | None = None,
    data: dict[str, Any] | None = None,
    reply_to: str | None = None,
    counted: bool = False,
) -> Message:
    """Add an outgoing message to a conversation whose row the caller has locked; `counted` where a turn counts it.

    A text waits for the outbox; a page reads its messages from here, so for it the message is sent once committed.
    """
    conversation.last_seq += 1
    web = conversation.channel == "web"
    now = channels.core.clock.now()
    message = Message(
        id=new_id(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        direction="out",
        channel=conversation.channel,
        text=text,
        buttons=buttons or [],
        data=data or {},
        state="sent" if web else "queued",
        attempts=0,
        reply_to=reply_to,
        at=now,
        sent_at=now if web else None,
    )
    session.add(message)
    marks.spoken(session, conversation.id, now)
    if not counted:
        tallies.sent(session, conversation, text, now, links.places(channels.config))
    return message
