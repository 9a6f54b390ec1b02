"""A person in a conversation file: their words through the same functions as Slack's and the console's."""

from __future__ import annotations

from itertools import count

from sqlalchemy import select

from channels import outbox, work
from channels.handoff import desk
from channels.handoff.desk import Agent
from channels.handoff.errors import HandoffError
from channels.handoff.store import OPEN, Handoff
from channels.store import Conversation, Message
from gateway.play.rehearsal import Rehearsal
from gateway.play.speaking import settle

KIM = Agent("play:kim", "Kim")
RELEASE = "/release"
_keys = count(1)


class NobodyAsked(Exception):
    """There is no open hand-off, or it does not take the agent's words; the message says which."""


def say(world: Rehearsal, conversation: Conversation | None, text: str) -> list[str]:
    """Kim says something, or `/release` gives the conversation back; what reaches the member. Raises `NobodyAsked`."""
    if conversation is None:
        raise NobodyAsked("there is no conversation yet")
    with world.core.read() as session:
        where = select(Handoff.id).where(Handoff.conversation_id == conversation.id, Handoff.state.in_(OPEN))
        found = session.scalar(where)
    if found is None:
        raise NobodyAsked("nobody has been asked to help")
    try:
        if text.strip() == RELEASE:
            desk.release(world.channels, found, KIM)
        else:
            desk.say(world.channels, found, KIM, text, f"play:{next(_keys)}")
    except HandoffError as error:
        raise NobodyAsked(str(error)) from None
    return _since(world, conversation)


def look_after(world: Rehearsal, conversation: Conversation | None) -> list[str]:
    """What is done by itself after a while, and what of it reaches the member."""
    work.look_after_people(world.channels)
    return _since(world, conversation) if conversation is not None else []


def _since(world: Rehearsal, before: Conversation) -> list[str]:
    """What was said, and left, after the conversation was as it was `before`."""
    settle(world, before.id)
    said = select(Message).where(
        Message.conversation_id == before.id,
        Message.direction == "out",
        Message.seq > before.last_seq,
        Message.state != "failed",
    )
    with world.core.read() as session:
        return [outbox.shown(world.channels, row) for row in session.scalars(said.order_by(Message.seq))]
