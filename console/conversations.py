"""The pages of conversations: the list with its filters, one as a transcript with the money beside it, a decision."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from billing_core import profiles
from channels.store import Message
from console import found, timeline, transcript
from console.drawing import draw
from console.found import Filters, Row
from console.gate import Gate, RowNumber
from console.sessions import Visit

PREVIEW = 110


def router(gate: Gate) -> APIRouter:
    """The routes; every view is written into the audit log before it is drawn."""
    routes = APIRouter(include_in_schema=False)
    reads = Depends(gate.sees("read"))

    @routes.get("/conversations")
    def many(request: Request, visit: Visit = reads) -> Response:
        filters = Filters.read(request.query_params, request.query_params.getlist("has"))
        with gate.core.read() as session:
            page = found.page(session, filters)
        # Words looked for may be a member's name, and the log keeps none of them.
        gate.log(request, visit, "listed", words=bool(filters.q), filters=filters.count, rows=len(page.rows))
        return draw(
            "conversations.html",
            visit=visit,
            filters=filters,
            rows=[(row, *transcript.who(visit, row.contact, row.account), preview(visit, row)) for row in page.rows],
            after=page.after,
            topics=list(found.topics()),
            issuers=sorted(profiles.shipped()),
        )

    @routes.get("/conversations/{conversation_id}")
    def one(request: Request, conversation_id: str, before: RowNumber | None = None, visit: Visit = reads) -> Response:
        read = transcript.of(gate.core, visit, conversation_id, before)
        if read is None:
            raise HTTPException(404)
        gate.log(request, visit, "viewed", conversation_id)
        money = (
            timeline.of(gate.core, visit, read.account, conversation_id, read.began) if read.account is not None else []
        )
        return draw("conversation.html", visit=visit, read=read, money=money, told=transcript.told)

    @routes.get("/conversations/{conversation_id}/decisions/{record_id}")
    def decision(request: Request, conversation_id: str, record_id: RowNumber, visit: Visit = reads) -> Response:
        decided = transcript.decision(gate.core, conversation_id, record_id)
        read = transcript.of(gate.core, visit, conversation_id)
        if decided is None or read is None:
            raise HTTPException(404)
        gate.log(request, visit, "viewed", conversation_id, decision=record_id)
        record, same = decided
        return draw(
            "decision.html",
            visit=visit,
            read=read,
            record=record,
            same=same,
            inputs=read.reader.value(record.inputs),
            computed=read.reader.value(record.computed),
        )

    return routes


def preview(visit: Visit, row: Row) -> tuple[str, str]:
    """Who spoke last, and the beginning of what was said."""
    last: Message | None = row.last
    if last is None:
        return "", ""
    by = "Member" if last.direction == "in" else "Agent" if last.data.get("role") == "agent" else "Assistant"
    words = transcript.reader_for(visit, row.account).words(last.text)
    return by, words if len(words) <= PREVIEW else f"{words[:PREVIEW].rstrip()}…"
