"""The official library against the stand-in: what is sent, what can be found again, and what each failure means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from channels.carrier import SendLater, SendRefused, SendUnknown
from channels.config import ChannelConfig
from channels.loopback import KEPT_SECONDS, served
from channels.twilio_rest import IDLE_SECONDS, TwilioCarrier
from channels.twilio_standin import StandIn
from gateway.serving import Served, listen

TO = "+19195550101"


@pytest.fixture(scope="module")
def running() -> Iterator[StandIn]:
    with StandIn(timeout_seconds=4.0).serving() as standin:
        yield standin


@pytest.fixture
def standin(running: StandIn) -> StandIn:
    running.sent.clear()
    return running


def carrier_for(
    standin: StandIn, *, idle_seconds: float = IDLE_SECONDS, limit_seconds: float = 60.0, **change: str
) -> TwilioCarrier:
    values = {"twilio_account_sid": standin.account_sid, "twilio_auth_token": standin.auth_token} | change
    config = ChannelConfig(
        public_url="http://127.0.0.1:8080", environment="test", secret_key="a-secret-key-for-tests-only",
        twilio_from="+19195550000", twilio_api_url=change.pop("url", standin.url),
        twilio_account_sid=values["twilio_account_sid"], twilio_auth_token=values["twilio_auth_token"],
    )  # fmt: skip
    return TwilioCarrier(config, limit_seconds=limit_seconds, idle_seconds=idle_seconds)


@pytest.fixture
def carrier(standin: StandIn) -> Iterator[TwilioCarrier]:
    made = carrier_for(standin)
    yield made
    made.close()


def test_a_text_goes_out_with_number_words_and_callback(standin: StandIn, carrier: TwilioCarrier) -> None:
    sid = carrier.send(TO, "Your January premium is $412.10.")
    (taken,) = standin.sent
    assert (taken.sid, taken.to, taken.from_) == (sid, TO, "+19195550000")
    assert taken.body == "Your January premium is $412.10."
    assert taken.status_callback == "http://127.0.0.1:8080/twilio/status"


def test_what_was_taken_is_found_by_number_words_and_time(standin: StandIn, carrier: TwilioCarrier) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    first, second = carrier.send(TO, "same"), carrier.send(TO, "same")
    carrier.send(TO, "other")
    carrier.send("+19195550102", "same")
    assert carrier.find(TO, "same", since) == [first, second]
    assert carrier.find(TO, "same", since + timedelta(hours=1)) == []
    assert carrier.find(TO, "never", since) == []


@pytest.mark.parametrize(
    ("plan", "meaning", "taken"),
    [
        ("500", SendUnknown, 0),
        ("taken_500", SendUnknown, 1),
        ("timeout", SendUnknown, 0),
        ("taken_timeout", SendUnknown, 1),
        ("429", SendLater, 0),
        ("21610", SendRefused, 0),
    ],
)
def test_each_failure_means_what_it_says(standin: StandIn, plan: str, meaning: type[Exception], taken: int) -> None:
    # Short only where no answer comes, so that a busy machine makes no failure of its own.
    carrier = carrier_for(standin, limit_seconds=1.0 if plan.endswith("timeout") else 60.0)
    standin.script(plan)
    with pytest.raises(meaning) as caught:
        carrier.send(TO, "hello")
    carrier.close()
    standin.wait_for(taken)
    assert len(standin.sent) == taken
    if isinstance(caught.value, SendRefused):
        assert caught.value.code == "21610"


def test_a_late_text_is_not_found_at_first_and_then_is(standin: StandIn, carrier: TwilioCarrier) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    standin.script("late")
    with pytest.raises(SendUnknown):
        carrier.send(TO, "so late")
    assert carrier.find(TO, "so late", since) == []
    standin.wait_for(1, TO)
    assert len(carrier.find(TO, "so late", since)) == 1


def test_a_refused_connection_was_never_taken(standin: StandIn) -> None:
    nobody = carrier_for(standin, url="http://127.0.0.1:9")
    with pytest.raises(SendLater):
        nobody.send(TO, "hello")
    with pytest.raises(SendLater):
        nobody.find(TO, "hello", datetime.now(UTC))


def test_a_connection_is_given_up_before_the_server_closes_it() -> None:
    """Else a text is sent into the closing now and then: nobody knows if it was taken, and the member waits."""
    others = httpx.Limits().keepalive_expiry
    assert others is not None
    assert max(IDLE_SECONDS, others) < KEPT_SECONDS
    with listen("127.0.0.1", 0, "PORT") as listening:
        assert Served(None, listening, "public")._server.config.timeout_keep_alive == KEPT_SECONDS


def test_texts_in_a_row_share_a_connection_and_one_after_a_rest_has_its_own() -> None:
    made: list[tuple[str, int]] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        made.append(scope["client"])
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b'{"sid": "SM1"}'})

    with served(app, "carrier") as url:
        standin = StandIn(url=url)
        for idle_seconds, connections in ((60.0, 1), (0.0, 2)):
            made.clear()
            carrier = carrier_for(standin, idle_seconds=idle_seconds)
            assert [carrier.send(TO, "hello") for _ in range(2)] == ["SM1", "SM1"]
            assert len(set(made)) == connections
            carrier.close()


def test_wrong_credentials_are_refused(standin: StandIn) -> None:
    with pytest.raises(SendRefused) as caught:
        carrier_for(standin, twilio_auth_token="wrong").send(TO, "hello")
    assert caught.value.code == "20003"


def test_the_stand_in_refuses_what_twilio_would(standin: StandIn, carrier: TwilioCarrier) -> None:
    with pytest.raises(SendRefused) as caught:
        carrier.send(TO, "a" * 1601)
    assert caught.value.code == "21617"


def test_waiting_for_texts_returns_them_or_says_what_there_is(standin: StandIn, carrier: TwilioCarrier) -> None:
    carrier.send(TO, "one")
    assert standin.wait_for(1, TO) == ["one"]
    with pytest.raises(TimeoutError, match="1 of 2"):
        standin.wait_for(2, TO, seconds=0.01)


def test_a_text_is_forgotten_by_emptying_it(standin: StandIn, carrier: TwilioCarrier) -> None:
    standin.forgotten.clear()
    carrier.forget("SM" + "1" * 32)
    assert standin.forgotten == ["SM" + "1" * 32]


def test_a_carrier_that_fails_to_forget_is_asked_later(standin: StandIn, carrier: TwilioCarrier) -> None:
    standin.forgotten.clear()
    standin.refuses_to_forget = 1
    with pytest.raises(SendLater):
        carrier.forget("SM" + "2" * 32)
    carrier.forget("SM" + "2" * 32)
    assert standin.forgotten == ["SM" + "2" * 32]
