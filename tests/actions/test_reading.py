"""Amounts, days, methods and months as members write them, read on Tuesday, December 15, 2026."""

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
ENDINGS = [row.last4 for row in SAVED]
NOV, DEC, JAN, FEB = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)

AMOUNTS = {
    "pay $50 tomorrow": 5000,
    "pay fifty bucks": 5000,
    "fifty bucks": 5000,
    "can i do 200 now and rest later": 20000,
    "$1,250.5 please": 125050,
    "1.250": 125000,
    "1.250,50 dollars": 125050,
    "put 75.25 toward it": 7525,
    "one hundred and twenty dollars": 12000,
    "five hundred": 50000,
    "pay a hundred": 10000,
    "0": 0,
    "$0": 0,
    "$0.01": 1,
    "no, make it 75": 7500,
    "no make it $75 instead": 7500,
    "not 50, 75": 7500,
    "i cant pay 412, can i do 100": 10000,
    "pay 50 with the card ending 4242": 5000,
    "pay 60 on 12/28": 6000,
    "pay $100 on the 28th": 10000,
    "take 40 out of my checking": 4000,
    "how about 99.99": 9999,
    "75": 7500,
    "$ 20": 2000,
    "20$": 2000,
    "pay 412.10": 41210,
    "send 30 USD": 3000,
}
SHARES = {
    "half": Fraction(1, 2),
    "pay half": Fraction(1, 2),
    "a third": Fraction(1, 3),
    "one third of it": Fraction(1, 3),
    "two thirds": Fraction(2, 3),
    "a quarter": Fraction(1, 4),
    "1/2 of it": Fraction(1, 2),
    "pay 50%": Fraction(1, 2),
    "25 percent": Fraction(1, 4),
    "the full amount": Fraction(1),
    "all of it": Fraction(1),
    "pay it all": Fraction(1),
    "pay in full": Fraction(1),
    "the whole thing": Fraction(1),
    "everything": Fraction(1),
    "pay the total balance": Fraction(1),
    "half of the 412.10": Fraction(1, 2),
    "not half, the full amount": Fraction(1),
}
NO_AMOUNT = [
    "pay it on the 28th", "pay on 12/28", "pay in 3 days", "pay it", "jan 3 please", "use the card ending 4242",
    "4242", "my visa 4242", "i have 2 cards", "call me at 919-555-0101", "(919) 555-0101", "9195550101", "at 5pm",
    "5:30", "member id 0101", "my zip is 27601", "27601", "for 2 policies", "in 3 payments", "january 2027",
    'inform{"amount":"5"}',
    "want 2 pay my bill", "pay 4 my son", "everything looks good", "yes all of it is correct", "100%",
    "2026-12-28", "the last 2 months", "confirmation 7F3K-9QXM", "option 1", "account number 12345", "end of the month",
    "december 28, 2026", "don't pay 50", "1st of next month", "number 2",
]  # fmt: skip

