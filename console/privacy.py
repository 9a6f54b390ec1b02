"""Handing a conversation on as a file, and deleting a member's conversations when they ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from channels.privacy import requests
from channels.store import Contact, Conversation
from console import export, pdf, transcript
from console.drawing import draw
from console.gate import Gate
from console.sessions import Visit

# What is typed to confirm a deletion.
CONFIRM = "DELETE"
KINDS: dict[str, tuple[str, Callable[[dict[str, Any]], bytes]]] = {
    "json": ("application/json", export.as_json),
    "pdf": ("application/pdf", pdf.draw),
}


def router(gate: Gate) -> APIRouter:
    """The routes. What is exported is masked by role; a deletion is for admins, and asked twice."""
    routes = APIRouter(prefix="/conversations/{conversation_id}", include_in_schema=False)
    reads = Depends(gate.sees("read"))
    erases = Depends(gate.sees("erase"))
    does = Depends(gate.changes("erase"))

    def exported(request: Request, visit: Visit, conversation_id: str, kind: str) -> Response:
        made = export.of(gate.core, visit, conversation_id)
        if made is None:
            raise HTTPException(404)
        # Written down before the file leaves, as every view is.
        gate.log(request, visit, "exported", conversation_id, kind=kind)
        media_type, drawn = KINDS[kind]
        name = export.file_name(made, kind)
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(drawn(made), media_type=media_type, headers=headers)

    @routes.get("/export.json")
    def as_json(request: Request, conversation_id: str, visit: Visit = reads) -> Response:
        return exported(request, visit, conversation_id, "json")

    @routes.get("/export.pdf")
    def as_pdf(request: Request, conversation_id: str, visit: Visit = reads) -> Response:
        return exported(request, visit, conversation_id, "pdf")

    @routes.get("/delete")
    def what_goes(request: Request, conversation_id: str, visit: Visit = erases) -> Response:
        gate.log(request, visit, "viewed_erasure", conversation_id)
        return _page(gate, visit, conversation_id)

    @routes.post("/delete")
    def delete(
        request: Request, conversation_id: str, confirmed: Annotated[str, Form()] = "", visit: Visit = does
    ) -> Response:
        key = _whose(gate, conversation_id)
        if confirmed.strip().upper() != CONFIRM:
            return _page(gate, visit, conversation_id, trouble=f"Nothing was deleted: type {CONFIRM} to confirm.")
        done = requests.ask(gate.core, key, visit.name)
        finished = done.finished_at is not None
        gate.log(request, visit, "erased", conversation_id, account=key, messages=done.messages, finished=finished)
        return RedirectResponse(f"/console/conversations/{conversation_id}/delete", status_code=303)

    return routes


def _whose(gate: Gate, conversation_id: str) -> str:
    """The account whose conversation it is, or the conversation itself of a stranger."""
    with gate.core.read() as session:
        conversation = session.get(Conversation, conversation_id)
        if conversation is None:
            raise HTTPException(404)
        return session.get_one(Contact, conversation.contact_id).account_id or conversation_id


def _page(gate: Gate, visit: Visit, conversation_id: str, trouble: str = "") -> Response:
    key = _whose(gate, conversation_id)
    read = transcript.of(gate.core, visit, conversation_id)
    return draw(
        "erase.html",
        status=409 if trouble else 200,
        visit=visit,
        read=read,
        preview=requests.preview(gate.core, key),
        done=requests.of(gate.core, key),
        confirm=CONFIRM,
        trouble=trouble,
    )
