"""One-time codes raise the level; wrong ones end the code, then lock the contact, always in the same words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from channels import demo, identity
from channels.store import CodeChallenge, Contact, Conversation
from channels.words import moment, say

LEE, BROWN, STRANGER = "+19195550101", "+19195550108", "+19195550199"
PERSON = "1-800-555-0100"
WRONG = say("code_wrong", phone=PERSON)


def ask(world: Any, phone: str = LEE) -> str:
    """Ask for something that needs a code; the code that was texted."""
    world.rasa.on("stop autopay", "Autopay is off.", needs="L3")
    (sent,) = world.text(phone, "stop autopay")
    match = re.match(r"(\d{6}) is your code to change autopay", sent)
    assert match, sent
    return match[1]


def test_the_last_code_of_a_member_can_be_told_to_a_rehearsal(world: Any) -> None:
    assert demo.last_code(world.channels, "lee") is None
    assert demo.last_code(world.channels, "lee") != ask(world) == demo.last_code(world.channels, "lee")


@pytest.mark.parametrize("level", ["L0", "L1", "L2", "L3"])
def test_a_rehearsal_may_begin_at_any_level(world: Any, level: str) -> None:
    demo.set_level(world.channels, "sms", LEE, level)
    world.text(LEE, "hi")
    assert world.rasa.asked[0]["metadata"]["level"] == max(level, "L1")


def other(code: str, step: int = 1) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


def test_the_right_code_brings_back_what_it_was_for(world: Any) -> None:
    assert world.text(LEE, ask(world)) == ["Autopay is off."]
    assert [each["text"] for each in world.rasa.asked] == ["stop autopay", "stop autopay"]
    assert [each["metadata"]["level"] for each in world.rasa.asked] == ["L2", "L3"]
    assert world.rasa.asked[0]["metadata"]["turn_id"] != world.rasa.asked[1]["metadata"]["turn_id"]


@pytest.mark.parametrize(
    "shape",
    ["{0}", "code is {0}", "My code: {0}.", "{1} {2}", "{1}-{2}", " {0} ", "it's {0}", "{0} is the code, thanks",
     "ok here you go {1} {2}", "el código es {0}", "mi código: {0} gracias"],
)  # fmt: skip
def test_a_code_is_read_however_it_is_typed(world: Any, shape: str) -> None:
    code = ask(world)
    assert world.text(LEE, shape.format(code, code[:3], code[3:])) == ["Autopay is off."]


def test_the_code_is_stored_nowhere(world: Any) -> None:
    code = ask(world)
    world.text(LEE, code)
    assert code not in str([(row.text, row.data) for row in world.rows()])
    assert code not in str([vars(row) for row in world.rows(CodeChallenge)])


def test_a_code_works_once(world: Any) -> None:
    code = ask(world)
    world.text(LEE, code)
    world.rasa.on(code, "Six digits.")
    assert world.text(LEE, code) == ["Six digits."]


def test_l3_lasts_five_minutes_and_not_a_moment_longer(world: Any) -> None:
    world.text(LEE, ask(world))
    world.clock.advance(timedelta(minutes=5) - timedelta(seconds=1))
    assert world.text(LEE, "stop autopay") == ["Autopay is off."]
    world.clock.advance(timedelta(seconds=1))
    assert world.text(LEE, "stop autopay") != ["Autopay is off."]
    assert world.rasa.asked[-1]["metadata"]["level"] == "L2"


def test_a_code_lasts_ten_minutes_and_not_a_moment_longer(world: Any) -> None:
    code = ask(world)
    world.clock.advance(timedelta(minutes=10) - timedelta(seconds=1))
    assert world.text(LEE, code) == ["Autopay is off."]
    world.clock.advance(timedelta(minutes=30))
    late = ask(world)
    world.clock.advance(timedelta(minutes=10))
    assert world.text(LEE, late) == [WRONG]


def test_after_two_wrong_the_right_code_still_works(world: Any) -> None:
    code = ask(world)
    assert [world.text(LEE, other(code, n)) for n in (1, 2)] == [[WRONG], [WRONG]]
    assert world.text(LEE, code) == ["Autopay is off."]


def test_the_third_wrong_ends_the_code(world: Any) -> None:
    code = ask(world)
    assert [world.text(LEE, other(code, n)) for n in (1, 2, 3)] == [[WRONG]] * 3
    assert world.text(LEE, code) == [WRONG]
    assert world.rasa.texts == ["stop autopay"]


def wrong(world: Any, times: int) -> None:
    while times:
        code = ask(world)
        for step in range(1, min(times, 3) + 1):
            assert world.text(LEE, other(code, step)) == [WRONG]
            times -= 1


def test_four_wrong_in_a_day_do_not_lock(world: Any) -> None:
    wrong(world, 4)
    assert world.text(LEE, ask(world)) == ["Autopay is off."]


def test_the_fifth_wrong_in_a_day_locks_for_a_day(world: Any) -> None:
    wrong(world, 4)
    code = ask(world)
    until = world.clock.now() + timedelta(hours=24)
    assert world.text(LEE, other(code)) == [WRONG]
    assert world.text(LEE, code) == [WRONG]
    locked = say("code_locked", until=moment(until), phone=PERSON)
    assert world.text(LEE, "stop autopay") == [locked]
    world.clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert world.text(LEE, "stop autopay") == [locked]
    world.clock.advance(timedelta(seconds=1))
    assert world.text(LEE, ask(world)) == ["Autopay is off."]


def test_wrong_codes_of_yesterday_no_longer_count(world: Any) -> None:
    wrong(world, 4)
    world.clock.advance(timedelta(hours=24))
    wrong(world, 1)
    assert world.text(LEE, ask(world)) == ["Autopay is off."]


def test_a_new_code_takes_the_place_of_the_old_one(world: Any) -> None:
    first, second = ask(world), ask(world)
    assert first != second
    assert world.text(LEE, first) == [WRONG]
    assert world.text(LEE, second) == ["Autopay is off."]


def test_six_digits_without_a_code_asked_for_are_only_words(world: Any) -> None:
    assert world.text(LEE, "123456") == ["You said: 123456"]


def test_other_words_go_on_while_a_code_is_open(world: Any) -> None:
    code = ask(world)
    assert world.text(LEE, "how much do i owe") == ["You said: how much do i owe"]
    assert world.text(LEE, code) == ["Autopay is off."]


@pytest.mark.parametrize("text", ["pay 123456", "it's 123456 dollars", "123456 and 42", "my account is 123456"])
def test_six_digits_that_something_else_is_said_of_are_no_wrong_code(world: Any, text: str) -> None:
    ask(world)
    assert WRONG not in world.text(LEE, text)


def test_a_stranger_has_no_phone_for_a_code(world: Any) -> None:
    world.rasa.on("stop autopay", "Off.", needs="L3")
    assert world.text(STRANGER, "stop autopay") == [say("code_no_phone", purpose="change autopay", phone=PERSON)]


def test_an_untrusted_phone_proves_itself_by_a_code(world: Any) -> None:
    world.rasa.on("how much", "$330.25", needs="L2")
    (sent,) = world.text(BROWN, "how much")
    assert world.text(BROWN, sent[:6]) == ["$330.25\n" + say("remember_ask")]
    levels = []
    for wait in (timedelta(0), timedelta(minutes=5), timedelta(minutes=24, seconds=59), timedelta(seconds=1)):
        world.clock.advance(wait)
        world.text(BROWN, "hello")
        levels.append(world.rasa.asked[-1]["metadata"]["level"])
    assert levels == ["L3", "L2", "L2", "L1"]


def test_a_code_judged_before_a_kill_is_not_judged_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from channels import turn, work
    from channels.queue import Job

    code = ask(world)
    with monkeypatch.context() as broken:
        broken.setattr(turn.record, "write", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.text(LEE, code)
    row = world.rows(direction="in")[-1]
    assert row.text == "[code]"
    work.handle(world.channels, Job(row.conversation_id, row.seq, row.id))
    assert world.carrier.bodies(LEE)[-1] == "Autopay is off."


def test_levels_come_from_the_channel_and_are_never_lowered_by_a_code() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 12, 15, tzinfo=UTC)
    unknown, known = Contact(account_id=None), Contact(account_id="lee")
    trusted = Contact(account_id="lee", trusted_at=now)
    plain = Conversation(level=None, level_until=None)
    assert [identity.level_now(each, plain, now) for each in (unknown, known, trusted)] == ["L0", "L1", "L2"]
    raised = Conversation(level="L3", level_until=now + timedelta(minutes=5))
    assert identity.level_now(known, raised, now) == "L3"
    low = Conversation(level="L1", level_until=None)
    assert identity.level_now(trusted, low, now) == "L2"
