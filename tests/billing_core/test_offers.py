"""One open offer a conversation, its exact words, and what a repeated turn finds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing_core import offers
from billing_core.offers import Offer, OfferTerms
from tests.billing_core.world import World

WORDS = {"PAY": "affirm", "OFF LATER": "affirm", "KEEP": "deny"}


def put(world: World, turn: str, *, conversation: str = "conv", subject: str = "1", firm: bool = True) -> Offer:
    return offers.put(
        world.core,
        conversation_id=conversation,
        account_id="ada",
        turn_id=turn,
        terms=OfferTerms(offers.CANCEL_LATER, subject, WORDS, firm),
    )


@pytest.fixture(autouse=True)
def member(world: World) -> None:
    world.member(premium_cents=131840)


def test_a_new_offer_takes_the_old_ones_place_in_its_conversation_only(world: World) -> None:
    put(world, "T1", subject="old")
    put(world, "T2", conversation="web", subject="elsewhere")
    put(world, "T3", subject="new")
    assert {row.subject_id for row in world.open_offers()} == {"new", "elsewhere"}


def test_the_same_turn_opens_it_once(world: World) -> None:
    assert put(world, "T", subject="first").id == put(world, "T", subject="second").id
    assert len(world.open_offers()) == 1


def test_an_offer_is_open_for_half_an_hour(world: World) -> None:
    assert put(world, "T").expires_at == world.core.now() + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("PAY", "affirm"),
        ("pay", "affirm"),
        (" Pay. ", "affirm"),
        ("PAY!", "affirm"),
        ('"pay"', "affirm"),
        ("off  LATER", "affirm"),
        ("Keep", "deny"),
        ("pay it", None),
        ("pay later", None),
        ("off", None),
        ("keep off later", None),
        ("", None),
        ("!!!", None),
    ],
)
def test_an_offered_word_said_exactly_is_its_intent_and_anything_else_is_not(
    world: World, said: str, intent: str | None
) -> None:
    put(world, "T")
    assert offers.spoken(world.core, "conv", said, "now") == intent
    assert offers.spoken(world.core, "web", said, "now") is None


@pytest.mark.parametrize(
    ("amount_cents", "said", "intent"),
    [
        (131840, "PAY $1,318.40", "affirm"),
        (131840, "pay 1318.40", "affirm"),
        (131840, "Pay $1318.40.", "affirm"),
        (131840, "pay 1318.4", None),
        (131840, "pay 1318", None),
        (131840, "pay 131840", None),
        (131840, "pay 1318.41", None),
        (7500, "pay 75", "affirm"),
        (7500, "pay $75.00", "affirm"),
        (7500, "pay 7500", None),
        (7500, "pay 75.01", None),
        (7500, "change", "change"),
        (7500, "back", "cancel"),
        (7500, "yes", None),
        (7500, "ok", None),
    ],
)
def test_payment_is_taken_at_its_own_amount_only(
    world: World, amount_cents: int, said: str, intent: str | None
) -> None:
    world.quote(amount_cents=amount_cents)
    assert offers.spoken(world.core, "conv", said, "now") == intent


def test_without_an_open_offer_no_word_means_anything(world: World) -> None:
    offer = put(world, "T1")
    offers.answer(world.core, offer, "T2")
    assert offers.spoken(world.core, "conv", "PAY", "now") is None
    assert offers.kind_at_hand(world.core, "conv") is None


def test_an_offer_that_came_unasked_is_soft_until_it_is_taken_up(world: World) -> None:
    offer = put(world, "T", firm=False)
    assert not world.open_offers()[0].firm
    offers.make_firm(world.core, offer)
    assert world.open_offers()[0].firm


def test_a_turn_that_was_cut_short_finds_the_offer_it_had_answered(world: World) -> None:
    offer = put(world, "T1", subject="mine")
    offers.answer(world.core, offer, "T2")
    put(world, "T3", subject="later")
    again = offers.at_hand(world.core, "conv", "T2")
    assert again is not None
    assert again.subject_id == "mine"
    other = offers.at_hand(world.core, "conv", "T4")
    assert other is not None
    assert other.subject_id == "later"


def test_a_word_of_a_turn_that_was_cut_short_still_means_what_it_meant(world: World) -> None:
    offer = put(world, "T1")
    offers.answer(world.core, offer, "T2")
    assert offers.spoken(world.core, "conv", "off later", "T2") == "affirm"
    assert offers.spoken(world.core, "conv", "off later", "T3") is None


def test_closing_twice_keeps_the_first_answer(world: World) -> None:
    offer = put(world, "T1")
    offers.answer(world.core, offer, "T2")
    offers.answer(world.core, offer, "T3")
    assert offers.at_hand(world.core, "conv", "T3") is None
    found = offers.at_hand(world.core, "conv", "T2")
    assert found is not None
    assert found.closed_by_turn == "T2"


def test_nothing_offered_asks_the_member_to_type_a_word_that_carriers_take(world: World) -> None:
    world.quote()
    words = {word for row in world.open_offers() for word in row.words}
    assert not words & {"cancel", "end", "quit", "stop", "yes", "start", "help", "info"}
