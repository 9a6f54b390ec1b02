"""Claiming a message: one transaction that stores it once, gives it its place and queues the work on it.

Claim by INSERT, never look-then-write: two copies of a webhook may run at the same moment (USER_ASKS 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import Core
from channels import finding, marks, trust
from channels.queue import Job, Queue
from channels.screening import screen
from channels.store import Contact, Conversation, Message, insert_once, new_id

LONGEST_TEXT = 1600
# PostgreSQL refuses NUL and Python cannot encode lone surrogates; neither says anything to us.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Inbound:
    """A message as the channel received it, unscreened; it must not be logged. `caller` is a digest of the network
    address that it came from, where there is one."""

    channel: str
    address: str
    provider_id: str
    text: str = ""
    media: int = 0
    opt_out_type: str | None = None
    account_id: str | None = None
    caller: str | None = None


@dataclass(frozen=True)
class Claim:
    """Where a message stands. `fresh` is False when it had been claimed before and nothing was done."""

    message_id: str
    conversation_id: str
    seq: int
    text: str
    fresh: bool


def claim(core: Core, queue: Queue, inbound: Inbound) -> Claim:
    """Store a screened message and queue its job, once per (channel, provider id).

    Raises whatever the database raises; then nothing was stored and the channel must answer with an error.
    """
    text, data = _prepare(inbound)
    with core.write() as session:
        contact = contact_for(session, inbound.channel, inbound.address)
        now = core.clock.now()
        conversation = conversation_for(session, contact, now)
        asked = finding.awaited(session, contact, conversation, now)
        details = finding.read(inbound.text, core.clock.today()) if asked is not None else None
        if details is not None:
            # Of what a stranger typed to be found nothing is stored; a secret told with it is told of as ever.
            text = finding.DETAILS_PLACE
            data.pop("found", None)
            if found := finding.secrets(details, storable(inbound.text)):
                data["found"] = found
                details = details if details.whole else None
        if inbound.caller is not None:
            data["caller"] = inbound.caller
        seq = conversation.last_seq + 1
        message_id = new_id()
        fresh = insert_once(
            session,
            Message,
            id=message_id,
            conversation_id=conversation.id,
            seq=seq,
            direction="in",
            provider_id=inbound.provider_id,
            channel=inbound.channel,
            text=text,
            buttons=[],
            data=data,
            state="queued",
            attempts=0,
            at=core.clock.now(),
        )
        if not fresh:
            return _claimed_before(session, inbound)
        conversation.last_seq = seq
        trust.heard(session, contact, conversation, now)
        if asked is not None and details is not None:
            session.get_one(Message, message_id).data = {
                **data,
                "finding": finding.tried(session, asked, contact, details, inbound.caller, now),
            }
        session.flush()
        marks.spoken(session, conversation.id, core.clock.now())
        queue.enqueue(session, Job(conversation.id, seq, message_id))
        return Claim(message_id, conversation.id, seq, text, fresh=True)


def contact_for(session: Session, channel: str, address: str) -> Contact:
    """The contact at an address, made if new, with its row locked so that one conversation is made for it."""
    where = select(Contact).where(Contact.channel == channel, Contact.address == address).with_for_update()
    known = session.scalars(where).first()
    if known is not None:
        return known
    # Made by an INSERT that leaves a row which came in between, and then read: two first messages make one contact.
    insert_once(session, Contact, id=new_id(), channel=channel, address=address)
    return session.scalars(where).one()


def conversation_for(session: Session, contact: Contact, now: Any) -> Conversation:
    """The contact's conversation, made if there is none, with its row locked so that `seq` has no gaps or ties."""
    where = select(Conversation).where(Conversation.contact_id == contact.id).order_by(Conversation.created_at)
    found = session.scalars(where.limit(1).with_for_update()).first()
    if found is not None:
        return found
    made = Conversation(id=new_id(), contact_id=contact.id, channel=contact.channel, last_seq=0, created_at=now)
    session.add(made)
    session.flush()
    return made


def storable(text: str) -> str:
    """The text without what a database refuses, a space for each."""
    return _UNSTORABLE.sub(" ", text)


def _prepare(inbound: Inbound) -> tuple[str, dict[str, Any]]:
    """The text as it may be stored, and what the turn must know about it."""
    screened = screen(storable(inbound.text))
    data: dict[str, Any] = {}
    if screened.found:
        data["found"] = sorted(screened.found)
    if len(screened.text) > LONGEST_TEXT:
        data["too_long"] = True
    if inbound.media:
        data["media"] = inbound.media
    if inbound.opt_out_type:
        data["opt_out_type"] = inbound.opt_out_type
    return screened.text[:LONGEST_TEXT], data


def _claimed_before(session: Session, inbound: Inbound) -> Claim:
    found = session.scalars(
        select(Message).where(Message.channel == inbound.channel, Message.provider_id == inbound.provider_id)
    ).one()
    return Claim(found.id, found.conversation_id, found.seq, found.text, fresh=False)
