"""Two wishes in one message: one thing at a time, and nothing forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from billing_core import Core, offers, views
from billing_core.offers import Offer
from gateway import database
from tests.actions.talking import Member

TURN_ON = ("turn on autopay", "setup_autopay")


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def autopay(core: Core, key: str) -> str:
    return str(views.account(core, key)["autopay"]["status"])


def test_the_first_is_done_and_the_second_comes_next(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    first = member.says("pay it", "pay_bill", then=TURN_ON)
    assert "Pay $412.10" in first
    assert first.endswith("After that: turn on autopay.")
    paid = member.says("pay")
    assert "Paid $412.10" in paid
    assert paid.endswith("Now the other one: turn on autopay? Reply NEXT, or BACK to leave it.")
    assert autopay(core, "lee") == "none"
    assert "Reply AGREE" in member.says("next")
    assert "Autopay is on" in member.says("agree")
    assert "next" not in member.memory


def test_a_yes_takes_the_second_up_as_well_as_its_word(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    member.says("pay it", "pay_bill", then=TURN_ON)
    member.says("pay")
    assert "Reply AGREE" in member.says("yes do that too", "affirm")


def test_a_yes_with_a_wish_behind_it_does_one_and_offers_the_other(core: Core) -> None:
    member = Member(core, "khan", level="L3")
    member.says("pay my bill", "pay_bill")
    reply = member.says("yes", "affirm", then=("cancel autopay", "cancel_autopay"))
    assert "Paid $318.00" in reply
    assert reply.endswith("Now the other one: turn off autopay? Reply NEXT, or BACK to leave it.")
    assert autopay(core, "khan") == "active"


def test_leaving_the_first_brings_up_the_second(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    member.says("pay it", "pay_bill", then=TURN_ON)
    left = member.says("back")
    assert "nothing was charged" in left
    assert "Now the other one: turn on autopay?" in left
    assert "I won't do that" in member.says("back")
    assert "next" not in member.memory


def test_the_second_keeps_its_own_words(core: Core) -> None:
    core.clock.set(datetime.fromisoformat("2026-12-16T10:00"))
    member = Member(core, "rivera", level="L3")
    reply = member.says("cancel autopay", "cancel_autopay", then=("pay half", "pay_partial"))
    assert "Autopay is off" in reply
    assert "Now the other one: pay a part of your bill?" in reply
    assert "nothing" in member.says("next").lower()


def test_a_question_is_answered_at_once_and_before_what_is_to_be_done(core: Core) -> None:
    member = Member(core, "lee")
    reply = member.says("pay my bill", "pay_bill", then=("is there a fee", "ask_fees"))
    assert reply.index("No fee from us") < reply.index("Pay $412.10")
    assert reply.endswith("Reply PAY to confirm.")
    assert "Paid $412.10" in member.says("pay")


def test_a_question_first_offers_nothing_that_the_second_takes_away(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    reply = member.says("how much do i owe", "ask_amount_due", then=TURN_ON)
    assert "$412.10" in reply
    assert "Reply PAY" not in reply
    assert "Reply AGREE" in reply
    assert "Autopay is on" in member.says("agree")


def test_two_questions_of_one_answer_are_answered_once(core: Core) -> None:
    member = Member(core, "lee")
    reply = member.says("how much do i owe", "ask_amount_due", then=("when is it due", "ask_due_date"))
    assert reply.count("$412.10") == 1


def test_two_questions_are_both_answered(core: Core) -> None:
    reply = Member(core, "lee").says("is there a fee", "ask_fees", then=("is autopay on", "ask_autopay_status"))
    assert "No fee" in reply
    assert "Autopay is off" in reply


def test_a_code_asked_for_the_first_forgets_nothing_of_the_second(core: Core) -> None:
    member = Member(core, "rivera", level="L2")
    then = ("pay half", "pay_partial")
    assert member.says("cancel autopay", "cancel_autopay", then=then) == ""
    assert "step_up" in member.data[0]
    member.level = "L3"
    assert "Now the other one" in member.says("cancel autopay", "cancel_autopay", then=then)


def test_a_code_asked_for_the_second_keeps_it_on_the_table(core: Core) -> None:
    member = Member(core, "lee", level="L2")
    member.says("pay it", "pay_bill", then=TURN_ON)
    member.says("pay")
    assert member.says("next") == ""
    assert member.data[0]["step_up"]["level"] == "L3"
    member.level = "L3"
    assert "Reply AGREE" in member.says("next")


def test_a_third_wish_is_told_and_not_dropped_in_silence(core: Core) -> None:
    assert "two things in mind" in Member(core, "lee").says("pay it", "pay_bill", then=TURN_ON, more=True)


def test_a_negated_first_wish_goes_straight_to_the_second(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    reply = member.says("don't set up autopay", "setup_autopay", then=("pay half", "pay_partial"))
    assert "I won't do that" in reply
    assert "Now the other one: pay a part" in reply
    assert "Pay $206.05" in member.says("next")
    assert autopay(core, "lee") == "none"


@pytest.mark.parametrize(("hours", "comes"), [(24, True), (25, False)])
def test_a_second_wish_is_brought_up_for_a_day(core: Core, hours: int, comes: bool) -> None:
    member = Member(core, "lee", level="L3")
    member.says("pay it", "pay_bill", then=TURN_ON)
    core.clock.set(core.now() + timedelta(hours=hours))
    member.says("pay my bill", "pay_bill")
    assert ("Now the other one" in member.says("pay")) is comes


def test_a_turn_that_is_run_again_says_the_same(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    member.says("pay it", "pay_bill", then=TURN_ON)
    before = dict(member.memory)
    first = member.says("pay", turn_id="again-1")
    member.memory = before
    assert member.says("pay", turn_id="again-1") == first
    before = dict(member.memory)
    first = member.says("next", turn_id="again-2")
    member.memory = before
    assert member.says("next", turn_id="again-2") == first


SAYINGS: list[tuple[str, str | None, tuple[str, str] | None]] = [
    ("pay it", "pay_bill", TURN_ON),
    ("cancel autopay", "cancel_autopay", ("pay half", "pay_partial")),
    ("turn on autopay", "setup_autopay", ("pay it", "pay_bill")),
    ("pay half", "pay_partial", ("cancel autopay", "cancel_autopay")),
    ("how much do i owe", "ask_amount_due", ("pay it", "pay_bill")),
    ("use the other card", "change", None),
    ("make it 20", "change", None),
    ("yes", "affirm", None),
    ("yes", "affirm", ("cancel autopay", "cancel_autopay")),
    ("no", "deny", None),
    ("PAY", None, None),
    ("AGREE", None, None),
    ("NEXT", None, None),
    ("BACK", None, None),
    ("1", None, None),
]


@pytest.fixture
def restored(core: Core) -> Callable[[], Core]:
    """Puts the cast's rows back as they were, for each example."""
    rows = database.copy_rows(core.engine)

    def again() -> Core:
        database.put_rows(core.engine, rows)
        return core

    return again


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(["lee", "patel", "rivera", "okafor"]),
    said=st.lists(st.sampled_from(SAYINGS), min_size=2, max_size=9),
)
def test_no_turn_makes_two_changes_and_never_is_more_than_one_thing_open(
    restored: Callable[[], Core], key: str, said: list[tuple[str, str | None, tuple[str, str] | None]]
) -> None:
    core = restored()
    member = Member(core, key, level="L3")
    before = _made(core, key)
    for text, intent, then in said:
        if intent is None and offers.spoken(core, member.conversation_id, text, "looking") is None:
            continue
        member.says(text, intent, then=then)
        after = _made(core, key)
        changes = len(after["payments"]) - len(before["payments"]) + (after["autopay"] != before["autopay"])
        assert changes <= 1, (text, before, after)
        before = after
        with core.read() as session:
            mine = Offer.conversation_id == member.conversation_id
            assert session.scalar(select(func.count()).where(mine, Offer.closed_at.is_(None))) <= 1


def _made(core: Core, key: str) -> dict[str, Any]:
    shown = views.account(core, key)
    made = [row for row in shown["payments"] if row["status"] not in ("proposed", "expired", "cancelled")]
    return {"payments": made, "autopay": shown["autopay"]["status"]}


def test_when_autopay_comes_and_how_much_is_answered_once(cast_core: Core) -> None:
    rivera = Member(cast_core, "rivera")
    said = rivera.says("when is my next autopay", "ask_autopay_status", then=("how much", "ask_amount_due"))
    assert said == rivera.says("when is my next autopay", "ask_autopay_status")
    said = rivera.says("when is my next autopay", "ask_autopay_status", then=("how much do i owe", "ask_amount_due"))
    assert "You owe nothing now" in said
    assert said.count("from checking ending 6789") == 1


def test_without_autopay_how_much_is_what_is_owed(cast_core: Core) -> None:
    lee = Member(cast_core, "lee")
    said = lee.says("when is my next autopay", "ask_autopay_status", then=("how much", "ask_amount_due"))
    assert "Autopay is off" in said
    assert "$412.10" in said
