"""Against localstripe, a Stripe that nobody of us wrote: charge, decline, 3-D Secure, refund, and its own webhooks.

It knows no idempotency keys, no bank accounts and no listing by customer: those are in the other files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
import stripe
from fastapi import FastAPI

from billing_core import reversals
from billing_core.processors import Unknown
from billing_core.processors.stripe import StripeProcessor
from billing_core.processors.stripe_entry import token_of
from gateway import stripe_webhook
from gateway.serving import Served, listen
from tests.stripe.conftest import MemberAt
from tests.stripe.paying import OWED_CENTS, Member

WEBHOOK_SECRET = "whsec_of_the_tests"
GOOD = "4242424242424242"
DECLINES_WHEN_CHARGED = "4000000000000341"
NEEDS_THE_MEMBER = "4000002500003155"
DELIVERY_LIMIT_S = 60.0


@pytest.fixture
def local(localstripe: str, member_at: MemberAt) -> Member:
    return member_at(localstripe)


def save(local: Member, url: str, number: str) -> None:
    """A card saved at localstripe, as its page would have done it, is the member's method from now on."""
    client = stripe.StripeClient("sk_test_of_no_account", base_addresses={"api": url})
    customer = local.stripe.customer("ada")
    card = {"number": number, "exp_month": 8, "exp_year": 2030, "cvc": "123"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})  # type: ignore[typeddict-item]
    client.v1.payment_methods.attach(method.id, {"customer": customer})
    local.saves(token_of("card", customer, method.id))


def intents(url: str, attempt_id: str) -> list[dict[str, object]]:
    """What localstripe holds about one attempt."""
    listed = httpx.get(f"{url}/v1/payment_intents", params={"limit": 100}, auth=("sk_test_of_no_account", ""))
    return [each for each in listed.json()["data"] if each["metadata"].get("attempt_id") == attempt_id]


def test_a_saved_card_is_charged_off_session(local: Member, localstripe: str) -> None:
    save(local, localstripe, GOOD)
    payment = local.pays()
    (intent,) = intents(localstripe, payment.id)
    assert (payment.state, intent["status"], intent["amount"]) == ("settled", "succeeded", OWED_CENTS)
    assert payment.processor_reference == intent["id"]
    assert local.stripe.find(payment.id).reference == intent["id"]  # type: ignore[union-attr]
    assert local.owes() == 0


def test_a_decline_is_told(local: Member, localstripe: str) -> None:
    save(local, localstripe, DECLINES_WHEN_CHARGED)
    payment = local.pays()
    # localstripe gives `card_declined` without a reason, which is told as a general decline.
    assert (payment.state, payment.code) == ("rejected", "generic_decline")
    assert (local.owes(), local.heard()) == (OWED_CENTS, ["rejection"])


def test_a_card_that_needs_the_member_charges_neither_now_nor_later(local: Member, localstripe: str) -> None:
    save(local, localstripe, NEEDS_THE_MEMBER)
    payment = local.pays()
    assert (payment.state, payment.code) == ("rejected", "authentication_required")
    assert [each["status"] for each in intents(localstripe, payment.id)] == ["canceled"]


def test_a_refund_gives_the_money_back_once(local: Member, localstripe: str) -> None:
    save(local, localstripe, GOOD)
    payment = local.pays()
    assert reversals.refund(local.core, payment.id).state == "refunded"
    local.stripe.refund(attempt_id=payment.id, amount_cents=OWED_CENTS)
    listed = httpx.get(
        f"{localstripe}/v1/refunds",
        params={"payment_intent": payment.processor_reference},
        auth=("sk_test_of_no_account", ""),
    )
    assert [each["amount"] for each in listed.json()["data"]] == [OWED_CENTS]
    assert local.owes() == OWED_CENTS


@pytest.fixture
def delivered(local: Member, localstripe: str) -> Iterator[Member]:
    """The member, with localstripe's webhooks delivered to our route."""
    app = FastAPI()
    app.include_router(stripe_webhook.router(local.core, WEBHOOK_SECRET))
    served = Served(app, listen("127.0.0.1", 0, "PORT"), "stripe-webhook").start()
    httpx.post(
        f"{localstripe}/_config/webhooks/duely",
        data={"url": f"{served.url}/stripe/webhook", "secret": WEBHOOK_SECRET},
        auth=("sk_test_of_no_account", ""),
    ).raise_for_status()
    yield local
    served.stop()


def test_an_answer_that_got_lost_comes_by_a_webhook_that_localstripe_signed(
    delivered: Member, localstripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(delivered, localstripe, GOOD)
    charge = StripeProcessor.charge

    def lost(self: StripeProcessor, *, attempt_id: str, token: str, amount_cents: int) -> Unknown:
        charge(self, attempt_id=attempt_id, token=token, amount_cents=amount_cents)
        return Unknown()

    monkeypatch.setattr(StripeProcessor, "charge", lost)
    payment = delivered.pays()
    assert payment.state == "unknown"
    limit = time.monotonic() + DELIVERY_LIMIT_S
    while delivered.payment(payment.id).state == "unknown" and time.monotonic() < limit:
        time.sleep(0.05)
    assert delivered.payment(payment.id).state == "settled"
    assert (delivered.money_entries(), delivered.heard()) == (1, ["receipt"])
    assert len(intents(localstripe, payment.id)) == 1
