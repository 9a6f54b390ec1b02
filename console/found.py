"""Finding conversations: filters that are an address, the query they make, and pages that hold still.

A page begins after the last row of the one before (its time and id), so what is said meanwhile moves a conversation
to the front and shifts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from billing_core.accounts import Account
from billing_core.payments import Payment
from billing_core.states import PaymentState
from channels import marks
from channels.handoff.store import OPEN, Handoff, HandoffState
from channels.marks import Activity, Mark
from channels.store import Contact, Conversation, Message
from channels.tallies import ZONE
from console import searching

PAGE = 50
LONGEST = 120
_TOPICS = Path(__file__).with_name("topics.yml")

# What happened in a conversation, as a person ticks it; each is a mark, or asked of its own table below.
HAPPENED = {
    "low_confidence": "Unsure reading",
    "misunderstood": "Misunderstood",
    "handed_over": "A person was asked for",
    "waiting": "Waits for a person now",
    "paid": "Paid",
    "refused": "Refused by a rule",
    "trouble": "Trouble of ours",
    "slow": "Slow answer",
    "undelivered": "Not delivered",
}


@cache
def topics() -> dict[str, list[str]]:
    """Every topic with its intents."""
    table: dict[str, list[str]] = yaml.safe_load(_TOPICS.read_text(encoding="utf-8"))
    return table


@dataclass(frozen=True)
class Filters:
    """What is looked for, as it stands in the address; empty means any. What cannot be read is left out."""

    q: str = ""
    channel: str = ""
    since: str = ""
    until: str = ""
    topic: str = ""
    outcome: str = ""
    issuer: str = ""
    language: str = ""
    rule: str = ""
    has: tuple[str, ...] = ()
    after: str = ""

    @classmethod
    def read(cls, query: Mapping[str, Any], several: Sequence[str]) -> Filters:
        """From the query of an address; `several` are the values of `has`."""
        one = {each.name: str(query.get(each.name, ""))[:LONGEST].strip() for each in fields(cls)}
        one["since"], one["until"] = _day(one["since"]), _day(one["until"])
        one["topic"] = one["topic"] if one["topic"] in topics() else ""
        return cls(**{**one, "has": tuple(each for each in HAPPENED if each in several)})  # type: ignore[arg-type]

    def address(self, **changes: Any) -> str:
        """The query string that leads here, or with some of it changed."""
        there = replace(self, **changes)
        pairs = [(each.name, getattr(there, each.name)) for each in fields(there) if each.name != "has"]
        return urlencode([(name, value) for name, value in pairs if value] + [("has", each) for each in there.has])

    @property
    def count(self) -> int:
        """How many filters are set, the words looked for aside."""
        one = (self.channel, self.since, self.until, self.topic, self.outcome, self.issuer, self.language, self.rule)
        return sum(1 for each in one if each) + len(self.has)


@dataclass(frozen=True)
class Row:
    """One conversation of the list, with what it was last and what happened in it."""

    conversation: Conversation
    contact: Contact
    account: Account | None
    last_at: datetime
    last: Message | None
    marks: tuple[str, ...]
    handoff: Handoff | None


@dataclass(frozen=True)
class Page:
    """The rows, and where the next page begins (empty: this is the last)."""

    rows: tuple[Row, ...]
    after: str


def page(session: Session, filters: Filters) -> Page:
    """One page of the conversations that fit, the latest first."""
    found = session.execute(_query(session, filters).limit(PAGE + 1)).all()
    shown = found[:PAGE]
    ids = [conversation.id for conversation, *_ in shown]
    last, kept, handoffs = _last(session, ids), _marks(session, ids), _handoffs(session, ids)
    rows = tuple(
        Row(conversation, contact, account, last_at, last.get(conversation.id), tuple(kept.get(conversation.id, ())),
            handoffs.get(conversation.id))
        for conversation, contact, account, last_at in shown
    )  # fmt: skip
    after = f"{rows[-1].last_at.isoformat()}~{rows[-1].conversation.id}" if len(found) > PAGE else ""
    return Page(rows, after)


def _query(session: Session, filters: Filters) -> Select[Conversation, Contact, Account, datetime]:
    query = (
        select(Conversation, Contact, Account, Activity.last_at)
        .join(Activity, Activity.conversation_id == Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .order_by(Activity.last_at.desc(), Activity.conversation_id.desc())
    )
    return query.where(*_conditions(session, filters))


def _conditions(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [_happened(each) for each in filters.has]
    if filters.channel:
        asked.append(Conversation.channel == filters.channel)
    if filters.issuer:
        asked.append(Account.profile_id == filters.issuer)
    if filters.since:
        asked.append(Activity.last_at >= _midnight(filters.since))
    if filters.until:
        asked.append(Activity.last_at < _midnight(filters.until) + timedelta(days=1))
    if filters.topic:
        asked.append(_marked(*(f"intent:{intent}" for intent in topics()[filters.topic])))
    if filters.language:
        asked.append(_marked(f"language:{filters.language}"))
    if filters.rule:
        asked.append(_marked(f"refused:{filters.rule}"))
    if filters.outcome:
        asked.append(_outcome(filters.outcome))
    if words := searching.words(filters.q):
        asked.append(searching.found(session, Activity.conversation_id, words))
    if (start := _start(filters.after)) is not None:
        at, key = start
        older = and_(Activity.last_at == at, Activity.conversation_id < key)
        asked.append(or_(Activity.last_at < at, older))
    return asked


def _happened(what: str) -> ColumnElement[bool]:
    if what == "paid":
        return Activity.conversation_id.in_(
            select(Message.conversation_id)
            .join(Payment, Payment.confirmed_by_turn == Message.id)
            .where(Payment.state == PaymentState.SETTLED)
        )
    if what == "handed_over":
        return exists().where(Handoff.conversation_id == Activity.conversation_id)
    if what == "waiting":
        return Activity.conversation_id.in_(
            select(Handoff.conversation_id).where(Handoff.state == HandoffState.WAITING)
        )
    if what == "undelivered":
        return Activity.conversation_id.in_(
            select(Message.conversation_id).where(Message.state.in_(marks.NOT_DELIVERED))
        )
    return _marked(what)


# How a conversation came out, so far.
OUTCOMES = {
    "paid": "Paid",
    "assistant": "Solved without a person",
    "person": "Went to a person",
    "open": "With a person now",
}


def _outcome(what: str) -> ColumnElement[bool]:
    asked = exists().where(Handoff.conversation_id == Activity.conversation_id)
    if what == "paid":
        return _happened("paid")
    if what == "assistant":
        return and_(~asked, ~_marked(marks.TROUBLE))
    if what == "open":
        return exists().where(Handoff.conversation_id == Activity.conversation_id, Handoff.state.in_(OPEN))
    return asked


def _marked(*wanted: str) -> ColumnElement[bool]:
    return Activity.conversation_id.in_(select(Mark.conversation_id).where(Mark.mark.in_(wanted)))


def _last(session: Session, ids: Sequence[str]) -> dict[str, Message]:
    where = (
        select(Message)
        .join(Conversation, and_(Conversation.id == Message.conversation_id, Conversation.last_seq == Message.seq))
        .where(Message.conversation_id.in_(ids))
    )
    return {row.conversation_id: row for row in session.scalars(where)}


def _marks(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    where = select(Mark.conversation_id, Mark.mark).where(Mark.conversation_id.in_(ids)).order_by(Mark.mark)
    for whose, mark in session.execute(where):
        kept.setdefault(whose, []).append(mark)
    return kept


def _handoffs(session: Session, ids: Sequence[str]) -> dict[str, Handoff]:
    where = select(Handoff).where(Handoff.conversation_id.in_(ids)).order_by(Handoff.opened_at)
    return {row.conversation_id: row for row in session.scalars(where)}


def _start(after: str) -> tuple[datetime, str] | None:
    at, _, key = after.partition("~")
    try:
        return (datetime.fromisoformat(at).astimezone(UTC), key) if key else None
    except ValueError:
        return None


def _day(said: str) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        return ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), ZONE)
