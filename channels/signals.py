"""What an action asks of the channel in place of words of its own: end the texts, or say the last reply again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from channels.assembly import Channels
from channels.outcome import Outcome, only
from channels.rasa import RasaReply, RasaTurn
from channels.store import Contact, Conversation, Message


def followed(channels: Channels, conversation: Conversation, contact: Contact, turn: RasaTurn) -> Outcome | None:
    """The outcome an action's signal asks for, or None when it gave none.

    An opt-out in free words ends as STOP does, with its one confirmation (47 CFR 64.1200(a)(10) and (12)).
    """
    told = {name: value for reply in turn.replies for name, value in reply.data.items()}
    if told.get("opt") == "out" and contact.channel == "sms":
        return Outcome("rasa", only("stop", keyword="stop"), rasa=turn, opt="out", source="words")
    if told.get("repeat"):
        return Outcome(
            "rasa", _last_said(channels, conversation.id, contact.lost_at) or only("nothing_to_repeat"), rasa=turn
        )
    return None


def _last_said(channels: Channels, conversation_id: str, lost_at: datetime | None) -> list[RasaReply]:
    """The last reply as it was said, with its buttons and cards; one-time codes are never said again."""
    ours = select(Message).where(Message.conversation_id == conversation_id, Message.direction == "out")
    if lost_at is not None:
        # What was said before a number was lost was said to somebody else.
        ours = ours.where(Message.at > lost_at)
    with channels.core.read() as session:
        newest = [
            row
            for row in session.scalars(ours.order_by(Message.seq.desc()).limit(10))
            if row.text and "challenge_id" not in row.data
        ]
    if not newest:
        return []
    together = newest[:1] if newest[0].reply_to is None else [m for m in newest if m.reply_to == newest[0].reply_to]
    return [RasaReply(row.text, row.buttons, row.data) for row in reversed(together)]
