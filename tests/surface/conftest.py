"""The public app over the channels' world: every route there is, without a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gateway import app as gateway_app
from tests.channels.conftest import PUBLIC, filled, make_world  # noqa: F401 - the channels' own world

STRIPE_SECRET = "whsec_for_tests"


def public_app(world: Any) -> FastAPI:
    """The app as `duely up` serves it."""
    return gateway_app.build(world.channels, lambda: {"database": True}, stripe_webhook_secret=STRIPE_SECRET)


@pytest.fixture
def browse(make_world: Callable[..., Any]) -> Callable[..., TestClient]:  # noqa: F811
    """A client of an app with these limits; `address` is where it calls from."""

    def opened(*, address: str = "203.0.113.7", **config: Any) -> TestClient:
        app = public_app(make_world(**config))
        return TestClient(app, base_url=PUBLIC, raise_server_exceptions=False, client=(address, 40000))

    return opened
