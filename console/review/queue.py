"""The queue of turns to read, sorted by what teaches most; an index finds them among any number of turns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import Core
from billing_core.accounts import Account
from channels import marks
from channels.marks import Activity, Mark
from channels.screening import bare
from channels.store import Contact, Conversation, Message, Turn
from console.reader import Reader
from console.review.agreement import Standing, standings
from console.review.store import TurnLabel
from console.teach.writing import normalised

# Why a turn is worth reading, as a person reads it, and how much it teaches: of `unsure` and `close` the more, the
# less sure or the closer the reading was.
WHY = {
    "misunderstood": ("Not understood", 40.0),
    "unsure": ("Unsure reading", 30.0),
    "complaint": ("Complaint", 30.0),
    "before_person": ("Then a person was asked for", 25.0),
    "close": ("Close runner-up", 20.0),
    "second": ("Waits for a second reviewer", 15.0),
}
CLOSE = 0.2
COMPLAINTS, ASKS_FOR_PERSON, FALLBACK = "complain", "request_human", "nlu_fallback"
# How many of each source are looked at; the rest is there when these are read.
TURNS, CONVERSATIONS = 400, 120
LENGTH = 50


@dataclass(frozen=True)
class Item:
    """One turn to read. `words` are those that the product role reads, for every role, so that labels can be compared;
    `times` how often the same words were read in the same way, `score` how much a label of it teaches."""

    message: Message
    turn: Turn
    reader: Reader = field(repr=False)
    words: str
    why: tuple[str, ...]
    score: float
    times: int = 1

    @property
    def readings(self) -> list[tuple[str, int]]:
        """What it may have meant, with the confidence in percent, the first choice first; not understanding is none."""
        return [(name, round(100 * confidence)) for name, confidence in ranking(self.turn)]


def ranking(turn: Turn) -> list[tuple[str, float]]:
    """The readings of a turn with their confidence; the fallback is not one."""
    rows = [each for each in turn.ranking or [] if isinstance(each, dict) and each.get("name") not in (None, FALLBACK)]
    return [(str(each["name"]), float(each.get("confidence") or 0)) for each in rows]


def reasons(turn: Turn, then: str | None, standing: Standing | None) -> dict[str, float]:
    """Why a turn is worth reading, with what each reason weighs. `then` is the intent of the member's next message."""
    found = {}
    happened = marks.of(turn)
    if marks.MISUNDERSTOOD in happened:
        found["misunderstood"] = WHY["misunderstood"][1]
    if marks.LOW_CONFIDENCE in happened and turn.intent != FALLBACK:
        found["unsure"] = WHY["unsure"][1] * (1 - (turn.confidence or 0) / marks.SURE)
    ranked = ranking(turn)
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < CLOSE:
        found["close"] = WHY["close"][1] * (1 - (ranked[0][1] - ranked[1][1]) / CLOSE)
    if turn.intent == COMPLAINTS:
        found["complaint"] = WHY["complaint"][1]
    if then == ASKS_FOR_PERSON and turn.intent != ASKS_FOR_PERSON:
        found["before_person"] = WHY["before_person"][1]
    if standing is not None and len(standing.latest) == 1:
        found["second"] = WHY["second"][1]
    return found


def key(words: str) -> str:
    """The digest by which the same words are known again."""
    return hashlib.sha256(normalised(words).encode()).hexdigest()[:16]


def items(core: Core, reviewer: str, why: str = "") -> list[Item]:
    """What this person is to read next, what teaches most first; what they have read or others settled is left out."""
    with core.read() as session:
        rows, then = _sources(session)
        labels = list(session.scalars(select(TurnLabel).order_by(TurnLabel.id)))
        names = _names(session, {message.conversation_id for message, _ in rows})
    stand = standings(labels)
    done = {each.said_key for each in labels if each.reviewer == reviewer or stand[each.message_id].done}
    found: dict[tuple[str, str | None], Item] = {}
    for message, turn in rows:
        stood = stand.get(message.id)
        weights = reasons(turn, then.get(message.id), stood)
        # Reading words costs the most by far, and most turns teach nothing.
        if not weights or (why and why not in weights):
            continue
        reader = Reader("product", names[message.conversation_id])
        words = reader.words(bare(message.text))
        if not words or key(words) in done:
            continue
        same = found.get((key(words), turn.intent))
        item = Item(
            message, turn, reader, words, tuple(each for each in WHY if each in weights), sum(weights.values()),
            same.times + 1 if same else 1,
        )  # fmt: skip
        best = item if same is None or item.score > same.score else same
        found[key(words), turn.intent] = Item(**{**vars(best), "times": item.times})
    return sorted(found.values(), key=lambda each: (-each.score, -each.message.at.timestamp(), each.message.id))


def _sources(session: Session) -> tuple[list[tuple[Message, Turn]], dict[str, str | None]]:
    """The turns that may be worth reading, each once, and of those read with their neighbours what was said next."""
    both = select(Message, Turn).join(Turn, Turn.message_id == Message.id)
    unsure = both.where(Turn.confidence < marks.SURE).order_by(Turn.confidence, Turn.message_id).limit(TURNS)
    waiting = both.where(Message.id.in_(select(TurnLabel.message_id))).order_by(Message.at.desc()).limit(TURNS)
    rows = [*_pairs(session.execute(unsure)), *_pairs(session.execute(waiting))]
    then: dict[str, str | None] = {}
    marked = (marks.MISUNDERSTOOD, f"intent:{COMPLAINTS}", f"intent:{ASKS_FOR_PERSON}")
    for mark in marked:
        some = (
            select(Activity.conversation_id)
            .join(Mark, Mark.conversation_id == Activity.conversation_id)
            .where(Mark.mark == mark)
            .order_by(Activity.last_at.desc())
            .limit(CONVERSATIONS)
        )
        ids = list(session.scalars(some))
        of_theirs = both.where(Message.conversation_id.in_(ids)).order_by(Message.conversation_id, Message.seq)
        talk = _pairs(session.execute(of_theirs))
        for (message, _), (after, turn) in pairwise(talk):
            if after.conversation_id == message.conversation_id:
                then[message.id] = turn.intent
        rows += talk
    once = {message.id: (message, turn) for message, turn in rows if turn.intent is not None}
    return list(once.values()), then


def _pairs(found: Iterable[object]) -> list[tuple[Message, Turn]]:
    return [(row[0], row[1]) for row in found]  # type: ignore[index]


def _names(session: Session, conversations: set[str]) -> dict[str, list[str]]:
    where = (
        select(Conversation.id, Account.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(Conversation.id.in_(conversations))
    )
    return {key: [name] if name else [] for key, name in session.execute(where)}
