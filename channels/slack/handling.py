"""Doing what agents did: their words to the member, a conversation given back, and what they must know in return."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from channels.assembly import Channels
from channels.handoff import desk
from channels.handoff.desk import Agent
from channels.handoff.errors import (
    HandoffError,
    HandoffOver,
    HeldByAnother,
    MemberOptedOut,
    NothingToSay,
    SecretInWords,
    TooManyWords,
)
from channels.handoff.store import AgentWord, Handoff
from channels.queue import Job
from channels.slack import mirror
from channels.slack.port import PostLater
from channels.slack.store import SlackAgent, SlackEvent
from channels.store import insert_once

log = structlog.get_logger(__name__)

# Slack takes "/release" for a command of its own; as a message it needs the other sign, or a space before it.
RELEASE = frozenset(("/release", "!release"))
ASIDE = "//"
NAME_LASTS = timedelta(days=1)
_NOTES: dict[type[HandoffError], str] = {
    HandoffOver: "over",
    HeldByAnother: "held",
    SecretInWords: "secret",
    TooManyWords: "too_long",
    MemberOptedOut: "opted_out",
}


def answer(channels: Channels, job: Job) -> None:
    """Do everything that agents did in the job's conversation and that is not done yet, by Slack's own time."""
    if channels.desk is None:
        return
    where = select(SlackEvent).where(SlackEvent.conversation_id == job.conversation_id, SlackEvent.state == "queued")
    while True:
        with channels.core.read() as session:
            event = session.scalars(where.order_by(SlackEvent.ts, SlackEvent.id).limit(1)).first()
        if event is None:
            return
        state = "done"
        try:
            _do(channels, event)
        except SQLAlchemyError:
            raise
        except Exception:
            # A fault of ours in one event holds up neither the others nor the member's own messages.
            log.exception("slack_event_failed", conversation=job.conversation_id, kind=event.kind)
            _note(channels, event, "failed")
            state = "failed"
        with channels.core.write() as session:
            session.get_one(SlackEvent, event.id).state = state


def word_key(channels: Channels, ts: str) -> str:
    """The key under which a message of the channel is said to the member, however often its event comes."""
    return f"slack:{channels.config.slack_channel}:{ts}"


def _do(channels: Channels, event: SlackEvent) -> None:
    if event.kind in ("edit", "delete"):
        with channels.core.read() as session:
            said = session.get(AgentWord, word_key(channels, event.ts)) is not None
        return _note(channels, event, "edited") if said else None
    words = event.text.strip()
    released = event.kind == "release" or words.lower() in RELEASE
    try:
        if released:
            desk.release(channels, event.handoff_id, Agent(f"slack:{event.agent}"))
        elif words and not words.startswith(ASIDE):
            _say(channels, event, words)
    except HandoffError as error:
        facts = {name: str(each) for name, each in vars(error).items() if isinstance(each, str | int)}
        name = next((note for kind, note in _NOTES.items() if isinstance(error, kind)), "over")
        _note(channels, event, name, **facts)
    if event.files:
        _note(channels, event, "files")


def _say(channels: Channels, event: SlackEvent, words: str) -> None:
    if event.found:
        raise SecretInWords(event.found)
    agent = Agent(f"slack:{event.agent}", _name_of(channels, event.agent))
    try:
        desk.say(channels, event.handoff_id, agent, words, word_key(channels, event.ts))
    except NothingToSay:
        return


def _note(channels: Channels, event: SlackEvent, name: str, **facts: str) -> None:
    with channels.core.write() as session:
        handoff = session.get_one(Handoff, event.handoff_id)
        mirror.note(session, handoff, f"{event.id}:{name}", name, channels.core.now(), **facts)


def _name_of(channels: Channels, agent: str) -> str:
    """What the agent is called in Slack; where Slack does not say, the member reads "A person"."""
    now = channels.core.now()
    with channels.core.read() as session:
        known = session.get(SlackAgent, agent)
    if known is not None and now - known.asked_at < NAME_LASTS:
        return known.name
    assert channels.desk is not None
    try:
        name = channels.desk.name_of(agent)
    except PostLater:
        return known.name if known is not None else ""
    with channels.core.write() as session:
        if not insert_once(session, SlackAgent, id=agent, name=name[:80], asked_at=now):
            kept = session.get_one(SlackAgent, agent)
            kept.name, kept.asked_at = name[:80], now
    return name
