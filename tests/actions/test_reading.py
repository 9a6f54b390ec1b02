"""Amounts, dates and methods as members write them, read on Tuesday, December 15, 2026."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from billing_core.errors import MethodNotFound
from billing_core.methods import Method
from bot.actions import reading
from bot.actions.reading import Amount

TODAY = date(2026, 12, 15)
VISA = Method(id=1, kind="card", brand="visa", last4="4242", disabled_code=None)
MASTERCARD = Method(id=2, kind="card", brand="mastercard", last4="5100", disabled_code=None)
CHECKING = Method(id=3, kind="checking", brand=None, last4="6789", disabled_code=None)
SAVED = [VISA, MASTERCARD, CHECKING]


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("pay $50 tomorrow", 5000),
        ("pay fifty bucks", 5000),
        ("can i do 200 now and rest later", 20000),
        ("$1,250.5 please", 125050),
        ("put 75.25 toward it", 7525),
        ("one hundred and twenty dollars", 12000),
        ("0", 0),
        ("$0.01", 1),
    ],
)
def test_an_amount_is_read_in_cents(text: str, cents: int) -> None:
    assert reading.amount(text, []) == Amount(cents=cents)


@pytest.mark.parametrize("text", ["pay it on the 28th", "pay on 12/28", "pay in 3 days", "pay it", "jan 3 please"])
def test_a_date_is_not_an_amount(text: str) -> None:
    assert reading.amount(text, []) is None


def test_half_and_everything_are_shares_of_what_is_owed() -> None:
    assert reading.amount("half", ["half"]) == Amount(share=Fraction(1, 2))
    assert reading.amount("pay 50%", ["50"]) == Amount(share=Fraction(1, 2))
    assert reading.amount("all of it", ["all of it"]) == Amount(share=Fraction(1))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", TODAY),
        ("tomorrow", date(2026, 12, 16)),
        ("next friday", date(2026, 12, 18)),
        ("on tuesday", date(2026, 12, 22)),
        ("the 28th", date(2026, 12, 28)),
        ("the 15th", TODAY),
        ("the 14th", date(2027, 1, 14)),
        ("the 31st", date(2026, 12, 31)),
        ("jan 3", date(2027, 1, 3)),
        ("12/28", date(2026, 12, 28)),
        ("in two weeks", date(2026, 12, 29)),
        ("end of the month", date(2026, 12, 31)),
        ("yesterday", date(2026, 12, 14)),
        ("12/10", date(2026, 12, 10)),
    ],
)
def test_a_day_is_read_from_the_issuers_today(text: str, day: date) -> None:
    assert reading.day(f"pay it {text}", [], TODAY) == day


def test_the_31st_said_in_a_short_month_is_the_next_month_that_has_one() -> None:
    assert reading.day("on the 31st", [], date(2027, 2, 1)) == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("use my visa", VISA),
        ("the mastercard", MASTERCARD),
        ("from my checking", CHECKING),
        ("take it from the bank account", CHECKING),
        ("card ending 5100", MASTERCARD),
        ("the one ending in 6789", CHECKING),
        ("charge my card", VISA),
    ],
)
def test_a_saved_method_is_found_by_its_brand_kind_or_ending(text: str, method: Method) -> None:
    assert reading.method(text, SAVED) is method


def test_the_other_card_is_the_one_not_in_use() -> None:
    assert reading.method("use the other card", SAVED, current_id=1) is MASTERCARD
    assert reading.method("use the other card", SAVED, current_id=2) is VISA


def test_a_brand_that_is_not_on_file_is_told_and_not_replaced() -> None:
    with pytest.raises(MethodNotFound):
        reading.method("use my amex", SAVED)


def test_words_that_name_no_method_leave_the_choice_open() -> None:
    assert reading.method("pay my bill", SAVED) is None
