"""The public app: health that is meant, errors that repeat nothing, headers on every page."""

from __future__ import annotations

import httpx
import pytest

from gateway.play.rehearsal import Rehearsal

pytestmark = pytest.mark.rasa


def test_readiness_names_the_part_that_does_not_work(stack: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = httpx.get(f"{stack.url}/readyz")
    assert (whole.status_code, whole.json()["failed_jobs"]) == (200, 0)
    monkeypatch.setattr(stack.stack, "_rasa_works", lambda: False)
    answer = httpx.get(f"{stack.url}/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "parts": {"database": True, "rasa": False, "queue": True}}


def test_a_signed_text_is_answered_by_text_and_an_unsigned_one_is_refused(stack: Rehearsal) -> None:
    assert stack.sms("+19195550101", "how much do i owe", sign=False).status_code == 403
    assert stack.sms("+19195550101", "how much do i owe").status_code == 200
    (reply,) = stack.twilio.wait_for(1, to="+19195550101")
    assert "$412.10" in reply
    assert "January 1" in reply


def test_a_text_that_comes_three_times_is_answered_once(stack: Rehearsal) -> None:
    for _ in range(3):
        assert stack.sms("+19195550101", "how much do i owe", sid="SMsame").status_code == 200
    stack.sms("+19195550101", "thanks")
    stack.twilio.wait_for(2, to="+19195550101")
    assert len(stack.twilio.bodies("+19195550101")) == 2


def test_pages_carry_the_content_policy(stack: Rehearsal) -> None:
    assert "script-src 'self'" in httpx.get(stack.url).headers["content-security-policy"]


def test_a_fresh_cast_stands_at_the_clock_that_is_asked_for(stack: Rehearsal) -> None:
    stack.reset(clock="2027-03-15T10:00")
    stack.sms("+19195550101", "how much do i owe")
    (reply,) = stack.twilio.wait_for(1)
    assert "April 1" in reply
