"""Cards that the networks renewed, as Stripe tells of them: the PaymentMethod, and so the token, stays (DOMAIN 3.8)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from billing_core import Core, methods, notices
from billing_core.events import ProcessorEvent
from tests.billing_core.world import World
from tests.stripe.delivering import Deliverer, event


def taken(core: Core) -> list[tuple[str, str]]:
    """Every event that was taken, with its effect."""
    with core.read() as session:
        return [(row.kind, row.effect) for row in session.scalars(select(ProcessorEvent))]


def test_a_card_that_the_network_renewed_is_known_by_its_new_number_and_counted_once(core: Core) -> None:
    world = World(core)
    world.member(saved=("dying",), autopay="dying", unpaid=[])
    with core.write() as session:
        session.merge(world.method("ada", "dying")).token = "card:cus_1:pm_1"
    card = {"brand": "visa", "last4": "4343", "exp_month": 11, "exp_year": 2030}
    about = {"id": "pm_1", "object": "payment_method", "type": "card", "customer": "cus_1", "card": card}
    one = event("payment_method.automatically_updated", about)
    for _ in range(3):
        assert Deliverer(core).delivers(one) == 204
    (method,) = methods.saved(core, "ada")
    assert (method.last4, method.expires, method.token) == ("4343", "11/2030", "card:cus_1:pm_1")
    assert notices.kinds_since(core, "ada", 0).count("method_updated") == 1
    assert taken(core) == [("payment_method.automatically_updated", "updated")]


@pytest.mark.parametrize("card", [{}, {"last4": "43", "exp_month": 1, "exp_year": 2030}, {"last4": "4343"}])
def test_an_update_that_says_nothing_of_the_card_changes_nothing(core: Core, card: dict[str, Any]) -> None:
    world = World(core)
    world.member(saved=("visa",), unpaid=[])
    about = {"id": "pm_9", "object": "payment_method", "type": "card", "customer": "cus_9", "card": card}
    assert Deliverer(core).delivers(event("payment_method.automatically_updated", about)) == 204
    assert taken(core) == [("payment_method.automatically_updated", "not_ours")]
