"""Amounts, days and methods that a member names in Spanish are read as in English."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import Core, summary
from bot.actions.reading import days, methods
from bot.actions.reading.spanish import in_english
from tests.actions.talking import Member

TODAY = date(2026, 12, 15)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("págalo mañana", date(2026, 12, 16)),
        ("pasado mañana", date(2026, 12, 17)),
        ("el viernes", date(2026, 12, 18)),
        ("el 28", date(2026, 12, 28)),
        ("el 20 de diciembre", date(2026, 12, 20)),
        ("hoy mismo", TODAY),
        ("el primero de enero", date(2027, 1, 1)),
        ("el quince", TODAY),
        ("en tres días", date(2026, 12, 18)),
        ("dentro de dos semanas", date(2026, 12, 29)),
        ("en navidad", date(2026, 12, 25)),
        ("pagar mi factura", None),
    ],
)
def test_days(said: str, day: date | None) -> None:
    assert days.day(said, [], TODAY) == day


@pytest.mark.parametrize("said", ["la tarjeta que termina en 5100", "con mi mastercard", "usa la otra tarjeta"])
def test_methods(cast_core: Core, said: str) -> None:
    view = summary.of(cast_core, "patel")
    found = methods.method(said, view.methods, view.methods[0].id)
    assert found is not None
    assert found.last4 == "5100"


@pytest.mark.parametrize(
    ("said", "cents"),
    [
        ("quiero pagar la mitad", "$112.40"),
        ("pagar 100 dólares", "$100.00"),
        ("pagar todo", "$224.80"),
        ("quiero pagar cien dólares", "$100.00"),
        ("pagar cincuenta y cinco", "$55.00"),
        ("doscientos", "$200.00"),
        ("once dólares", "$11.00"),
        ("todo menos veinte dólares", "$204.80"),
        ("la tercera parte", "$74.93"),
    ],
)
def test_amounts_are_read_back(cast_core: Core, said: str, cents: str) -> None:
    assert cents in Member(cast_core, "garcia", language="es").says(said, "pay_bill")


@pytest.mark.parametrize(
    "said",
    [
        "how much do i owe",
        "pay the other card on the 28th",
        "only the dental one",
        "no not the visa",
        "once i pay",
        "son",
        "mil thanks",
    ],
)
def test_english_stays_as_it_is(said: str) -> None:
    assert in_english(said) == said
