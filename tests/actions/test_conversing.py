"""Corrections, changes of mind and negations: what was not read back and agreed to never happens."""

from __future__ import annotations

from datetime import timedelta

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


# Each correction as the classifier may take it; none of them pays, all of them are read back.
@pytest.mark.parametrize(
    "intent", ["change", "deny", "affirm", "pay_partial", "pay_bill", "nlu_fallback", "ask_amount_due"]
)
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no, make it 75", "Pay $75.00"),
        ("yes but only 75", "Pay $75.00"),
        ("no wait, half", "Pay $143.78"),
        ("use the other card", "Mastercard ending 5100"),
        ("no not the visa", "Mastercard ending 5100"),
        ("actually on friday", "December 18"),
        ("not today, on the 28th", "December 28"),
    ],
)
def test_a_correction_is_read_back_however_it_is_understood(core: Core, intent: str, said: str, told: str) -> None:
    member = Member(core, "patel")
    member.says("pay my bill", "pay_bill")
    reply = member.says(said, intent)
    assert told in reply
    assert "PAY to confirm" in reply
    assert paid_cents(core, "patel") == []


def test_a_correction_keeps_what_it_does_not_correct(core: Core) -> None:
    member = Member(core, "patel")
    member.says("pay 150 with the mastercard", "pay_partial")
    assert "Pay $75.00 for January from Mastercard ending 5100 today" in member.says("no make it 75", "change")
    reply = member.says("on friday", "change")
    assert "Pay $75.00 for January from Mastercard ending 5100 on December 18" in reply
    assert "scheduled" in member.says("pay")


def test_the_policy_is_corrected_and_the_amount_goes_with_it(core: Core) -> None:
    member = Member(core, "cohen")
    assert "$340.50" in member.says("pay my bill", "pay_bill")
    assert "Pay $42.50 for January dental" in member.says("i meant dental", "change")
    assert "Pay $298.00" in member.says("not the dental, the health one", "change")
    assert "Pay $340.50" in member.says("no, everything", "change")


@pytest.mark.parametrize(
    "said", ["yes", "yes please", "ok pay it", "yes pay the 150", "yes from my visa", "sure, today"]
)
def test_a_yes_that_repeats_what_was_read_back_is_one(core: Core, said: str) -> None:
    member = Member(core, "lee")
    member.says("pay 150", "pay_partial")
    assert "Paid $150.00" in member.says(said, "affirm")


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("ok but don't pay it", "affirm"),
        ("i don't want to pay now", "pay_bill"),
        ("don't pay it", "pay_bill"),
        ("please do not charge my card", "pay_bill"),
        ("no thanks, not today", "deny"),
        ("never mind", "cancel"),
    ],
)
def test_who_does_not_want_to_pay_leaves_with_nothing_done(core: Core, said: str, intent: str) -> None:
    member = Member(core, "lee")
    member.says("pay 150", "pay_partial")
    assert "nothing was charged" in member.says(said, intent)
    assert "nothing waiting" in member.says("yes", "affirm")
    assert paid_cents(core, "lee") == []


def test_a_negated_payment_without_an_offer_opens_none(core: Core) -> None:
    member = Member(core, "lee")
    assert "I won't do that" in member.says("don't pay my bill", "pay_bill")
    assert "nothing waiting" in member.says("yes", "affirm")


@pytest.mark.parametrize(
    ("said", "intent"),
    [("don't set up autopay", "setup_autopay"), ("i do not want to enroll in autopay", "setup_autopay")],
)
def test_a_negated_autopay_stays_off_and_a_payment_beside_it_goes_on(core: Core, said: str, intent: str) -> None:
    member = Member(core, "lee", level="L3")
    member.says("pay 150", "pay_partial")
    reply = member.says(said, intent)
    assert "I won't do that" in reply
    assert "Still want to pay $150.00" in reply
    assert views.account(core, "lee")["autopay"]["status"] == "none"
    assert "Paid $150.00" in member.says("pay")


def test_a_negated_cancellation_leaves_autopay_on(core: Core) -> None:
    member = Member(core, "rivera", level="L3")
    assert "I won't do that" in member.says("don't cancel my autopay", "cancel_autopay")
    assert views.account(core, "rivera")["autopay"]["status"] == "active"


def test_not_wanting_autopay_any_more_is_wanting_it_off(core: Core) -> None:
    member = Member(core, "rivera", level="L3")
    assert "Autopay is off" in member.says("i don't want autopay anymore", "cancel_autopay")


def test_an_offered_autopay_that_is_refused_is_withdrawn(core: Core) -> None:
    member = Member(core, "lee", level="L3")
    assert "AGREE" in member.says("set up autopay", "setup_autopay")
    assert "autopay was not turned on" in member.says("no don't turn it on", "setup_autopay")
    assert "nothing waiting" in member.says("yes", "affirm")


