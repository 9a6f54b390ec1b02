"""What is kept of consent: each word about texts with what was shown, how it came, how far it reaches and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels import outbox
from channels.consent import ConsentRecord
from channels.store import Contact
from channels.words import say

LEE = "+19195550101"
PERSON = "1-800-555-0100"
EASTERN = ZoneInfo("America/New_York")


def kept(world: Any) -> list[tuple[str, str, str]]:
    return [(row.kind, row.source, row.shown) for row in world.rows(ConsentRecord, address=LEE)]


def test_stop_start_and_help_are_kept_word_for_word(world: Any) -> None:
    for text in ("HELP", "STOP", "START"):
        world.text(LEE, text)
    assert kept(world) == [
        ("help", "keyword", say("help", phone=PERSON)),
        ("out", "keyword", say("stop", phone=PERSON)),
        ("in", "keyword", say("start", phone=PERSON)),
    ]
    row = world.rows(ConsentRecord, kind="out")[0]
    assert (row.channel, row.account_id, row.at) == ("sms", "lee", world.clock.now())
    assert row.message_id == world.rows(direction="in")[1].id


def test_free_words_and_those_that_rasa_understood_are_kept_as_words(world: Any) -> None:
    world.rasa.on("i am done with these", {"data": {"opt": "out"}})
    world.text(LEE, "i am done with these")
    world.text(LEE, "START")
    world.text(LEE, "please stop texting me")
    assert [row[:2] for row in kept(world)] == [("out", "words"), ("in", "keyword"), ("out", "words")]


def test_what_the_carrier_answered_is_kept_without_words_of_ours(world: Any) -> None:
    world.text(LEE, "STOP", opt_out_type="STOP")
    assert kept(world) == [("out", "carrier", "")]


def test_a_refusal_of_the_carrier_because_of_an_opt_out_is_kept_once(world: Any) -> None:
    world.carrier.plan = ["refused:21610"]
    assert world.text(LEE, "hi") == []
    assert kept(world) == [("out", "carrier", "")]
    assert world.rows(Contact, address=LEE)[0].opted_out_at is not None
    world.text(LEE, "hi")
    assert len(kept(world)) == 1


def test_a_second_stop_changes_nothing_and_is_not_kept_twice(world: Any) -> None:
    world.text(LEE, "STOP")
    world.text(LEE, "STOP")
    assert [row[0] for row in kept(world)] == ["out"]


def test_a_turn_run_twice_keeps_one_record(world: Any) -> None:
    from channels import work
    from channels.queue import Job

    world.text(LEE, "STOP")
    row = world.rows(direction="in")[0]
    work.handle(world.channels, Job(row.conversation_id, row.seq, row.id))
    assert [each[0] for each in kept(world)] == ["out"]


@pytest.mark.parametrize(
    ("setting", "at", "scope"),
    [
        ("", datetime(2027, 1, 30, 18, 59, tzinfo=EASTERN), "program"),
        ("", datetime(2027, 1, 31, 0, 0, tzinfo=EASTERN), "all"),
        ("program", datetime(2027, 2, 1, tzinfo=EASTERN), "program"),
        ("all", datetime(2026, 12, 1, tzinfo=EASTERN), "all"),
    ],
)
def test_one_stop_reaches_as_far_as_the_day_or_the_setting_says(
    make_world: Callable[..., Any], setting: str, at: datetime, scope: str
) -> None:
    world = make_world(opt_out_scope=setting)
    world.clock.set(at)
    world.text(LEE, "STOP")
    assert [row.scope for row in world.rows(ConsentRecord, kind="out")] == [scope]


def test_an_opt_out_in_the_web_chat_leaves_texts_on(world: Any) -> None:
    from channels import session

    world.page(session.start(world.channels, "lee").address, "STOP")
    assert kept(world) == []
    assert world.text(LEE, "hi") == ["You said: hi"]


def test_help_of_someone_who_opted_out_stays_without_an_answer(world: Any) -> None:
    world.text(LEE, "STOP")
    world.clock.advance(timedelta(days=1))
    assert world.text(LEE, "HELP") == []
    assert outbox.RANK["delivered"] == outbox.FINAL
