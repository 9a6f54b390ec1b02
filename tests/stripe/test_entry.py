"""Stripe's page to save a method: opened for one customer, read back from Stripe itself and from nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import stripe

from billing_core.processors import Declined, Entered, Unknown
from tests.stripe.conftest import MemberAt
from tests.stripe.paying import Member
from tests.stripe.recorded import Recorded, card_error

CARD = {"brand": "visa", "last4": "1881", "exp_month": 8, "exp_year": 2030}
BANK = {"account_type": "savings", "last4": "6789", "account_holder_type": "individual"}


def opened(member: Member, kind: Any = "card", reference: str = "link-1") -> str:
    """A setup for Ada, as its page knows it: the SetupIntent's id."""
    secret = member.stripe.create_setup("ada", kinds=[kind], reference=reference)
    assert isinstance(secret, str)
    return secret.partition("_secret_")[0]


def test_it_is_opened_for_one_customer_an_account_and_charges_nothing(member: Member, recorded: Recorded) -> None:
    assert opened(member) != opened(member, "us_bank_account")
    assert list(recorded.customers.values()) == ["ada"]
    assert [each["usage"] for each in recorded.setups.values()] == ["off_session", "off_session"]
    assert all("payment_method_types[1]" not in each for each in recorded.setups.values())
    assert recorded.taken() == []


def test_a_card_is_read_back_with_all_that_a_charge_needs(member: Member, recorded: Recorded) -> None:
    setup = opened(member)
    recorded.enters(setup, {"id": "pm_9", "type": "card", "card": CARD})
    (customer,) = recorded.customers
    assert member.stripe.read_setup("ada", setup, reference="link-1") == Entered(
        f"card:{customer}:pm_9", "card", "visa", "1881", date(2030, 8, 1)
    )


@pytest.mark.parametrize(("holder", "business"), [("individual", False), ("company", True)])
def test_a_bank_account_says_its_type_and_whose_it_is(
    member: Member, recorded: Recorded, holder: str, business: bool
) -> None:
    setup = opened(member, "us_bank_account")
    bank = BANK | {"account_holder_type": holder}
    recorded.enters(setup, {"id": "pm_9", "type": "us_bank_account", "us_bank_account": bank})
    found = member.stripe.read_setup("ada", setup, reference="link-1")
    assert isinstance(found, Entered)
    assert (found.kind, found.last4, found.business, found.verified) == ("savings", "6789", business, True)


def test_a_bank_account_waiting_for_micro_deposits_is_saved_and_not_verified(
    member: Member, recorded: Recorded
) -> None:
    setup = opened(member, "us_bank_account")
    action = {"type": "verify_with_microdeposits"}
    method = {"id": "pm_9", "type": "us_bank_account", "us_bank_account": BANK}
    recorded.enters(setup, method, status="requires_action", next_action=action)
    found = member.stripe.read_setup("ada", setup, reference="link-1")
    assert isinstance(found, Entered)
    assert not found.verified


@pytest.mark.parametrize("status", ["requires_action", "processing", "canceled", "requires_payment_method"])
def test_what_was_not_finished_is_not_saved(member: Member, recorded: Recorded, status: str) -> None:
    setup = opened(member)
    recorded.enters(setup, {"id": "pm_9", "type": "card", "card": CARD}, status=status)
    assert member.stripe.read_setup("ada", setup, reference="link-1") == Unknown()


def test_a_decline_at_the_page_is_told_by_its_code(member: Member, recorded: Recorded) -> None:
    setup = opened(member)
    error = card_error("insufficient_funds")
    recorded.enters(setup, None, status="requires_payment_method", last_setup_error=error)
    assert member.stripe.read_setup("ada", setup, reference="link-1") == Declined("insufficient_funds", setup)


def test_a_setup_of_another_link_or_account_or_of_nobody_says_nothing(member: Member, recorded: Recorded) -> None:
    setup = opened(member)
    recorded.enters(setup, {"id": "pm_9", "type": "card", "card": CARD})
    member.world.member("bea")
    assert member.stripe.read_setup("ada", setup, reference="link-2") == Unknown()
    assert member.stripe.read_setup("bea", setup, reference="link-1") == Unknown()
    for forged in ("seti_none", "../customers", "pi_1", ""):
        assert member.stripe.read_setup("ada", forged, reference="link-1") == Unknown()


def test_a_stripe_that_does_not_answer_is_unknown_and_no_error(member_at: MemberAt) -> None:
    member = member_at("http://127.0.0.1:9")
    assert member.stripe.create_setup("ada", kinds=["card"], reference="link-1") == Unknown()
    assert member.stripe.read_setup("ada", "seti_1", reference="link-1") == Unknown()


def test_a_card_confirmed_at_localstripe_is_read_back(localstripe: str, member_at: MemberAt) -> None:
    local = member_at(localstripe)
    setup = opened(local)
    client = stripe.StripeClient("sk_test_of_no_account", base_addresses={"api": localstripe})
    card = {"number": "4242424242424242", "exp_month": 8, "exp_year": 2030, "cvc": "123"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})  # type: ignore[typeddict-item]
    client.v1.setup_intents.confirm(setup, {"payment_method": method.id})
    found = local.stripe.read_setup("ada", setup, reference="link-1")
    assert isinstance(found, Entered)
    assert (found.brand, found.last4, found.expires_month) == ("visa", "4242", date(2030, 8, 1))
    assert found.token == f"card:{local.stripe.customer('ada')}:{method.id}"
