"""What a short answer is about: only what the last answer named is paid, and the rest is read back or explained."""

from __future__ import annotations

import pytest

from billing_core import Core, views
from tests.actions.talking import Member


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def paid_cents(core: Core, key: str) -> list[int]:
    """The payments made since the cast was loaded."""
    rows = views.account(core, key)["payments"]
    return [row["amount_cents"] for row in rows if row["status"] == "settled" and row["pay_on"] >= "2026-12-15"]


def test_a_yes_after_a_code_was_asked_for_reads_the_payment_back(core: Core) -> None:
    member = Member(core, "garcia")
    member.says("pay my bill", "pay_bill")
    member.says("i want autopay", "setup_autopay")
    assert "Pay $224.80" in member.says("i agree", "affirm")
    assert paid_cents(core, "garcia") == []
    assert "Paid $224.80" in member.says("yes", "affirm")


def test_a_yes_after_the_payment_was_brought_back_to_mind_pays(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    assert "Still want to pay" in member.says("is there a fee", "ask_fees")
    assert "Paid $412.10" in member.says("yes", "affirm")


def test_pay_it_is_an_order_whatever_was_said_in_between(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    member.says("i want autopay", "setup_autopay")
    assert "Paid $412.10" in member.says("pay it", "pay_bill")


def test_this_month_is_the_bill_that_waits_and_a_month_by_name_is_not(core: Core) -> None:
    member = Member(core, "lee")
    assert "Nothing is owed" not in member.says("what do i owe this month", "ask_amount_due")
    named = member.says("what do i owe for december", "ask_amount_due")
    assert "Nothing is owed for December now" in named
    assert "$412.10" in named


@pytest.mark.parametrize(
    ("said", "intent", "told"),
    [
        ("puedo hacerlo el viernes", "ask_payment_plan", "on December 18"),
        ("can i do it on the 28th", "change_due_date", "on December 28"),
        ("can i pay 50 instead", "ask_minimum_payment", "Pay $50.00"),
    ],
)
def test_what_is_asked_for_in_the_middle_of_a_payment_corrects_it(
    core: Core, said: str, intent: str, told: str
) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    assert told in member.says(said, intent)
    assert paid_cents(core, "lee") == []


def test_a_question_that_names_nothing_new_stays_a_question(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    assert "payment plan" in member.says("can i pay it in parts", "ask_payment_plan")


def test_when_it_would_be_taken_is_told_of_the_payment_that_is_open(core: Core) -> None:
    member = Member(core, "lee")
    assert "Autopay is off" in member.says("when would it come out", "ask_autopay_status")
    member.says("pay it on friday", "pay_bill")
    assert "$412.10 would be taken on December 18" in member.says("when would it come out", "ask_autopay_status")
    assert "Autopay is off" in member.says("is autopay on", "ask_autopay_status")


def test_both_is_all_that_is_owed_on_an_account_with_two_policies(core: Core) -> None:
    member = Member(core, "cohen")
    assert "Pay $42.50" in member.says("just the dental", "pay_partial")
    assert "Pay $340.50" in member.says("actually pay both", "change")


def test_the_other_one_is_what_the_scheduled_payment_leaves(core: Core) -> None:
    member = Member(core, "cohen")
    member.says("pay the health one on the 28th", "pay_bill")
    member.says("pay")
    assert "Pay $42.50" in member.says("what about the other one", "change")


def test_more_than_a_scheduled_payment_leaves_is_not_called_more_than_is_owed(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay 200 on december 20", "pay_partial")
    member.says("pay")
    reply = member.says("pay 300", "pay_partial")
    assert "$200.00 is scheduled already, so $212.10 is left" in reply
    assert "more than you owe" not in reply


def test_autopay_that_is_off_needs_no_code_and_one_that_is_on_does(core: Core) -> None:
    assert "off already" in Member(core, "lee").says("turn off autopay", "cancel_autopay")
    member = Member(core, "rivera")
    assert member.says("turn off autopay", "cancel_autopay") == ""
    assert any("step_up" in data for data in member.data)


def test_paying_after_the_last_day_is_told_with_the_day_that_keeps_coverage(core: Core) -> None:
    reply = Member(core, "okafor").says("what happens if i pay on feb 3", "ask_what_if", date="feb 3")
    assert "February 3 would be too late" in reply
    assert "January 31, 2027" in reply


def test_cancel_with_nothing_open_says_what_can_be_cancelled(core: Core) -> None:
    assert "turn off autopay" in Member(core, "rivera").says("i want to cancel", "cancel")
    assert "Nothing was open" in Member(core, "rivera").says("never mind", "cancel")


def test_a_draft_that_will_fail_is_told_to_who_asks_whether_it_goes_through(core: Core) -> None:
    assert "before the January 1 draft" in Member(core, "nguyen").says("will it go through", "ask_payment_status")
