"""The range inside which changed amounts need not be told: read, put into the authorization, and kept (G8)."""

from __future__ import annotations

import pytest

from billing_core import Core
from billing_core.authorization import Range
from billing_core.autopay import Enrollment
from bot.actions.reading.ranges import amount_range
from tests.actions.talking import Member


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("set up autopay with a range of $300 to $450", 30000, 45000),
        ("autopay, tell me only outside 300 and 450.50", 30000, 45050),
        ("activar el pago automático con un rango de $300 a $450", 30000, 45000),
        ("autopay between $1,200 and $1,000", 100000, 120000),
    ],
)
def test_a_range_is_read_the_smaller_amount_first(said: str, low: int, high: int) -> None:
    assert amount_range(said) == Range(low, high)


@pytest.mark.parametrize("said", ["set up autopay", "autopay from my visa 4242", "a range of 300", "range of 0 to 0"])
def test_anything_else_is_no_range(said: str) -> None:
    assert amount_range(said) is None


def test_the_range_stands_in_what_is_agreed_to_and_is_kept(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3", channel="web")
    asked = member.says("set up autopay with a range of $300 to $450", "setup_autopay")
    assert "$300.00" in asked
    assert "$450.00" in asked
    member.says("AGREE")
    with cast_core.read() as session:
        (kept,) = session.query(Enrollment).filter_by(account_id="lee").all()
    assert kept.range == Range(30000, 45000)


def test_in_the_page_a_range_is_asked_for_and_in_a_text_it_is_not(cast_core: Core) -> None:
    assert "a range" in Member(cast_core, "lee", level="L3", channel="web").says("set up autopay", "setup_autopay")
    assert "a range" not in Member(cast_core, "patel", level="L3").says("set up autopay", "setup_autopay")
