"""How a member's words get in and what they get back, by text and in the page."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select

from billing_core import cast
from channels import identity
from channels.demo import set_level
from channels.store import CodeChallenge, Contact, Conversation, Message, Turn
from gateway.commands.chat import ChatLine
from gateway.play.rehearsal import Rehearsal

# Only what fails waits so long: a busy machine is no fault of the answer.
ANSWER_LIMIT_S = 60.0
STRANGER_PHONE = "+19195550199"


class NotHeard(RuntimeError):
    """A message got no answer in time, or was not taken; the message says which."""


@dataclass(frozen=True)
class Heard:
    """What came back: the replies as the member saw them, and the intent that was understood."""

    replies: list[str]
    intent: str | None


class Speaker(Protocol):
    """One member in one conversation."""

    def say(self, text: str) -> Heard:
        """Send a message and wait for all that it brings; raises `NotHeard`."""

    def conversation(self) -> Conversation | None:
        """The conversation as it stands, once there is one."""

    def close(self) -> None: ...


class ByText:
    """A phone: signed webhooks in, texts out through the stand-in."""

    _sids = itertools.count(1)

    def __init__(self, world: Rehearsal, member: str | None, level: str | None) -> None:
        self._world = world
        self._phone = next((each["phone"] for each in cast.MEMBERS if each["key"] == member), STRANGER_PHONE)
        if level:
            set_level(world.channels, "sms", self._phone, level)

    def say(self, text: str) -> Heard:
        sid = f"SMplay{next(self._sids):026x}"
        answer = self._world.sms(self._phone, text, sid=sid)
        if answer.status_code != 200:
            raise NotHeard(f"the webhook answered {answer.status_code}: {answer.text}")
        with self._world.core.read() as session:
            where = select(Message).where(Message.channel == "sms", Message.provider_id == sid)
            message = session.scalars(where).one()
        settle(self._world, message.conversation_id)
        with self._world.core.read() as session:
            sids = session.scalars(_replies_to(message, Message.provider_id)).all()
            intent = session.scalar(select(Turn.intent).where(Turn.message_id == message.id))
        bodies = {each.sid: each.body for each in self._world.twilio.sent}
        return Heard([bodies[sid] for sid in sids if sid in bodies], intent)

    def conversation(self) -> Conversation | None:
        with self._world.core.read() as session:
            where = select(Conversation).join(Contact).where(Contact.channel == "sms", Contact.address == self._phone)
            return session.scalars(where).first()

    def close(self) -> None:
        """Nothing to hang up."""


class InThePage:
    """A browser: demo sign-in and web socket. A reply is its text, its card and its buttons."""

    def __init__(self, world: Rehearsal, member: str | None, level: str | None) -> None:
        self._world = world
        self._line = ChatLine(world.url, member)
        if level:
            with world.core.read() as session:
                address = session.scalars(select(Contact.address).where(Contact.channel == "web")).one()
            set_level(world.channels, "web", address, level)

    def say(self, text: str) -> Heard:
        own = self._line.say(text)
        limit = time.monotonic() + ANSWER_LIMIT_S
        frames: dict[int, dict[str, Any]] = {}
        seq: int | None = None
        while seq is None:
            frame = self._next(limit)
            if frame["type"] == "ack" and frame["id"] == own:
                seq = frame["seq"]
            elif frame["type"] == "message":
                frames[frame["seq"]] = frame
            elif frame["type"] == "error":
                raise NotHeard(f"the page was told: {frame['text']}")
        conversation = self.conversation()
        assert conversation is not None
        settle(self._world, conversation.id)
        with self._world.core.read() as session:
            where = select(Message).where(Message.conversation_id == conversation.id, Message.seq == seq)
            message = session.scalars(where).one()
            wanted = set(session.scalars(_replies_to(message, Message.seq)))
            intent = session.scalar(select(Turn.intent).where(Turn.message_id == message.id))
        while not wanted <= frames.keys():
            frame = self._next(limit)
            if frame["type"] == "message":
                frames[frame["seq"]] = frame
        shown = [frames[each] for each in sorted(wanted) if frames[each]["role"] == "bot"]
        return Heard([_as_seen(frame) for frame in shown], intent)

    def conversation(self) -> Conversation | None:
        with self._world.core.read() as session:
            return session.scalars(select(Conversation).where(Conversation.channel == "web")).one()

    def close(self) -> None:
        self._line.close()

    def _next(self, limit: float) -> dict[str, Any]:
        frame = self._line.next(max(limit - time.monotonic(), 0.01))
        if frame is None:
            raise NotHeard(f"the page heard nothing within {ANSWER_LIMIT_S:.0f} s")
        return frame


def speaker(world: Rehearsal, channel: str, member: str | None, level: str | None) -> Speaker:
    """The member on the channel, at the level that the file asks for."""
    return (ByText if channel == "sms" else InThePage)(world, member, level)


def last_code(world: Rehearsal) -> str | None:
    """The newest one-time code that was asked for, by text or e-mail; in a conversation file there is one member."""
    newest = select(CodeChallenge.id).order_by(CodeChallenge.created_at.desc(), CodeChallenge.asked_at_seq.desc())
    with world.core.read() as session:
        challenge_id = session.scalar(newest.limit(1))
    return identity.code_for(world.channels.config.secret_key, challenge_id) if challenge_id else None


def settle(world: Rehearsal, conversation_id: str) -> None:
    """Wait until everything in a conversation is answered and sent; raises `NotHeard`."""
    try:
        world.wait_settled(conversation_id, ANSWER_LIMIT_S)
    except TimeoutError as error:
        raise NotHeard(str(error)) from None


def _replies_to(message: Message, column: Any) -> Any:
    """What we said after a message; the next one is not sent before this one is settled."""
    return (
        select(column)
        .where(
            Message.conversation_id == message.conversation_id, Message.direction == "out", Message.seq > message.seq
        )
        .order_by(Message.seq)
    )


def _as_seen(frame: dict[str, Any]) -> str:
    parts = [frame["text"] or ""]
    if card := frame.get("card"):
        parts.append(card["title"])
        parts += [" ".join(map(str, row)) for row in [*card["rows"], *([card["total"]] if card.get("total") else [])]]
    parts += [f"[{button['title']}]" for button in frame.get("buttons") or []]
    return "\n".join(part for part in parts if part)
