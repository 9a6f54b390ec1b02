"""Signing in and out: by name and password, or by the plan's own single sign-on."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import audit
from console.drawing import draw
from console.gate import SIGN_IN, Gate
from console.oidc import Oidc
from console.sessions import Visit
from console.store import User
from console.users import SignInRefused, by_password, by_single_sign_on, known

HOME = "/console/conversations"
REFUSED = "That name and password do not go together, or there were too many tries. Please wait 15 minutes then."
REFUSED_THERE = "Your sign-in service did not let you in here. Ask who keeps the console's accounts."


def router(gate: Gate, oidc: Oidc | None) -> APIRouter:
    """The routes of signing in and out; those of single sign-on only where there is one."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    def page(request: Request, next: str = "") -> Response:
        if gate.sessions.read(request) is not None:
            return RedirectResponse(HOME, status_code=303)
        return _form(gate, oidc, next)

    @routes.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        start: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        if gate.sessions.kept_for_start(request, start) is None:
            return _form(gate, oidc, next, "Please try again: this page was open for too long.", 403)
        try:
            user = by_password(gate.core, name, password)
        except SignInRefused:
            _refused(gate, request, name)
            return _form(gate, oidc, next, REFUSED, 401)
        return _in(gate, request, user, next)

    @routes.post("/sign-out")
    def sign_out(request: Request, visit: Visit = Depends(gate.changes("read"))) -> Response:
        response = RedirectResponse(SIGN_IN, status_code=303)
        gate.log(request, visit, "signed_out")
        gate.sessions.end(response, visit)
        return response

    if oidc is not None:
        _add_single_sign_on(routes, gate, oidc)
    return routes


def _add_single_sign_on(routes: APIRouter, gate: Gate, oidc: Oidc) -> None:
    @routes.get("/oidc")
    def there(next: str = "") -> Response:
        try:
            address, kept = oidc.begin()
        except SignInRefused:
            return _form(gate, oidc, next, "Your sign-in service does not answer. Please try again.", 502)
        response = RedirectResponse(address, status_code=303)
        gate.sessions.keep_for_start(response, next=_inside(next), **kept)
        return response

    @routes.get("/oidc/back")
    def back(request: Request, state: str = "", code: str = "") -> Response:
        kept = gate.sessions.kept_for_start(request, state)
        try:
            if kept is None or "verifier" not in kept or not code:
                raise SignInRefused
            user = by_single_sign_on(gate.core, *oidc.finish(kept, code))
        except SignInRefused:
            _refused(gate, request, "")
            return _form(gate, oidc, "", REFUSED_THERE, 401)
        return _in(gate, request, user, kept["next"])


def _form(gate: Gate, oidc: Oidc | None, there: str, said: str = "", status: int = 200) -> Response:
    nonce = secrets.token_urlsafe(24)
    response = draw(
        "sign_in.html", status=status, said=said, next=_inside(there), oidc=oidc is not None, start=nonce
    )  # fmt: skip
    gate.sessions.keep_for_start(response, nonce)
    return response


def _in(gate: Gate, request: Request, user: User, there: str) -> Response:
    response = RedirectResponse(_inside(there) or HOME, status_code=303)
    gate.sessions.start(response, user)
    whence = gate.whence(request)
    audit.write(gate.core, who=user.name, role=user.role, what="signed_in", address=whence)
    return response


def _refused(gate: Gate, request: Request, name: str) -> None:
    who = known(gate.core, name) or "-"
    audit.write(gate.core, who=who, role="-", what="refused_sign_in", address=gate.whence(request))


def _inside(there: str) -> str:
    """A path of the console's, or nothing: a link must not lead out of here after sign-in."""
    return there if there.startswith("/console/") and "//" not in there and "\\" not in there else ""
