"""What a short message leans on: the rest of a bill, a bare why, another day for a refused one, a paid month."""

from __future__ import annotations

import pytest

from billing_core import Core
from tests.actions.talking import Member


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


@pytest.mark.parametrize("intent", ["pay_partial", "change", "pay_bill", "out_of_scope"])
def test_the_other_half_on_a_later_day_waits_beside_the_first(core: Core, intent: str) -> None:
    member = Member(core, "lee")
    member.says("pay half", "pay_partial")
    both = member.says("the other half on december 28", intent)
    assert "Pay $206.05 for January from Visa ending 4242 today" in both
    assert "After that: pay the rest" in both
    assert "Now the other one: pay the rest" in member.says("PAY")
    assert "Pay $206.05 for January from Visa ending 4242 on December 28" in member.says("NEXT")


def test_half_now_and_the_rest_on_a_day_are_said_in_one_message(core: Core) -> None:
    member = Member(core, "lee")
    both = member.says("pay half today and the other half on december 28", "pay_partial")
    assert "Pay $206.05 for January from Visa ending 4242 today" in both
    assert "After that: pay the rest" in both


def test_the_other_half_in_spanish_waits_too(core: Core) -> None:
    member = Member(core, "garcia", language="es")
    member.says("pagar la mitad", "pay_partial")
    both = member.says("la otra mitad el 28 de diciembre", "change")
    assert "$112.40" in both
    assert "el resto" in both


@pytest.mark.parametrize("said", ["can i do 200 now and rest later", "pay 200 and the rest when i can"])
def test_a_rest_without_a_day_opens_nothing_more(core: Core, said: str) -> None:
    reply = Member(core, "lee").says(said, "pay_partial")
    assert "Pay $200.00" in reply
    assert "After that" not in reply


def test_the_rest_alone_is_all_that_is_owed(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay half", "pay_partial")
    member.says("PAY")
    assert "Pay $206.05" in member.says("pay the rest", "pay_bill")


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (("pay $50 on march 15", "pay_partial"), "coverage could end"),
        (("pay 9000", "pay_partial"), "what has been billed"),
        (("pay it with my mastercard", "pay_bill"), "saved on your account"),
        (("how much do i owe", "ask_amount_due"), "Silver plan"),
        (("when is it due", "ask_due_date"), "sets the due date"),
    ],
)
@pytest.mark.parametrize("why", ["why", "but why not??", "por qué"])
def test_a_bare_why_is_about_what_was_just_said(core: Core, first: tuple[str, str], told: str, why: str) -> None:
    member = Member(core, "lee")
    member.says(*first)
    assert told in member.says(why, "ask_payment_rejected")


def test_a_why_out_of_nothing_is_asked_what_it_is_about(core: Core) -> None:
    assert "Why what?" in Member(core, "lee").says("why", "nlu_fallback")


def test_a_why_with_a_question_behind_it_stands_by_itself(core: Core) -> None:
    member = Member(core, "lee")
    member.says("how much do i owe", "ask_amount_due")
    assert "no rejected payment" in member.says("why was my payment rejected", "ask_payment_rejected")


def test_a_second_why_is_told_who_knows_more(core: Core) -> None:
    member = Member(core, "patel")
    member.says("why was my payment rejected", "ask_payment_rejected")
    assert "Your bank told us no more" in member.says("why", "ask_payment_rejected")
    assert "A person can" in member.says("why", "ask_payment_rejected")


@pytest.mark.parametrize("quoted", [False, True])
def test_another_day_for_a_refused_one_keeps_the_amount(core: Core, quoted: bool) -> None:
    member = Member(core, "lee")
    if quoted:
        member.says("pay my bill", "pay_bill")
    member.says("pay $50 on march 15", "change" if quoted else "pay_partial")
    assert "Pay $50.00" in member.says("ok then december 20", "change")


def test_an_amount_said_with_the_other_day_counts(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay $50 on march 15", "pay_partial")
    assert "Pay $80.00" in member.says("80 on december 20", "pay_partial")


def test_a_month_said_to_be_paid_is_looked_up(core: Core) -> None:
    for intent in ("report_payment_error", "ask_payment_status"):
        assert "no payment that covers November: $96.22" in Member(core, "okafor").says(
            "i already paid november", intent
        )
    assert Member(core, "lee").says("i already paid november", "report_payment_error") == (
        "Nothing is owed for November now."
    )


@pytest.mark.parametrize("intent", ["request_refund", "out_of_scope", "ask_refund_status"])
def test_it_back_is_the_coverage_where_that_has_ended(core: Core, intent: str) -> None:
    ended = Member(core, "reyes").says("how do i get it back", intent)
    assert "Your coverage ended on October 31" in ended
    assert "Your coverage ended" not in Member(core, "lee").says("how do i get it back", "request_refund")


def test_two_questions_ask_for_a_card_once(core: Core) -> None:
    both = Member(core, "brown").says("am i covered", "ask_coverage_lapsed", then=("what do i owe", "ask_amount_due"))
    assert both.count("please add one first") == 1
