"""Why autopay is locked, whether it can be paused, and what a draft takes: in the member's own dates."""

from __future__ import annotations

from datetime import datetime

import pytest

from billing_core import Core, views
from tests.actions.talking import Member
from tests.billing_core.world import CANONICAL, World


def at(core: Core, local: str) -> None:
    core.clock.set(datetime.fromisoformat(local))


@pytest.mark.parametrize(("day", "locked"), [("16", False), ("17", True)])
def test_the_lock_is_told_on_its_first_day_and_not_the_day_before(cast_core: Core, day: str, locked: bool) -> None:
    at(cast_core, f"2026-12-{day}T10:00")
    answer = Member(cast_core, "rivera").says("why cant i change it", "ask_why_locked")
    assert ("from January 7, 2027 on" in answer) is locked
    assert ("not locked today" in answer) is not locked
    assert "December 17 to January 6" in answer


@pytest.mark.parametrize(("day", "locked"), [("06", True), ("07", False)])
def test_the_lock_is_told_on_its_last_day_and_not_the_day_after(cast_core: Core, day: str, locked: bool) -> None:
    at(cast_core, f"2027-01-{day}T10:00")
    answer = Member(cast_core, "rivera").says("why cant i change it", "ask_why_locked")
    assert ("You can change it from January 7, 2027 on" in answer) is locked
    assert ("not locked today" in answer) is not locked


def test_the_rule_is_told_in_plain_words_with_the_banks_own_stop_and_a_person(cast_core: Core) -> None:
    at(cast_core, "2026-12-20T10:00")
    answer = Member(cast_core, "rivera").says("why", "ask_why_locked")
    assert "10 days before a bill is made to 10 days after" in answer
    assert "Your bank can stop the draft if you tell it by December 29" in answer
    assert "The premium stays due" in answer
    assert "HELP ME" in answer


@pytest.mark.parametrize(("day", "named"), [("29", True), ("30", False)])
def test_a_stop_the_bank_would_no_longer_take_is_not_named(cast_core: Core, day: str, named: bool) -> None:
    at(cast_core, f"2026-12-{day}T10:00")
    assert ("Your bank can stop" in Member(cast_core, "rivera").says("why", "ask_why_locked")) is named


def test_asking_why_puts_nothing_on_the_table(cast_core: Core) -> None:
    at(cast_core, "2026-12-20T10:00")
    member = Member(cast_core, "rivera")
    member.says("why", "ask_why_locked")
    assert "nothing waiting" in member.says("yes", "affirm")
    assert views.account(cast_core, "rivera")["autopay"]["pending"] is None


def test_a_lock_that_waits_for_the_draft_is_told_so(sqlite_core: Core) -> None:
    sqlite_core.clock.set(CANONICAL)
    world = World(sqlite_core)
    world.member(profile="bcbsnc_current", saved=["checking"], unpaid=(), autopay="checking")
    at(sqlite_core, "2026-12-28T10:00")
    answer = Member(sqlite_core, "ada").says("why", "ask_why_locked")
    assert "from the day a bill is made until its draft is done" in answer
    assert "not before January 2, 2027" in answer


def test_a_lock_nobody_knows_is_said_to_be_unknown(sqlite_core: Core) -> None:
    sqlite_core.clock.set(CANONICAL)
    World(sqlite_core).member(profile="ny_generic", saved=["checking"], unpaid=(), autopay="checking")
    for intent in ("ask_why_locked", "pause_autopay"):
        assert "don't know when your New York plan allows" in Member(sqlite_core, "ada").says("x", intent)


def test_there_is_no_pause_but_off_and_on_again_outside_the_lock(cast_core: Core) -> None:
    answer = Member(cast_core, "rivera").says("pause autopay", "pause_autopay")
    assert "can't be paused" in answer
    assert "the draft of $413.40 on January 1 does not run" in answer
    assert views.account(cast_core, "rivera")["autopay"]["status"] == "active"


def test_inside_the_lock_the_pause_names_the_draft_that_runs_and_the_first_open_day(cast_core: Core) -> None:
    at(cast_core, "2026-12-20T10:00")
    answer = Member(cast_core, "rivera").says("skip this month", "pause_autopay")
    assert "draft of $413.40 on January 1 still runs" in answer
    assert "from January 7, 2027 on" in answer


def test_a_draft_takes_all_that_is_due_and_never_a_part(cast_core: Core) -> None:
    answer = Member(cast_core, "khan").says("minimum or balance", "ask_autopay_min_vs_balance")
    assert "all that is due" in answer
    assert "$636.00 on January 1" in answer


@pytest.mark.parametrize("intent", ["ask_why_locked", "pause_autopay", "ask_autopay_min_vs_balance"])
def test_without_autopay_that_is_said(cast_core: Core, intent: str) -> None:
    assert "Autopay is off" in Member(cast_core, "lee").says("x", intent)


@pytest.mark.parametrize("intent", ["ask_autopay_min_vs_balance", "ask_coverage_lapsed", "report_double_charge"])
def test_a_draft_from_a_card_that_dies_before_it_is_not_promised(cast_core: Core, intent: str) -> None:
    answer = Member(cast_core, "nguyen").says("x", intent)
    assert "$350.00 on January 1" not in answer


@pytest.mark.parametrize(
    ("day", "draft", "due"),
    [("2026-12-15", "January 1", "$318.00 is due December 1"), ("2027-01-10", "February 1", "is due December 1")],
)
def test_turning_autopay_off_names_the_draft_to_come_and_what_is_past_due(
    cast_core: Core, day: str, draft: str, due: str
) -> None:
    cast_core.clock.set(datetime.fromisoformat(f"{day}T10:00"))
    answer = Member(cast_core, "khan", level="L3").says("turn off autopay", "cancel_autopay")
    assert f"nothing will be drafted on {draft}." in answer
    assert due in answer
