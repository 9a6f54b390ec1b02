"""Labelling a turn: what was meant, which words matter, whether a person should have helped, how the answer was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from billing_core import Core
from billing_core.accounts import Account
from channels.screening import bare
from channels.store import Contact, Conversation, Message, Turn
from console.found import topics
from console.reader import Reader
from console.review import queue
from console.review.agreement import Standing, standing
from console.review.store import TurnLabel
from console.teach import sentences
from console.teach.writing import ENTITIES, Marked

ANSWERS = {"right": "Right", "wrong": "Wrong", "unkind": "Unkind"}
LONGEST_NOTE = 500


class LabelWrong(ValueError):
    """A label that cannot be taken; the message is one sentence."""


class NothingToLabel(LookupError):
    """There is no such message, or Rasa did not read it."""


@dataclass(frozen=True)
class Said:
    """One turn as a reviewer reads it: the words of the product role, how they were read, and how the turn stands."""

    message: Message
    turn: Turn
    words: str
    read: tuple[Marked, ...]
    standing: Standing
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]

    @property
    def readings(self) -> list[tuple[str, float]]:
        return queue.ranking(self.turn)


@dataclass(frozen=True)
class Given:
    """What a reviewer says; `intent` is what was meant, `marked` the words that matter."""

    intent: str
    marked: tuple[Marked, ...] = ()
    hand_over: bool = False
    answer: str = "right"
    note: str = ""


def intents() -> list[str]:
    """What may have been meant: every intent but that of not having understood."""
    return [each for names in topics().values() for each in names if each != queue.FALLBACK]


def of(core: Core, message_id: str) -> Said:
    """One turn; raises `NothingToLabel`."""
    with core.read() as session:
        return _of(session, message_id)


def give(core: Core, reviewer: str, message_id: str, given: Given) -> Standing:
    """Keep a label; what is settled by it goes to the sentences that can be taught. Raises `LabelWrong`,
    `NothingToLabel`."""
    if given.intent not in intents():
        raise LabelWrong("Choose what the member wanted.")
    if given.answer not in ANSWERS:
        raise LabelWrong("The answer was right, wrong or unkind.")
    with core.write() as session:
        said = _of(session, message_id)
        marked = _checked(said.words, given.marked)
        # A note is words about a member: the same is taken out of it as of theirs.
        note = Reader("product").words(given.note.strip())[:LONGEST_NOTE]
        label = TurnLabel(
            message_id=message_id,
            said_key=queue.key(said.words),
            reviewer=reviewer,
            at=core.now(),
            reading={"intent": given.intent, "entities": sorted([each.entity, each.words] for each in marked)},
            hand_over=given.hand_over,
            answer=given.answer,
            note=note,
        )
        session.add(label)
        session.flush()
        standing_now = standing(_labels(session, message_id))
        if "reading" in standing_now.settled and "reading" not in said.standing.settled:
            _propose(session, core, said, standing_now, reviewer)
    return standing_now


def forget(core: Core) -> int:
    """Take away the labels of turns whose words or readings are gone: what is said of a member goes with them."""
    gone = (
        select(Message.id).join(Turn, Turn.message_id == Message.id).where((Message.text == "") | Turn.intent.is_(None))
    )
    with core.write() as session:
        taken = session.execute(delete(TurnLabel).where(TurnLabel.message_id.in_(gone)).returning(TurnLabel.id))
        return len(taken.all())


def _propose(session: Session, core: Core, said: Said, now: Standing, reviewer: str) -> None:
    """What two people agree on and the model did not read so, or was not sure of, is worth teaching."""
    reading = now.settled["reading"]
    marked = tuple(Marked(*each) for each in reading["entities"])
    sure = (said.turn.confidence or 0) >= sentences.SURE_ENOUGH
    if said.turn.intent == reading["intent"] and set(marked) == set(said.read) and sure:
        return
    sentences.propose(session, core, said.words, reading["intent"], marked, by=reviewer, message_id=said.message.id)


def _of(session: Session, message_id: str) -> Said:
    message, turn = session.get(Message, message_id), session.get(Turn, message_id)
    if message is None or turn is None or turn.intent is None:
        raise NothingToLabel(message_id)
    conversation = session.get_one(Conversation, message.conversation_id)
    contact = session.get_one(Contact, conversation.contact_id)
    account = session.get(Account, contact.account_id) if contact.account_id else None
    reader = Reader("product", [account.name] if account is not None else [])
    words = reader.words(bare(message.text))
    where = select(Message).where(Message.conversation_id == conversation.id)
    before = session.scalars(where.where(Message.seq < message.seq).order_by(Message.seq.desc()).limit(3))
    after = session.scalars(where.where(Message.seq > message.seq).order_by(Message.seq).limit(2))
    return Said(
        message=message,
        turn=turn,
        words=words,
        read=_read(turn, words, reader),
        standing=standing(_labels(session, message_id)),
        before=tuple(_line(each, reader) for each in list(before)[::-1]),
        after=tuple(_line(each, reader) for each in after),
    )


def _line(message: Message, reader: Reader) -> tuple[str, str]:
    if message.direction == "in":
        return "Member", reader.words(message.text)
    return ("Agent" if message.data.get("role") == "agent" else "Assistant"), reader.words(message.text)


def _read(turn: Turn, words: str, reader: Reader) -> tuple[Marked, ...]:
    """What the model marked, in the words that are read here; what cannot be found in them again is left out."""
    found = [each for each in turn.entities or [] if isinstance(each, dict)]
    marked = [Marked(str(each.get("entity")), reader.words(str(each.get("value")))) for each in found]
    return tuple(each for each in marked if each.entity in ENTITIES and each.words.lower() in words.lower())


def _checked(words: str, marked: Iterable[Marked]) -> list[Marked]:
    found = [Marked(each.entity, " ".join(each.words.split())) for each in marked if each.words.strip()]
    for each in found:
        if each.entity not in ENTITIES:
            raise LabelWrong(f"There is no kind of words called {each.entity}.")
        if each.words.lower() not in words.lower():
            raise LabelWrong(f"“{each.words}” does not stand in the message.")
    return [Marked(each.entity, each.words.lower()) for each in found]


def _labels(session: Session, message_id: str) -> list[TurnLabel]:
    where = select(TurnLabel).where(TurnLabel.message_id == message_id)
    return list(session.scalars(where.order_by(TurnLabel.id)))
