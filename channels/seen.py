"""A message as a turn sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from channels.store import Contact, Conversation, Message
from channels.words import LANGUAGES


@dataclass(frozen=True)
class Seen:
    """A message with its surroundings, as they were when the turn began; `preferred` is the account's language."""

    message: Message
    conversation: Conversation
    contact: Contact
    before: list[Message] = field(default_factory=list)
    preferred: str = LANGUAGES[0]
