"""Webhooks under generated forms: signed ones never fail, unsigned, forged and altered ones are never accepted."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.store import Message
from tests.channels.conftest import PUBLIC, TOKEN
from tests.surface.conftest import public_app

EXAMPLES = 4000 if os.environ.get("DUELY_SOAK") == "1" else 100
generous = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=200)
names = st.sampled_from(["MessageSid", "SmsSid", "From", "To", "Body", "NumMedia", "OptOutType", "MessageStatus",
                         "SmsStatus", "ErrorCode", "MediaUrl0", "Latitude"])  # fmt: skip
usual = st.fixed_dictionaries(
    {},
    optional={
        "MessageSid": st.from_regex(r"\ASM[0-9a-f]{32}\Z"),
        "From": st.sampled_from(["+19195550101", "+19195550199", "whatsapp:+19195550101", "12345"]),
        "Body": words,
        "NumMedia": st.sampled_from(["0", "1", "10", "-1", "x", "99999999999"]),
        "MessageStatus": st.sampled_from(["sent", "delivered", "read", "undelivered", "failed", "odd"]),
    },
)
forms = st.builds(lambda a, b: {**a, **b}, st.dictionaries(names | words.filter(bool), words, max_size=8), usual)
paths = st.sampled_from(["/twilio/sms", "/twilio/status"])


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    return make_world()


@pytest.fixture
def client(world: Any) -> TestClient:
    return TestClient(public_app(world), base_url=PUBLIC, raise_server_exceptions=True)


def _signed(path: str, form: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    return {"x-twilio-signature": RequestValidator(token).compute_signature(f"{PUBLIC}{path}", form)}


def test_a_signed_form_of_any_content_is_taken_or_told_what_it_lacks(client: TestClient) -> None:
    @generous
    @given(path=paths, form=forms)
    def holds(path: str, form: dict[str, str]) -> None:
        assert client.post(path, data=form, headers=_signed(path, form)).status_code in (200, 204, 400)

    holds()


def test_nothing_unsigned_forged_or_altered_is_accepted(client: TestClient, world: Any) -> None:
    @generous
    @given(path=paths, form=forms, other=forms, made_up=st.binary(max_size=40))
    def holds(path: str, form: dict[str, str], other: dict[str, str], made_up: bytes) -> None:
        other = {**other, "Body": form.get("Body", "") + "x"}
        elsewhere = {"/twilio/sms": "/twilio/status", "/twilio/status": "/twilio/sms"}[path]
        for headers in (
            {},
            {"x-twilio-signature": made_up.hex()},
            _signed(path, form, token="another token"),
            _signed(path, other),
            _signed(elsewhere, form),
        ):
            assert client.post(path, data=form, headers=headers).status_code == 403

    holds()
    assert world.rows(Message) == []


def test_bytes_that_are_no_form_are_refused_and_never_a_fault(client: TestClient) -> None:
    @generous
    @given(path=st.sampled_from(["/twilio/sms", "/twilio/status", "/stripe/webhook"]), body=st.binary(max_size=300))
    def holds(path: str, body: bytes) -> None:
        headers = {"x-twilio-signature": "x", "stripe-signature": "t=1,v1=00"}
        assert client.post(path, content=body, headers=headers).status_code == 403

    holds()
