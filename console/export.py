"""One conversation as a file to hand on: who had it made, when, in which role, and everything that role may read.

The JSON and the PDF are two drawings of the same value, and every word in it came through `console.reader`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing_core import Core
from channels.store import CarrierStatus, Message
from console import found, timeline, transcript
from console.roles import Field
from console.sessions import Visit
from console.transcript import Heard, Said, Transcript

FORMAT = "duely-conversation/1"
# Of each kind of event of the money beside it; no account comes near.
MOST_EVENTS = 10_000


def of(core: Core, visit: Visit, conversation_id: str) -> dict[str, Any] | None:
    """The whole conversation as plain data, times with their zone; None when there is none of that name."""
    read = transcript.of(core, visit, conversation_id)
    if read is None:
        return None
    pages = [read]
    while pages[0].earlier is not None:
        before = transcript.of(core, visit, conversation_id, pages[0].earlier)
        assert before is not None
        pages.insert(0, before)
    zone = ZoneInfo(read.account.profile.time_zone) if read.account is not None else found.ZONE
    carried = _carried(core, conversation_id)
    events = timeline.of(core, visit, read.account, conversation_id, read.began, MOST_EVENTS) if read.account else []
    return {
        "format": FORMAT,
        "made": {
            "at": _iso(core.now(), zone),
            "by": visit.name,
            "role": visit.role,
            "masked": [field for field in get_args(Field) if not visit.sees(field)],
            "money": visit.may("money"),
        },
        "conversation": _head(read, zone),
        "messages": [_message(each, carried.get(each.id, []), zone) for page in pages for each in page.messages],
        "with_people": [_handoff(each, zone) for each in read.handoffs],
        "money": [_event(each, zone) for each in reversed(events)],
    }


def as_json(export: dict[str, Any]) -> bytes:
    """The file, readable as it is."""
    return (json.dumps(export, ensure_ascii=False, indent=2) + "\n").encode()


def file_name(export: dict[str, Any], ending: str) -> str:
    """A name that says what it is and nothing of the member."""
    day = str(export["made"]["at"])[:10]
    return f"conversation-{export['conversation']['id'][:8]}-{day}.{ending}"


def _head(read: Transcript, zone: ZoneInfo) -> dict[str, Any]:
    row = read.conversation
    return {
        "id": row.id,
        "channel": row.channel,
        "member": read.who,
        "address": read.address,
        "issuer": read.account.profile.name if read.account is not None else None,
        "language": row.language,
        "began_at": _iso(read.began, zone),
        "time_zone": zone.key,
        "ended_texts": read.opted_out,
        "words_deleted_through": row.erased_seq or None,
    }


def _message(said: Said, carried: list[dict[str, Any]], zone: ZoneInfo) -> dict[str, Any]:
    told: dict[str, Any] = {
        "number": said.seq,
        "at": _iso(said.at, zone),
        "by": said.by,
        "name": said.name or None,
        "text": said.text,
        "deleted": said.deleted,
        "taken_out": list(said.found),
    }
    if said.by != "member":
        sent = _iso(said.sent_at, zone) if said.sent_at is not None else None
        told |= {"state": said.state, "sent_at": sent, "error_code": said.error_code}
        told["carrier"] = [{**each, "at": _iso(each["at"], zone)} for each in carried]
    if said.heard is not None:
        told["understood"] = _heard(said.heard)
    return told


def _heard(heard: Heard) -> dict[str, Any]:
    return {
        "answered_by": heard.handled_by,
        "intent": heard.intent,
        "confidence_percent": heard.percent,
        "entities": [{"entity": name, "value": value} for name, value in heard.entities],
        "actions": list(heard.actions),
        "decisions": [
            {
                "record": each.id,
                "about": each.about,
                "answer": "refused" if each.rule else "allowed",
                "rule": each.rule,
                "open_from": each.until,
                "profile": each.profile,
            }
            for each in heard.decisions
        ],
    }


def _handoff(handoff: Any, zone: ZoneInfo) -> dict[str, Any]:
    times = ("opened_at", "taken_at", "released_at")
    moments = {name: getattr(handoff, name) for name in times}
    told = {name: _iso(at, zone) if at is not None else None for name, at in moments.items()}
    return {"reasons": list(handoff.reasons), "state": str(handoff.state), "agent": handoff.agent_name, **told}


def _event(event: timeline.Event, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": _iso(event.at, zone),
        "kind": event.kind,
        "title": event.title,
        "details": list(event.lines),
        "message": event.seq,
    }


def _carried(core: Core, conversation_id: str) -> dict[str, list[dict[str, Any]]]:
    """What the carrier said became of each text, in the order in which it said so."""
    where = (
        select(Message.id, CarrierStatus)
        .join(CarrierStatus, CarrierStatus.sid == Message.provider_id)
        .where(Message.conversation_id == conversation_id, Message.direction == "out")
        .order_by(CarrierStatus.at)
    )
    told: dict[str, list[dict[str, Any]]] = {}
    with core.read() as session:
        for message_id, row in session.execute(where):
            said = {"status": row.status, "error_code": row.error_code, "at": row.at}
            told.setdefault(message_id, []).append(said)
    return told


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")
