"""The carriers' words come before everything, and only when they are the whole message."""

from __future__ import annotations

from typing import Any

import pytest

from channels import keywords
from channels.store import Contact
from channels.words import say

LEE = "+19195550101"
PERSON = "1-800-555-0100"
STOPPED, STARTED, HELPED = (say(name, phone=PERSON) for name in ("stop", "start", "help"))


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop. ", '"STOP"', "Stop!", "STOPALL", "cancel", "End", "quit",
                                  "unsubscribe", "opt out", "OPT-OUT", "revoke"])  # fmt: skip
def test_stop_and_its_kin_stop(text: str) -> None:
    assert keywords.read(text, opted_out=False) == "stop"


@pytest.mark.parametrize("text", ["stop autopay", "cancel my payment", "stop the draft", "end it", "help me", "I quit",
                                  "start autopay", "yes please", "information", "", "?"])  # fmt: skip
def test_words_about_billing_are_not_keywords(text: str) -> None:
    assert keywords.read(text, opted_out=False) is None


def test_yes_is_start_only_for_who_has_opted_out() -> None:
    assert keywords.read("YES", opted_out=True) == "start"
    assert keywords.read("YES", opted_out=False) is None


def test_after_stop_nothing_is_sent_but_the_one_confirmation(world: Any) -> None:
    assert world.text(LEE, "STOP") == [STOPPED]
    assert world.text(LEE, "STOP") == []
    assert world.text(LEE, "how much do i owe") == []
    assert world.text(LEE, "help") == []
    assert world.rasa.asked == []
    assert all(row.state == "answered" for row in world.rows(direction="in"))


@pytest.mark.parametrize("word", ["START", "unstop", "yes"])
def test_start_brings_texts_back(world: Any, word: str) -> None:
    world.text(LEE, "STOP")
    assert world.text(LEE, word) == [STARTED]
    assert world.text(LEE, "hi") == ["You said: hi"]


def test_yes_in_a_conversation_goes_to_rasa(world: Any) -> None:
    assert world.text(LEE, "YES") == ["You said: YES"]


def test_help_answers(world: Any) -> None:
    assert world.text(LEE, "HELP") == [HELPED]
    assert world.text(LEE, "help me") != [HELPED]
    assert len(world.rasa.asked) == 1


def test_a_reply_waiting_when_stop_comes_is_not_sent(world: Any) -> None:
    world.carrier.plan = ["later"]
    assert world.text(LEE, "hi") == []
    assert world.text(LEE, "STOP") == [STOPPED]
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == [STOPPED]
    assert [row.error_code for row in world.rows(direction="out")] == ["opted_out", None]


def test_what_the_carrier_answered_itself_is_only_recorded(world: Any) -> None:
    assert world.text(LEE, "please stop these", opt_out_type="STOP") == []
    assert world.rows(Contact, address=LEE)[0].opted_out_at is not None
    assert world.text(LEE, "START", opt_out_type="START") == []
    assert world.rows(Contact, address=LEE)[0].opted_out_at is None


def test_stop_says_that_autopay_goes_on() -> None:
    assert "Autopay and bills go on" in STOPPED
