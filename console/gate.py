"""The gate before every page and action: who asks, whether their role may, and whether a change carries its token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Header, HTTPException, Request
from pydantic import Field

from billing_core import Core
from channels.assembly import Channels
from channels.surface import address
from console import audit, roles
from console.sessions import Sessions, Visit, carries

SIGN_IN = "/console/sign-in"
# A row's number in an address; SQLite has no larger one, and what is larger is no row (422).
RowNumber = Annotated[int, Field(ge=0, lt=2**63)]
# A page that looks again by itself counts as one view for so long.
ONE_VIEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Gate:
    """What routes are given: the channels with their core, and the sessions."""

    channels: Channels
    sessions: Sessions

    @property
    def core(self) -> Core:
        return self.channels.core

    def sees(self, permission: roles.Permission) -> Callable[[Request], Visit]:
        """A dependency of pages: the visit, or on to sign-in (303), or refused (403) and written down."""

        def visit(request: Request) -> Visit:
            return self._admit(request, permission)

        return visit

    def changes(self, permission: roles.Permission) -> Callable[..., Visit]:
        """A dependency of actions: as `sees`, and the post must carry the session's token (403)."""

        def visit(
            request: Request, csrf: Annotated[str, Form()] = "", x_csrf_token: Annotated[str, Header()] = ""
        ) -> Visit:
            found = self._admit(request, permission)
            if not carries(found, x_csrf_token or csrf):
                raise HTTPException(403)
            return found

        return visit

    def log(self, request: Request, visit: Visit, what: str, about: str | None = None, **details: Any) -> None:
        """Write what this person does into the audit log."""
        whence = self.whence(request)
        audit.write(
            self.core, who=visit.name, role=visit.role, what=what, address=whence, about=about, **details
        )  # fmt: skip

    def log_view(self, request: Request, visit: Visit, what: str, about: str | None = None) -> None:
        """The same for a page that looks again by itself: one entry in `ONE_VIEW`."""
        if not audit.lately(self.core, who=visit.name, what=what, about=about, within=ONE_VIEW):
            self.log(request, visit, what, about)

    def whence(self, request: Request) -> str:
        return address(request, self.channels.config.proxies)

    def _admit(self, request: Request, permission: roles.Permission) -> Visit:
        # PostgreSQL takes no NUL, and nothing of ours has one in its name.
        if any("\x00" in each for each in (request.url.path, request.scope["path"], *request.query_params.values())):
            raise HTTPException(404)
        visit = self.sessions.read(request)
        if visit is None:
            raise _to_sign_in(request)
        if not visit.may(permission):
            self.log(request, visit, "refused", page=request.url.path[:120])
            raise HTTPException(403)
        return visit


def _to_sign_in(request: Request) -> HTTPException:
    if request.headers.get("hx-request"):
        return HTTPException(401, headers={"hx-redirect": SIGN_IN})
    if request.method != "GET":
        return HTTPException(303, headers={"location": SIGN_IN})
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return HTTPException(303, headers={"location": f"{SIGN_IN}?next={quote(there, safe='')}"})
