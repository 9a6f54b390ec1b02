"""More than one payment in a message, and an amount or a day that it leaves open."""

from __future__ import annotations

from billing_core import Core, views
from tests.actions.talking import Member


def test_of_three_payments_the_third_comes_up_after_the_second(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    said = member.says("a hundred now, a hundred on the 22nd and the rest on the 28th", "pay_partial")
    assert "Pay $100.00 for January from Visa ending 4242 today" in said
    assert "NEXT" in member.says("PAY")
    assert "$100.00 for January from Visa ending 4242 on December 22" in member.says("NEXT")
    assert "pay the rest on its day" in member.says("PAY")
    assert "$212.10 for January from Visa ending 4242 on December 28" in member.says("NEXT")
    member.says("PAY")
    assert [row["amount_cents"] for row in views.account(cast_core, "lee")["payments"]][-3:] == [10000, 10000, 21210]


def test_an_amount_on_each_policy_is_a_payment_for_each(cast_core: Core) -> None:
    member = Member(cast_core, "cohen")
    said = member.says("pay 20 on each", "pay_partial")
    assert "Pay $20.00 for January from" in said
    assert "After that: make your dental payment" in said
    assert "NEXT" in member.says("PAY")
    assert "Pay $20.00 for January dental" in member.says("NEXT")


def test_an_amount_each_month_is_no_amount_on_each_policy(cast_core: Core) -> None:
    assert "After that" not in Member(cast_core, "cohen").says("pay 20 each month", "pay_partial")


def test_two_amounts_to_choose_from_are_asked_about_and_the_day_is_kept(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    assert "$40.00 or $50.00" in member.says("pay like 40 or 50 dollars on friday", "pay_partial")
    assert [each["payload"] for each in member.buttons] == ["$40.00", "$50.00"]
    assert "Pay $50.00 for January from Visa ending 4242 on December 18" in member.says("50", "pay_partial")


def test_two_days_to_choose_from_are_asked_about_and_the_amount_is_kept(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    assert "December 18 or December 19" in member.says("pay 80 on friday or saturday", "pay_partial")
    assert "Pay $80.00 for January from Visa ending 4242 on December 19" in member.says("saturday", "change")


def test_two_amounts_said_of_an_open_payment_are_asked_about(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay 80 on friday", "pay_partial")
    assert "$60.00 or $70.00" in member.says("make it 60 or 70", "change")
    assert "Pay $70.00 for January from Visa ending 4242 on December 18" in member.says("70", "change")


def test_a_payment_that_is_said_to_be_made_begins_no_other(cast_core: Core) -> None:
    said = Member(cast_core, "garcia", language="es").says("ya pagué enero", "pay_bill")
    assert "PAGAR para confirmar" not in said
    assert "enero" in said


def test_an_amount_with_and_in_it_is_one(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    assert "Pay $250.00" in member.says("knock out two hundred and fifty of it today", "pay_partial")
    spanish = Member(cast_core, "garcia", language="es")
    said = spanish.says("ciento treinta y cinco dólares el viernes", "pay_partial")
    assert "$135.00 por enero" in said
    assert "18 de diciembre" in said


def test_two_amounts_in_words_on_two_days_are_two_payments(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    assert "Pay $250.00" in member.says("two hundred and fifty now and sixty on friday", "pay_partial")
    member.says("PAY")
    assert "Pay $60.00 for January from Visa ending 4242 on December 18" in member.says("NEXT")


def test_a_next_is_no_order_to_pay(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay 100", "pay_partial")
    assert "Reply PAY to confirm" in member.says("next", "affirm")
    assert "Reply PAY to confirm" in member.says("siguiente", "affirm")


def test_the_other_one_after_a_decline_is_the_one_that_was_offered(cast_core: Core) -> None:
    member = Member(cast_core, "patel")
    assert "Mastercard" in member.says("why was it declined", "ask_payment_rejected")
    assert "from Mastercard ending 5100" in member.says("fine use the other one", "change")
    assert "from Visa ending 9995" in member.says("no, the visa", "change")


def test_no_use_the_mastercard_wants_the_mastercard(cast_core: Core) -> None:
    member = Member(cast_core, "patel")
    member.says("pay my bill", "pay_bill")
    assert "from Mastercard ending 5100" in member.says("no use the mastercard", "change")


def test_a_short_pague_is_an_order_and_a_question_is_none(cast_core: Core) -> None:
    order = Member(cast_core, "okafor", language="es").says("pague noviembre", "ask_payment_history")
    assert "¿Pagar $96.22 por noviembre" in order
    assert "¿Pagar" not in Member(cast_core, "okafor", language="es").says("pagué noviembre?", "ask_payment_history")


def test_a_month_or_a_last_day_is_no_day_to_pay_on(cast_core: Core) -> None:
    for text in ("pay it next month", "págelo el mes que entra", "páguelo el último día"):
        said = Member(cast_core, "lee").says(text, "pay_bill")
        assert "Which day" in said, text


def test_what_goes_on_from_an_answer_about_paying_is_about_it(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    assert "more than you owe" in member.says("pay 500", "pay_partial")
    assert "Pay $412.10" in member.says("ok then the most you can", "nlu_fallback")
    cohen = Member(cast_core, "cohen", language="es")
    cohen.says("pague el dental", "pay_bill")
    cohen.says("PAY")
    assert "¿Pagar $298.00" in cohen.says("y el otro?", "nlu_fallback")
    assert "¿Pagar $149.00" in cohen.says("la mitad", "nlu_fallback")


def test_a_part_payment_on_its_way_is_moved_by_dropping_it_and_keeps_its_amount(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay 200 on the 20th", "pay_partial")
    member.says("PAY")
    assert "To move the $200.00 payment on December 20, reply DROP IT" in member.says("move that to the 23rd", "change")
    member.says("DROP IT")
    assert "Pay $200.00 for January from Visa ending 4242 on December 23" in member.says("the 23rd", "change")


def test_a_question_about_what_was_paid_opens_no_payment(cast_core: Core) -> None:
    said = Member(cast_core, "lee").says("was that on the visa", "change")
    assert "PAY" not in said
    assert "November 27" in said


def test_a_question_beside_the_authorization_hears_it_again(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("set up autopay", "setup_autopay")
    assert "first $412.10 on January 1" in member.says("wait does that take money today", "change")
    assert "Which one should autopay use" in member.says("not with my visa", "change")


def test_with_autopay_off_a_wish_for_it_with_one_month_left_out_turns_it_on(cast_core: Core) -> None:
    spanish = Member(cast_core, "garcia", level="L3", language="es")
    assert "ACEPTO" in spanish.says("quiero el pago automático pero no este mes", "cancel_autopay")
    assert "AGREE" in Member(cast_core, "lee", level="L3").says(
        "turn on autopay but not for this month", "pause_autopay"
    )
    for text in ("turn off autopay", "i never wanted autopay", "ya no quiero el pago automático"):
        assert "already" in Member(cast_core, "lee", level="L3").says(text, "cancel_autopay"), text


def test_when_a_card_expires_is_told(cast_core: Core) -> None:
    assert "08/2028" in Member(cast_core, "lee").says("when does my card expire", "update_payment_method")


def test_an_ok_before_a_question_answers_nothing_else(cast_core: Core) -> None:
    said = Member(cast_core, "lee").says("ok", "affirm", then=("what do i owe now", "ask_amount_due"))
    assert "$412.10" in said
    assert "nothing waiting" not in said


def test_there_being_no_other_card_leaves_the_payment_as_it_is(cast_core: Core) -> None:
    member = Member(cast_core, "khan")
    member.says("pay it", "pay_bill")
    assert "no other card or account" in member.says("pay it with something else", "change")
    assert "Pay $318.00" in member.says("i dont have another card", "change")


def test_the_amount_is_kept_when_only_the_card_was_not_found(cast_core: Core) -> None:
    member = Member(cast_core, "smith")
    assert "don't see that card" in member.says("pay half by debit card", "pay_partial")
    assert "Pay $92.50 for January from checking ending 1234" in member.says("ok from checking then", "change")


def test_do_it_on_a_day_is_an_order_where_no_payment_was_offered(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("i cant pay till i get my check", "ask_payment_plan")
    assert "Pay $412.10 for January from Visa ending 4242 on January 5" in member.says(
        "ok then do it on the 5th", "affirm"
    )
