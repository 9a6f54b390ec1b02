"""What a bill is for, the tax credit on it, the last payments, and what is never sent whole."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import Core, correcting
from tests.actions.talking import Member
from tests.billing_core.world import CANONICAL, JAN, World

DEC = date(2026, 12, 1)


@pytest.fixture
def world(sqlite_core: Core) -> World:
    sqlite_core.clock.set(CANONICAL)
    return World(sqlite_core)


def test_a_bill_is_told_part_by_part_with_the_word_to_pay_it(cast_core: Core) -> None:
    answer = Member(cast_core, "lee").says("whats the 412 for", "explain_bill")
    for part in ("January bill of $412.10", "Silver plan", "due January 1", "Nothing is left over", "Reply PAY"):
        assert part in answer


def test_what_is_past_due_is_told_with_its_months(cast_core: Core) -> None:
    answer = Member(cast_core, "okafor").says("why is it so much", "explain_bill")
    assert "$192.44 from November and December" in answer
    assert "$288.66 in all" in answer


def test_a_bill_that_changed_says_from_what_and_why(world: World) -> None:
    world.member(unpaid=(DEC, JAN))
    january = next(row for row in world.invoices() if row.coverage_month == JAN)
    correcting.correct(world.core, january.id, premium_cents=43000, tax_credit_cents=0, sent=False, by="kim")
    answer = Member(world.core, "ada").says("why did it go up", "explain_bill")
    assert "$412.10" in answer
    assert "the premium went up" in answer


def test_a_paid_bill_is_said_to_be_paid_and_nothing_is_offered(cast_core: Core) -> None:
    answer = Member(cast_core, "rivera").says("explain my bill", "explain_bill")
    assert "covers 4 people" in answer
    assert "It is paid." in answer
    assert "PAY" not in answer


@pytest.mark.parametrize("intent", ["explain_bill", "ask_tax_credit", "view_invoice"])
def test_the_amount_of_a_tax_credit_never_goes_into_a_text(cast_core: Core, intent: str) -> None:
    answer = Member(cast_core, "rivera").says("x", intent)
    assert "905.00" not in answer
    assert "1,318.40" not in answer


def test_in_the_browser_the_tax_credit_is_told_with_what_is_left_to_pay(cast_core: Core) -> None:
    answer = Member(cast_core, "rivera", channel="web").says("my tax credit?", "ask_tax_credit")
    for amount in ("$1,318.40", "$905.00", "$413.40"):
        assert amount in answer
    assert "marketplace sets it" in answer


def test_without_a_tax_credit_that_is_said(cast_core: Core) -> None:
    assert "no tax credit" in Member(cast_core, "lee").says("my tax credit?", "ask_tax_credit")


def test_the_last_payments_are_told_newest_first_with_what_became_of_them(cast_core: Core) -> None:
    answer = Member(cast_core, "khan").says("my payments", "ask_payment_history")
    assert answer.index("December 1 $318.00") < answer.index("November 1 $318.00")
    assert "sent back by the bank" in answer


def test_in_the_browser_the_payments_are_on_a_card(cast_core: Core) -> None:
    member = Member(cast_core, "khan", channel="web")
    member.says("my payments", "ask_payment_history")
    (card,) = [data["card"] for data in member.data if "card" in data]
    assert ["November 1", "$318.00, paid"] in card["rows"]


def test_only_the_end_of_the_member_id_is_told(cast_core: Core) -> None:
    answer = Member(cast_core, "lee").says("my account number", "ask_billing_account_number")
    assert "ends in 01" in answer
    assert "M0101" not in answer


def test_an_ended_coverage_has_no_bill_to_come(cast_core: Core) -> None:
    for intent in ("explain_bill", "view_invoice", "ask_tax_credit"):
        assert "ended on October 31, 2026" in Member(cast_core, "reyes").says("x", intent)
