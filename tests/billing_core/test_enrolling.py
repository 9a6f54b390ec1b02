"""Turning autopay on: what is asked, when the first draft is, and what stands in the way (G4, G12, G13, G28)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from billing_core import autopay, enrolling, quotes, reversals, views
from billing_core.errors import (
    AutopayAlreadyOn,
    BinderUnpaid,
    CannotSucceed,
    CoverageEnded,
    MethodDisabled,
    MethodNotAccepted,
    NothingOffered,
    PersonNeeded,
    PlanNotServed,
)
from billing_core.terms import Terms
from tests.billing_core.world import JAN, World

FEB = date(2027, 2, 1)


def offer(world: World, method: str | None = None, *, turn: str | None = None, conversation: str = "conv") -> Terms:
    return enrolling.offer(
        world.core,
        account_id="ada",
        conversation_id=conversation,
        turn_id=turn or world.turn(),
        method_id=world.method("ada", method).id if method else None,
    )


def enroll(world: World, method: str | None = None) -> Terms:
    terms = offer(world, method)
    enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms")
    return terms


def test_what_is_read_back_is_what_is_stored(world: World) -> None:
    world.member(saved=["checking"])
    terms = offer(world)
    facts = (
        "checking ending 6789",
        "1st",
        "$412.10",
        "January 1, 2027",
        "10 days",
        "1-800-555-0100",
        "ada@example.com",
    )
    assert [fact for fact in facts if fact not in terms.text] == []
    assert world.enrollment().authorization_text == terms.text
    assert world.enrollment().state == "offered"
    assert views.account(world.core, "ada")["autopay"] == {"status": "none"}


def test_agreeing_turns_it_on_and_bills_come_by_mail(world: World) -> None:
    world.member()
    enroll(world)
    view = views.account(world.core, "ada")
    assert (view["autopay"]["status"], view["delivery"]) == ("active", "email")
    assert (view["autopay"]["next_draft_on"], view["autopay"]["next_draft_cents"]) == ("2027-01-01", 41210)
    found = world.enrollment()
    assert (found.channel, found.authorized_at) == ("sms", world.core.now())


def test_without_an_address_paper_bills_stay_where_the_issuer_is_not_known_to_end_them(world: World) -> None:
    world.member(email=False, profile="ma_connector", saved=["checking"])
    terms = enroll(world)
    assert "e-mail" not in terms.text
    assert views.account(world.core, "ada")["delivery"] == "paper"


def test_not_agreeing_leaves_nothing_on(world: World) -> None:
    world.member()
    terms = offer(world)
    for _ in range(2):
        enrolling.withdraw(world.core, terms.enrollment_id)
    with pytest.raises(NothingOffered):
        enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms")
    assert views.account(world.core, "ada")["autopay"] == {"status": "none"}


def test_agreeing_twice_in_one_turn_is_once_and_in_another_turn_is_refused(world: World) -> None:
    world.member()
    terms = offer(world)
    for _ in range(2):
        enrolling.authorize(world.core, terms.enrollment_id, turn_id="T", channel="sms")
    with pytest.raises(NothingOffered):
        enrolling.authorize(world.core, terms.enrollment_id, turn_id="T2", channel="sms")


def test_the_same_turn_offers_once(world: World) -> None:
    world.member()
    assert offer(world, turn="T").enrollment_id == offer(world, turn="T").enrollment_id
    assert len(world.open_offers()) == 1


def test_an_offer_of_autopay_replaces_an_open_quote(world: World) -> None:
    world.member()
    quote = world.quote()
    terms = offer(world)
    assert world.payment(quote.payment_id).state == "cancelled"
    assert [row.subject_id for row in world.open_offers()] == [terms.enrollment_id]


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ("2026-12-02", JAN),
        ("2026-12-16", JAN),
        ("2026-12-17", FEB),
        ("2027-01-01", FEB),
        ("2027-01-06", FEB),
        ("2027-01-07", FEB),
        ("2027-01-16", FEB),
        ("2027-01-17", date(2027, 3, 1)),
    ],
)
def test_inside_the_lock_the_first_draft_is_the_next_periods(world: World, today: str, first: date) -> None:
    world.member(unpaid=[])
    world.at(f"{today}T10:00")
    terms = offer(world)
    assert terms.first_draft_on == first
    assert terms.notice_on == date.fromordinal(first.toordinal() - 5)


def test_inside_the_lock_the_current_bill_is_paid_by_hand_once(world: World) -> None:
    world.member()
    world.at("2026-12-17T10:00")
    terms = offer(world)
    assert (terms.pay_by_hand_cents, terms.pay_by_hand_by) == (41210, JAN)
    assert (terms.first_draft_on, terms.first_amount_cents) == (FEB, 41210)


def test_outside_the_lock_past_due_months_are_told_to_be_paid_by_hand(world: World) -> None:
    world.member(unpaid=[date(2026, 12, 1), JAN])
    terms = offer(world)
    assert (terms.pay_by_hand_cents, terms.pay_by_hand_by) == (41210, date(2026, 12, 1))
    assert (terms.first_draft_on, terms.first_amount_cents) == (JAN, 41210)


@pytest.mark.parametrize(
    ("scheduled_cents", "first_on", "first_cents"), [(41210, JAN, 41210), (41211, JAN, 41209), (82420, FEB, 41210)]
)
def test_the_first_draft_is_told_less_what_is_scheduled_beyond_the_bills_to_pay_by_hand(
    world: World, scheduled_cents: int, first_on: date, first_cents: int
) -> None:
    world.member(unpaid=[date(2026, 12, 1), JAN])
    world.pay(amount_cents=scheduled_cents, pay_on=date(2026, 12, 20))
    terms = offer(world)
    assert (terms.first_draft_on, terms.first_amount_cents) == (first_on, first_cents)


def test_a_premium_that_the_tax_credit_pays_whole_has_no_draft_to_look_for(world: World) -> None:
    world.member(premium_cents=50000, tax_credit_cents=50000, autopay="visa")
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    assert draft.amount_cents == 0


def test_autopay_is_turned_on_once(world: World) -> None:
    world.member()
    enroll(world)
    with pytest.raises(AutopayAlreadyOn):
        offer(world)


def test_a_binder_is_paid_by_hand_before_autopay(world: World) -> None:
    world.member(binder=True)
    with pytest.raises(BinderUnpaid) as refused:
        offer(world)
    assert refused.value.amount_cents == 41210
    world.pay()
    assert offer(world).first_draft_on == FEB


def test_a_card_that_dies_before_the_first_draft_cannot_succeed(world: World) -> None:
    world.member(saved=["dying", "visa"])
    with pytest.raises(CannotSucceed) as refused:
        offer(world, "dying")
    assert (refused.value.expires, refused.value.draft_on) == ("12/2026", JAN)
    assert offer(world, "visa").first_draft_on == JAN


def test_a_card_that_dies_on_the_last_day_of_the_drafts_own_month_succeeds(world: World) -> None:
    world.member(saved=["dying"], unpaid=[])
    world.at("2026-11-10T10:00")
    assert offer(world, "dying").first_draft_on == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("facts", "method", "refusal"),
    [
        ({"saved": ["disabled"]}, "disabled", MethodDisabled),
        ({"profile": "ma_connector", "saved": ["visa"], "unpaid": []}, "visa", MethodNotAccepted),
        ({"plan_type": "employer"}, None, PlanNotServed),
        ({"ended_on": date(2026, 10, 31)}, None, CoverageEnded),
    ],
)
def test_what_may_not_be_paid_from_may_not_be_drafted(
    world: World, facts: dict[str, Any], method: str | None, refusal: type[Exception]
) -> None:
    world.member(**facts)
    with pytest.raises(refusal):
        offer(world, method)
    assert world.open_offers() == []


def test_after_an_unauthorized_return_only_a_person_turns_it_on(world: World) -> None:
    world.member(saved=["checking", "visa"])
    reversals.returned(world.core, world.pay(method="checking").payment.id, "R10")
    with pytest.raises(PersonNeeded):
        offer(world, "visa")


def test_a_method_that_died_between_offer_and_agreement_is_refused(world: World) -> None:
    world.member(saved=["checking"])
    paid = world.pay(amount_cents=100).payment
    terms = offer(world)
    reversals.returned(world.core, paid.id, "R02")
    with pytest.raises(MethodDisabled):
        enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms")


def test_where_the_lock_is_unknown_the_draft_after_the_next_is_promised(world: World) -> None:
    world.member(profile="ma_connector", saved=["checking"], unpaid=[date(2026, 12, 23)])
    terms = offer(world)
    assert terms.first_draft_on == date(2027, 1, 23)
    assert "on the 23rd of each month" in terms.text


def test_the_bank_date_of_a_new_years_draft_is_monday_and_a_card_is_charged_on_the_day(world: World) -> None:
    world.member(saved=["checking", "visa"])
    enroll(world, "checking")
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    assert (draft.due_on, draft.bank_on, draft.notice_on) == (JAN, date(2027, 1, 4), date(2026, 12, 27))
    enrolling.change_method(
        world.core,
        account_id="ada",
        conversation_id="conv",
        turn_id=world.turn(),
        method_id=world.method("ada", "visa").id,
    )
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    assert draft.bank_on == JAN


def test_a_quote_opened_over_an_authorization_takes_the_authorization_off_the_table(world: World) -> None:
    world.member()
    terms = offer(world)
    quote = world.quote()
    assert [row.subject_id for row in world.open_offers()] == [quote.payment_id]
    assert quotes.read_back(world.core, quote.payment_id).amount_cents == 41210
    with pytest.raises(NothingOffered):
        enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms")
