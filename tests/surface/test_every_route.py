"""Every route under generated requests: no server error, and only answers that the API's description names."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from tests.surface.conftest import public_app

EXAMPLES = 1000 if os.environ.get("DUELY_SOAK") == "1" else 25
SEED = int(os.environ.get("DUELY_SEED", "1"))
HELD = [not_a_server_error, status_code_conformance]


def test_no_generated_request_to_any_route_ends_in_a_server_error(make_world: Callable[..., Any]) -> None:
    # A portal whose keys cannot be had: its route is there, and no token counts.
    portal = {
        "portal_jwks_url": "http://127.0.0.1:9/keys",
        "portal_issuer": "https://p.example",
        "portal_audience": "d",
    }
    schema = schemathesis.openapi.from_asgi("/openapi.json", public_app(make_world(**portal)))
    sent: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @seed(SEED)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            sent[case.operation.label] = sent.get(case.operation.label, 0) + 1
            answer = case.call()
            if not (case.path == "/readyz" and answer.status_code == 503):
                case.validate_response(answer, checks=HELD)

        holds()
    print(f"requests by route: {sent}")
    assert sent["POST /twilio/sms"] > 1
    webhooks = {"POST /twilio/sms", "POST /twilio/status", "POST /stripe/webhook", "POST /slack/events"}
    assert webhooks | {"POST /portal/sign-in"} <= set(sent)
