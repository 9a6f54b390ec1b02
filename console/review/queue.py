"""The queue of turns to read, sorted by what teaches most; an index finds them among any number of turns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

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
TURNS, CONVERSATIONS = 250, 50
LENGTH = 50


class Heard(NamedTuple):
    """What the queue needs of a turn and its message. Some thousand are looked at, and whole rows cost far more."""

    message_id: str
    conversation_id: str
    text: str
    at: datetime
    intent: str | None
    confidence: float | None
    ranking: list[Any] | None
    actions: list[Any] | None


@dataclass(frozen=True)
class Item:
    """One turn to read. `words` are those that the product role reads, for every role, so that labels can be compared;
    `times` how often the same words were read in the same way, `score` how much a label of it teaches."""

    heard: Heard
    words: str
    why: tuple[str, ...]
    score: float
    times: int = 1


def ranking(turn: Heard | Turn) -> list[tuple[str, float]]:
    """The readings of a turn with their confidence; the fallback is not one."""
    rows = [each for each in turn.ranking or [] if isinstance(each, dict) and each.get("name") not in (None, FALLBACK)]
    return [(str(each["name"]), float(each.get("confidence") or 0)) for each in rows]


def reasons(turn: Heard, then: str | None, standing: Standing | None) -> dict[str, float]:
    """Why a turn is worth reading, with what each reason weighs. `then` is the intent of the member's next message."""
    found = {}
    if marks.misunderstood(turn.actions):
        found["misunderstood"] = WHY["misunderstood"][1]
    if marks.unsure(turn.intent, turn.confidence) and turn.intent != FALLBACK:
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
        names = _names(session, {each.conversation_id for each in rows})
    stand = standings(labels)
    done = {each.said_key for each in labels if each.reviewer == reviewer or stand[each.message_id].done}
    found: dict[tuple[str, str | None], Item] = {}
    for heard in rows:
        weights = reasons(heard, then.get(heard.message_id), stand.get(heard.message_id))
        # Reading words costs the most by far, and most turns teach nothing.
        if not weights or (why and why not in weights):
            continue
        words = Reader("product", names[heard.conversation_id]).words(bare(heard.text))
        if not words or key(words) in done:
            continue
        same = found.get((key(words), heard.intent))
        item = Item(heard, words, tuple(each for each in WHY if each in weights), sum(weights.values()))
        best = item if same is None or item.score > same.score else same
        found[key(words), heard.intent] = replace(best, times=same.times + 1 if same else 1)
    return sorted(found.values(), key=lambda each: (-each.score, -each.heard.at.timestamp(), each.heard.message_id))


def _sources(session: Session) -> tuple[list[Heard], dict[str, str | None]]:
    """The turns that may be worth reading, each once, and of those read with their neighbours what was said next."""
    both = select(
        Message.id, Message.conversation_id, Message.text, Message.at, Turn.intent, Turn.confidence, Turn.ranking,
        Turn.actions,
    ).join(Turn, Turn.message_id == Message.id)  # fmt: skip
    unsure = both.where(Turn.confidence < marks.SURE).order_by(Turn.confidence, Turn.message_id).limit(TURNS)
    waiting = both.where(Message.id.in_(select(TurnLabel.message_id))).order_by(Message.at.desc()).limit(TURNS)
    rows = [Heard(*row) for some in (unsure, waiting) for row in session.execute(some)]
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
        talk = [Heard(*row) for row in session.execute(of_theirs)]
        for heard, after in pairwise(talk):
            if after.conversation_id == heard.conversation_id:
                then[heard.message_id] = after.intent
        rows += talk
    return list({heard.message_id: heard for heard in rows if heard.intent is not None}.values()), then


def _names(session: Session, conversations: set[str]) -> dict[str, list[str]]:
    where = (
        select(Conversation.id, Account.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(Conversation.id.in_(conversations))
    )
    return {key: [name] if name else [] for key, name in session.execute(where)}
