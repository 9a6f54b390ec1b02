"""The steps against the real core: who may hear what, and what a turn that is run twice does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from billing_core import Core, views
from bot.actions.webhook import STEPS
from channels.words import sentences
from tests.actions.talking import Member


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


ACCOUNT_INTENTS = [
    "ask_amount_due",
    "ask_due_date",
    "view_invoice",
    "pay_bill",
    "pay_partial",
    "ask_autopay_status",
    "update_payment_method",
    "ask_payment_rejected",
    "ask_payment_status",
]


@pytest.mark.parametrize("intent", ACCOUNT_INTENTS)
def test_below_l2_nothing_of_the_account_is_told_and_a_code_is_asked_for(core: Core, intent: str) -> None:
    member = Member(core, "brown", level="L1")
    assert member.says("x", intent) == ""
    assert member.data[0]["step_up"]["level"] == "L2"


@pytest.mark.parametrize("intent", ["setup_autopay", "cancel_autopay"])
def test_autopay_changes_need_a_code_within_the_last_minutes(core: Core, intent: str) -> None:
    member = Member(core, "rivera", level="L2")
    assert member.says("x", intent) == ""
    assert member.data[0]["step_up"]["level"] == "L3"
    assert views.account(core, "rivera")["autopay"]["status"] == "active"


@pytest.mark.parametrize("intent", [*ACCOUNT_INTENTS, "setup_autopay", "cancel_autopay"])
def test_a_stranger_hears_the_same_whatever_they_ask(core: Core, intent: str) -> None:
    stranger = Member(core, None, level="L0")
    assert stranger.says("x", intent) == stranger.says("x", "ask_amount_due")
    assert {name for data in stranger.data for name in data} == {"find"}


def test_agreeing_to_autopay_with_an_old_code_asks_for_a_new_one(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    assert "AGREE" in member.says("set up autopay", "setup_autopay")
    member.level = "L2"
    assert member.says("agree") == ""
    assert member.data[0]["step_up"]["level"] == "L3"
    assert views.account(core, "lee")["autopay"]["status"] == "none"
    member.level = "L3"
    assert "Autopay is on" in member.says("agree")


def test_a_confirmation_run_twice_pays_once_and_says_the_same(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    first = member.says("pay", turn_id="turn-pay")
    assert "Paid $412.10" in first
    # After a kill the worker runs the turn again, and the word still means what it meant.
    assert member.says("pay", turn_id="turn-pay") == first
    assert [row["status"] for row in views.account(core, "lee")["payments"]][1:] == ["settled"]


def test_a_decline_run_twice_opens_one_new_quote(core: Core) -> None:
    member = Member(core, "patel")
    member.says("pay my bill", "pay_bill")
    first = member.says("pay", turn_id="turn-pay")
    assert "Mastercard ending 5100 instead" in first
    assert member.says("pay", turn_id="turn-pay") == first
    assert "Paid $287.55" in member.says("pay")


def test_saving_an_end_twice_in_one_turn_saves_it_once(core: Core) -> None:
    core.clock.set(datetime.fromisoformat("2026-12-17T10:00"))
    member = Member(core, "rivera", level="L3")
    assert "OFF LATER" in member.says("cancel autopay", "cancel_autopay")
    first = member.says("off later", turn_id="turn-later")
    assert member.says("off later", turn_id="turn-later") == first
    assert views.account(core, "rivera")["autopay"]["pending_on"] == "2027-01-07"


def test_yes_confirms_a_quote_that_was_asked_for_and_not_one_that_came_unasked(core: Core) -> None:
    member = Member(core, "lee")
    member.says("how much do i owe", "ask_amount_due")
    assert "PAY to confirm" in member.says("ok", "affirm")
    assert "Paid" in member.says("yes", "affirm")


def test_a_quote_of_one_conversation_is_not_confirmed_in_another(core: Core) -> None:
    Member(core, "lee").says("pay my bill", "pay_bill")
    assert "nothing waiting" in Member(core, "lee").says("yes", "affirm")


def test_a_question_about_the_bill_in_a_payment_does_not_replace_the_quote(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay 150", "pay_partial")
    answer = member.says("when is it due", "ask_due_date")
    assert "January 1" in answer
    assert "Still want to pay $150.00" in answer
    assert "Paid $150.00" in member.says("pay")


def test_an_answer_after_the_offer_expired_changes_nothing_and_says_so(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    member.says("set up autopay", "setup_autopay")
    core.clock.advance(timedelta(minutes=31))
    assert "30 minutes" in member.says("agree")
    assert views.account(core, "lee")["autopay"]["status"] == "none"


def test_agreeing_after_midnight_into_the_lock_turns_nothing_on(core: Core) -> None:
    core.clock.set(datetime.fromisoformat("2026-12-16T23:50"))
    member = Member(core, "lee", level="L3")
    assert "January 1, 2027" in member.says("set up autopay", "setup_autopay")
    core.clock.set(datetime.fromisoformat("2026-12-17T00:01"))
    assert "nothing was turned on" in member.says("agree")
    assert views.account(core, "lee")["autopay"]["status"] == "none"
    assert "February 1, 2027" in member.says("set up autopay", "setup_autopay")
    assert "Autopay is on" in member.says("agree")


def test_an_amount_after_how_much_is_read_even_when_nothing_else_is_understood(core: Core) -> None:
    member = Member(core, "lee")
    assert "How much" in member.says("can i pay a part", "pay_partial")
    assert "Pay $75.00" in member.says("75", "nlu_fallback")


def test_the_tax_credit_is_on_the_card_and_never_in_the_text(core: Core) -> None:
    member = Member(core, "rivera", channel="web")
    text = member.says("show my bill", "view_invoice")
    assert "905.00" not in text
    assert ["Tax credit", "-$905.00"] in member.data[0]["card"]["rows"]


def test_the_receipt_card_carries_the_confirmation_and_what_is_left(core: Core) -> None:
    member = Member(core, "lee", channel="web")
    member.says("pay 200", "pay_partial")
    member.says("pay")
    card = member.data[0]["card"]
    assert card["kind"] == "receipt"
    assert card["total"] == ["Still owed", "$212.10"]
    assert dict(card["rows"])["Confirmation"]


def test_an_unauthorized_return_is_noted_for_a_person(core: Core) -> None:
    member = Member(core, "novak")
    assert "a person can" in member.says("why", "ask_payment_rejected")
    assert member.data[0]["handoff"]["reason"] == "unauthorized return"


def test_every_code_is_asked_for_with_a_purpose_the_channels_have_words_for() -> None:
    assert {kind.purpose for kind in STEPS} <= set(sentences()["purposes"])
