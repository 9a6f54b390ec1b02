"""Against stripe-stateful-mock, which keeps idempotency keys and gives reasons: our reading of the SDK's errors.

It knows charges and no PaymentIntents, so the official client talks to it directly, as our adapter sets it up.
"""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing_core.processors import Declined, Unknown
from billing_core.processors.stripe_codes import answer_of_error


@pytest.fixture
def client(stateful_mock: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        "sk_test_of_no_account",
        base_addresses={"api": stateful_mock},
        http_client=stripe.RequestsClient(timeout=(10.0, 10.0)),
        max_network_retries=0,
    )


def charge(client: stripe.StripeClient, source: str, *, amount: int = 41210, key: str | None = None) -> Any:
    params: Any = {"amount": amount, "currency": "usd", "source": source}
    return client.v1.charges.create(params, {"idempotency_key": key})


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("tok_chargeDeclined", "generic_decline"),
        ("tok_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("tok_chargeDeclinedFraudulent", "fraudulent"),
        ("tok_chargeDeclinedExpiredCard", "expired_card"),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("tok_chargeDeclinedProcessingError", "processing_error"),
    ],
)
def test_a_decline_keeps_its_reason(client: stripe.StripeClient, source: str, code: str) -> None:
    with pytest.raises(stripe.CardError) as caught:
        charge(client, source)
    assert answer_of_error(caught.value, first_and_only=True) == Declined(code)


@pytest.mark.parametrize(("source", "error"), [("tok_429", stripe.RateLimitError), ("tok_500", stripe.APIError)])
def test_what_is_no_answer_is_taken_for_none(
    client: stripe.StripeClient, source: str, error: type[stripe.StripeError]
) -> None:
    with pytest.raises(error) as caught:
        charge(client, source)
    assert answer_of_error(caught.value, first_and_only=True) == Unknown()


def test_the_same_key_charges_once_and_another_amount_under_it_is_no_answer(client: stripe.StripeClient) -> None:
    first = charge(client, "tok_visa", key="one-attempt")
    assert charge(client, "tok_visa", key="one-attempt").id == first.id
    with pytest.raises(stripe.IdempotencyError) as caught:
        charge(client, "tok_visa", amount=100, key="one-attempt")
    assert answer_of_error(caught.value, first_and_only=True) == Unknown()
    assert answer_of_error(caught.value, first_and_only=False) == Unknown()


def test_a_decline_is_replayed_under_its_key(client: stripe.StripeClient) -> None:
    answers = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            charge(client, "tok_chargeDeclinedInsufficientFunds", key="one-decline")
        answers.append(answer_of_error(caught.value, first_and_only=False))
    assert answers == [Declined("insufficient_funds")] * 2


def test_a_request_that_was_refused_is_a_no_only_when_it_was_the_only_one(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        charge(client, "tok_visa", amount=-1)
    assert isinstance(answer_of_error(caught.value, first_and_only=True), Declined)
    assert answer_of_error(caught.value, first_and_only=False) == Unknown()
