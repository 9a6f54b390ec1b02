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
