"""The pages a member opens: `/` to try the assistant, `/chat` to talk to it, and their static files."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.types import Scope

from billing_core import translated
from channels.pages import words
from channels.words import LANGUAGES

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "static"

# `nosniff` makes browsers refuse a module script of any other type, and some systems map .js to text/plain.
mimetypes.add_type("text/javascript", ".js")

templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)


def initials(name: str) -> str:
    """The first letters of the first and the last name, for a face that is not there."""
    words = name.split()
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper() if words else ""


def spoken_phone(e164: str) -> str:
    """`+19195550101` as people here write it, `(919) 555-0101`; anything else unchanged."""
    digits = e164.removeprefix("+1")
    if len(digits) != 10 or not digits.isdigit():
        return e164
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


templates.filters |= {"initials": initials, "phone": spoken_phone, "in_language": translated.of}


class Signed(Protocol):
    """Whoever the session cookie speaks for: `account_id` is None for a stranger, whose name says only that.

    `language` is one of `channels.words.LANGUAGES`."""

    @property
    def name(self) -> str: ...

    @property
    def account_id(self) -> str | None: ...

    @property
    def language(self) -> str: ...


SignedIn = Callable[[Request], Signed | None]
Cast = Callable[[], Sequence[dict[str, Any]]]


class Assets(StaticFiles):
    """Static files the browser keeps but asks about each time, so that a new version shows at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = "no-cache"
        return answer

    async def get_response(self, path: str, scope: Scope) -> Response:
        # Dot files here (the vendor folder's stamp) are ours, not the public's.
        if any(part.startswith(".") for part in Path(path).parts if part != "."):
            return Response(status_code=404)
        return await super().get_response(path, scope)


def page(template: str, **values: Any) -> HTMLResponse:
    """A rendered template that no cache keeps: it names a member."""
    html = templates.get_template(template).render(**values)
    return HTMLResponse(html, headers={"cache-control": "no-store"})


def language_of(request: Request) -> str:
    """What a page speaks before anybody is known there: what its address names, else what the browser asks for."""
    named = request.query_params.get("language", "")
    return named if named in LANGUAGES else words.asked_for(request.headers.get("accept-language", ""))


def add_pages(app: FastAPI, *, environment: str, signed_in: SignedIn, cast: Cast, portals: Sequence[str] = ()) -> None:
    """Add `/`, `/chat`, `/static`, and for a plan's `portals` (origins) the `/widget.js` they load and its `/embed`.

    `signed_in` reads the session of a request (None: nobody). `cast` lists the demo members, each with `key`,
    `name`, `phone`, `about`; it is asked only outside production, where nobody may choose whom to speak as.
    """
    demo = environment != "production"
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def try_it(request: Request) -> HTMLResponse:
        language = language_of(request)
        told = {"language": language, "told": words.of("front")[language]}
        if not demo:
            return page("front.html", **told)
        other = next(each for each in LANGUAGES if each != language)
        return page("try_it.html", members=list(cast()), other=other, **told)

    @router.get("/chat")
    def chat(request: Request) -> Response:
        member = signed_in(request)
        if member is None:
            return RedirectResponse("/", status_code=303)
        told = words.of("chat")[member.language]
        name = member.name if member.account_id is not None else told["guest"]
        return page(
            "chat.html", name=name, known=member.account_id is not None, demo=demo, language=member.language,
            told=told, words={member.language: told},
        )  # fmt: skip

    @router.get("/embed")
    def embed(request: Request) -> HTMLResponse:
        language = language_of(request)
        told = words.of("embed")[language]
        return page("embed.html", portals=portals, language=language, told=told, words={language: told})

    @router.get("/widget.js")
    def widget() -> Response:
        # Pages of other origins load this one script; everything else here stays with our own.
        headers = {"cross-origin-resource-policy": "cross-origin", "cache-control": "public, max-age=300"}
        return FileResponse(STATIC / "widget.js", headers=headers)

    app.include_router(router)
    app.mount("/static", Assets(directory=STATIC), name="static")
