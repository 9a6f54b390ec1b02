"""The audit log as a page, for those who keep watch over the others; reading it is in it too."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from console import audit
from console.drawing import draw
from console.gate import Gate, RowNumber
from console.sessions import Visit


def router(gate: Gate) -> APIRouter:
    """`/console/audit`, the newest first, of one person or one conversation if asked."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/audit")
    def log(
        request: Request,
        who: str = "",
        about: str = "",
        before: RowNumber | None = None,
        visit: Visit = Depends(gate.sees("audit")),
    ) -> Response:
        who, about = who.strip()[:120], about.strip()[:64]
        gate.log(request, visit, "viewed_audit")
        entries, more = audit.page(gate.core, before=before, who=who, about=about)
        older = entries[-1].id if more else None
        return draw("audit.html", visit=visit, entries=entries, older=older, who=who, about=about)

    return routes
