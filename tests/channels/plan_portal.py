"""A plan's portal as far as we see it: pages with our widget, tokens it signs, and its published keys."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from channels.loopback import served

ISSUER, AUDIENCE = "https://portal.plan.example", "duely"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class PlanPortal:
    """`token()` signs as the portal does; everything in it can be replaced. `member` is who is signed in there."""

    key: rsa.RSAPrivateKey = field(default_factory=_key)
    key_id: str = "k1"
    url: str = ""
    duely: str = ""
    member: str = "M0101"
    language: str = "en"
    fetched: int = 0
    down: bool = False
    under_repair: bool = False

    def token(self, *, key: Any = None, algorithm: str = "RS256", headers: Any = None, **claims: Any) -> str:
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": self.member, "iat": now, "exp": now + 300}
        body = {
            name: value for name, value in {**usual, "jti": uuid.uuid4().hex, **claims}.items() if value is not None
        }
        return jwt.encode(body, key or self.key, algorithm=algorithm, headers=headers or {"kid": self.key_id})

    def app(self) -> Starlette:
        def keys(_request: Request) -> Response:
            self.fetched += 1
            if self.down:
                return PlainTextResponse("down", status_code=503)
            if self.under_repair:
                return HTMLResponse("<h1>We will be back soon</h1>")
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return JSONResponse({"keys": [{**public, "kid": self.key_id, "alg": "RS256", "use": "sig"}]})

        def home(_request: Request) -> Response:
            script = f'<script src="{self.duely}/widget.js" data-token-url="/duely-token" defer></script>'
            head = f'<!doctype html><html lang="{self.language}"><title>Your plan</title>'
            page = f"{head}<main><h1>Your plan</h1></main>{script}</html>"
            # A strict policy of the portal's own: our widget must live within it.
            policy = f"default-src 'self'; script-src {self.duely}; frame-src {self.duely}; style-src 'self'"
            return HTMLResponse(page, headers={"content-security-policy": policy})

        def signed(_request: Request) -> Response:
            return PlainTextResponse(self.token())

        return Starlette(routes=[Route("/", home), Route("/keys", keys), Route("/duely-token", signed)])

    @contextmanager
    def serving(self, host: str = "127.0.0.1") -> Iterator[PlanPortal]:
        with served(self.app(), "plan-portal") as address:
            self.url = address.replace("127.0.0.1", host)
            yield self
