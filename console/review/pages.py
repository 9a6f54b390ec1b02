"""The pages of review: the turn to read next with the queue beside it, one turn again, and what reviewers found."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from channels.inbox import storable
from console.drawing import draw
from console.found import topics
from console.gate import Gate
from console.review import findings, labels, queue
from console.review.agreement import ASPECTS
from console.sessions import Visit
from console.teach.port import Teacher
from console.teach.writing import ENTITIES, Marked

# How many stand beside the one to read.
NEXT_UP = 12


def router(gate: Gate, teacher: Teacher) -> APIRouter:
    """The routes; a turn that is shown counts as a view of its conversation."""
    routes = APIRouter(prefix="/review", include_in_schema=False)
    reads = Depends(gate.sees("review"))
    labels_it = Depends(gate.changes("review"))

    @routes.get("")
    def next_one(
        request: Request, why: str = "", after: str = "", done: str = "", visit: Visit = reads
    ) -> Response:  # fmt: skip
        why = why if why in queue.WHY else ""
        items = queue.items(gate.core, visit.name, why)
        place = next((number for number, each in enumerate(items, 1) if each.heard.message_id == after), 0)
        items = items[place:] or items
        said = labels.of(gate.core, items[0].heard.message_id) if items else None
        _log(request, visit, said)
        return _draw(visit, said, why, items, done=done)

    @routes.get("/found")
    def found(request: Request, visit: Visit = reads) -> Response:
        gate.log(request, visit, "viewed_review")
        return draw("review_found.html", visit=visit, ASPECTS=ASPECTS, **findings.of(gate.core))

    @routes.get("/{message_id}")
    def one(request: Request, message_id: str, why: str = "", visit: Visit = reads) -> Response:
        said = _said(message_id)
        _log(request, visit, said)
        why = why if why in queue.WHY else ""
        return _draw(visit, said, why, queue.items(gate.core, visit.name, why))

    @routes.post("/{message_id}")
    def label(
        request: Request,
        message_id: str,
        given: Annotated[labels.Given, Depends(_given)],
        why: Annotated[str, Form()] = "",
        visit: Visit = labels_it,
    ) -> Response:
        said = _said(message_id)
        try:
            now = labels.give(gate.core, visit.name, message_id, given)
        except labels.LabelWrong as error:
            return _draw(visit, said, why, [], trouble=str(error), given=given)
        gate.log(request, visit, "labelled", said.message.conversation_id, message=message_id)
        done = "disputed" if now.disputed else "settled" if now.done else "saved"
        query = {"why": why, "done": f"{done}:{message_id}"}
        there = urlencode({name: value for name, value in query.items() if value})
        return RedirectResponse(f"/console/review?{there}", status_code=303)

    def _said(message_id: str) -> labels.Said:
        try:
            return labels.of(gate.core, message_id)
        except labels.NothingToLabel:
            raise HTTPException(404) from None

    def _log(request: Request, visit: Visit, said: labels.Said | None) -> None:
        if said is None:
            gate.log(request, visit, "viewed_review")
        else:
            gate.log(request, visit, "viewed_review", said.message.conversation_id, message=said.message.id)

    def _draw(
        visit: Visit,
        said: labels.Said | None,
        why: str,
        items: list[queue.Item],
        *,
        done: str = "",
        trouble: str = "",
        given: labels.Given | None = None,
    ) -> Response:
        mine = said.standing.by(visit.name) if said is not None else None
        what, _, about = done.partition(":")
        return draw(
            "review.html",
            status=422 if trouble else 200,
            visit=visit,
            said=said,
            why=why,
            items=[each for each in items if said is None or each.heard.message_id != said.message.id][:NEXT_UP],
            count=len(items),
            mine=mine,
            given=given or _before(mine) or (_as_read(said) if said is not None else None),
            # Whoever has not read it yet is not told what others made of it.
            others=[each for each in said.standing.latest if each.reviewer != visit.name] if said and mine else [],
            done=what if what in ("saved", "settled", "disputed") else "",
            about=about[:32],
            trouble=trouble,
            topics=topics(),
            examples=teacher.examples(),
            WHY=queue.WHY,
            ENTITIES=ENTITIES,
            ANSWERS=labels.ANSWERS,
        )

    return routes


def _given(
    intent: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    date: Annotated[str, Form()] = "",
    method: Annotated[str, Form()] = "",
    policy: Annotated[str, Form()] = "",
    hand_over: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = "right",
    note: Annotated[str, Form()] = "",
) -> labels.Given:
    """The form as it was sent; a meaning chosen from the list counts before one of the readings."""
    words = zip(ENTITIES, (amount, date, method, policy), strict=True)
    marked = tuple(Marked(entity, storable(each)) for entity, each in words if each.strip())
    return labels.Given(other or intent, marked, bool(hand_over), answer, storable(note))


def _before(mine: Any) -> labels.Given | None:
    if mine is None:
        return None
    marked = tuple(Marked(*each) for each in mine.reading["entities"])
    return labels.Given(mine.reading["intent"], marked, mine.hand_over, mine.answer, mine.note)


def _as_read(said: labels.Said) -> labels.Given:
    """What the form begins with: the words as the model marked them, and no meaning chosen."""
    return labels.Given("", said.read)
