"""Putting the console together: `gateway` adds it to the public app under `/console`."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse, Response

from channels.assembly import Channels
from channels.pages.router import Assets
from console import conversations, entrance, live, log, privacy
from console.config import ConsoleConfig
from console.drawing import STATIC
from console.gate import Gate
from console.numbers import page as numbers
from console.oidc import Oidc
from console.review import pages as review_pages
from console.sessions import Sessions
from console.teach import pages as teach_pages
from console.teach.port import Teacher

__all__ = ["ConsoleConfig", "add_console"]


def add_console(
    app: FastAPI, channels: Channels, config: ConsoleConfig, oidc: Oidc | None = None, teacher: Teacher | None = None
) -> None:
    """Add every page of the console; those of review and teaching where there is a teacher. `oidc` stands in for the
    one that the settings ask for."""
    if oidc is None and config.oidc_issuer:
        oidc = Oidc(config, channels.config.url("/console/oidc/back"))
    gate = Gate(channels, Sessions(channels))
    routes = APIRouter(prefix="/console", include_in_schema=False)
    routes.include_router(entrance.router(gate, oidc))
    routes.include_router(conversations.router(gate))
    routes.include_router(live.router(gate))
    routes.include_router(privacy.router(gate))
    routes.include_router(numbers.router(gate))
    if teacher is not None:
        routes.include_router(review_pages.router(gate, teacher))
        routes.include_router(teach_pages.router(gate, teacher))
    routes.include_router(log.router(gate))

    @routes.get("")
    def home() -> Response:
        return RedirectResponse(entrance.HOME, status_code=303)

    app.include_router(routes)
    app.mount("/console/static", Assets(directory=STATIC), name="console-static")
