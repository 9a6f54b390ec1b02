"""Sign-in from a portal: its own fresh token opens a session once, and nothing else does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi.testclient import TestClient

from channels import portal as checked
from channels.store import PortalToken
from tests.channels.conftest import PUBLIC, World
from tests.channels.plan_portal import AUDIENCE, ISSUER, PlanPortal, _key


@pytest.fixture(scope="module")
def plan() -> Iterator[PlanPortal]:
    with PlanPortal().serving() as running:
        yield running


@pytest.fixture
def world(make_world: Callable[..., World], plan: PlanPortal) -> World:
    plan.down = False
    return make_world(portal_jwks_url=f"{plan.url}/keys", portal_issuer=ISSUER, portal_audience=AUDIENCE)


def sign_in(client: TestClient, token: str, origin: str | None = PUBLIC) -> Any:
    headers = {"origin": origin} if origin else {}
    return client.post("/portal/sign-in", json={"token": token}, headers=headers)


def test_a_portals_token_opens_a_session_of_the_member_it_names(client: TestClient, plan: PlanPortal) -> None:
    answer = sign_in(client, plan.token())
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=none", "Partitioned"))


def test_a_token_counts_once(client: TestClient, plan: PlanPortal, world: World) -> None:
    token = plan.token()
    assert [sign_in(client, token).status_code for _ in range(2)] == [204, 401]
    assert len(world.rows(PortalToken)) == 1


def _now() -> int:
    return int(time.time())


WRONG: dict[str, Callable[[PlanPortal], str]] = {
    "expired": lambda plan: plan.token(iat=_now() - 400, exp=_now() - checked.LEEWAY_SECONDS - 5),
    "from the future": lambda plan: plan.token(iat=_now() + 3600, exp=_now() + 3700),
    "lives too long": lambda plan: plan.token(exp=_now() + int(checked.LONGEST_LIFE.total_seconds()) + 60),
    "of another issuer": lambda plan: plan.token(iss="https://evil.example"),
    "for another service": lambda plan: plan.token(aud="claims"),
    "without an id": lambda plan: plan.token(jti=None),
    "without a member": lambda plan: plan.token(sub=None),
    "of a member nobody knows": lambda plan: plan.token(sub="M9999"),
    "signed by another key": lambda plan: plan.token(key=_key()),
    "under a key nobody published": lambda plan: plan.token(headers={"kid": "k2"}),
    "unsigned": lambda plan: jwt.encode({"sub": "M0101"}, None, algorithm="none", headers={"kid": "k1"}),
    "signed with the public key as a secret": lambda plan: plan.token(
        key=plan.key.public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        .hex(),
        algorithm="HS256",
    ),
    "not a token": lambda _plan: "abc.def.ghi",
}


@pytest.mark.parametrize("name", WRONG)
def test_any_other_token_is_refused_in_the_same_words(client: TestClient, plan: PlanPortal, name: str) -> None:
    answer = sign_in(client, WRONG[name](plan))
    assert (answer.status_code, answer.json()["detail"]) == (401, checked.REFUSED)
    assert "set-cookie" not in answer.headers


def test_a_token_posted_from_another_page_is_refused(client: TestClient, plan: PlanPortal) -> None:
    token = plan.token()
    assert sign_in(client, token, origin="https://evil.example").status_code == 403
    assert sign_in(client, token, origin=None).status_code == 403
    assert sign_in(client, token).status_code == 204


@pytest.mark.parametrize("trouble", ["down", "under_repair"])
def test_while_the_keys_cannot_be_had_nobody_signs_in(client: TestClient, plan: PlanPortal, trouble: str) -> None:
    setattr(plan, trouble, True)
    assert sign_in(client, plan.token()).status_code == 401
    setattr(plan, trouble, False)
    assert sign_in(client, plan.token()).status_code == 204


def test_without_a_portal_there_is_no_such_route(make_world: Callable[..., World], plan: PlanPortal) -> None:
    with TestClient(make_world().app(), base_url=PUBLIC) as client:
        assert sign_in(client, plan.token()).status_code == 404
