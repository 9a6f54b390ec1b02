"""What we ask of Twilio is what Twilio describes, and our stand-in answers as Twilio describes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.carrier import SendRefused
from channels.twilio_standin import StandIn
from tests.twilio.conftest import SPEC, Carrier

ACCOUNT = "AC" + "a" * 32
TO = "+19195550101"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


def first_example(modules: Path, method: str) -> Any:
    described = json.loads((modules / SPEC).read_text(encoding="utf-8"))["paths"][MESSAGES][method]["responses"]
    ((_, answer),) = described.items()
    return next(iter(answer["content"]["application/json"]["examples"].values()))["value"]


def test_a_text_is_sent_as_described(prism: str, carrier_at: Carrier, modules: Path) -> None:
    sid = carrier_at(prism, account_sid=ACCOUNT).send(TO, "Your January premium is $412.10.")
    assert sid == first_example(modules, "post")["sid"]


def test_what_became_of_a_text_is_asked_as_described(prism: str, carrier_at: Carrier, modules: Path) -> None:
    listed = first_example(modules, "get")["messages"]
    carrier, long_ago = carrier_at(prism, account_sid=ACCOUNT), datetime(2000, 1, 1, tzinfo=UTC)
    found = carrier.find(TO, listed[0]["body"], long_ago)
    assert set(found) == {each["sid"] for each in listed if each["body"] == listed[0]["body"]}
    assert carrier.find(TO, "something else", long_ago) == []


def test_a_text_and_its_pictures_are_forgotten_as_described(prism: str, carrier_at: Carrier) -> None:
    carrier_at(prism, account_sid=ACCOUNT).forget("SM" + "b" * 32)


def test_a_request_that_is_not_as_described_is_a_no_and_not_sent_again(prism: str, carrier_at: Carrier) -> None:
    with pytest.raises(SendRefused) as caught:
        carrier_at(prism, account_sid="AC123").send(TO, "hello")
    assert caught.value.code == "422"


def test_our_stand_in_takes_lists_and_forgets_texts_as_described(
    between: str, standin: StandIn, carrier_at: Carrier
) -> None:
    carrier = carrier_at(between, account_sid=standin.account_sid, auth_token=standin.auth_token)
    since = datetime.now(UTC) - timedelta(minutes=1)
    sid = carrier.send(TO, "Your January premium is $412.10.")
    assert carrier.find(TO, "Your January premium is $412.10.", since) == [sid]
    carrier.forget(sid)
    assert standin.forgotten == [sid]


@pytest.mark.parametrize(("plan", "code"), [("21610", "21610"), ("21211", "21211")])
def test_a_no_of_the_stand_in_comes_through_with_its_code(
    between: str, standin: StandIn, carrier_at: Carrier, plan: str, code: str
) -> None:
    standin.script(plan)
    carrier = carrier_at(between, account_sid=standin.account_sid, auth_token=standin.auth_token)
    with pytest.raises(SendRefused) as caught:
        carrier.send(TO, "hello")
    assert caught.value.code == code
