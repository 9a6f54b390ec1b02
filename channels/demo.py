"""The cast's phones, trusted as their file says; development and tests only."""

from __future__ import annotations

from billing_core import cast
from channels.assembly import Channels
from channels.inbox import contact_for, conversation_for
from channels.store import Conversation


def load_contacts(channels: Channels) -> None:
    """Make a contact for every member of the cast; a contact that is there keeps what it has. Safe to repeat."""
    now = channels.core.clock.now()
    with channels.core.write() as session:
        for member in cast.MEMBERS:
            contact = contact_for(session, "sms", member["phone"])
            if contact.account_id is None:
                contact.account_id = member["key"]
                contact.trusted_at = now if member["trusted"] else None


def set_level(channels: Channels, channel: str, address: str, level: str) -> str:
    """Give a conversation a level with no end, as `identity:` in a conversation file asks; returns its id."""
    now = channels.core.clock.now()
    with channels.core.write() as session:
        contact = contact_for(session, channel, address)
        conversation: Conversation = conversation_for(session, contact, now)
        conversation.level, conversation.level_until = level, None
        if level in ("L0", "L1"):
            contact.trusted_at = None
    return conversation.id
