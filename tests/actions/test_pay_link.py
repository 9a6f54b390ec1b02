"""Whoever asks for somebody else to pay gets a link to hand on, where that is known to be taken (2.8, G30)."""

from __future__ import annotations

import pytest

from billing_core import Core
from tests.actions.talking import Member


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("can someone else pay my bill", "en"),
        ("my daughter will pay it", "en"),
        ("send me a payment link", "en"),
        ("i need a link so my mom can pay", "en"),
        ("puede otra persona pagar mi factura", "es"),
        ("mi hija quiere pagar", "es"),
        ("un enlace de pago por favor", "es"),
    ],
)
def test_a_link_for_what_is_due_is_made_for_somebody_else(cast_core: Core, text: str, language: str) -> None:
    member = Member(cast_core, "lee", language=language)
    assert "enlace" in member.says(text, "pay_bill") if language == "es" else "link" in member.says(text, "pay_bill")
    assert [data["secure_link"] for data in member.data if "secure_link" in data] == [
        {"purpose": "pay", "amount_cents": 41210}
    ]


@pytest.mark.parametrize("text", ["pay my bill", "pay it with my mom's card", "pay my family plan", "pay 20 for me"])
def test_who_pays_for_themselves_gets_a_quote(cast_core: Core, text: str) -> None:
    member = Member(cast_core, "lee")
    member.says(text, "pay_bill")
    assert [data for data in member.data if "secure_link" in data] == []


def test_where_nobody_knows_no_link_is_made(cast_core: Core) -> None:
    member = Member(cast_core, "smith")
    assert "I don't know whether your plan takes" in member.says("can someone else pay my bill", "pay_bill")
    assert [data for data in member.data if "secure_link" in data] == []


def test_nothing_due_needs_no_link(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay my bill", "pay_bill")
    member.says("pay")
    member.data.clear()
    assert "owe nothing" in member.says("can someone else pay my bill", "pay_bill")
    assert [data for data in member.data if "secure_link" in data] == []
