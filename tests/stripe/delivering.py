"""Stripe's events as it delivers them: the documented shape, signed as the official library signs."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import stripe
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from billing_core import Core
from gateway import stripe_webhook
from tests.stripe.recorded import card_error

SECRET = "whsec_of_the_tests"
_numbers = itertools.count(1)


def event(kind: str, about: dict[str, Any], *, id_: str | None = None) -> dict[str, Any]:
    """An event of Stripe's; a new one unless `id_` says which."""
    return {
        "id": id_ or f"evt_{next(_numbers)}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": about},
        "livemode": False,
        "type": kind,
    }


def intent(attempt_id: str, status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "id": f"pi_{attempt_id[-6:]}",
        "object": "payment_intent",
        "metadata": {"attempt_id": attempt_id},
        "status": status,
        "last_payment_error": None,
    } | more


def failed(attempt_id: str, reason: str, *, kind: str = "card", network: str | None = None) -> dict[str, Any]:
    """A PaymentIntent after `payment_intent.payment_failed`."""
    error = card_error(reason, kind=kind, network=network)
    return intent(attempt_id, "requires_payment_method", last_payment_error=error)


def charge(attempt_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "ch_1",
        "object": "charge",
        "metadata": {"attempt_id": attempt_id},
        "payment_intent": f"pi_{attempt_id[-6:]}",
        "payment_method_details": {"type": "card"},
    } | more


class Deliverer:
    """Stripe's side of our route."""

    def __init__(
        self, core: Core, *, secret: str = SECRET, entered: stripe_webhook.Entered = lambda _setup, _reference: True
    ) -> None:
        app = FastAPI()
        app.include_router(stripe_webhook.router(core, secret, entered))
        self._http = TestClient(app)

    def delivers(self, told: dict[str, Any] | list[Any] | str | bytes, *, age_s: int = 0, secret: str = SECRET) -> int:
        """Sign and deliver; the status of the answer."""
        body = told if isinstance(told, str | bytes) else json.dumps(told)
        text = body.decode("latin-1") if isinstance(body, bytes) else body
        when = int(time.time()) - age_s
        signature = stripe.WebhookSignature.generate_signature_header(text, secret, when)
        return self.posts(body, signature).status_code

    def posts(self, body: str | bytes, signature: str | bytes | None) -> Response:
        headers = {} if signature is None else {"stripe-signature": signature}
        return self._http.post("/stripe/webhook", content=body, headers=headers)  # type: ignore[arg-type]
