"""The pages of teaching: sentences that wait, the change they make to the data, the candidate, and what is live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from channels.inbox import storable
from console.drawing import draw, draw_if_new, mark
from console.found import topics
from console.gate import Gate, RowNumber
from console.sessions import Visit
from console.teach import candidates, sentences
from console.teach.candidates import NotNow
from console.teach.port import Teacher, TeacherFailed
from console.teach.sentences import SentenceWrong

HOME = "/console/teach"
# From this likeness on a sentence says nearly the same: under another meaning the two work against each other.
VERY_NEAR = 0.8
SETS = {
    "taught": "Sentences taught now",
    "labelled": "Other labelled turns",
    "held_out": "Held-out sentences",
}


def router(gate: Gate, teacher: Teacher) -> APIRouter:
    """The routes; everything that changes something is in the audit log."""
    routes = APIRouter(prefix="/teach", include_in_schema=False)
    sees = Depends(gate.sees("teach"))
    changes = Depends(gate.changes("teach"))

    @routes.get("")
    def page(request: Request, visit: Visit = sees) -> Response:
        gate.log(request, visit, "viewed_teach")
        return _page(visit)

    @routes.get("/near")
    def near(visit: Visit = sees) -> Response:
        wanted = sentences.teachable(sentences.proposed(gate.core))
        try:
            found = teacher.near(wanted) if wanted else {}
            trouble = ""
        except TeacherFailed as error:
            found, trouble = {}, str(error)
        return draw("teach_near.html", visit=visit, found=found, trouble=trouble, VERY_NEAR=VERY_NEAR)

    @routes.get("/candidate")
    def candidate(seen: str = "", visit: Visit = sees) -> Response:
        return draw_if_new("teach_candidate.html", seen, visit=visit, **_standing())

    @routes.get("/candidates/{candidate_id}")
    def one(request: Request, candidate_id: RowNumber, visit: Visit = sees) -> Response:
        row = candidates.of(gate.core, candidate_id)
        if row is None:
            raise HTTPException(404)
        gate.log(request, visit, "viewed_teach", candidate=candidate_id)
        return draw("teach_compared.html", visit=visit, row=row, SETS=SETS, waits=row.undecided == 1)

    @routes.post("/sentences")
    def add(
        request: Request,
        text: Annotated[str, Form()] = "",
        intent: Annotated[str, Form()] = "",
        visit: Visit = changes,
    ) -> Response:
        try:
            row = sentences.add(gate.core, storable(text), storable(intent), visit.name)
        except SentenceWrong as error:
            return _page(visit, trouble=str(error), typed=(text, intent))
        gate.log(request, visit, "sentence_added", sentence=row.id)
        return RedirectResponse(HOME, status_code=303)

    @routes.post("/sentences/{sentence_id}")
    def change(
        request: Request,
        sentence_id: RowNumber,
        text: Annotated[str, Form()] = "",
        intent: Annotated[str, Form()] = "",
        visit: Visit = changes,
    ) -> Response:
        try:
            row = sentences.change(gate.core, sentence_id, storable(text), storable(intent))
        except SentenceWrong as error:
            return _page(visit, trouble=str(error))
        if row is None:
            raise HTTPException(404)
        gate.log(request, visit, "sentence_changed", sentence=sentence_id)
        return RedirectResponse(HOME, status_code=303)

    @routes.post("/sentences/{sentence_id}/leave-out")
    def leave_out(request: Request, sentence_id: RowNumber, visit: Visit = changes) -> Response:
        if sentences.leave_out(gate.core, sentence_id) is None:
            raise HTTPException(404)
        gate.log(request, visit, "sentence_left_out", sentence=sentence_id)
        return RedirectResponse(HOME, status_code=303)

    def do(request: Request, visit: Visit, what: str, act: Callable[[], int | None]) -> Response:
        try:
            about = act()
        except NotNow as error:
            return _page(visit, trouble=str(error))
        gate.log(request, visit, what, candidate=about)
        return RedirectResponse(HOME, status_code=303)

    @routes.post("/train")
    def train(request: Request, visit: Visit = changes) -> Response:
        def begin() -> int:
            row = candidates.start(gate.core, teacher, visit.name)
            teacher.begin(row.id)
            return row.id

        return do(request, visit, "training_started", begin)

    @routes.post("/candidates/{candidate_id}/promote")
    def promote(request: Request, candidate_id: RowNumber, visit: Visit = changes) -> Response:
        def put() -> int:
            candidates.promote(gate.core, teacher, candidate_id, visit.name)
            return candidate_id

        return do(request, visit, "promoted", put)

    @routes.post("/candidates/{candidate_id}/drop")
    def drop(request: Request, candidate_id: RowNumber, visit: Visit = changes) -> Response:
        def away() -> int:
            candidates.drop(gate.core, candidate_id)
            return candidate_id

        return do(request, visit, "dropped", away)

    @routes.post("/roll-back")
    def roll_back(request: Request, visit: Visit = changes) -> Response:
        def back() -> int | None:
            row = candidates.roll_back(gate.core, teacher, visit.name)
            return row.id if row is not None else None

        return do(request, visit, "rolled_back", back)

    def _standing() -> dict[str, Any]:
        rows = candidates.latest(gate.core)
        waiting = next((each for each in rows if each.undecided == 1), None)
        newest = rows[0] if rows and rows[0].state == "failed" else None
        live = candidates.in_force(gate.core)
        return {
            "waiting": waiting,
            "failed": newest if waiting is None else None,
            "live": teacher.live(),
            "in_force": live,
            "SETS": SETS,
        }

    def _page(visit: Visit, *, trouble: str = "", typed: tuple[str, str] = ("", "")) -> Response:
        rows = sentences.proposed(gate.core)
        wanted = sentences.teachable(rows)
        change = teacher.change(wanted) if wanted else None
        standing = _standing()
        return draw(
            "teach.html",
            status=422 if trouble else 200,
            visit=visit,
            rows=rows,
            wanted=wanted,
            change=change,
            trouble=trouble,
            typed=typed,
            topics=topics(),
            examples=teacher.examples(),
            past=candidates.latest(gate.core),
            history=candidates.history(gate.core),
            mark=mark("teach_candidate.html", visit=visit, **standing),
            **standing,
        )

    return routes
