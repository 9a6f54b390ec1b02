"""The card form's own app: one page for a frame of ours, and one route that seals what was saved.

Plain Starlette with no model that could repeat a value in an error, no access log, and nothing kept in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from billing_core import adding, translated
from billing_core.processors import sandbox_entry
from channels.pages import router, words
from channels.tokenizer import numbers

HERE = Path(__file__).parent / "page"
STATIC = router.STATIC
_templates = Environment(
    loader=FileSystemLoader([HERE, router.HERE / "templates"]), autoescape=True, undefined=StrictUndefined
)
LARGEST_BODY = 8 * 1024


def build(key: str, parents: Iterable[str], today: Callable[[], date] = date.today) -> Starlette:
    """The app; `parents` are the only origins that may frame it and that its page talks to."""
    framing = " ".join(sorted(parents))
    html = _templates.get_template("form.html").render(parents=framing, words=words.of("form"))

    async def form(_request: Request) -> Response:
        return HTMLResponse(html, headers=_headers(framing))

    async def words_js(_request: Request) -> Response:
        return FileResponse(STATIC / "words.js")

    async def save(request: Request) -> Response:
        if request.headers.get("origin", "").split("://")[-1] != request.headers.get("host"):
            return JSONResponse({"error": "origin"}, status_code=403)
        typed = await _typed(request)
        facts = sandbox_entry.unseal(key, sandbox_entry.SETUP, str(typed.get("setup", "")))
        if facts is None:
            return JSONResponse({"error": "setup"}, status_code=400)
        is_card = facts["kinds"] == ["card"]
        read = numbers.card(typed, today()) if is_card else numbers.bank(typed)
        if isinstance(read, list):
            return JSONResponse({"faults": read}, status_code=422)
        entered, outcome = read
        if outcome.declined:
            why = translated.of(adding.why_not_saved(outcome.declined), str(typed.get("language", "")))
            return JSONResponse({"declined": why}, status_code=402)
        return JSONResponse({"saved": sandbox_entry.saved(key, facts, entered)})

    return Starlette(
        routes=[
            Route("/", form),
            Route("/save", save, methods=["POST"]),
            # One file of ours, which the secure page runs too: how a page goes on in another language.
            Route("/static/words.js", words_js),
            Mount("/static", StaticFiles(directory=HERE)),
        ]
    )


async def _typed(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return {}
    try:
        typed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return typed if isinstance(typed, dict) else {}


def _headers(framing: str) -> dict[str, str]:
    return {
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"frame-ancestors {framing}; base-uri 'none'; form-action 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
