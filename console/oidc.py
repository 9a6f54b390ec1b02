"""Single sign-on by OpenID Connect: code flow with PKCE (Authlib), the identity token checked by the issuer's keys.

The issuer's addresses come from its discovery document, read once. Who somebody is says the verified e-mail address,
or else the subject; what they may do says the claim that a setting names.
"""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import Any

import httpx
import jwt
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client

from console.config import ConsoleConfig
from console.roles import ROLES
from console.users import SignInRefused

log = structlog.get_logger(__name__)

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY_SECONDS = 30
LIMIT_SECONDS = 8.0


class Oidc:
    """One issuer. `back_url` is our own address it sends people back to; `transport` replaces the network in tests."""

    def __init__(self, config: ConsoleConfig, back_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._config = config
        self._back_url = back_url
        self._transport = transport

    def begin(self) -> tuple[str, dict[str, str]]:
        """Where to send the browser, and what to keep for its return (`nonce` is the state). Raises `SignInRefused`."""
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._client() as client:
            address, state = client.create_authorization_url(
                self._found["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        return str(address), {"nonce": str(state), "verifier": verifier, "token_nonce": nonce}

    def finish(self, kept: dict[str, str], code: str) -> tuple[str, str]:
        """The name and the role of who came back with this code; raises `SignInRefused`."""
        try:
            with self._client() as client:
                given = client.fetch_token(self._found["token_endpoint"], code=code, code_verifier=kept["verifier"])
            claims = self._claims(str(given["id_token"]))
        except (AuthlibBaseError, httpx.HTTPError, jwt.PyJWTError, KeyError, ValueError) as error:
            log.warning("single_sign_on_refused", kind=type(error).__name__)
            raise SignInRefused from error
        if claims.get("nonce") != kept["token_nonce"]:
            raise SignInRefused
        email = claims.get("email") if claims.get("email_verified") is True else None
        return str(email or claims["sub"]), self._role(claims)

    def _claims(self, token: str) -> dict[str, Any]:
        keys = jwt.PyJWKSet.from_dict(self._get(self._found["jwks_uri"]))
        header = jwt.get_unverified_header(token)
        key = next((each for each in keys.keys if each.key_id == header.get("kid")), None)
        if key is None:
            raise jwt.InvalidKeyError("no such key")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=self._config.oidc_client_id,
            issuer=self._config.oidc_issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
        return claims

    def _role(self, claims: dict[str, Any]) -> str:
        said = claims.get(self._config.oidc_role_claim)
        given = said if isinstance(said, list) else [said]
        return next((role for role in reversed(ROLES) if role in given), "")

    @cached_property
    def _found(self) -> dict[str, Any]:
        try:
            found = self._get(f"{self._config.oidc_issuer.rstrip('/')}/.well-known/openid-configuration")
        except (httpx.HTTPError, ValueError) as error:
            log.warning("single_sign_on_unreachable", kind=type(error).__name__)
            raise SignInRefused from error
        if found.get("issuer") != self._config.oidc_issuer:
            raise SignInRefused
        return found

    def _get(self, url: str) -> dict[str, Any]:
        with httpx.Client(transport=self._transport, timeout=LIMIT_SECONDS) as http:
            answer = http.get(url)
            answer.raise_for_status()
            said: dict[str, Any] = answer.json()
            return said

    def _client(self) -> Any:
        return OAuth2Client(
            self._config.oidc_client_id,
            self._config.oidc_client_secret,
            redirect_uri=self._back_url,
            scope="openid email",
            code_challenge_method="S256",
            transport=self._transport,
            timeout=LIMIT_SECONDS,
        )
