"""From a quote to an answer: once, checked again, and never more than is owed (DESIGN 3, steps 10 and 11)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from billing_core import attempts, notices, quotes, reversals, views
from billing_core.attempts import CONFIRMATION_LETTERS
from billing_core.errors import (
    AmountAboveOwed,
    MethodDisabled,
    MethodExpired,
    NothingOffered,
    PaymentUnresolved,
    PersonNeeded,
    QuoteExpired,
)
from billing_core.processors import Declined
from tests.billing_core.world import JAN, World


def test_a_confirmed_quote_is_charged_settled_posted_and_noticed(world: World) -> None:
    world.member()
    since = notices.last_id(world.core)
    outcome = world.pay()
    assert outcome.payment.state == "settled"
    assert (outcome.left_cents, outcome.next_due_on) == (0, None)
    assert outcome.payment.resolved_on == date(2026, 12, 15)
    assert [(row.attempt_id, row.amount_cents) for row in world.charges()] == [(outcome.payment.id, 41210)]
    assert world.owed_cents() == 0
    assert world.ledger_total_cents() == 0
    assert notices.kinds_since(world.core, "ada", since) == ["receipt"]


def test_a_confirmation_number_can_be_read_aloud(world: World) -> None:
    world.member()
    number = world.pay().payment.confirmation
    assert number is not None
    assert re.fullmatch(rf"[{CONFIRMATION_LETTERS}]{{4}}-[{CONFIRMATION_LETTERS}]{{4}}", number)
    assert not set("01OILAEU") & set(CONFIRMATION_LETTERS)


def test_a_part_goes_to_the_oldest_month_and_the_rest_stays_owed(world: World) -> None:
    world.member(unpaid=[date(2026, 12, 1), JAN])
    outcome = world.pay(amount_cents=41211)
    assert (outcome.left_cents, outcome.next_due_on) == (41209, JAN)


def test_a_policys_payment_goes_to_that_policy_only(world: World) -> None:
    world.member(premium_cents=29800, dental_cents=4250)
    outcome = world.pay(policy="dental")
    assert outcome.left_cents == 29800
    assert [row["policy"] for row in views.account(world.core, "ada")["invoices"]] == ["health"]


def test_confirming_twice_in_one_turn_pays_once(world: World) -> None:
    world.member()
    quote = world.quote()
    first = attempts.confirm(world.core, quote.payment_id, "T")
    again = attempts.confirm(world.core, quote.payment_id, "T")
    assert first.payment.confirmation == again.payment.confirmation
    assert len(world.charges()) == 1
    assert world.taken_cents() == 41210


def test_a_second_turn_cannot_confirm_the_same_quote(world: World) -> None:
    world.member()
    quote = world.quote(amount_cents=100)
    attempts.confirm(world.core, quote.payment_id, "T1")
    with pytest.raises(NothingOffered):
        attempts.confirm(world.core, quote.payment_id, "T2")
    assert world.taken_cents() == 100


def test_a_left_quote_cannot_be_confirmed(world: World) -> None:
    world.member()
    quote = world.quote()
    quotes.leave(world.core, world.open_offers()[0])
    with pytest.raises(NothingOffered):
        attempts.confirm(world.core, quote.payment_id, world.turn())
    assert world.charges() == []


def test_a_quote_is_good_for_exactly_thirty_minutes_and_not_a_second_longer(world: World) -> None:
    world.member()
    first, second = world.quote(conversation="a", amount_cents=100), world.quote(conversation="b", amount_cents=100)
    assert first.expires_at == world.core.now() + timedelta(minutes=30)
    world.core.clock.set(first.expires_at)
    assert attempts.confirm(world.core, first.payment_id, world.turn()).payment.state == "settled"
    world.core.clock.advance(timedelta(seconds=1))
    with pytest.raises(QuoteExpired):
        attempts.confirm(world.core, second.payment_id, world.turn())
    assert world.taken_cents() == 100


def test_what_was_paid_meanwhile_is_not_taken_again(world: World) -> None:
    world.member()
    here, there = world.quote(conversation="a"), world.quote(conversation="b")
    attempts.confirm(world.core, here.payment_id, world.turn())
    with pytest.raises(AmountAboveOwed) as refused:
        attempts.confirm(world.core, there.payment_id, world.turn())
    assert (refused.value.asked_cents, refused.value.owed_cents) == (41210, 0)
    assert world.taken_cents() == 41210


def test_two_quotes_that_fit_together_are_both_taken(world: World) -> None:
    world.member()
    here, there = world.quote(conversation="a", amount_cents=41209), world.quote(conversation="b", amount_cents=1)
    attempts.confirm(world.core, here.payment_id, world.turn())
    assert attempts.confirm(world.core, there.payment_id, world.turn()).left_cents == 0


def test_a_card_that_died_between_quote_and_confirmation_is_not_charged(world: World) -> None:
    world.member(saved=["dying"])
    world.at("2026-12-31T23:45")
    in_time, too_late = world.quote(conversation="a", amount_cents=1), world.quote(conversation="b", amount_cents=1)
    world.at("2026-12-31T23:59")
    assert attempts.confirm(world.core, in_time.payment_id, world.turn()).payment.state == "settled"
    world.at("2027-01-01T00:01")
    with pytest.raises(MethodExpired):
        attempts.confirm(world.core, too_late.payment_id, world.turn())


def test_a_method_that_a_return_disabled_meanwhile_is_not_charged(world: World) -> None:
    world.member(saved=["checking"])
    paid = world.pay(amount_cents=100)
    quote = world.quote(amount_cents=100)
    reversals.returned(world.core, paid.payment.id, "R02")
    with pytest.raises(MethodDisabled):
        attempts.confirm(world.core, quote.payment_id, world.turn())


def test_an_unauthorized_return_meanwhile_stops_the_confirmation(world: World) -> None:
    world.member(saved=["checking", "visa"])
    paid = world.pay(amount_cents=100, method="checking")
    quote = world.quote(amount_cents=100, method="visa")
    reversals.returned(world.core, paid.payment.id, "R10")
    with pytest.raises(PersonNeeded):
        attempts.confirm(world.core, quote.payment_id, world.turn())


@pytest.mark.parametrize(
    ("code", "disabled"), [("insufficient_funds", False), ("expired_card", True), ("stolen_card", True)]
)
def test_a_decline_takes_nothing_and_disables_the_method_for_good_codes_only(
    world: World, code: str, disabled: bool
) -> None:
    world.member()
    since = notices.last_id(world.core)
    world.core.processor.script(code)  # type: ignore[attr-defined]
    outcome = world.pay()
    assert (outcome.payment.state, outcome.payment.code, outcome.left_cents) == ("rejected", code, 41210)
    assert outcome.payment.confirmation is None
    assert (world.method("ada", "visa").disabled_code == code) is disabled
    assert world.taken_cents() == 0
    assert notices.kinds_since(world.core, "ada", since) == ["rejection"]


def test_a_code_nobody_listed_is_a_decline_like_any_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member()
    monkeypatch.setattr(type(world.core.processor), "charge", lambda *_, **__: Declined("brand_new_code"))
    outcome = world.pay()
    assert (outcome.payment.state, outcome.payment.code) == ("rejected", "brand_new_code")
    assert world.method("ada", "visa").disabled_code is None


def test_after_a_decline_the_next_quote_may_be_paid(world: World) -> None:
    world.member(saved=["visa", "mastercard"])
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    assert world.pay().payment.state == "rejected"
    assert world.pay(method="mastercard").payment.state == "settled"


def test_another_members_unknown_attempt_blocks_nobody_else(world: World) -> None:
    world.member("ada")
    world.member("bea")
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    world.pay("ada", conversation="a")
    assert world.pay("bea", conversation="b").payment.state == "settled"


def test_one_turn_cannot_confirm_two_quotes(world: World) -> None:
    world.member()
    first, second = world.quote(conversation="a", amount_cents=1), world.quote(conversation="b", amount_cents=1)
    attempts.confirm(world.core, first.payment_id, "T")
    # No caller does this: a turn has one offer at hand. The database has the last word.
    with pytest.raises(IntegrityError):
        attempts.confirm(world.core, second.payment_id, "T")
    assert world.taken_cents() == 1


def test_a_quote_waiting_beside_an_unknown_attempt_is_not_confirmed(world: World) -> None:
    world.member()
    first, second = world.quote(conversation="a", amount_cents=1), world.quote(conversation="b", amount_cents=1)
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    attempts.confirm(world.core, first.payment_id, world.turn())
    with pytest.raises(PaymentUnresolved):
        attempts.confirm(world.core, second.payment_id, world.turn())
