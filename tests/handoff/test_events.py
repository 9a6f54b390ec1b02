"""`POST /slack/events`: only what Slack signed lately is taken, once, and slack-bolt would judge the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult

from channels.slack.store import SlackEvent
from tests.handoff.conftest import LEE

JSON = {"content-type": "application/json"}
FIVE_MINUTES = 300


def post(people: Any, body: bytes, headers: dict[str, str]) -> int:
    return int(people.http.post("/slack/events", content=body, headers=JSON | headers).status_code)


def word(people: Any) -> bytes:
    people.asks()
    return json.dumps(people.slack.word("Hello", thread=people.thread)).encode()


def test_a_signed_event_is_thanked_for_at_once_and_worked_on_by_the_queue(people: Any) -> None:
    body = word(people)
    before = people.world.carrier.bodies(LEE)
    assert post(people, body, people.slack.signed(body)) == 200
    assert people.world.carrier.bodies(LEE) == before
    people.world.queue.run()
    assert people.world.carrier.bodies(LEE)[-1].endswith("Hello")


@pytest.mark.parametrize("seconds", [-FIVE_MINUTES - 10, FIVE_MINUTES + 10])
def test_a_signature_of_another_time_is_refused(people: Any, seconds: int) -> None:
    body = word(people)
    assert post(people, body, people.slack.signed(body, at=time.time() + seconds)) == 403


def test_a_replay_within_five_minutes_is_thanked_for_and_does_nothing_more(people: Any) -> None:
    body = word(people)
    headers = people.slack.signed(body)
    for _ in range(3):
        assert post(people, body, headers) == 200
    people.world.queue.run()
    assert len(people.world.rows(SlackEvent)) == 1
    assert sum("Hello" in each for each in people.world.carrier.bodies(LEE)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"x-slack-signature": ""},
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": "nonsense"},
        {"x-slack-request-timestamp": ""},
        {"x-slack-request-timestamp": "soon"},
        {"x-slack-request-timestamp": "1" * 20},
    ],
)
def test_what_slack_did_not_sign_is_refused_and_not_kept(people: Any, change: dict[str, str]) -> None:
    body = word(people)
    assert post(people, body, people.slack.signed(body) | change) == 403
    assert people.world.rows(SlackEvent) == []


def test_another_secret_or_an_altered_body_is_refused(people: Any) -> None:
    body = word(people)
    assert post(people, body, people.slack.signed(body, secret="another secret")) == 403
    assert post(people, body + b" ", people.slack.signed(body)) == 403


def test_without_a_secret_everything_is_refused(make_people: Callable[..., Any]) -> None:
    people = make_people(slack_signing_secret="")
    body = b'{"type": "url_verification", "challenge": "abc"}'
    assert post(people, body, people.slack.signed(body)) == 403


def test_slack_is_answered_its_challenge(people: Any) -> None:
    body = b'{"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'
    answer = people.http.post("/slack/events", content=body, headers=JSON | people.slack.signed(body))
    assert answer.text == "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'"x"', b"\xff\xfe"])
def test_signed_bytes_that_are_no_event_are_told_so(people: Any, body: bytes) -> None:
    signed = people.slack.signed(body) if body != b"\xff\xfe" else {}
    assert post(people, body, signed) == (400 if signed else 403)


def test_more_than_any_event_is_refused(people: Any) -> None:
    assert post(people, b"x" * (256 * 1024 + 1), {}) == 413


def test_a_press_that_comes_again_gives_back_once(people: Any) -> None:
    people.asks()
    people.agent("Hello")
    body = people.slack.press(people.handoff.id)
    headers = {"content-type": "application/x-www-form-urlencoded", **people.slack.signed(body)}
    for _ in range(2):
        assert people.http.post("/slack/events", content=body, headers=headers).status_code == 200
    people.world.queue.run()
    assert sum("has left" in each for each in people.world.carrier.bodies(LEE)) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["type", "event", "event_id", "channel", "user", "ts", "thread_ts", "text", "subtype", "files",
                         "message", "previous_message", "actions", "container", "challenge"])  # fmt: skip
kinds = st.sampled_from(["event_callback", "block_actions", "url_verification"])
events = st.builds(
    lambda kind, outer, inner: {**outer, "type": kind, "event": {"type": "message", "channel": "C0PEOPLE", **inner}},
    kinds,
    st.dictionaries(names, values, max_size=5),
    st.dictionaries(names, values, max_size=8),
)


def test_a_signed_event_of_any_content_is_never_a_fault(people: Any) -> None:
    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(event=events)
    def holds(event: Any) -> None:
        body = json.dumps(event).encode()
        assert post(people, body, people.slack.signed(body)) in (200, 400)

    holds()
    people.world.queue.run()


def test_slack_bolt_judges_every_request_as_we_do(people: Any) -> None:
    bolt = App(
        signing_secret=people.slack.signing_secret,
        token=None,
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        process_before_response=True,
    )
    bolt.event("message")(lambda: None)
    body = word(people)
    offered = {
        "signed": people.slack.signed(body),
        "stale": people.slack.signed(body, at=time.time() - FIVE_MINUTES - 10),
        "early": people.slack.signed(body, at=time.time() + FIVE_MINUTES + 10),
        "forged": people.slack.signed(body, secret="another"),
        "altered": people.slack.signed(body + b" "),
        "unsigned": {},
    }
    for name, headers in offered.items():
        theirs = bolt.dispatch(BoltRequest(body=body.decode(), headers=JSON | headers)).status == 200
        assert (post(people, body, headers) == 200) is theirs, name
