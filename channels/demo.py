"""What development, `duely play` and tests need to know or set: the cast's phones, a level, the last code."""

from __future__ import annotations

from sqlalchemy import select

from billing_core import cast
from channels import identity
from channels.assembly import Channels
from channels.inbox import contact_for, conversation_for
from channels.store import CodeChallenge, Conversation


def load_contacts(channels: Channels) -> None:
    """Make a contact for every member of the cast; a contact that is there keeps what it has. Safe to repeat."""
    now = channels.core.clock.now()
    with channels.core.write() as session:
        for member in cast.MEMBERS:
            contact = contact_for(session, "sms", member["phone"])
            if contact.account_id is None:
                contact.account_id = member["key"]
                contact.trusted_at = contact.told_how_at = now if member["trusted"] else None


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


def last_code(channels: Channels, account_id: str) -> str | None:
    """The code last sent for a member on any channel, as `{code}` in a conversation file stands for it."""
    newest = (
        select(CodeChallenge.id)
        .where(CodeChallenge.account_id == account_id)
        .order_by(CodeChallenge.created_at.desc(), CodeChallenge.asked_at_seq.desc())
        .limit(1)
    )
    with channels.core.read() as session:
        challenge_id = session.scalar(newest)
    return identity.code_for(channels.config.secret_key, challenge_id) if challenge_id else None
