"""The webhook as a table of real requests: what Twilio signed is taken once, and nothing else is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from twilio.request_validator import RequestValidator

from channels.words import say

PUBLIC, TOKEN = "https://duely.example", "twilio-auth-token"
LEE = "+19195550101"
# What a real request carries beside the words.
REAL = {
    "ToCountry": "US", "ToState": "NC", "SmsMessageSid": "SM1", "NumMedia": "0", "ToCity": "", "FromZip": "27601",
    "SmsSid": "SM1", "FromState": "NC", "SmsStatus": "received", "FromCity": "RALEIGH", "FromCountry": "US",
    "To": "+19195550000", "ToZip": "", "NumSegments": "1", "MessageSid": "SM1", "AccountSid": "AC123", "From": LEE,
    "ApiVersion": "2010-04-01", "Body": "how much do i owe",
}  # fmt: skip


def post(client: TestClient, form: dict[str, str], *, path: str = "/twilio/sms", url: str | None = None,
         token: str = TOKEN, signature: str | None = None, **headers: str) -> Any:  # fmt: skip
    signed = RequestValidator(token).compute_signature(url or PUBLIC + path, form)
    headers["X-Twilio-Signature"] = signed if signature is None else signature
    headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    return client.post(path, content=urlencode(form), headers=raw)


def test_a_signed_text_is_taken_and_answered_with_an_empty_twiml(world: Any, client: TestClient) -> None:
    response = post(client, REAL)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    assert response.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    world.queue.run()
    assert world.carrier.bodies(LEE) == ["You said: how much do i owe"]


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("signed with another token", {"token": "another-token"}),
    ("a made-up signature", {"signature": "c2lnbmVkLWJ5LW5vYm9keQ=="}),
    ("an empty signature", {"signature": ""}),
    ("a signature that is not ASCII", {"signature": "\u00e9\u00e9"}),
    ("signed for another host", {"url": "https://other.example/twilio/sms"}),
    ("signed for http", {"url": "http://duely.example/twilio/sms"}),
    ("signed for another path", {"url": PUBLIC + "/twilio/status"}),
    ("claims another host by proxy headers", {"url": "https://evil.example/twilio/sms",
                                              "X-Forwarded-Host": "evil.example", "Host": "evil.example"}),
]  # fmt: skip


@pytest.mark.parametrize("change", [each for _, each in REFUSED], ids=[name for name, _ in REFUSED])
def test_what_twilio_did_not_sign_for_us_is_refused(world: Any, client: TestClient, change: dict[str, Any]) -> None:
    assert post(client, REAL, **change).status_code == 403
    assert world.rows() == []


def test_a_missing_signature_is_refused(world: Any, client: TestClient) -> None:
    assert client.post("/twilio/sms", data=REAL).status_code == 403
    assert client.post("/twilio/sms").status_code == 403
    assert world.rows() == []


@pytest.mark.parametrize("field", ["Body", "From", "MessageSid", "NumMedia"])
def test_a_changed_parameter_is_refused(world: Any, client: TestClient, field: str) -> None:
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + "/twilio/sms", REAL)
    assert post(client, REAL | {field: "9"}, signature=signature).status_code == 403
    assert post(client, REAL | {"Extra": "1"}, signature=signature).status_code == 403
    assert world.rows() == []


def test_without_an_auth_token_nothing_is_taken(make_world: Callable[..., Any]) -> None:
    bare = make_world(twilio_auth_token="")
    with TestClient(bare.app(), base_url=PUBLIC) as client:
        assert post(client, REAL, token="").status_code == 403
        assert post(client, REAL).status_code == 403
    assert bare.rows() == []


@pytest.mark.parametrize("host", ["https://duely.example", "http://10.0.0.7:8080", "http://localhost"])
def test_behind_a_proxy_the_public_address_counts(world: Any, host: str) -> None:
    with TestClient(world.app(), base_url=host) as client:
        assert post(client, REAL, **{"X-Forwarded-Proto": "http"}).status_code == 200


@pytest.mark.parametrize("url", [PUBLIC + ":443/twilio/sms", PUBLIC + "/twilio/sms"])
def test_a_default_port_in_what_was_signed_does_not_matter(world: Any, client: TestClient, url: str) -> None:
    assert post(client, REAL, url=url).status_code == 200


def test_a_query_is_part_of_what_was_signed(world: Any, client: TestClient) -> None:
    assert post(client, REAL, path="/twilio/sms?a=1&b=").status_code == 200
    assert post(client, REAL, path="/twilio/sms?a=2", url=PUBLIC + "/twilio/sms").status_code == 403


def test_the_same_request_three_times_is_one_message(world: Any, client: TestClient) -> None:
    assert [post(client, REAL).status_code for _ in range(3)] == [200, 200, 200]
    world.queue.run()
    assert len(world.carrier.taken) == 1
    assert len(world.rows(direction="in")) == 1


def test_a_request_replayed_after_it_was_answered_changes_nothing(world: Any, client: TestClient) -> None:
    post(client, REAL)
    world.queue.run()
    world.clock.advance(__import__("datetime").timedelta(days=400))
    assert post(client, REAL).status_code == 200
    assert world.queue.run() == 0
    assert len(world.rows()) == 2


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in REAL.items() if name not in names}


ODD: list[tuple[str, dict[str, str], int, str | None]] = [
    ("no body at all", without("Body"), 200, "Your message came without words"),
    ("an empty body", REAL | {"Body": ""}, 200, "Your message came without words"),
    ("only a picture", REAL | {"Body": "", "NumMedia": "1", "MediaUrl0": "x"}, 200, "I can't open pictures"),
    ("a picture with words", REAL | {"NumMedia": "1"}, 200, say("media_too") + "\nYou said: how much do i owe"),
    ("media that is not counted", REAL | {"NumMedia": "many"}, 200, "You said: how much do i owe"),
    ("the longest body", REAL | {"Body": "a" * 1600}, 200, "You said:"),
    ("a longer body", REAL | {"Body": "a" * 1601}, 200, "That was more than I can read"),
    ("a body of 20,000", REAL | {"Body": "pay " * 5000}, 200, "That was more than I can read"),
    ("emoji and other scripts", REAL | {"Body": "cuánto debo 💸"}, 200, "You said: cuanto debo 💸"),
    ("a NUL in the body", REAL | {"Body": "pay\x00it"}, 200, "You said: pay it"),
    ("no MessageSid", without("MessageSid"), 400, None),
    ("a strange MessageSid", REAL | {"MessageSid": "SM 1;--"}, 400, None),
    ("no From", without("From"), 400, None),
    ("a short code", REAL | {"From": "12345"}, 200, None),
    ("a From that is no address", REAL | {"From": "a b"}, 400, None),
]  # fmt: skip


@pytest.mark.parametrize(("form", "status", "reply"), [each[1:] for each in ODD], ids=[each[0] for each in ODD])
def test_odd_requests_are_met_kindly(
    world: Any, client: TestClient, form: dict[str, str], status: int, reply: str | None
) -> None:
    assert post(client, form).status_code == status
    world.queue.run()
    if reply is not None:
        assert world.carrier.bodies(LEE)[0].startswith(reply)
    if status != 200:
        assert world.rows() == []


def test_a_body_larger_than_any_webhook_is_refused(world: Any, client: TestClient) -> None:
    assert post(client, REAL | {"Body": "a" * 70_000}).status_code == 413
    assert world.rows() == []


def test_bytes_that_are_no_text_are_refused(world: Any, client: TestClient) -> None:
    headers = {"X-Twilio-Signature": "x", "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/twilio/sms", content=b"Body=%ff%fe&From=\xff", headers=headers).status_code == 403


def test_other_methods_and_bodies_are_no_server_error(client: TestClient) -> None:
    assert client.get("/twilio/sms").status_code == 405
    assert client.post("/twilio/sms", json={"Body": "hi"}).status_code == 403


def test_status_callbacks_share_the_sid_and_are_each_taken(world: Any, client: TestClient) -> None:
    world.text(LEE, "hi")
    for status in ("sent", "delivered", "delivered"):
        form = {"MessageSid": "SMout0", "MessageStatus": status, "AccountSid": "AC123"}
        assert post(client, form, path="/twilio/status").status_code == 204
    (row,) = world.rows(direction="out")
    assert row.state == "delivered"


def test_a_status_with_an_error_keeps_the_code(world: Any, client: TestClient) -> None:
    world.text(LEE, "hi")
    form = {"MessageSid": "SMout0", "MessageStatus": "undelivered", "ErrorCode": "30034"}
    assert post(client, form, path="/twilio/status").status_code == 204
    (row,) = world.rows(direction="out")
    assert (row.state, row.error_code) == ("undelivered", "30034")


def test_an_unsigned_status_is_refused(world: Any, client: TestClient) -> None:
    form = {"MessageSid": "SMout0", "MessageStatus": "failed"}
    assert client.post("/twilio/status", data=form).status_code == 403
    assert post(client, {}, path="/twilio/status").status_code == 400
