"""An opt-out in free words ends as STOP does, and what was said last can be said again."""

from __future__ import annotations

from typing import Any

import pytest

from channels.rasa_fake import body
from channels.store import Contact
from channels.words import say

LEE = "+19195550101"
BROWN = "+19195550108"
STOPPED = say("stop", phone="1-800-555-0100")


@pytest.fixture
def told(world: Any) -> Any:
    """Rasa answers "enough" with an opt-out and "again" with a repeat, as the actions do."""
    for text, signal in (("enough", {"opt": "out"}), ("again", {"repeat": True})):
        world.rasa.on(text, {"data": signal})
    return world


def test_an_opt_out_in_free_words_stops_the_texts_with_the_one_confirmation(told: Any) -> None:
    assert told.text(LEE, "enough") == [STOPPED]
    assert told.rows(Contact, address=LEE)[0].opted_out_at is not None
    assert told.text(LEE, "hello?") == []


def test_the_last_reply_is_said_again_word_for_word(told: Any) -> None:
    told.rasa.on("owed", "You owe $412.10.", "Reply PAY to pay it.")
    assert told.text(LEE, "owed") == told.text(LEE, "again") == ["You owe $412.10.\nReply PAY to pay it."]
    assert told.text(LEE, "again") == ["You owe $412.10.\nReply PAY to pay it."]


def test_nothing_said_yet_is_told_so(told: Any) -> None:
    assert told.text(LEE, "again") == [say("nothing_to_repeat")]


def test_a_code_is_not_said_again(told: Any) -> None:
    told.rasa.next(body({"data": {"step_up": {"level": "L2", "purpose": "account"}}}))
    (asked,) = told.text(BROWN, "owed")
    assert "is your code" in asked
    assert told.text(BROWN, "again") == [say("nothing_to_repeat") + "\n" + say("sms_how")]
