"""One conversation as it was: every message with its delivery, and beside each of the member's what we made of it.

All words pass `reader.Reader`; what a role does not see is not in what is returned here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import Core, records
from billing_core.accounts import Account
from billing_core.records import DecisionRecord
from channels import marks
from channels.handoff import reasons
from channels.handoff.store import Handoff
from channels.store import Contact, Conversation, Message, Turn
from console.reader import CONTACT, Reader
from console.sessions import Visit

PAGE = 100
RUNNERS_UP = 3
# How a message's state reads; the rank of states is the outbox's.
STATES = {
    "queued": "waiting to be sent",
    "answered": "answered",
    "sending": "being sent",
    "unknown": "not known whether it was sent",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "failed",
}


@dataclass(frozen=True)
class Decision:
    """A rule's answer behind a sentence; `rule` is empty where it had no objection."""

    id: int
    about: str
    rule: str | None
    until: str | None
    profile: str


@dataclass(frozen=True)
class Heard:
    """What was made of one message: readings with their confidence in percent, and times by stage in milliseconds."""

    handled_by: str
    intent: str | None
    percent: int | None
    unsure: bool
    runners_up: tuple[tuple[str, int], ...]
    entities: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    said: tuple[tuple[str, dict[str, Any]], ...]
    decisions: tuple[Decision, ...]
    ms: tuple[tuple[str, float], ...]
    slow: bool


@dataclass(frozen=True)
class Said:
    """One message. `by` is member, assistant, agent or demo; `lost` that it did not reach the member, `deleted` that
    its words were taken out again."""

    id: str
    seq: int
    by: str
    name: str
    text: str
    at: datetime
    sent_at: datetime | None
    state: str
    lost: bool
    deleted: bool
    error_code: str | None
    found: tuple[str, ...]
    heard: Heard | None


@dataclass(frozen=True)
class Transcript:
    """A conversation, or the page of it before `before`; `earlier` is where the page before begins (None: there is
    none)."""

    conversation: Conversation
    who: str
    address: str
    account: Account | None
    messages: tuple[Said, ...]
    earlier: int | None
    handoffs: tuple[Handoff, ...]
    opted_out: bool
    began: datetime
    reader: Reader = field(repr=False)


def reader_for(visit: Visit, account: Account | None) -> Reader:
    """The reader of one member's words."""
    return Reader(visit.role, [account.name] if account is not None else [])


def who(visit: Visit, contact: Contact, account: Account | None) -> tuple[str, str]:
    """The member and their address, as this role may see them."""
    name = account.name if account is not None else "Somebody unknown"
    address = contact.address if contact.channel != "web" else "web chat"
    if account is not None and not visit.sees("person"):
        name = "Member"
    return name, address if visit.sees("contact") or contact.channel == "web" else CONTACT


def of(core: Core, visit: Visit, conversation_id: str, before: int | None = None) -> Transcript | None:
    """The conversation, or None when there is none of that name."""
    with core.read() as session:
        conversation = session.get(Conversation, conversation_id)
        if conversation is None:
            return None
        contact = session.get_one(Contact, conversation.contact_id)
        account = session.get(Account, contact.account_id) if contact.account_id else None
        where = select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq.desc())
        if before is not None:
            where = where.where(Message.seq < before)
        found = list(session.scalars(where.limit(PAGE + 1)))
        rows = found[:PAGE][::-1]
        turns = _turns(session, rows)
        decided = _decisions(session, turns.values())
        held = select(Handoff).where(Handoff.conversation_id == conversation_id).order_by(Handoff.opened_at)
        handoffs = tuple(session.scalars(held))
    reader = reader_for(visit, account)
    name, address = who(visit, contact, account)
    return Transcript(
        conversation=conversation,
        who=name,
        address=address,
        account=account,
        messages=tuple(_said(row, conversation.erased_seq, turns.get(row.id), decided, reader) for row in rows),
        earlier=rows[0].seq if len(found) > PAGE else None,
        handoffs=handoffs,
        opted_out=contact.opted_out_at is not None,
        began=conversation.created_at,
        reader=reader,
    )


