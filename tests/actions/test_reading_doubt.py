"""What a message leaves open (two amounts, two days), and what it says was paid already."""

from __future__ import annotations

from datetime import date

import pytest

from bot.actions import reading

TODAY = date(2026, 12, 15)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("pay like 40 or 50 dollars", (4000, 5000)),
        ("$5 or $6", (500, 600)),
        ("pay 40 or pay 50", (4000, 5000)),
        ("cuarenta o cincuenta", (4000, 5000)),
        ("1 or 2", None),
        ("in 2 or 3 days", None),
        ("in 20 or 30 days", None),
        ("pay 100 or so", None),
        ("on the 20th or the 22nd", None),
        ("50 or 50", None),
    ],
)
def test_two_amounts_between_which_a_message_leaves_the_choice_are_both_read(
    text: str, cents: tuple[int, int] | None
) -> None:
    assert reading.either_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("pay on the 20th or the 22nd", (20, 22)),
        ("friday or maybe saturday", (18, 19)),
        ("el viernes o el sábado", (18, 19)),
        ("on or before the 20th", None),
        ("friday", None),
        ("friday and saturday", None),
    ],
)
def test_two_days_between_which_a_message_leaves_the_choice_are_both_read(
    text: str, days: tuple[int, int] | None
) -> None:
    wanted = tuple(date(2026, 12, number) for number in days) if days else None
    assert reading.either_day(text, TODAY) == wanted


@pytest.mark.parametrize(
    "text",
    ["i already paid january", "I paid that last week", "its already paid", "my husband paid it", "ya pagué enero",
     "ya pague enero", "pagué noviembre", "ya está pagado"],
)  # fmt: skip
def test_a_payment_that_is_said_to_be_made_is_a_claim(text: str) -> None:
    assert reading.says_paid(text)


@pytest.mark.parametrize(
    "text",
    ["i paid 100 already, pay the rest", "i havent paid yet, do it", "i get paid friday, take it then",
     "when i am paid", "i just got paid, pay my bill", "pague 100 hoy", "ya páguelo", "i want it paid off"],
)  # fmt: skip
def test_a_wish_to_pay_is_no_claim_that_it_was_paid(text: str) -> None:
    assert not reading.says_paid(text)