DAYS = {
    "today": TODAY,
    "tonight": TODAY,
    "tomorrow": date(2026, 12, 16),
    "day after tomorrow": date(2026, 12, 17),
    "next friday": date(2026, 12, 18),
    "this friday": date(2026, 12, 18),
    "by fri": date(2026, 12, 18),
    "on thurs": date(2026, 12, 17),
    "on tuesday": date(2026, 12, 22),
    "a week from friday": date(2026, 12, 25),
    "this weekend": date(2026, 12, 19),
    "the 28th": date(2026, 12, 28),
    "on the twenty eighth": date(2026, 12, 28),
    "after payday on the 15th": TODAY,
    "when i get paid on the 30th": date(2026, 12, 30),
    "after the 20th": date(2026, 12, 21),
    "before the 20th": date(2026, 12, 19),
    "the 15th": TODAY,
    "the 14th": date(2027, 1, 14),
    "the 31st": date(2026, 12, 31),
    "the first of the month": JAN,
    "1st of next month": JAN,
    "the 3rd of january": date(2027, 1, 3),
    "jan 3": date(2027, 1, 3),
    "january 3rd": date(2027, 1, 3),
    "3 january": date(2027, 1, 3),
    "december 28, 2026": date(2026, 12, 28),
    "12/28": date(2026, 12, 28),
    "12-28": date(2026, 12, 28),
    "12/28/2026": date(2026, 12, 28),
    "2026-12-28": date(2026, 12, 28),
    "in two weeks": date(2026, 12, 29),
    "in 3 days": date(2026, 12, 18),
    "in a couple of days": date(2026, 12, 17),
    "2 weeks from now": date(2026, 12, 29),
    "next week": date(2026, 12, 22),
    "end of the month": date(2026, 12, 31),
    "at the end of january": date(2027, 1, 31),
    "beginning of next month": JAN,
    "middle of january": date(2027, 1, 15),
    "on the due date": JAN,
    "yesterday": date(2026, 12, 14),
    "for yesterday": date(2026, 12, 14),
    "12/10": date(2026, 12, 10),
    "not today, friday": date(2026, 12, 18),
    "but not until friday": date(2026, 12, 18),
    "no not friday, the 28th": date(2026, 12, 28),
}
NO_DAY = [
    "pay my bill", "got my invoice yesterday and would like to pay it", "10-4", "pay half", "in full",
    "use the card ending 4242", "the first one", "1/2 of it", "pay $1,250.50",
    "january and february", "my second card", "not today", "the january bill", "412.10", "monthly", "sunny",
    "i can pay in full", "next month's bill", "don't pay it friday",
]  # fmt: skip

METHODS = {
    "use my visa": VISA,
    "the mastercard": MASTERCARD,
    "from my checking": CHECKING,
    "the checking one": CHECKING,
    "take it from the bank account": CHECKING,
    "card ending 5100": MASTERCARD,
    "the one ending in 6789": CHECKING,
    "charge my card": VISA,
    "the visa one": VISA,
    "4242": VISA,
    "use 5100 instead": MASTERCARD,
    "no not the visa, the mastercard": MASTERCARD,
    "don't use the visa use the mastercard": MASTERCARD,
    "mastercard not visa": MASTERCARD,
    "with master card": MASTERCARD,
    "instead of the visa use my checking": CHECKING,
    "the other card": MASTERCARD,
    "use the other account": CHECKING,
    "a different card": MASTERCARD,
}
NO_METHOD = [
    "pay my bill", "pay 50", "the other half", "another day", "card", "no not the visa", "pay $4242", "other",
    "what cards do you take",
]  # fmt: skip

MONTHS = {
    "january and february": {JAN, FEB},
    "pay january": {JAN},
    "my dec bill": {DEC},
    "last month's": {NOV},
    "what about next month": {JAN},
    "this month": {DEC},
    "november, december and january": {NOV, DEC, JAN},
    "the november one": {NOV},
    "same for february": {FEB},
    "my may bill": {date(2026, 5, 1)},
    "not december, january": {JAN},
    "the january 2027 bill": {JAN},
}
NO_MONTH = [
    "pay on january 3", "jan 3 please", "end of january", "may i pay", "i may pay later", "pay my bill", "the 1st",
    "marching", "decide", "monthly",
]  # fmt: skip

NOT_DONE = {
    "don't set up autopay": r"set ?up|turn on",
    "please do not turn on autopay": r"set ?up|turn on",
    "I don\u2019t want to pay now": "pay",
    "i dont wanna pay yet": "pay",
    "i don't want you to pay it": "pay",
    "never charge my card": "pay|charge",
    "not ready to pay": "pay",
    "i didn't ask to set up autopay": "set ?up",
}
DONE = {
    "set up autopay": r"set ?up|turn on",
    "why can't i pay": "pay",
    "don't you take payments": "take",
    "why don't you pay it": "pay",
    "never mind, pay it": "pay",
    "no, pay it": "pay",
    "can't you set up autopay": r"set ?up",
    "what if i don't pay": "pay",
    "not only pay it, show it": "show",
}


