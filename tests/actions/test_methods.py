"""Taking a card or bank account off: read back, with what ends with it, and by the rules of the lock (G4)."""

from __future__ import annotations

from datetime import datetime

import pytest

from billing_core import Core, views
from tests.actions.talking import Member


def labels(core: Core, key: str) -> list[str]:
    return [row["label"] for row in views.account(core, key)["methods"]]


def test_a_method_is_removed_only_after_it_was_read_back(cast_core: Core) -> None:
    member = Member(cast_core, "patel", level="L3")
    assert "Remove your Visa ending 9995" in member.says("remove the visa", "remove_payment_method")
    assert len(labels(cast_core, "patel")) == 2
    assert "is off your account" in member.says("agree")
    assert labels(cast_core, "patel") == ["Mastercard ending 5100"]


def test_which_one_is_asked_where_several_are_on_file(cast_core: Core) -> None:
    member = Member(cast_core, "patel", level="L3")
    answer = member.says("remove my payment method", "remove_payment_method")
    assert "Visa ending 9995 and Mastercard ending 5100" in answer
    assert len(labels(cast_core, "patel")) == 2


def test_keeping_it_changes_nothing(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("remove my card", "remove_payment_method")
    assert "stays on file" in member.says("keep")
    assert labels(cast_core, "lee") == ["Visa ending 4242"]


def test_what_ends_with_it_is_said_before(cast_core: Core) -> None:
    member = Member(cast_core, "rivera", level="L3")
    answer = member.says("delete my bank account", "remove_payment_method")
    assert "Autopay uses your checking ending 6789 and would end with it" in answer
    assert "From January 1 on" in answer
    assert "autopay is off" in member.says("agree")
    assert views.account(cast_core, "rivera")["autopay"]["status"] == "none"


@pytest.mark.parametrize(("day", "open_"), [("16", True), ("17", False)])
def test_the_method_of_the_next_draft_stays_from_the_first_locked_day_on(
    cast_core: Core, day: str, open_: bool
) -> None:
    cast_core.clock.set(datetime.fromisoformat(f"2026-12-{day}T10:00"))
    answer = Member(cast_core, "rivera", level="L3").says("delete my bank account", "remove_payment_method")
    assert ("Reply AGREE" in answer) is open_
    assert ("from January 7, 2027 on" in answer) is not open_


def test_agreeing_after_midnight_into_the_lock_removes_nothing(cast_core: Core) -> None:
    cast_core.clock.set(datetime.fromisoformat("2026-12-16T23:50"))
    member = Member(cast_core, "rivera", level="L3")
    member.says("delete my bank account", "remove_payment_method")
    cast_core.clock.set(datetime.fromisoformat("2026-12-17T00:01"))
    assert "January 7, 2027" in member.says("agree")
    assert labels(cast_core, "rivera") == ["checking ending 6789"]


def test_removing_needs_a_code_within_the_last_minutes(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L2")
    assert member.says("remove my card", "remove_payment_method") == ""
    assert member.data[0]["step_up"] == {"level": "L3", "purpose": "method"}


def test_a_removal_run_twice_is_done_once(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("remove my card", "remove_payment_method")
    first = member.says("agree", turn_id="turn-agree")
    assert member.says("agree", turn_id="turn-agree") == first
    assert labels(cast_core, "lee") == []


def test_where_nothing_is_on_file_that_is_said(cast_core: Core) -> None:
    assert "nothing to remove" in Member(cast_core, "brown", level="L3").says("remove it", "remove_payment_method")


def test_a_stranger_hears_where_to_add_a_method_and_never_to_text_it(cast_core: Core) -> None:
    answer = Member(cast_core, None, level="L0").says("add a card", "add_payment_method")
    assert "never text the numbers" in answer
    assert "https://member.duely.example/billing" in answer
