"""What a conversation is found by: when it was last spoken in, and marks of what happened in its turns.

Both are written in the transaction of the message or the turn, and `rebuild` makes the same from the rows. A mark is
only ever added; what may change later (paid, delivered, a person's turn) is asked of its own table when looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, delete, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import Core
from billing_core.records import DecisionRecord
from billing_core.store import insert_into
from channels.store import Base, Message, Turn

# Below this the first reading is called unsure; a turn that took longer than this was slow.
SURE = 0.6
SLOW_MS = 2000.0
LOW_CONFIDENCE, MISUNDERSTOOD, SLOW, TROUBLE, REFUSED = "low_confidence", "misunderstood", "slow", "trouble", "refused"
_NOT_UNDERSTOOD = "action_misunderstood"
_PAGE = 2000
NOT_DELIVERED = ("undelivered", "failed")


class Activity(Base):
    """When a conversation was last spoken in, by whom ever; one in which nobody has spoken has no row."""

    __tablename__ = "conversation_activity"
    __table_args__ = (Index("ix_conversation_activity_last_at", "last_at", "conversation_id"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    last_at: Mapped[datetime]


class Mark(Base):
    """Something that happened in a conversation: `intent:pay_bill`, `language:es`, `refused:G3`, `misunderstood`."""

    __tablename__ = "conversation_mark"
    __table_args__ = (Index("ix_conversation_mark_mark", "mark", "conversation_id"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(String(80), primary_key=True)


# Few messages fail, so those that did are found without reading the others.
Index(
    "ix_message_not_delivered",
    Message.conversation_id,
    sqlite_where=text("state IN ('undelivered', 'failed')"),
    postgresql_where=text("state IN ('undelivered', 'failed')"),
)
# Of many turns those that the model was least sure of are read first.
Index("ix_turn_confidence", Turn.confidence, Turn.message_id)


def spoken(session: Session, conversation_id: str, at: datetime) -> None:
    """Somebody spoke; the caller has locked the conversation's row."""
    row = insert_into(session, Activity).values(conversation_id=conversation_id, last_at=at)
    session.execute(row.on_conflict_do_update(index_elements=["conversation_id"], set_={"last_at": at}))


def note(session: Session, conversation_id: str, turn: Turn, rules: Iterable[str]) -> list[str]:
    """Keep the marks of a turn that is being written, and say which they are; `rules` as in `of`."""
    found = of(turn, rules)
    _keep(session, [(conversation_id, mark) for mark in found])
    return found


def of(turn: Turn, rules: Iterable[str] = ()) -> list[str]:
    """The marks of one turn, `rules` being those that refused something in it."""
    found = {f"refused:{rule}"[:80] for rule in rules}
    if found:
        found.add(REFUSED)
    if turn.intent:
        found.add(f"intent:{turn.intent}")
    if unsure(turn.intent, turn.confidence):
        found.add(LOW_CONFIDENCE)
    if misunderstood(turn.actions):
        found.add(MISUNDERSTOOD)
    if turn.handled_by == TROUBLE:
        found.add(TROUBLE)
    if float((turn.ms or {}).get("turn", 0)) > SLOW_MS:
        found.add(SLOW)
    found |= {f"language:{each['language']}" for each in turn.said or [] if each.get("language")}
    return sorted(found)


def unsure(intent: str | None, confidence: float | None) -> bool:
    """Whether a turn was understood as something, and not surely."""
    return bool(intent) and confidence is not None and confidence < SURE


def misunderstood(actions: Sequence[Any] | None) -> bool:
    """Whether what was done says that the member was not understood."""
    return _NOT_UNDERSTOOD in (actions or ())


def rebuild(core: Core) -> int:
    """Make both tables again from messages, turns and decisions, in one transaction; how many marks there are."""
    with core.write() as session:
        session.execute(delete(Mark))
        session.execute(delete(Activity))
        last = select(Message.conversation_id, func.max(Message.at)).group_by(Message.conversation_id)
        session.execute(Activity.__table__.insert().from_select(["conversation_id", "last_at"], last))  # type: ignore[attr-defined]
        for page in _pages(session):
            _keep(session, page)
        return int(session.scalar(select(func.count()).select_from(Mark)) or 0)


def _pages(session: Session) -> Iterator[list[tuple[str, str]]]:
    after = ""
    while True:
        where = select(Turn, Message.conversation_id).join(Message, Message.id == Turn.message_id)
        rows = session.execute(where.where(Turn.message_id > after).order_by(Turn.message_id).limit(_PAGE)).all()
        if not rows:
            return
        after = rows[-1][0].message_id
        rules = rules_of(session, [turn.message_id for turn, _ in rows])
        yield [(whose, mark) for turn, whose in rows for mark in of(turn, rules.get(turn.message_id, []))]
        session.expunge_all()


def rules_of(session: Session, turn_ids: Sequence[str]) -> dict[str, list[str]]:
    """The rules that refused something in each of these turns."""
    found: dict[str, list[str]] = {}
    where = select(DecisionRecord.turn_id, DecisionRecord.rule).where(
        DecisionRecord.turn_id.in_(turn_ids), DecisionRecord.rule.is_not(None)
    )
    for turn_id, rule in session.execute(where):
        found.setdefault(str(turn_id), []).append(str(rule))
    return found


def _keep(session: Session, pairs: Iterable[tuple[str, str]]) -> None:
    rows = [{"conversation_id": whose, "mark": mark} for whose, mark in sorted(set(pairs))]
    if rows:
        session.execute(insert_into(session, Mark).on_conflict_do_nothing(), rows)