@pytest.mark.parametrize(("text", "cents"), AMOUNTS.items(), ids=list(AMOUNTS))
def test_an_amount_is_read_in_cents(text: str, cents: int) -> None:
    assert reading.amount(text, [], ENDINGS) == Amount(cents=cents)


@pytest.mark.parametrize(("text", "share"), SHARES.items(), ids=list(SHARES))
def test_a_share_is_read_as_one_of_what_is_owed(text: str, share: Fraction) -> None:
    assert reading.amount(text, [], ENDINGS) == Amount(share=share)


@pytest.mark.parametrize("text", NO_AMOUNT)
def test_what_only_looks_like_an_amount_is_none(text: str) -> None:
    assert reading.amount(text, [], ENDINGS) is None


def test_what_rasa_marks_as_all_of_it_is_all_of_it_unless_it_is_negated() -> None:
    assert reading.amount("pay the rest", ["the rest"]) == Amount(share=Fraction(1))
    assert reading.amount("don't pay the rest", ["the rest"]) is None


@pytest.mark.parametrize(("text", "day"), DAYS.items(), ids=list(DAYS))
def test_a_day_is_read_from_the_issuers_today(text: str, day: date) -> None:
    assert reading.day(f"pay it {text}", [], TODAY, JAN) == day


@pytest.mark.parametrize("text", NO_DAY)
def test_what_only_looks_like_a_day_is_none(text: str) -> None:
    assert reading.day(text, [], TODAY, JAN) is None


def test_the_31st_said_in_a_short_month_is_the_next_month_that_has_one() -> None:
    assert reading.day("on the 31st", [], date(2027, 2, 1)) == date(2027, 3, 31)


@pytest.mark.parametrize(("text", "method"), METHODS.items(), ids=list(METHODS))
def test_a_saved_method_is_found_by_its_brand_kind_or_ending(text: str, method: Method) -> None:
    assert reading.method(text, SAVED) is method


@pytest.mark.parametrize("text", NO_METHOD)
def test_words_that_name_no_method_leave_the_choice_open(text: str) -> None:
    assert reading.method(text, SAVED) is None


def test_the_other_card_is_the_one_not_in_use() -> None:
    assert reading.method("use the other card", SAVED, current_id=1) is MASTERCARD
    assert reading.method("use the other card", SAVED, current_id=2) is VISA


@pytest.mark.parametrize("text", ["use my amex", "the card ending 9999", "from my savings"])
def test_a_method_that_is_not_on_file_is_told_and_not_replaced(text: str) -> None:
    with pytest.raises(MethodNotFound):
        reading.method(text, SAVED)


def test_a_method_that_is_not_wanted_is_known_as_such() -> None:
    assert reading.shunned_method("no not the visa", SAVED) is VISA
    assert reading.shunned_method("don't use 5100", SAVED) is MASTERCARD
    assert reading.shunned_method("use the visa", SAVED) is None
    assert reading.shunned_method("not the amex", SAVED) is None


@pytest.mark.parametrize(("text", "months"), MONTHS.items(), ids=list(MONTHS))
def test_months_are_the_nearest_ones_of_their_name(text: str, months: set[date]) -> None:
    assert reading.months(text, TODAY)[0] == months


@pytest.mark.parametrize("text", NO_MONTH)
def test_what_only_looks_like_a_month_is_none(text: str) -> None:
    assert reading.months(text, TODAY) == (set(), set())


def test_a_month_left_out_is_known_as_such() -> None:
    assert reading.months("everything but december", TODAY) == (set(), {DEC})
    assert reading.months("pay all except november", TODAY) == (set(), {NOV})


@pytest.mark.parametrize(("text", "act"), NOT_DONE.items(), ids=list(NOT_DONE))
def test_an_act_that_is_refused_is_known_as_such(text: str, act: str) -> None:
    assert reading.refuses(text, act)


@pytest.mark.parametrize(("text", "act"), DONE.items(), ids=list(DONE))
def test_an_act_that_is_wanted_or_asked_about_is_not_refused(text: str, act: str) -> None:
    assert not reading.refuses(text, act)
