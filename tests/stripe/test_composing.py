"""`DUELY_PROCESSOR=stripe`: what it needs to start, what it opens, and that the route stands in the app."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from billing_core import Clock, open_core
from channels.app import ChannelConfig, Channels
from gateway import app, settings
from gateway.settings import SettingWrong, load, with_secrets
from tests.gateway.test_settings import PRODUCTION
from tests.stripe.delivering import SECRET

STRIPE = {
    "processor": "stripe",
    "stripe_secret_key": "sk_test_k",
    "stripe_webhook_secret": "whsec_k",
    "stripe_publishable_key": "pk_test_k",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("DUELY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "ROOT", tmp_path)


@pytest.mark.parametrize("base", [{}, PRODUCTION], ids=["development", "production"])
@pytest.mark.parametrize("missing", ["stripe_secret_key", "stripe_webhook_secret", "stripe_publishable_key"])
def test_without_a_key_it_does_not_start_and_says_which(base: dict[str, Any], missing: str) -> None:
    given = {name: value for name, value in (base | STRIPE).items() if name != missing}
    sentence = f"^DUELY_{missing.upper()} is not set, and DUELY_PROCESSOR=stripe does not start without it.$"
    with pytest.raises(SettingWrong, match=sentence):
        with_secrets(load(**given))


def test_a_live_key_is_for_production_only() -> None:
    with pytest.raises(SettingWrong, match=r"^DUELY_STRIPE_SECRET_KEY is a live key") as caught:
        with_secrets(load(**STRIPE | {"stripe_secret_key": "sk_live_abc"}))
    assert "sk_live_abc" not in str(caught.value)
    assert with_secrets(load(**PRODUCTION | STRIPE | {"stripe_secret_key": "sk_live_abc"})).processor == "stripe"


def test_it_opens_stripe_and_the_sandbox_stays_the_default(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'core.sqlite'}"
    for given, wanted in ((STRIPE, "StripeProcessor"), ({}, "SandboxProcessor")):
        opened = open_core(url, clock=Clock.system(), processor=load(**given).opens_processor())
        assert type(opened.processor).__name__ == wanted
        opened.engine.dispose()


def test_its_keys_are_in_no_text_of_the_settings_or_the_processor() -> None:
    loaded = load(**STRIPE)
    assert "sk_test_k" not in repr(loaded)
    assert "whsec_k" not in repr(loaded)
    assert "sk_test_k" not in repr(loaded.opens_processor())


def test_the_app_refuses_events_until_it_has_the_secret() -> None:
    class NoCore:
        """Nothing of it may be touched by what is not signed."""

    config = ChannelConfig(public_url="http://127.0.0.1", environment="test", secret_key="k" * 32)  # type: ignore[call-arg]
    channels = Channels(core=NoCore(), config=config, rasa=None, queue=None, carrier=None, hub=None)  # type: ignore[arg-type]
    for secret in ("", SECRET):
        http = TestClient(app.build(channels, dict, stripe_webhook_secret=secret))
        assert http.post("/stripe/webhook", content="{}", headers={"stripe-signature": "t=1,v1=x"}).status_code == 403
