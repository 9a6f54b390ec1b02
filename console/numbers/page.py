"""The page of numbers, and each figure as a file that a spreadsheet reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from billing_core import profiles
from channels.tallies import day_of
from console.drawing import draw
from console.gate import Gate
from console.numbers import money, talk
from console.numbers.asked import BY, Asked
from console.numbers.figure import Figure, definitions, shown
from console.numbers.kept import Counts, keep
from console.sessions import Visit

COUNTS: dict[str, Callable[[Counts], Figure]] = {
    each.__name__: each
    for each in (
        talk.conversations, talk.contained, talk.topics, money.funnel, talk.refused, money.rejected, money.autopay,
        talk.misunderstood, money.handoffs, money.undelivered, talk.segments, talk.speed,
    )
}  # fmt: skip
SPANS = (7, 30, 90, 365)


def router(gate: Gate) -> APIRouter:
    """`/console/numbers`, and one figure of it as CSV; both are written into the audit log."""
    routes = APIRouter(include_in_schema=False)
    reads = Depends(gate.sees("read"))

    def asked(request: Request) -> Asked:
        wanted = Asked.read(request.query_params, today())
        keep(gate.core, wanted.since, wanted.until)
        return wanted

    def today() -> date:
        return day_of(gate.core.now(), None)

    @routes.get("/numbers")
    def numbers(request: Request, visit: Visit = reads) -> Response:
        wanted = asked(request)
        with gate.core.read() as session:
            counts = Counts(session, wanted)
            figures = [COUNTS[name](counts) for name in definitions()]
        gate.log(request, visit, "viewed_numbers", since=str(wanted.since), until=str(wanted.until))
        return draw(
            "numbers.html", visit=visit, asked=wanted, figures=figures, shown=shown, by=BY, spans=SPANS, today=today(),
            issuers=sorted(profiles.shipped()),
        )  # fmt: skip

    @routes.get("/numbers/{name}.csv")
    def as_csv(request: Request, name: str, visit: Visit = reads) -> Response:
        if name not in COUNTS:
            raise HTTPException(404)
        wanted = asked(request)
        with gate.core.read() as session:
            figure = COUNTS[name](Counts(session, wanted))
        gate.log(request, visit, "took_numbers", figure=name)
        saved_as = f"duely-{name}-{wanted.since}-{wanted.until}.csv"
        headers = {"content-disposition": f'attachment; filename="{saved_as}"', "cache-control": "no-store"}
        return Response(figure.csv(), media_type="text/csv; charset=utf-8", headers=headers)

    return routes
