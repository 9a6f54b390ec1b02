"""Writing what a turn decided: the replies, the turn's record and every change beside them, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import records
from channels import codes, finding, links, marks, new_contact, tallies, texting
from channels.assembly import Channels
from channels.gsm7 import length
from channels.handoff import opening
from channels.messages import Piece, put
from channels.outcome import Outcome, Said, only
from channels.rasa import RasaReply
from channels.store import Contact, Conversation, Message, SecureLink, Turn
from channels.words import say, spoken_in

LONGEST_SMS = 1600


def write(channels: Channels, message_id: str, outcome: Outcome, *, total_ms: float) -> None:
    """Commit an outcome unless the message has been answered meanwhile; the second of two runs writes nothing."""
    with spoken_in(outcome.language), channels.core.write() as session:
        # Rows are locked in the order of the tables: the contact first, as whoever claims a message locks them.
        held = select(Contact, Conversation, Message).join_from(Contact, Conversation).join(Message)
        where = held.where(Message.id == message_id).with_for_update()
        contact, conversation, message = session.execute(where).tuples().one()
        if message.state != "queued":
            return
        message.state = "answered"
        conversation.language = outcome.language or conversation.language
        if outcome.failed:
            outcome = replace(outcome, replies=only("trouble_again" if conversation.failures else "trouble"))
        outcome = opening.with_handoff(channels, session, conversation, message, outcome)
        _wipe(session, outcome)
        link = _link(channels, session, conversation, contact, outcome)
        pieces = _replies(channels, conversation, outcome, link)
        if conversation.channel == "sms":
            pieces = texting.with_consent(channels, session, contact, message, outcome, pieces)
        _count(conversation, outcome)
        # What is read from here on is of other tables, so what was changed is written once, at the end.
        with session.no_autoflush:
            _turn_row(channels, session, conversation, message, outcome, total_ms, [text for text, _, _ in pieces])
            for text, buttons, data in pieces:
                more: dict[str, Any] = {"buttons": buttons, "data": data, "reply_to": message.id}
                put(channels, session, conversation, text, counted=True, **more)
        if outcome.find:
            finding.begin(session, conversation, outcome.find, message.seq, channels.core.clock.now())
        if outcome.step_up:
            codes.send(channels, session, contact, conversation, message, outcome.step_up)
        elif outcome.new_contact:
            new_contact.ask(channels, session, contact, conversation, message, outcome.new_contact)
    channels.hub.notify(conversation.id)


def shown_button(channels: Channels, conversation_id: str, text: str) -> str | None:
    """The command of a button we showed, when the message is exactly its payload; None for any other text."""
    wanted = text.strip()
    if not wanted.startswith("/"):
        return None
    with channels.core.read() as session:
        where = select(Message.buttons).where(Message.conversation_id == conversation_id, Message.direction == "out")
        for buttons in session.scalars(where.order_by(Message.seq.desc()).limit(5)):
            if any(each.get("payload") == wanted for each in buttons):
                return wanted
    return None


def _link(
    channels: Channels, session: Session, conversation: Conversation, contact: Contact, outcome: Outcome
) -> SecureLink | None:
    if outcome.link is None:
        return None
    now = channels.core.clock.now()
    return links.create(session, channels.config.secret_key, conversation, contact, outcome.link, now)


def _replies(channels: Channels, conversation: Conversation, outcome: Outcome, link: SecureLink | None) -> list[Piece]:
    """Text, buttons and data of each message to write: for texts as few as possible, in the page one for each."""
    said = [_said(channels, each) for each in outcome.replies]
    if link is not None:
        said.append((links.sentence(link), [], {"link_id": link.id}))
    if conversation.channel != "sms":
        return _bubbles(said)
    whole = _joined(said)
    parts = split(whole[0]) if whole[0] else []
    return [(part, *(whole[1:] if part is parts[-1] else ([], {}))) for part in parts]


def _bubbles(said: list[Piece]) -> list[Piece]:
    """What the page shows: one bubble for an answer, and a new one after each card."""
    groups: list[list[Piece]] = [[]]
    for piece in said:
        groups[-1].append(piece)
        if "card" in piece[2]:
            groups.append([])
    return [_joined(group) for group in groups if group]


def _joined(said: list[Piece]) -> Piece:
    """Several replies as one, a line each, with all their buttons and data."""
    merged: dict[str, Any] = {}
    for _, _, data in said:
        merged |= data
    buttons = [each for _, each_buttons, _ in said for each in each_buttons]
    return "\n".join(text for text, _, _ in said if text), buttons, merged


def _said(channels: Channels, reply: RasaReply | Said) -> Piece:
    if isinstance(reply, Said):
        return say(reply.name, phone=channels.config.person_phone, **reply.values), [], dict(reply.data)
    # What the page shows or the outbox fills in; the rest was for the channel and is done.
    data: dict[str, Any] = {name: reply.data[name] for name in ("card", "link_id") if name in reply.data}
    return reply.text or "", list(reply.buttons), data


def split(text: str, longest: int = LONGEST_SMS) -> list[str]:
    """A text in parts the carrier takes, broken after a sentence where there is one, else at a space."""
    parts: list[str] = []
    while length(text) > longest:
        head = text[:longest]
        while length(head) > longest:
            head = head[:-1]
        at = max(head.rfind(mark) + 1 for mark in (". ", "? ", "! ", "\n"))
        at = at if at > longest // 2 else (head.rfind(" ") if head.rfind(" ") > 0 else len(head))
        parts.append(text[:at].strip())
        text = text[at:].strip()
    return [*parts, text]


def _turn_row(
    channels: Channels,
    session: Session,
    conversation: Conversation,
    message: Message,
    outcome: Outcome,
    total_ms: float,
    answers: list[str],
) -> None:
    """The turn's record and all that is counted of it, its answers too."""
    rasa = outcome.rasa
    decided = records.rules_in_turn(session, message.id)
    turn = Turn(
        message_id=message.id,
        handled_by=outcome.handled_by,
        intent=rasa.intent if rasa else None,
        confidence=rasa.confidence if rasa else None,
        ranking=rasa.ranking if rasa else [],
        entities=rasa.entities if rasa else [],
        actions=rasa.actions if rasa else [],
        decisions=list(decided),
        said=[each for reply in rasa.replies for each in reply.data.get("said", [])] if rasa else [],
        ms={**(rasa.ms if rasa else {}), "turn": round(total_ms, 1)},
    )
    found = marks.note(session, conversation.id, turn, [rule for rule in decided.values() if rule is not None])
    told = tallies.Told(answers, channels.core.clock.now(), links.places(channels.config))
    tallies.turn(session, conversation, message, turn, found, told)
    session.add(turn)


def _count(conversation: Conversation, outcome: Outcome) -> None:
    if outcome.failed:
        conversation.failures += 1
    elif outcome.rasa:
        conversation.failures = 0
    if outcome.rasa and not outcome.failed:
        missed = any(reply.data.get("misunderstood") for reply in outcome.rasa.replies)
        conversation.misunderstandings = conversation.misunderstandings + 1 if missed else 0
        for reply in outcome.rasa.replies:
            conversation.memory = reply.data.get("memory", conversation.memory)


def _wipe(session: Session, outcome: Outcome) -> None:
    for message_id in outcome.wipe:
        message = session.get_one(Message, message_id)
        message.text = " ".join(f"[{kind}]" for kind in outcome.found)
        message.data = {**message.data, "found": outcome.found}
