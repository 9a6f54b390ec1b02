"""What may be quoted: every refusal beside the nearest thing that is allowed (DESIGN 3, step 8)."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest

from billing_core import quotes, reversals
from billing_core.errors import (
    AccountNotFound,
    AmountAboveOwed,
    AmountNotPositive,
    CoverageEnded,
    MethodExpired,
    MethodNotAccepted,
    MethodNotFound,
    NothingOwed,
    NoUsableMethod,
    PartialNotTaken,
    PayDatePast,
    PayDateTooLate,
    PaymentUnresolved,
    PersonNeeded,
    PlanNotServed,
)
from tests.billing_core.world import JAN, World

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
TODAY = date(2026, 12, 15)


def test_without_a_wish_everything_owed_is_quoted_for_today_from_the_first_usable_method(world: World) -> None:
    world.member(unpaid=[DEC, JAN])
    quote = world.quote()
    assert (quote.amount_cents, quote.owed_cents, quote.left_cents) == (82420, 82420, 0)
    assert (quote.pay_on, quote.today, quote.due_on) == (TODAY, TODAY, DEC)
    assert quote.method_label == "Visa ending 4242"
    assert quote.months == (DEC, JAN)
    assert quote.policy_kinds == ("health",)
    assert quote.in_grace
    assert quote.last_day == date(2026, 12, 31)


def test_a_quote_charges_nothing(world: World) -> None:
    world.member()
    world.quote()
    assert world.charges() == []
    assert world.owed_cents() == 41210


@pytest.mark.parametrize("amount_cents", [1, 41209, 41210])
def test_any_amount_up_to_what_is_owed_is_quoted(world: World, amount_cents: int) -> None:
    world.member()
    quote = world.quote(amount_cents=amount_cents)
    assert (quote.amount_cents, quote.left_cents) == (amount_cents, 41210 - amount_cents)


@pytest.mark.parametrize(
    ("amount_cents", "refusal"), [(0, AmountNotPositive), (-1, AmountNotPositive), (41211, AmountAboveOwed)]
)
def test_nothing_and_a_cent_too_much_are_refused(world: World, amount_cents: int, refusal: type[Exception]) -> None:
    world.member()
    with pytest.raises(refusal):
        world.quote(amount_cents=amount_cents)
    assert world.payments() == []


@pytest.mark.parametrize(("share", "cents"), [(Fraction(1, 2), 20605), (Fraction(1, 3), 13737), (Fraction(1), 41210)])
def test_a_share_of_what_is_owed_is_whole_cents(world: World, share: Fraction, cents: int) -> None:
    world.member()
    assert world.quote(share=share).amount_cents == cents


def test_a_partial_quote_names_the_months_it_reaches(world: World) -> None:
    world.member(unpaid=[NOV, DEC, JAN])
    assert world.quote(amount_cents=41210).months == (NOV,)
    assert world.quote(amount_cents=41211).months == (NOV, DEC)


def test_with_everything_paid_nothing_is_quoted_and_the_next_due_date_is_named(world: World) -> None:
    world.member()
    world.pay()
    with pytest.raises(NothingOwed) as refused:
        world.quote()
    assert refused.value.next_due == JAN


def test_a_binder_is_taken_whole_or_not_at_all(world: World) -> None:
    world.member(binder=True)
    with pytest.raises(PartialNotTaken) as refused:
        world.quote(amount_cents=41209)
    assert refused.value.owed_cents == 41210
    assert world.quote(amount_cents=41210).left_cents == 0


def test_a_binder_may_be_paid_on_its_due_date_and_not_a_day_after(world: World) -> None:
    world.member(binder=True)
    assert world.quote(pay_on=JAN).pay_on == JAN
    with pytest.raises(PayDateTooLate) as refused:
        world.quote(pay_on=date(2027, 1, 2))
    assert refused.value.latest_on == JAN


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        ({}, date(2027, 1, 31)),  # 30 days after January 1
        ({"unpaid": [DEC, JAN]}, date(2026, 12, 31)),
        ({"premium_cents": 60000, "tax_credit_cents": 50000}, date(2027, 3, 31)),  # three months from January
        ({"premium_cents": 60000, "tax_credit_cents": 50000, "unpaid": [NOV, DEC, JAN]}, date(2027, 1, 31)),
        ({"profile": "ma_connector", "saved": ["checking"], "unpaid": [date(2026, 12, 23)]}, date(2026, 12, 23)),
    ],
)
def test_the_last_day_to_pay_is_allowed_and_the_day_after_is_refused(
    world: World, facts: dict[str, Any], last: date
) -> None:
    world.member(**facts)
    assert world.quote(pay_on=last).pay_on == last
    with pytest.raises(PayDateTooLate) as refused:
        world.quote(pay_on=date.fromordinal(last.toordinal() + 1))
    assert refused.value.latest_on == last


def test_today_is_allowed_and_yesterday_is_past(world: World) -> None:
    world.member()
    assert world.quote(pay_on=TODAY).pay_on == TODAY
    with pytest.raises(PayDatePast):
        world.quote(pay_on=date(2026, 12, 14))


def test_after_the_last_day_today_is_still_a_day_to_pay(world: World) -> None:
    world.member()
    world.at("2027-02-03T10:00")
    assert world.quote(pay_on=date(2027, 2, 3)).amount_cents == 41210
    with pytest.raises(PayDateTooLate):
        world.quote(pay_on=date(2027, 2, 4))


def test_a_card_that_dies_before_the_day_cannot_be_scheduled_on_it(world: World) -> None:
    world.member(saved=["dying"])
    assert world.quote(method="dying", pay_on=date(2026, 12, 31)).pay_on == date(2026, 12, 31)
    with pytest.raises(MethodExpired):
        world.quote(method="dying", pay_on=JAN)
    with pytest.raises(NoUsableMethod):
        world.quote(pay_on=JAN)


def test_each_policy_can_be_paid_by_itself(world: World) -> None:
    world.member(premium_cents=29800, dental_cents=4250)
    whole, dental = world.quote(), world.quote(policy="dental")
    assert (whole.amount_cents, whole.policy_kinds) == (34050, ("dental", "health"))
    assert (dental.amount_cents, dental.owed_cents, dental.policy_kinds) == (4250, 4250, ("dental",))
    with pytest.raises(AmountAboveOwed):
        world.quote(policy="dental", amount_cents=4251)


def test_a_method_that_is_not_the_members_is_not_found(world: World) -> None:
    world.member("ada")
    world.member("bea")
    with pytest.raises(MethodNotFound):
        world.quote("ada", method_id=world.method("bea", "visa").id)


def test_a_card_is_refused_where_none_are_taken(world: World) -> None:
    world.member(profile="ma_connector", saved=["visa", "checking"], unpaid=[date(2026, 12, 23)])
    with pytest.raises(MethodNotAccepted):
        world.quote(method="visa")
    assert world.quote().method_label == "checking ending 6789"


def test_an_employer_plan_is_not_served(world: World) -> None:
    world.member(plan_type="employer")
    with pytest.raises(PlanNotServed):
        world.quote()


def test_ended_coverage_takes_no_payment_as_if_it_restored_cover(world: World) -> None:
    world.member(ended_on=date(2026, 10, 31))
    with pytest.raises(CoverageEnded) as refused:
        world.quote()
    assert refused.value.ended_on == date(2026, 10, 31)


def test_nobody_has_no_account(world: World) -> None:
    with pytest.raises(AccountNotFound):
        world.quote("nobody")


def test_while_an_attempt_has_no_answer_nothing_is_quoted(world: World) -> None:
    world.member()
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    world.pay(amount_cents=100)
    with pytest.raises(PaymentUnresolved) as refused:
        world.quote()
    assert refused.value.amount_cents == 100


@pytest.mark.parametrize(("code", "person"), [("R10", True), ("R05", True), ("R01", False), ("R02", False)])
def test_an_unauthorized_return_leaves_the_rest_to_a_person(world: World, code: str, person: bool) -> None:
    world.member(saved=["checking", "visa"])
    reversals.returned(world.core, world.pay(method="checking").payment.id, code)
    if person:
        with pytest.raises(PersonNeeded):
            world.quote(method="visa")
    else:
        assert world.quote(method="visa").amount_cents == 41210


def test_an_unauthorized_return_stands_though_a_later_payment_went_through(world: World) -> None:
    world.member(saved=["checking", "visa"])
    first = world.pay(method="checking", amount_cents=10000)
    world.at("2026-12-15T11:00")
    world.pay(method="visa", amount_cents=10000)
    reversals.returned(world.core, first.payment.id, "R10")
    with pytest.raises(PersonNeeded):
        world.quote(method="visa")


def test_what_is_scheduled_is_not_offered_twice(world: World) -> None:
    world.member()
    world.pay(amount_cents=41209, pay_on=date(2026, 12, 20))
    assert world.quote().amount_cents == 1
    with pytest.raises(AmountAboveOwed):
        world.quote(amount_cents=2)


def test_the_same_turn_gets_the_same_quote(world: World) -> None:
    world.member()
    first = world.quote(turn="T", amount_cents=100)
    again = world.quote(turn="T", amount_cents=200)
    assert first == again
    assert len(world.payments()) == 1
    assert len(world.open_offers()) == 1


def test_a_new_quote_cancels_the_one_before_in_its_conversation_only(world: World) -> None:
    world.member()
    first = world.quote(conversation="phone")
    elsewhere = world.quote(conversation="web")
    second = world.quote(conversation="phone", amount_cents=100)
    states = {row.id: row.state for row in world.payments()}
    assert states == {first.payment_id: "cancelled", elsewhere.payment_id: "proposed", second.payment_id: "proposed"}
    assert {row.subject_id for row in world.open_offers()} == {elsewhere.payment_id, second.payment_id}


def test_a_refused_wish_leaves_the_offer_before_it_standing(world: World) -> None:
    world.member()
    first = world.quote()
    with pytest.raises(AmountAboveOwed):
        world.quote(amount_cents=99999)
    assert world.payment(first.payment_id).state == "proposed"
    assert [row.subject_id for row in world.open_offers()] == [first.payment_id]


def test_a_left_quote_is_cancelled_and_a_lapsed_one_expired(world: World) -> None:
    world.member()
    first = world.quote(conversation="a")
    second = world.quote(conversation="b")
    by_subject = {row.subject_id: row for row in world.open_offers()}
    for _ in range(2):
        quotes.leave(world.core, by_subject[first.payment_id])
        quotes.lapse(world.core, by_subject[second.payment_id])
    assert {row.id: row.state for row in world.payments()} == {
        first.payment_id: "cancelled",
        second.payment_id: "expired",
    }


def test_reading_a_quote_back_tells_what_is_owed_by_now(world: World) -> None:
    world.member()
    quote = world.quote(amount_cents=10000)
    world.pay(conversation="web", amount_cents=20000)
    again = quotes.read_back(world.core, quote.payment_id)
    assert (again.amount_cents, again.owed_cents, again.left_cents) == (10000, 21210, 11210)


def test_the_quote_is_dated_by_the_issuer_wherever_the_member_is(world: World) -> None:
    world.member()
    world.core.clock.set(datetime.fromisoformat("2026-12-16T04:59:00+00:00"))
    assert world.quote().today == TODAY
    world.core.clock.set(datetime.fromisoformat("2026-12-16T05:00:00+00:00"))
    assert world.quote().today == date(2026, 12, 16)
