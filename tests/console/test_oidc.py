"""Single sign-on against a small issuer: who comes in with which role, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console import users
from console.app import ConsoleConfig, add_console
from console.oidc import Oidc
from tests.console.conftest import PASSWORD, PUBLIC, Office

ISSUER = "https://id.plan.example"
CLIENT = "duely-console"


@dataclass
class Issuer:
    """Answers as an identity provider; `claims` are added to the next token, `key` signs it."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    signs_with: Any = None
    asked: dict[str, list[str]] = field(default_factory=dict)
    nonce: str = ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/openid-configuration":
            found = {"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize",
                     "token_endpoint": f"{ISSUER}/token", "jwks_uri": f"{ISSUER}/keys"}  # fmt: skip
            return httpx.Response(200, json=found)
        if request.url.path == "/keys":
            key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
            return httpx.Response(200, json={"keys": [{**key, "kid": "1", "alg": "ES256", "use": "sig"}]})
        self.asked = parse_qs(request.content.decode())
        now = datetime.now(UTC)
        claims = {"iss": ISSUER, "aud": CLIENT, "sub": "u1", "iat": now, "exp": now + timedelta(minutes=5),
                  "email": "Ann@Plan.example", "email_verified": True, "duely_role": "support",
                  "nonce": self.nonce, **self.claims}  # fmt: skip
        token = jwt.encode(claims, self.signs_with or self.key, "ES256", headers={"kid": "1"})
        return httpx.Response(200, json={"access_token": "x", "token_type": "Bearer", "id_token": token})


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def browser(office: Office, issuer: Issuer) -> TestClient:
    config = ConsoleConfig(ISSUER, CLIENT, "a client secret")
    app = FastAPI()
    oidc = Oidc(config, f"{PUBLIC}/console/oidc/back", httpx.MockTransport(issuer.answer))
    add_console(app, office.channels, config, oidc)
    return TestClient(app, base_url=PUBLIC, follow_redirects=False)


def come_back(client: TestClient, issuer: Issuer, **changed: str) -> Any:
    """Go to the issuer and come back, as a browser does."""
    asked = {
        name: value[0]
        for name, value in parse_qs(urlsplit(client.get("/console/oidc").headers["location"]).query).items()
    }
    issuer.nonce = asked["nonce"]
    assert asked["code_challenge_method"] == "S256"
    return client.get("/console/oidc/back", params={"state": asked["state"], "code": "c", **changed})


def test_somebody_new_comes_in_with_the_role_of_the_claim(sqlite_office: Office, issuer: Issuer) -> None:
    client = browser(sqlite_office, issuer)
    assert come_back(client, issuer).headers["location"] == "/console/conversations"
    (user,) = users.everyone(sqlite_office.core)
    assert (user.name, user.role, user.password_hash) == ("ann@plan.example", "support", None)
    assert client.get("/console/conversations").status_code == 200
    assert len(issuer.asked["code_verifier"][0]) >= 43


def test_the_role_is_the_one_of_the_last_sign_in(sqlite_office: Office, issuer: Issuer) -> None:
    come_back(browser(sqlite_office, issuer), issuer)
    issuer.claims = {"duely_role": ["other", "product"]}
    come_back(browser(sqlite_office, issuer), issuer)
    assert users.everyone(sqlite_office.core)[0].role == "product"


def test_an_address_that_nobody_verified_names_nobody(sqlite_office: Office, issuer: Issuer) -> None:
    issuer.claims = {"email_verified": False}
    come_back(browser(sqlite_office, issuer), issuer)
    assert users.everyone(sqlite_office.core)[0].name == "u1"


@pytest.mark.parametrize(
    "claims",
    [
        {"duely_role": "owner"},
        {"duely_role": None},
        {"aud": "somebody-else"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_token_that_is_not_for_us_or_gives_no_role_is_refused(
    sqlite_office: Office, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    client = browser(sqlite_office, issuer)
    assert come_back(client, issuer).status_code == 401
    assert client.get("/console/conversations").status_code == 303
    assert users.everyone(sqlite_office.core) == []


def test_a_token_that_another_key_signed_is_refused(sqlite_office: Office, issuer: Issuer) -> None:
    issuer.signs_with = ec.generate_private_key(ec.SECP256R1())
    assert come_back(browser(sqlite_office, issuer), issuer).status_code == 401


@pytest.mark.parametrize("changed", [{"state": "another"}, {"state": ""}, {"code": ""}])
def test_who_comes_back_without_what_they_left_with_is_refused(
    sqlite_office: Office, issuer: Issuer, changed: dict[str, str]
) -> None:
    assert come_back(browser(sqlite_office, issuer), issuer, **changed).status_code == 401


def test_a_name_with_a_password_of_ours_is_not_taken_over(sqlite_office: Office, issuer: Issuer) -> None:
    users.add(sqlite_office.core, "ann@plan.example", "admin", PASSWORD)
    assert come_back(browser(sqlite_office, issuer), issuer).status_code == 401


def test_who_is_disabled_here_stays_out_whatever_the_issuer_says(sqlite_office: Office, issuer: Issuer) -> None:
    come_back(browser(sqlite_office, issuer), issuer)
    users.disable(sqlite_office.core, "ann@plan.example")
    assert come_back(browser(sqlite_office, issuer), issuer).status_code == 401
