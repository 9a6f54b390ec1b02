"""Who is signed in: a signed cookie that names a row of ours, which ends after 30 minutes unused and 12 hours at most.

Every form and every htmx post carries a token made from the session's own; without it nothing is changed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from sqlalchemy import update
from starlette.requests import Request
from starlette.responses import Response

from billing_core import Core
from channels.assembly import Channels
from channels.privacy import over, retention
from console import roles
from console.store import SignedIn, User

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
# How exactly a session's last use is known: a click within this time writes nothing.
SEEN_EVERY = timedelta(minutes=1)
START_LASTS = timedelta(minutes=20)


@dataclass(frozen=True)
class Visit:
    """One person at one browser; `csrf` is what their forms must carry."""

    name: str
    role: str
    digest: str
    csrf: str

    def may(self, permission: roles.Permission) -> bool:
        return roles.may(self.role, permission)

    def sees(self, field: roles.Field) -> bool:
        return roles.sees(self.role, field)


class Sessions:
    """Starts, reads and ends sessions. Over https the cookie has the `__Host-` prefix, so no other host can set it."""

    def __init__(self, channels: Channels) -> None:
        self._core = channels.core
        self._config = channels.config
        self.cookie = "__Host-duely_console" if channels.config.secure else "duely_console"
        self._start_cookie = f"{self.cookie}_start"
        self._signer = URLSafeSerializer(channels.config.secret_key, salt="duely.console-session")
        self._starting = URLSafeTimedSerializer(channels.config.secret_key, salt="duely.console-start")

    def start(self, response: Response, user: User) -> None:
        """Sign this browser in with a token nobody has seen before."""
        token, now = secrets.token_urlsafe(32), self._core.now()
        with self._core.write() as session:
            session.add(SignedIn(digest=_digest(token), user_name=user.name, started_at=now, seen_at=now))
        self._set(response, self.cookie, self._signer.dumps(token), LONGEST)
        response.delete_cookie(self._start_cookie, path="/", secure=self._config.secure, httponly=True)

    def read(self, request: Request) -> Visit | None:
        """Who asks, or None: no cookie, not ours, ended, too old, unused for too long, or the person is disabled."""
        try:
            token = str(self._signer.loads(request.cookies.get(self.cookie, "")))
        except BadData:
            return None
        digest, now = _digest(token), self._core.now()
        with self._core.read() as session:
            row = session.get(SignedIn, digest)
            user = session.get(User, row.user_name) if row is not None else None
        if row is None or user is None or user.disabled_at is not None or row.ended_at is not None:
            return None
        if now - row.seen_at > IDLE or now - row.started_at > LONGEST:
            return None
        if now - row.seen_at >= SEEN_EVERY:
            with self._core.write() as session:
                session.execute(update(SignedIn).where(SignedIn.digest == digest).values(seen_at=now))
        return Visit(user.name, user.role, digest, self._csrf(token))

    def end(self, response: Response, visit: Visit) -> None:
        """Sign out: the row ends, so a copied cookie opens nothing."""
        with self._core.write() as session:
            session.execute(update(SignedIn).where(SignedIn.digest == visit.digest).values(ended_at=self._core.now()))
        response.delete_cookie(self.cookie, path="/", secure=self._config.secure, httponly=True)

    def keep_for_start(self, response: Response, nonce: str, **values: str) -> None:
        """Before anybody is signed in: keep `values` in a short cookie, for whoever brings the nonce back."""
        self._set(response, self._start_cookie, self._starting.dumps({**values, "nonce": nonce}), START_LASTS)

    def kept_for_start(self, request: Request, brought: str) -> dict[str, str] | None:
        """What this browser keeps, if the nonce that was brought back is its own."""
        try:
            kept: dict[str, str] = self._starting.loads(
                request.cookies.get(self._start_cookie, ""), max_age=int(START_LASTS.total_seconds())
            )
        except BadData:
            return None
        return kept if hmac.compare_digest(kept["nonce"].encode(), brought.encode()) else None

    def _csrf(self, token: str) -> str:
        return hmac.new(self._config.secret_key.encode(), f"console-csrf:{token}".encode(), "sha256").hexdigest()

    def _set(self, response: Response, name: str, value: str, lasts: timedelta) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(lasts.total_seconds()),
            path="/",
            httponly=True,
            secure=self._config.secure,
            samesite="lax",
        )


def forget(core: Core, retention_days: int) -> int:
    """Delete sessions from before the days that are kept; how many. What was done in them stands in the audit log."""
    return over.forget(core, SignedIn, SignedIn.started_at < retention.kept_from(core, retention_days))


def carries(visit: Visit, given: str) -> bool:
    """Whether a post carries the session's own token."""
    return hmac.compare_digest(visit.csrf.encode(), given.encode())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
