"""What would happen if: told in amounts and dates, for the change that was meant, and nothing is changed by asking."""

from __future__ import annotations

from datetime import datetime

import pytest

from billing_core import Core, views
from tests.actions.talking import Member


@pytest.mark.parametrize(
    ("who", "text", "parts"),
    [
        ("rivera", "what if i cancel autopay", ["Autopay would end", "$413.40 due January 1 by hand"]),
        ("rivera", "what happens if i cancel on the 20th", ["locked from December 17", "January 7, 2027", "still run"]),
        ("rivera", "what if i miss the next payment", ["$413.40", "March 31, 2027", "February 1", "January 31"]),
        ("rivera", "what if the draft fails", ["March 31, 2027"]),
        (
            "lee",
            "what happens if i pay half",
            ["$206.05 from Visa ending 4242", "$206.05 would be left, due January 1"],
        ),
        ("lee", "what if i skip january", ["$412.10 due January 1", "usual last day", "January 31"]),
        ("okafor", "what if i only pay $100", ["$188.66 would be left", "January 31"]),
        ("brown", "what if i dont pay", ["coverage would not start"]),
        ("lee", "what if i pay 5000", ["$5,000.00 is more than you owe", "$412.10"]),
        ("lee", "what if i cancel autopay", ["Autopay is off"]),
        ("rivera", "what if i pay half", ["You owe nothing now"]),
        ("smith", "what if im late", ["I don't know the last day"]),
        ("reyes", "what if im late", ["ended on October 31, 2026"]),
        ("lee", "what would happen then", ["Which one?"]),
        ("khan", "what happens to the draft if i pay today", ["You would pay $318.00"]),
        ("lee", "what happens if i set up autopay today", ["Say 'set up autopay'"]),
        ("rivera", "what happens if i set up autopay today", ["Which one?"]),
        ("lee", "que pasa si no pago", ["$412.10 due January 1"]),
        ("rivera", "que pasa si cancelo los pagos automaticos", ["Autopay would end"]),
    ],
)
def test_the_answer_names_what_would_follow_and_changes_nothing(
    cast_core: Core, who: str, text: str, parts: list[str]
) -> None:
    before = views.account(cast_core, who)
    answer = Member(cast_core, who).says(text, "ask_what_if")
    for part in parts:
        assert part in answer
    assert views.account(cast_core, who) == before


def test_a_card_changed_on_a_locked_day_is_told_with_the_first_open_one(cast_core: Core) -> None:
    cast_core.clock.set(datetime.fromisoformat("2026-12-16T10:00"))
    answer = Member(cast_core, "nguyen").says("what if i cancel on the 20th", "ask_what_if")
    assert "You could not do it on December 20" in answer
    assert "opens on January 7, 2027" in answer


def test_asking_in_a_payment_brings_the_payment_back(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    member.says("pay my bill", "pay_bill")
    assert "Still want to pay $412.10" in member.says("what if i skip january", "ask_what_if")
    assert "Paid $412.10" in member.says("pay")
