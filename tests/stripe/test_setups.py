"""Stripe's news of setups: what was entered is handed on, and test deposits move a bank account on (DOMAIN 3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from billing_core import Core, methods, notices
from billing_core.notice_facts import read
from billing_core.notices import Notice
from billing_core.states import ValidationState
from gateway import stripe_webhook
from tests.billing_core.world import World
from tests.stripe.delivering import SECRET, Deliverer, event

TOKEN = "us_bank_account:cus_1:pm_1"


def setup(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "id": "seti_1",
        "object": "setup_intent",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "payment_method_types": ["us_bank_account"],
        "metadata": {"reference": "link-1"},
        "status": status,
        "last_setup_error": None,
    } | more


def failed() -> dict[str, Any]:
    error = {"code": "payment_method_microdeposit_verification_timeout", "payment_method": {"id": "pm_1"}}
    return setup("requires_payment_method", payment_method=None, last_setup_error=error)


@pytest.fixture
def waiting(core: Core) -> World:
    """Ada with a bank account whose test deposits are on their way."""
    world = World(core)
    world.member(saved=("checking",), unpaid=[])
    with core.write() as session:
        account = session.merge(world.method("ada", "checking"))
        account.token, account.validation = TOKEN, ValidationState.PENDING.value
    return world


def told(core: Core) -> list[str]:
    with core.read() as session:
        rows = session.query(Notice).filter_by(kind="method_checked").all()
        return [said.variant for each in rows if (said := read(core, session, each))]


@pytest.mark.parametrize(
    ("kind", "about", "then"),
    [("setup_intent.succeeded", setup(), "verified"), ("setup_intent.setup_failed", failed(), "failed")],
)
def test_test_deposits_move_a_waiting_account_on_once_and_the_member_is_told(
    core: Core, waiting: World, kind: str, about: dict[str, Any], then: str
) -> None:
    one = event(kind, about)
    assert [Deliverer(core).delivers(one) for _ in range(3)] == [204] * 3
    assert [row.validation for row in methods.saved(core, "ada")] == [then]
    assert told(core) == [then]


def test_a_failure_told_after_the_success_changes_nothing(core: Core, waiting: World) -> None:
    for one in (event("setup_intent.succeeded", setup()), event("setup_intent.setup_failed", failed())):
        assert Deliverer(core).delivers(one) == 204
    assert [row.validation for row in methods.saved(core, "ada")] == ["verified"]
    assert told(core) == ["verified"]


def test_an_account_that_was_verified_at_once_is_not_told_of(core: Core) -> None:
    world = World(core)
    world.member(saved=("checking",), unpaid=[])
    with core.write() as session:
        session.merge(world.method("ada", "checking")).token = TOKEN
    Deliverer(core).delivers(event("setup_intent.succeeded", setup()))
    assert notices.kinds_since(core, "ada", 0).count("method_checked") == 0


@pytest.mark.parametrize(
    ("kind", "about", "heard"),
    [
        ("setup_intent.succeeded", setup(), [("seti_1", "link-1")]),
        ("setup_intent.requires_action", setup("requires_action"), [("seti_1", "link-1")]),
        ("setup_intent.setup_failed", failed(), []),
        ("setup_intent.succeeded", setup(metadata={}), []),
        ("setup_intent.succeeded", setup(id="../pi_1"), []),
        ("payment_intent.succeeded", setup(), []),
    ],
)
def test_what_was_entered_is_handed_on_at_each_delivery(
    core: Core, kind: str, about: dict[str, Any], heard: list[tuple[str, str]]
) -> None:
    handed: list[tuple[str, str]] = []
    stripe = Deliverer(core, entered=lambda *what: bool(handed.append(what)) or True)
    one = event(kind, about)
    assert [stripe.delivers(one) for _ in range(2)] == [204, 204]
    assert handed == heard * 2


def test_stripe_delivers_again_what_could_not_be_saved_yet(core: Core) -> None:
    stripe = Deliverer(core, entered=lambda _setup, _reference: False)
    assert stripe.delivers(event("setup_intent.succeeded", setup())) == 503


def test_a_forged_event_saves_nothing(core: Core) -> None:
    def nothing(_setup: str, _reference: str) -> bool:
        raise AssertionError("a forged event was believed")

    stripe = Deliverer(core, entered=nothing)
    assert stripe.delivers(event("setup_intent.succeeded", setup()), secret="whsec_of_a_thief") == 403


def test_without_a_secret_nothing_is_believed(core: Core) -> None:
    app = FastAPI()
    app.include_router(stripe_webhook.router(core, ""))
    headers = {"stripe-signature": f"t=1,v1={SECRET}"}
    assert TestClient(app).post("/stripe/webhook", content="{}", headers=headers).status_code == 403
