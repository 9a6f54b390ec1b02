"""The proof of an authorization: words, moment, who, what was debited and how it ended (DOMAIN 3.1, 3.2)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from billing_core import accounts, attempts, authorization, enrolling, proof, return_rates, reversals
from billing_core.authorization import Authorization, Said
from billing_core.errors import AccountNotFound, AuthorizationFixed, NothingOffered
from billing_core.return_rates import Rate
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import JAN, World


def enroll(world: World, saved: str = "checking") -> str:
    world.member(saved=[saved, "mastercard"], unpaid=[])
    terms = enrolling.offer(
        world.core,
        account_id="ada",
        conversation_id="conv",
        turn_id=world.turn(),
        method_id=world.method("ada", saved).id,
    )
    enrolling.authorize(
        world.core, terms.enrollment_id, turn_id="agreed", channel="sms", level="L3", identity_event="code-7"
    )
    return terms.enrollment_id


def test_the_pack_holds_the_words_the_moment_who_agreed_and_what_was_debited(world: World) -> None:
    enrollment_id = enroll(world)
    text, given_at = world.enrollment().authorization_text, world.core.now()
    for day in ("2026-12-27", "2027-01-01"):
        run(world, day)
    found = proof.pack(world.core, enrollment_id)
    (given,) = found["as_given"]
    assert (given["text"], given["given_at"], given["version"]) == (text, given_at.isoformat(), authorization.VERSION)
    assert (given["channel"], given["level"], given["identity_event"], given["turn"]) == (
        "sms",
        "L3",
        "code-7",
        "agreed",
    )
    assert [(row["on"], row["amount_cents"], row["status"]) for row in found["debits"]] == [
        ("2027-01-01", 41210, "settled")
    ]
    assert (found["entry_class"], found["revoked"]) == ("WEB", None)
    assert json.loads(json.dumps(found)) == found
    told = proof.readable(found)
    assert text in told
    assert "2027-01-01 $412.10 checking ending 6789 settled" in told
    assert "Not revoked." in told


def test_a_move_to_another_method_is_an_authorization_of_its_own(world: World) -> None:
    enrollment_id = enroll(world)
    enrolling.change_method(
        world.core,
        account_id="ada",
        conversation_id="conv",
        turn_id="moved",
        method_id=world.method("ada", "mastercard").id,
        level="L3",
    )
    moved = proof.pack(world.core, enrollment_id)["as_given"][1]
    assert (moved["kind"], moved["method"], moved["level"]) == ("move", "Mastercard ending 5100", "L3")
    assert "from checking ending 6789 to Mastercard ending 5100" in moved["text"]


def test_what_was_given_can_not_be_changed(world: World) -> None:
    enroll(world)
    with pytest.raises(AuthorizationFixed), world.core.write() as session:
        session.scalars(select(Authorization)).one().text = "something else"


@pytest.mark.parametrize(("later_days", "may_go"), [(0, False), (1, True)])
def test_it_is_kept_through_the_last_day_of_two_years_after_it_was_revoked(
    world: World, later_days: int, may_go: bool
) -> None:
    enrollment_id = enroll(world)
    enrolling.cancel(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn())
    revoked = proof.pack(world.core, enrollment_id)["revoked"]
    assert (revoked["on"], revoked["kept_until"]) == ("2026-12-15", "2028-12-15")
    with world.core.read() as session:
        today = date(2028, 12, 15) + timedelta(days=later_days)
        assert bool(proof.forgettable(session, "ada", today)) is may_go


def test_while_it_is_on_it_is_never_forgotten(world: World) -> None:
    enroll(world)
    with world.core.read() as session:
        assert proof.forgettable(session, "ada", date(2040, 1, 1)) == []


def test_an_authorization_that_ended_on_a_leap_day_is_kept_to_the_end_of_february() -> None:
    assert authorization.kept_until(date(2028, 2, 29)) == date(2030, 2, 28)


def test_one_payment_from_a_bank_account_is_a_web_authorization_with_its_own_words(world: World) -> None:
    world.member(saved=["checking", "visa"])
    quote = world.quote(method="checking", amount_cents=10_000)
    attempts.confirm(world.core, quote.payment_id, "pay-1", Said("pay-1", "web", "L2"))
    found = proof.of_payment(world.core, quote.payment_id)
    assert found["as_given"][0]["text"] == "Pay $100.00 from checking ending 6789 on December 15, 2026, once."
    assert (found["entry_class"], found["as_given"][0]["channel"]) == ("WEB", "web")
    assert found["debits"][0]["status"] == "settled"
    card = world.pay(method="visa").payment
    with pytest.raises(NothingOffered):
        proof.of_payment(world.core, card.id)


def test_confirmed_twice_in_one_turn_it_is_given_once(world: World) -> None:
    world.member(saved=["checking"])
    quote = world.quote()
    for _ in range(2):
        attempts.confirm(world.core, quote.payment_id, "pay-1")
    assert len(proof.of_payment(world.core, quote.payment_id)["as_given"]) == 1


def test_what_was_never_given_has_no_proof(world: World) -> None:
    world.member(unpaid=[])
    terms = enrolling.offer(world.core, account_id="ada", conversation_id="conv", turn_id="T", method_id=None)
    with pytest.raises(NothingOffered):
        proof.pack(world.core, terms.enrollment_id)
    assert proof.enrollments(world.core, "ada") == []
    with pytest.raises(AccountNotFound):
        proof.enrollments(world.core, "nobody")


def test_return_rates_count_the_debits_of_60_days_and_name_the_limit_that_is_passed(world: World) -> None:
    world.member(saved=["checking"])
    first = world.pay(amount_cents=100).payment
    world.pay(amount_cents=200)
    reversals.returned(world.core, first.id, "R03")
    today = date(2026, 12, 15)
    assert return_rates.of(world.core, today) == [
        Rate("unauthorized", 0, 2, 5),
        Rate("administrative", 1, 2, 30),
        Rate("overall", 1, 2, 150),
    ]
    assert [rate.over for rate in return_rates.of(world.core, today)] == [False, True, True]
    assert return_rates.of(world.core, today + timedelta(days=59))[2].debits == 2
    assert return_rates.of(world.core, today + timedelta(days=60))[2].debits == 0


@pytest.mark.parametrize(("returned", "over"), [(5, False), (6, True)])
def test_a_rate_at_its_limit_is_not_over_it(returned: int, over: bool) -> None:
    assert Rate("unauthorized", returned, 1000, 5).over is over


def test_r29_goes_to_a_person_like_every_unauthorized_return(world: World) -> None:
    world.member(saved=["checking"], unpaid=[JAN])
    payment = world.pay().payment
    reversals.returned(world.core, payment.id, "R29")
    with world.core.read() as session:
        assert reversals.needs_person(session, accounts.find(session, "ada").id)
    assert world.method("ada", "checking").disabled_code == "R29"
