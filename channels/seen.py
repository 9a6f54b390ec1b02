"""A message as a turn sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from channels.store import Contact, Conversation, Message


@dataclass(frozen=True)
class Seen:
    """A message with its surroundings, as they were when the turn began."""

    message: Message
    conversation: Conversation
    contact: Contact
    before: list[Message] = field(default_factory=list)
