"""The conversation file's format: words stay words, and what is wrong is told with file and step."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.play.format import CANONICAL_CLOCK, Conversation, FileWrong, read


def written(folder: Path, text: str) -> Conversation:
    path = folder / "talk.yml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def steps(folder: Path, text: str) -> Any:
    return written(folder, f"title: t\nmember: lee\nsteps:\n{text}").steps


def test_the_example_of_the_design_is_read_whole(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        """
title: pays what is due with the card on file
member: lee                      # a key of the cast
channel: sms
clock: 2026-12-15T10:00
identity: L2
steps:
  - member: how much do i owe
    intent: ask_amount_due
    bot: ["$412.10", "January 1"]
    bot_not: ["autopay"]
  - processor: {next: insufficient_funds}
  - member: "{code}"
  - run_days: 17
  - return: {payment: last, code: R01}
  - agent: "Hi, this is Kim"
then:
  account: {owed_cents: 0, payments: [{amount_cents: 41210, status: settled}]}
  notices: [receipt]
  conversation: {holder: bot}
""",
    )
    assert [step.kind for step in found.steps] == ["member", "processor", "member", "run_days", "returned", "agent"]
    assert found.clock == CANONICAL_CLOCK
    assert found.then.account["payments"] == [{"amount_cents": 41210, "status": "settled"}]
    assert str(found.steps[4]) == "return: {'payment': 'last', 'code': 'R01'}"


def test_a_file_of_one_step_is_enough_and_the_rest_has_defaults(tmp_path: Path) -> None:
    found = written(tmp_path, "title: hello\nsteps: [{member: hi}]")
    assert (found.channel, found.clock, found.identity, found.member) == ("sms", CANONICAL_CLOCK, None, None)


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "NO", "2", "50", "1:30", "2027-01-01", "0x1F", "1_000"])
def test_what_a_member_types_stays_what_it_is(tmp_path: Path, word: str) -> None:
    assert steps(tmp_path, f"  - member: {word}")[0].member == word


@pytest.mark.parametrize(
    ("clock", "moment"), [("2026-12-16T23:59", (2026, 12, 16, 23, 59)), ("2026-12-16T23:59:58", (2026, 12, 16, 23, 59))]
)
def test_a_clock_is_read_with_and_without_seconds(tmp_path: Path, clock: str, moment: tuple[int, ...]) -> None:
    found: datetime = written(tmp_path, f"title: t\nclock: {clock}\nsteps: [{{member: hi}}]").clock
    assert (found.year, found.month, found.day, found.hour, found.minute) == moment


def test_one_fragment_may_stand_without_brackets(tmp_path: Path) -> None:
    assert steps(tmp_path, '  - {member: hi, bot: "hello"}')[0].bot == ["hello"]


def test_our_own_step_waits_for_minutes(tmp_path: Path) -> None:
    assert steps(tmp_path, "  - wait_minutes: 31")[0].wait_minutes == 31


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{say: hi}", "step 1, say"),
        ("{member: hi, run_days: 2}", "step 1: a step is exactly one of"),
        ("{}", "step 1: a step is exactly one of"),
        ("{run_days: 2, bot: [x]}", "step 1: bot and bot_not stand beside one of: member, page, agent, wait_minutes"),
        ("{run_days: 2, intent: x}", "step 1: intent stands beside `member` only"),
        ("{page: {}}", "step 1, page: the page takes a card or a bank account"),
        ("{page: {card: '4242', bank: '1'}}", "step 1, page: the page takes a card or a bank account"),
        ("{run_days: 0}", "step 1, run_days"),
        ("{processor: {next: no_such_code}}", "step 1, processor, next: no_such_code is no outcome"),
        ("{return: {code: R99x}}", "step 1, return, code: R99x is no code"),
        ("{member: hi, bot: ['/(/']}", "step 1, bot: /(/ is not a regular expression"),
    ],
)
def test_a_wrong_step_is_told_by_its_number(tmp_path: Path, step: str, told: str) -> None:
    with pytest.raises(FileWrong) as caught:
        steps(tmp_path, f"  - {step}")
    assert "talk.yml" in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: t\nmember: nobody\nsteps: [{member: hi}]", "member: nobody of the cast is called nobody"),
        ("title: t\nsteps: []", "steps"),
        ("steps: [{member: hi}]", "title"),
        ("title: t\nchannel: fax\nsteps: [{member: hi}]", "channel"),
        ("title: t\nsteps: [{member: hi}]\nthen: {account: {owed_cents: 0}}", "a stranger has no account"),
        ("title: [", "talk.yml:"),
        ("- a list", "the file"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(FileWrong) as caught:
        written(tmp_path, text)
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileWrong, match="No such file"):
        read(tmp_path / "missing.yml")
