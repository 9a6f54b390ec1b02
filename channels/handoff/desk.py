"""Taking, speaking and giving back: what an agent does with a hand-off, the same from Slack, the console and `duely`.

Each is one transaction that holds the conversation's row, so of two agents who take at the same moment one is told that
the other holds it. What the member hears leaves through the outbox like any reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from channels import identity
from channels.assembly import Channels
from channels.gsm7 import to_gsm7
from channels.handoff import told
from channels.handoff.errors import (
    HandoffNotFound,
    HandoffOver,
    HeldByAnother,
    MemberOptedOut,
    NothingToSay,
    SecretInWords,
    TooManyWords,
)
from channels.handoff.store import OPEN, AgentWord, Handoff, HandoffEvent, HandoffState
from channels.inbox import storable
from channels.messages import put
from channels.queue import Job
from channels.record import split
from channels.screening import screen
from channels.store import Contact, Conversation, Message
from channels.words import spoken_in

LONGEST_WORDS = 1600
LONGEST_TEXT = 320
LONGEST_NAME = 20
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['-])*")


@dataclass(frozen=True)
class Agent:
    """A person of ours: `key` says where from and who ("slack:U024", "cli:kim"); `name` is what the member reads."""

    key: str
    name: str = ""

    @property
    def first_name(self) -> str | None:
        """The first word of the name, if it can be one."""
        found = _NAME.match(self.name.strip())
        return to_gsm7(found[0])[:LONGEST_NAME] if found else None


@dataclass(frozen=True)
class Held:
    """A hand-off with its surroundings, their rows locked."""

    handoff: Handoff
    conversation: Conversation
    contact: Contact


def waiting(channels: Channels) -> list[Handoff]:
    """Those that nobody has taken yet, the most urgent first and then the oldest."""
    where = select(Handoff).where(Handoff.state == HandoffState.WAITING)
    with channels.core.read() as session:
        return list(session.scalars(where.order_by(Handoff.urgency, Handoff.opened_at, Handoff.id)))


def open_ones(channels: Channels) -> list[Handoff]:
    """Those that wait and those that somebody holds, in the same order."""
    where = select(Handoff).where(Handoff.state.in_(OPEN))
    with channels.core.read() as session:
        return list(session.scalars(where.order_by(Handoff.urgency, Handoff.opened_at, Handoff.id)))


def of(channels: Channels, handoff_id: str) -> Handoff:
    """One hand-off; raises `HandoffNotFound`."""
    with channels.core.read() as session:
        found = session.get(Handoff, handoff_id)
    if found is None:
        raise HandoffNotFound(handoff_id)
    return found


def take(channels: Channels, handoff_id: str, agent: Agent) -> Handoff:
    """Hold the conversation: the assistant is silent from now on, and the member is told who is here.

    Doing it again changes nothing. Raises `HandoffNotFound`, `HandoffOver` and `HeldByAnother`.
    """
    with channels.core.write() as session:
        held = hold(session, handoff_id)
        line = take_for(channels, session, held, agent)
        if line is not None:
            send(channels, session, held.conversation, line)
    channels.hub.notify(held.conversation.id)
    return held.handoff


def say(channels: Channels, handoff_id: str, agent: Agent, text: str, key: str) -> str:
    """Say something to the member, once for each `key`; the first word takes the conversation. Returns our message.

    Raises `HandoffNotFound`, `HandoffOver`, `HeldByAnother`, `NothingToSay`, `TooManyWords`, `SecretInWords` and
    `MemberOptedOut`; then nothing was said.
    """
    words = storable(text).strip()
    if not words:
        raise NothingToSay
    if len(words) > LONGEST_WORDS:
        raise TooManyWords(LONGEST_WORDS)
    if found := screen(words).found:
        raise SecretInWords(sorted(found))
    with channels.core.write() as session:
        held = hold(session, handoff_id)
        said = session.get(AgentWord, key)
        if said is not None:
            return said.message_id
        if held.contact.opted_out_at is not None:
            raise MemberOptedOut
        line = take_for(channels, session, held, agent)
        held.handoff.last_word_at = channels.core.now()
        data = {"role": "agent", "name": told.who(held.handoff), "by": agent.key}
        message = _say(channels, session, held.conversation, line, words, data)
        session.add(AgentWord(key=key, handoff_id=handoff_id, message_id=message.id, at=channels.core.now()))
    channels.hub.notify(held.conversation.id)
    return message.id


def release(channels: Channels, handoff_id: str, agent: Agent) -> Handoff:
    """Give the conversation back to the assistant, or close a request that nobody took, with a line to the member.

    Doing it again changes nothing. Raises `HandoffNotFound` and `HeldByAnother`.
    """
    with channels.core.write() as session:
        held = hold(session, handoff_id)
        if not held.handoff.is_open:
            return held.handoff
        if held.handoff.taken_by not in (None, agent.key):
            raise HeldByAnother(told.who(held.handoff))
        _end(channels, session, held)
    channels.hub.notify(held.conversation.id)
    return held.handoff


def give_back_silent(channels: Channels) -> int:
    """Give back every conversation whose agent has said nothing for `person_silence_minutes`; how many."""
    before = channels.core.now() - timedelta(minutes=channels.config.person_silence_minutes)
    where = select(Handoff.id).where(Handoff.state == HandoffState.HELD, Handoff.last_word_at <= before)
    with channels.core.read() as session:
        ids = list(session.scalars(where))
    return sum(_give_back(channels, handoff_id, before) for handoff_id in ids)


def _give_back(channels: Channels, handoff_id: str, before: datetime) -> bool:
    with channels.core.write() as session:
        held = hold(session, handoff_id)
        handoff = held.handoff
        # Looked at again under the lock: the agent may have spoken, or another process may have given it back.
        if handoff.state != HandoffState.HELD or handoff.last_word_at is None or handoff.last_word_at > before:
            return False
        _end(channels, session, held, silent=True)
    channels.hub.notify(held.conversation.id)
    return True


def contact_of(session: Session, handoff_id: str) -> Contact:
    """Whom a hand-off is about; raises `HandoffNotFound`."""
    found = session.get(Handoff, handoff_id)
    if found is None:
        raise HandoffNotFound(handoff_id)
    return session.get_one(Contact, session.get_one(Conversation, found.conversation_id).contact_id)


def hold(session: Session, handoff_id: str) -> Held:
    """The hand-off and its conversation, locked in the order in which a turn locks them."""
    found = session.get(Handoff, handoff_id)
    if found is None:
        raise HandoffNotFound(handoff_id)
    conversation = session.get_one(Conversation, found.conversation_id, with_for_update=True)
    session.refresh(found, with_for_update=True)
    return Held(found, conversation, session.get_one(Contact, conversation.contact_id))


def take_for(channels: Channels, session: Session, held: Held, agent: Agent) -> str | None:
    """Take it for the agent; the line that says so, or None when they hold it already."""
    handoff = held.handoff
    if not handoff.is_open:
        raise HandoffOver
    if handoff.state == HandoffState.HELD:
        if handoff.taken_by != agent.key:
            raise HeldByAnother(told.who(handoff))
        return None
    handoff.move(HandoffEvent.TAKE)
    handoff.taken_by, handoff.agent_name = agent.key[:80], agent.first_name
    handoff.taken_at = handoff.last_word_at = channels.core.now()
    held.conversation.holder = "person"
    level = identity.level_now(held.contact, held.conversation, channels.core.now())
    with spoken_in(held.conversation.language):
        return told.taken(session, held.contact, handoff, level)


def _end(channels: Channels, session: Session, held: Held, *, silent: bool = False) -> None:
    handoff, conversation = held.handoff, held.conversation
    handoff.move(HandoffEvent.RELEASE if handoff.state == HandoffState.HELD else HandoffEvent.CLOSE)
    handoff.released_at = channels.core.now()
    conversation.holder = "bot"
    # What went wrong before the person came is theirs, not the start of the next hand-off.
    conversation.failures = conversation.misunderstandings = 0
    with spoken_in(conversation.language):
        line = told.ended(channels, handoff, silent=silent)
    handoff.last_seq = send(channels, session, conversation, line).seq


def _say(
    channels: Channels, session: Session, conversation: Conversation, line: str | None, words: str, data: dict[str, Any]
) -> Message:
    """The agent's words, after the line that they are here: by text as few messages as possible, in the page two."""
    if conversation.channel != "sms":
        if line is not None:
            put(channels, session, conversation, line)
        return send(channels, session, conversation, words, data=data)
    whole = to_gsm7(words if line is None else f"{line}\n{words}")
    sent = [send(channels, session, conversation, part, data=data) for part in split(whole, LONGEST_TEXT)]
    return sent[0]


def send(channels: Channels, session: Session, conversation: Conversation, text: str, **more: Any) -> Message:
    """Put a message of ours into a held conversation, and its job on the queue."""
    message = put(channels, session, conversation, text, **more)
    channels.queue.enqueue(session, Job(conversation.id, message.seq, message.id))
    return message
