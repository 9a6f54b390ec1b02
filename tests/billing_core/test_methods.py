"""Which saved methods may be charged, and until when (G12, G17)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import accounts, methods
from billing_core.errors import MethodDisabled, MethodExpired, MethodNotAccepted, MethodNotFound, NoUsableMethod
from billing_core.methods import Method
from tests.billing_core.world import World

TODAY = date(2026, 12, 15)


@pytest.mark.parametrize(
    ("month", "last_good", "first_dead"),
    [
        (date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1)),
        (date(2027, 2, 1), date(2027, 2, 28), date(2027, 3, 1)),
        (date(2028, 2, 1), date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_a_card_is_good_through_the_last_day_of_its_month_and_not_a_day_longer(
    month: date, last_good: date, first_dead: date
) -> None:
    card = Method(kind="card", brand="visa", last4="1881", expires_month=month)
    assert card.good_on(last_good)
    assert not card.good_on(first_dead)


def test_a_bank_account_does_not_expire() -> None:
    account = Method(kind="checking", last4="6789")
    assert account.good_on(date(2099, 1, 1))
    assert (account.label, account.expires, account.rail) == ("checking ending 6789", "", "ach")


def test_a_card_is_known_by_brand_last_four_and_expiry() -> None:
    card = Method(kind="card", brand="amex", last4="0005", expires_month=date(2029, 1, 1))
    assert (card.label, card.expires, card.rail) == ("American Express ending 0005", "01/2029", "card")


def choose(world: World, method_id: int | None, on: date = TODAY) -> Method:
    with world.core.read() as session:
        return methods.choose(session, accounts.find(session, "ada"), method_id, on)


def test_without_a_wish_the_first_usable_method_is_chosen(world: World) -> None:
    world.member(saved=["dead", "disabled", "checking", "visa"])
    assert choose(world, None).last4 == "6789"


def test_with_nothing_usable_on_file_none_is_chosen(world: World) -> None:
    world.member(saved=["dead", "disabled"])
    with pytest.raises(NoUsableMethod):
        choose(world, None)


def test_an_expired_card_is_refused_by_its_label_and_month(world: World) -> None:
    world.member(saved=["dying", "visa"])
    card = world.method("ada", "dying").id
    assert choose(world, card, date(2026, 12, 31)).id == card
    with pytest.raises(MethodExpired) as refused:
        choose(world, card, date(2027, 1, 1))
    assert (refused.value.label, refused.value.expires, refused.value.rule) == ("Visa ending 1881", "12/2026", "G12")


def test_a_disabled_method_is_refused_even_when_named(world: World) -> None:
    world.member(saved=["disabled", "visa"])
    with pytest.raises(MethodDisabled, match="disabled"):
        choose(world, world.method("ada", "disabled").id)


def test_massachusetts_refuses_a_card_and_takes_a_checking_account(world: World) -> None:
    world.member(profile="ma_connector", saved=["visa", "checking"])
    with pytest.raises(MethodNotAccepted):
        choose(world, world.method("ada", "visa").id)
    assert choose(world, None).last4 == "6789"


def test_another_members_method_is_not_found(world: World) -> None:
    world.member("ada")
    world.member("bea")
    with pytest.raises(MethodNotFound):
        choose(world, world.method("bea", "visa").id)
    with pytest.raises(MethodNotFound):
        choose(world, 999999)
