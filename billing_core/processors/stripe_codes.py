"""Stripe's words in ours: PaymentIntents and errors as answers, decline codes as rows of the code table.

Sources: docs.stripe.com/declines/codes and /declines/network-codes (ACH return codes), /error-handling,
/api/idempotent_requests. Everything is read from plain mappings, so that an API object and a webhook are one thing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import stripe

from billing_core import codes
from billing_core.processors import Accepted, Answer, Declined, Unknown

log = logging.getLogger(__name__)

GENERAL = "generic_decline"
OURS = "processing_error"  # the request was refused before anything was charged: a fault of ours, not of the member

# Where Stripe gives a reason but no return code: the row whose sentence and consequences fit what it says.
ACH_RETURNS = {
    "insufficient_funds": "R01",
    "account_closed": "R02",
    "bank_account_closed": "R02",
    "no_account": "R03",
    "bank_account_invalid_details": "R03",
    "invalid_account_number": "R04",
    "debit_not_authorized": "R10",
    "recipient_deceased": "R15",
    "bank_account_frozen": "R16",
    "bank_account_restricted": "R20",
    "bank_account_unusable": "R16",
    "bank_ownership_changed": "R12",
    "could_not_process": "R17",
}
DO_NOT_TRY_AGAIN = "do_not_try_again"
_AMOUNTS = ("amount_too_small", "amount_too_large")
_MADE = ("succeeded", "processing")


def answer_of_intent(intent: Mapping[str, Any]) -> Answer:
    """What a PaymentIntent says. `processing` is a bank debit taken in: accepted, and returned later if it fails.

    An intent that waits for the member (`requires_action`) has charged nothing, but could: cancel it before telling
    the member that it was declined.
    """
    status, reference = intent.get("status"), str(intent.get("id"))
    if status in _MADE:
        return Accepted(reference)
    error = intent.get("last_payment_error")
    if status == "requires_payment_method" and isinstance(error, Mapping):
        return Declined(code_of(error), reference)
    if status == "canceled":
        return Declined(code_of(error) if isinstance(error, Mapping) else OURS, reference)
    return Unknown()


def answer_of_error(error: stripe.StripeError, *, first_and_only: bool) -> Answer:
    """What an error of the SDK says about a charge; a reason to ask later (`Unknown`) whenever it does not say no.

    A 402 is the bank's no, also when it is replayed. A 400 means that nothing was charged, but only when this was
    the one request ever sent under its key: an earlier one may have got through. Everything else (no connection, time
    out, 409, 429, 5xx, a wrong key, an idempotency key used for something else) leaves open what became of it.
    """
    if isinstance(error, stripe.CardError):
        told = _error_object(error)
        return Declined(code_of(told), _intent_id(told))
    if isinstance(error, stripe.InvalidRequestError) and first_and_only:
        log.error("stripe_request_refused code=%s param=%s request=%s", error.code, error.param, error.request_id)
        return Declined("invalid_amount" if error.code in _AMOUNTS else OURS)
    log.warning("stripe_no_answer error=%s request=%s", type(error).__name__, error.request_id)
    return Unknown()


def code_of(error: Mapping[str, Any]) -> str:
    """The row of the code table for a payment error of Stripe's; the general decline for codes it does not know.

    Of a bank debit, a return that the table does not list keeps its own name: it is for a person (`codes.reason`).
    Of a card, what Mastercard advises is kept where it is stricter than the reason (DOMAIN 3.8).
    """
    if _is_bank_debit(error):
        returned = str(error.get("network_decline_code"))
        told = (returned, *(ACH_RETURNS.get(name, "") for name in _names(error)))
        unlisted = returned if codes.is_return(returned) else GENERAL
    else:
        told, unlisted = _names(error), GENERAL
    known = next((name for name in told if name in codes.table()), None)
    if known is None:
        log.warning("stripe_code_unknown decline_code=%s code=%s", error.get("decline_code"), error.get("code"))
    said, advised = known or unlisted, _advice(error)
    return advised if advised is not None and _strictness(advised) > _strictness(said) else said


def _advice(error: Mapping[str, Any]) -> str | None:
    """The row of what the network advises: Mastercard's code, else Stripe's word that it must not be tried again."""
    network, word = error.get("network_advice_code"), error.get("advice_code")
    if f"MAC {network}" in codes.table() and _brand(error) in ("mastercard", None):
        return f"MAC {network}"
    return word if word == DO_NOT_TRY_AGAIN else None


def _strictness(code: str) -> tuple[int, int]:
    row = codes.reason(code)
    return ("later", "after_change", "never").index(row.retryable), row.wait_hours


def _brand(error: Mapping[str, Any]) -> str | None:
    for key in ("payment_method", "payment_method_details"):
        method = error.get(key)
        card = method.get("card") if isinstance(method, Mapping) else None
        if isinstance(card, Mapping) and card.get("brand"):
            return str(card["brand"])
    return None


def _names(error: Mapping[str, Any]) -> tuple[str, ...]:
    # A charge carries `failure_code`, an error `decline_code` and `code`; the most exact one first.
    named = (error.get(key) for key in ("decline_code", "code", "failure_code"))
    return tuple(name for name in named if isinstance(name, str))


def _is_bank_debit(error: Mapping[str, Any]) -> bool:
    # An error has `payment_method`, a charge `payment_method_details`; both name their type.
    for key in ("payment_method", "payment_method_details"):
        method = error.get(key)
        if isinstance(method, Mapping):
            return method.get("type") == "us_bank_account"
    code = error.get("network_decline_code")
    return isinstance(code, str) and codes.reason(code).rail == "ach"


def _error_object(error: stripe.StripeError) -> Mapping[str, Any]:
    body = error.json_body
    told = body.get("error") if isinstance(body, Mapping) else None
    return told if isinstance(told, Mapping) else {"code": error.code}


def _intent_id(told: Mapping[str, Any]) -> str | None:
    intent = told.get("payment_intent")
    return str(intent["id"]) if isinstance(intent, Mapping) and intent.get("id") else None
