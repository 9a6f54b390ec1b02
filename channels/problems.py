"""What a caller hears when a request cannot be served: problem details (RFC 9457), or a page for a person's browser.

Nothing of the request is repeated, since it may hold a card number; the path is named by the caller's own address bar.
"""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from channels.pages import words
from channels.pages.router import language_of, page

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
# The statuses that a person is told of in words of their own; any other is told as what it is nearest to.
FOR_PEOPLE = (403, 404, 413, 429, 500)


def problem(status: int, detail: str = "", *, headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem as a machine reads it; `detail` is ours and holds nothing of the request."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def told(request: Request, status: int, *, headers: dict[str, str] | None = None) -> Response:
    """The problem in the form the caller asked for."""
    if "text/html" not in request.headers.get("accept", ""):
        return problem(status, headers=headers)
    language = language_of(request)
    nearest = status if status in FOR_PEOPLE else 500 if status >= 500 else 404
    told = words.of("problem")[language]
    answer = page(
        "problem.html", language=language, told=told, title=told[f"title-{nearest}"], text=told[f"text-{nearest}"]
    )
    answer.status_code = status
    answer.headers.update(headers or {})
    return answer


def add_problems(app: FastAPI) -> None:
    """Have the app answer every error this way, its own and those of routes that are not there."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return told(request, status, headers=dict(getattr(error, "headers", None) or {}))


async def _malformed(_request: Request, error: Exception) -> Response:
    """Where the request is wrong, never what it said."""
    where = {
        "/".join(str(part) for part in each["loc"])
        for each in (error.errors() if isinstance(error, RequestValidationError) else [])
    }
    return problem(422, f"Not as the API says: {', '.join(sorted(where))}." if where else "")


async def _failed(request: Request, error: Exception) -> Response:
    # The error's own words and the address may quote a secret; its kind and the route are enough to find it.
    route = getattr(request.scope.get("route"), "path", "none")
    log.error("request_failed", route=route, kind=type(error).__name__)
    return told(request, 500)
