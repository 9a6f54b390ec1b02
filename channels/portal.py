"""Sign-in from a plan's own portal: a short-lived token it signed, checked against its published keys (DESIGN 5).

The portal shows our widget; the widget's frame hands over a token (JWT) that names the member by member id. It proves
L2. A token counts once, lives ten minutes at most, and one that is wrong, old, used, or of nobody we know is refused in
the same words.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import jwt
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from billing_core import accounts
from billing_core.accounts import Account
from channels import problems, session
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.store import PortalToken, insert_once

log = structlog.get_logger(__name__)

# Signatures only a holder of the private key can make; with a shared secret everybody who checks could also sign.
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LONGEST_LIFE = timedelta(minutes=10)
LEEWAY_SECONDS = 30
KEYS_KEPT_SECONDS = 600
KEYS_TIMEOUT_SECONDS = 5
_NEEDED = ["exp", "iat", "iss", "aud", "sub", "jti"]
REFUSED = "Please sign in again at your plan's site."


class TokenRefused(Exception):
    """The token does not count; the reason is for our log and never for the caller."""


class Given(BaseModel):
    """What the widget's frame posts."""

    token: str = Field(min_length=1, max_length=4096)


class Portal:
    """Checks tokens of one portal; keys are fetched from its key set and kept for ten minutes."""

    def __init__(self, config: ChannelConfig) -> None:
        self._config = config
        self._keys = jwt.PyJWKClient(
            config.portal_jwks_url, cache_keys=False, lifespan=KEYS_KEPT_SECONDS, timeout=KEYS_TIMEOUT_SECONDS
        )

    def claims(self, token: str) -> dict[str, Any]:
        """What the token says, once it is known to be the portal's; raises `TokenRefused`."""
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._config.portal_audience,
                issuer=self._config.portal_issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": _NEEDED},
            )
        except (jwt.PyJWTError, ValueError) as error:
            # A key set that is no JSON (an error page with status 200) is the plan's fault, and no token counts by it.
            raise TokenRefused(type(error).__name__) from error
        if claims["exp"] - claims["iat"] > LONGEST_LIFE.total_seconds():
            raise TokenRefused("lives too long")
        return claims


def router(channels: Channels) -> APIRouter:
    """`POST /portal/sign-in`; without a portal's settings there is no such route."""
    routes = APIRouter(tags=["portal"])
    if not channels.config.portal_jwks_url:
        return routes
    portal = Portal(channels.config)

    @routes.post(
        "/portal/sign-in",
        status_code=204,
        response_class=Response,
        responses={401: {"description": "Not a token that counts"}, 403: {"description": "Not from our own page"}},
    )
    async def sign_in(request: Request, given: Given) -> Response:
        """Take a portal's token and give this browser a session."""
        if request.headers.get("origin") not in channels.config.origins():
            return problems.problem(403)
        try:
            who = await run_in_threadpool(_session_for, channels, portal, given.token)
        except TokenRefused as refused:
            log.warning("portal_token_refused", reason=str(refused))
            return _unknown()
        answer = Response(status_code=204)
        session.give(channels, answer, who, embedded=True)
        return answer

    return routes


def _unknown() -> JSONResponse:
    return problems.problem(401, REFUSED)


def _session_for(channels: Channels, portal: Portal, token: str) -> session.WebSession:
    claims = portal.claims(token)
    member = _member(channels, claims)
    name = json.dumps([claims["iss"], claims["jti"]])
    with channels.core.write() as writing:
        digest = hashlib.sha256(name.encode()).hexdigest()
        if not insert_once(writing, PortalToken, digest=digest, at=channels.core.clock.now()):
            raise TokenRefused("used before")
    return session.start(channels, member.id)


def _member(channels: Channels, claims: dict[str, Any]) -> Account:
    found = accounts.by_member_id(channels.core, str(claims["sub"])[:64])
    if found is None:
        raise TokenRefused("no such member")
    return found
