"""Amounts and days as they are spoken: hundreds left out, cents, feasts, paydays, what is to stay owed."""

from __future__ import annotations

from datetime import date

import pytest

from bot.actions import reading
from bot.actions.reading import Amount

TODAY = date(2026, 12, 15)
JAN = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("one twenty", 12000),
        ("two fifty please", 25000),
        ("a couple hundred", 20000),
        ("412 dollars and 10 cents", 41210),
        ("75 cents", 75),
        ("$.50", 50),
        ("pay -50", 5000),
        ("1.5k", 150000),
        ("pay 25 on the 25", 2500),
    ],
)
def test_an_amount_is_read_as_it_is_spoken(text: str, cents: int) -> None:
    assert reading.amount(text) == Amount(cents=cents)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on christmas", date(2026, 12, 25)),
        ("after christmas", date(2026, 12, 26)),
        ("on new years day", JAN),
        ("new year's eve", date(2026, 12, 31)),
        ("on the 25", date(2026, 12, 25)),
        ("friday next week", date(2026, 12, 25)),
        ("next week friday", date(2026, 12, 25)),
        ("sat", date(2026, 12, 19)),
        ("after jan 3", date(2027, 1, 4)),
        ("but not today, friday", date(2026, 12, 18)),
        ("merry christmas", None),
        ("on the 25 dollars", None),
        ("when i get paid", None),
        ("february 30", None),
    ],
)
def test_a_day_is_read_by_its_name_or_bare_number(text: str, day: date | None) -> None:
    assert reading.day(f"pay it {text}", [], TODAY, JAN) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("i get paid on the 20th, take it after", date(2026, 12, 21)),
        ("payday is the 15th, charge it after that", date(2026, 12, 16)),
        ("el día de pago es el 15, cóbrelo después", date(2026, 12, 16)),
        ("me pagan el viernes, cóbrelo después de eso", date(2026, 12, 19)),
        ("i get paid on the 20th, take it then", date(2026, 12, 20)),
        ("i get paid on the 20th, take it 2 days after", date(2026, 12, 22)),
        ("i get paid on the 20th, take it a week after", date(2026, 12, 27)),
        ("me pagan el 20, cóbrelo dos días después", date(2026, 12, 22)),
        ("pay 50 on the 20th and the rest after", date(2026, 12, 20)),
    ],
)
def test_after_a_payday_is_the_day_after_it_or_so_many_days_as_are_named(text: str, day: date) -> None:
    assert reading.day(text, [], TODAY, JAN) == day


@pytest.mark.parametrize("text", ["when i get paid", "after payday", "on february 30", "once i am paid"])
def test_a_day_that_only_the_member_knows_is_unclear(text: str) -> None:
    assert reading.day_is_unclear(f"pay it {text}", [], TODAY, JAN)


@pytest.mark.parametrize("text", ["when i get paid on the 30th", "on friday", "", "the january bill"])
def test_a_day_that_is_named_or_not_spoken_of_is_clear(text: str) -> None:
    assert not reading.day_is_unclear(f"pay it {text}", [], TODAY, JAN)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("pay all but 100", 10000),
        ("leave $50 for later", 5000),
        ("everything except fifty bucks", 5000),
        ("pay 100", None),
        ("leave it", None),
        ("all but december", None),
    ],
)
def test_what_is_to_stay_owed_is_read_as_such(text: str, cents: int | None) -> None:
    assert reading.withheld_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("100 more", 10000),
        ("add another 50", 5000),
        ("20 less", -2000),
        ("pay 100", None),
        ("2 more days", None),
        ("50 more than that", None),
        ("more", None),
    ],
)
def test_what_is_added_or_taken_off_is_read_with_its_sign(text: str, cents: int | None) -> None:
    assert reading.added_cents(text) == cents