def test_a_refused_correction_says_why_and_brings_the_open_payment_back_to_mind(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay 150", "pay_partial")
    for said, why in [
        ("make it 900", "$900.00 is more than you owe"),
        ("make it 0", "zero"),
        ("on december 3", "has passed"),
        ("in 9 months", "The last day I can set is"),
        ("use my amex", "don't see that card"),
    ]:
        reply = member.says(said, "change")
        assert why in reply, said
        assert "Still want to pay $150.00" in reply, said
    assert "Paid $150.00" in member.says("pay")


def test_the_only_card_that_is_not_wanted_is_told_to_be_the_only_one(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay 150", "pay_partial")
    for said in ("no not the visa", "use the other card"):
        assert "There is no other card or account on file" in member.says(said, "change")
    assert "Paid $150.00" in member.says("pay")


def test_coming_back_after_the_quote_expired_is_told_and_offered_again(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay 150", "pay_partial")
    core.clock.set(core.now() + timedelta(minutes=31))
    reply = member.says("no make it 75", "change")
    assert "more than 30 minutes old" in reply
    assert "PAY to confirm" in reply
    assert paid_cents(core, "lee") == []


def test_thanks_after_a_payment_asks_for_nothing(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    member.says("pay")
    assert member.says("thanks!", "thank") == "You're welcome."


def test_one_month_is_paid_by_its_own_amount_and_the_oldest_comes_first(core: Core) -> None:
    member = Member(core, "okafor")
    assert "Pay $96.22 for November" in member.says("pay november", "pay_bill")
    assert "Pay $192.44 for November and December" in member.says("november and december", "change")
    assert "Pay $192.44 for November and December" in member.says("everything but january", "pay_bill")
    reply = member.says("just pay january", "pay_bill")
    assert "Payments go to the oldest month first, so this one goes to November." in reply
    assert "Pay $96.22 for November" in reply


def test_a_month_with_nothing_owed_is_told_with_the_next_bill(core: Core) -> None:
    member = Member(core, "lee")
    reply = member.says("how much for february", "ask_amount_due")
    assert "Nothing is owed for February now. The February bill of $412.10 comes" in reply
    assert "Nothing is owed for November now. Your January premium is $412.10" in member.says(
        "pay november", "pay_bill"
    )


def test_a_short_message_asks_the_same_about_something_else(core: Core) -> None:
    member = Member(core, "cohen")
    member.says("how much do i owe", "ask_amount_due")
    assert member.memory["topic"] == "ask_amount_due"
    assert "dental premium is $42.50" in member.says("and for dental?", "ask_amount_due")
    member.says("show my bill", "view_invoice")
    assert member.memory["topic"] == "view_invoice"
    assert "$298.00" not in member.says("and for dental?", "view_invoice")
    member.says("is there a fee", "ask_fees")
    assert member.memory["topic"] == "view_invoice", "a passing question changes no topic"


def test_not_understanding_is_help_once_and_a_person_the_second_time(core: Core) -> None:
    member = Member(core, "lee")
    assert "You can say" in member.says("blorb", "nlu_fallback")
    again = member.says("blorb blorb", "nlu_fallback")
    assert "asking a person" in again
    assert member.data[0]["handoff"] == {"reason": "misunderstood twice"}
    member.says("how much do i owe", "ask_amount_due")
    assert "You can say" in member.says("blorb", "nlu_fallback")


def test_out_of_scope_is_no_misunderstanding(core: Core) -> None:
    member = Member(core, "lee")
    member.says("whats the weather", "out_of_scope")
    assert "I only help" in member.says("play a song", "out_of_scope")
    assert member.misunderstandings == 0


@pytest.mark.parametrize("words", ["pay it", "yes, pay it", "ok pay", "go ahead and pay it please", "pay now"])
def test_a_payment_that_was_read_back_is_paid_when_they_say_so_in_more_words(core: Core, words: str) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    assert "Paid $412.10" in member.says(words, "pay_bill")


@pytest.mark.parametrize("words", ["pay my bill", "can i pay it", "pay it tomorrow", "pay 50"])
def test_anything_else_about_paying_is_read_back_and_not_paid(core: Core, words: str) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    assert "Paid" not in member.says(words, "pay_bill")


def test_what_was_only_told_beside_an_answer_is_read_back_before_it_is_paid(core: Core) -> None:
    member = Member(core, "lee")
    member.says("how much do i owe", "ask_amount_due")
    reply = member.says("pay it", "pay_bill")
    assert "Paid" not in reply
    assert "Reply PAY" in reply