def told(handoff: Handoff) -> list[tuple[str, str]]:
    """Why a person was asked for: each reason with what staff should know."""
    return [(name, reasons.table()[reasons.known(name)].staff) for name in handoff.reasons]


def decision(core: Core, conversation_id: str, record_id: int) -> tuple[DecisionRecord, bool | None] | None:
    """A decision made in this conversation, and whether its rule says the same when asked again (None: not asked).

    None when it was made elsewhere: what a person may read is the conversation, and not any account's records.
    """
    with core.read() as session:
        record = session.get(DecisionRecord, record_id)
        message = session.get(Message, record.turn_id) if record is not None and record.turn_id else None
    if record is None or message is None or message.conversation_id != conversation_id:
        return None
    answer = records.replay(core, record)
    return record, None if answer is None else records.told(answer) == record.computed


def _turns(session: Session, rows: Sequence[Message]) -> dict[str, Turn]:
    ids = [row.id for row in rows if row.direction == "in"]
    return {turn.message_id: turn for turn in session.scalars(select(Turn).where(Turn.message_id.in_(ids)))}


def _decisions(session: Session, turns: Any) -> dict[int, DecisionRecord]:
    ids = [each for turn in turns for each in turn.decisions or []]
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(DecisionRecord).where(DecisionRecord.id.in_(ids)))}


def _said(row: Message, erased_seq: int, turn: Turn | None, decided: dict[int, DecisionRecord], reader: Reader) -> Said:
    role = str(row.data.get("role", ""))
    by = "member" if row.direction == "in" else role if role in ("agent", "demo") else "assistant"
    return Said(
        id=row.id,
        seq=row.seq,
        by=by,
        name=str(row.data.get("name", "")) if by == "agent" else "",
        text=reader.words(row.text),
        at=row.at,
        sent_at=row.sent_at,
        deleted=row.seq <= erased_seq and not row.text,
        state=STATES.get(row.state, row.state),
        lost=row.state in marks.NOT_DELIVERED,
        error_code=row.error_code,
        found=tuple(row.data.get("found", ())),
        heard=_heard(turn, decided, reader) if turn is not None else None,
    )


def _heard(turn: Turn, decided: dict[int, DecisionRecord], reader: Reader) -> Heard:
    others = [each for each in turn.ranking or [] if isinstance(each, dict) and each.get("name") != turn.intent]
    entities = [each for each in turn.entities or [] if isinstance(each, dict)]
    return Heard(
        handled_by=turn.handled_by,
        intent=turn.intent,
        percent=None if turn.confidence is None else round(100 * turn.confidence),
        unsure=turn.confidence is not None and turn.confidence < marks.SURE,
        runners_up=tuple(
            (str(each.get("name")), round(100 * float(each.get("confidence", 0)))) for each in others[:RUNNERS_UP]
        ),
        entities=tuple((str(each.get("entity")), _entity(each, reader)) for each in entities),
        actions=tuple(str(each) for each in turn.actions or []),
        said=tuple((str(each.get("reply")), reader.value(each.get("values", {}))) for each in turn.said or []),
        decisions=tuple(_decision(decided[each]) for each in turn.decisions or [] if each in decided),
        ms=tuple((str(name), float(value)) for name, value in (turn.ms or {}).items()),
        slow=marks.SLOW in marks.of(turn),
    )


def _entity(found: dict[str, Any], reader: Reader) -> str:
    kept = reader.value({str(found.get("entity")): str(found.get("value"))})
    return str(next(iter(kept.values())))


def _decision(row: DecisionRecord) -> Decision:
    return Decision(row.id, row.about, row.rule, row.computed.get("until"), row.profile_version)
