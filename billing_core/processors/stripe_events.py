"""Stripe's webhook events: checked by the official library, and told as events of the core.

Sources: docs.stripe.com/webhooks (signatures), /api/events/types, /payments/ach-direct-debit (a debit fails by
`payment_intent.payment_failed`; after it succeeded, the bank's claim comes as a dispute).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import stripe

from billing_core import events
from billing_core.core import Core
from billing_core.errors import BillingError
from billing_core.events import Effect
from billing_core.processors import Accepted, Declined
from billing_core.processors.news import Event, ForPerson, Refunded, UnderWay, What
from billing_core.processors.stripe import ATTEMPT
from billing_core.processors.stripe_codes import answer_of_intent, code_of
from billing_core.processors.stripe_entry import Setup, checked_of, renewed_of, setup_of, token_of
from billing_core.processors.stripe_records import attempt_of

# Events after which a method may be saved: `requires_action` is a bank account that waits for test deposits.
SETUP_ENTERED = ("setup_intent.succeeded", "setup_intent.requires_action")
TOLERANCE_S = 300  # how old a signature may be


class NotFromStripe(BillingError):
    """The signature is missing, wrong, too old, or cannot be checked because no webhook secret is set."""


class NotAnEvent(BillingError):
    """Signed by Stripe, but not an event that can be read."""


def receive(core: Core, body: bytes, signature: str, secret: str) -> Effect:
    """Check one delivery and count it once; raises `NotFromStripe` or `NotAnEvent`, and then nothing changed."""
    return events.take(core, read(core, body, signature, secret))


def read(core: Core, body: bytes, signature: str, secret: str) -> Event:
    """The event of a delivery, once its signature holds; raises as `receive`."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_S)
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # A body or a header that is not text makes the library stumble; neither was signed by Stripe.
        raise NotFromStripe("the signature does not hold") from None
    try:
        event = json.loads(body)
        about = event["data"]["object"]
        identity, kind = event["id"], event["type"]
    except (ValueError, KeyError, TypeError):
        raise NotAnEvent("this is not an event") from None
    if not isinstance(identity, str) or not 0 < len(identity) <= 255 or not isinstance(kind, str):
        raise NotAnEvent("this is not an event")
    if not isinstance(about, Mapping):
        raise NotAnEvent("this is not an event")
    if kind == "payment_method.automatically_updated":
        # The network told Stripe of a new number or expiry; the PaymentMethod, and so our token, stays the same.
        return Event(identity, kind, what=renewed_of(about), token=_token(about))
    if kind in ("setup_intent.succeeded", "setup_intent.setup_failed"):
        # What waited for test deposits; what was typed a moment ago is read back by the page, or by `setup_in`.
        token, news = checked_of(about)
        return Event(identity, kind, what=news, token=token)
    what = _what(kind, about)
    return Event(identity, kind, _attempt(core, about) if what else None, what)


def setup_in(body: bytes) -> Setup | None:
    """The setup that an event, whose signature was checked, says was finished at the processor's page, if any."""
    event = json.loads(body)
    return setup_of(event["data"]["object"]) if event["type"] in SETUP_ENTERED else None


def _what(kind: str, about: Mapping[str, Any]) -> What | None:
    match kind:
        case "payment_intent.succeeded":
            answer = answer_of_intent(about)
            return answer if isinstance(answer, Accepted) else None
        case "payment_intent.processing":
            return UnderWay(_text(about, "id") or "")
        case "payment_intent.payment_failed":
            error = about.get("last_payment_error")
            return Declined(code_of(error if isinstance(error, Mapping) else {}), _text(about, "id"))
        case "charge.failed":
            # A bank debit's charge fails days later; of a card's failure the PaymentIntent's own event tells.
            details = about.get("payment_method_details")
            bank = isinstance(details, Mapping) and details.get("type") == "us_bank_account"
            return Declined(code_of(about), _text(about, "payment_intent")) if bank else None
        case "charge.refunded":
            amount = about.get("amount_refunded")
            reference = _text(about, "payment_intent") or _text(about, "id") or ""
            return Refunded(amount if isinstance(amount, int) else 0, reference)
        case "charge.dispute.created":
            return ForPerson.DISPUTED
        case "refund.failed" | "charge.refund.updated" if about.get("status") == "failed":
            return ForPerson.REFUND_FAILED
    return None


def _attempt(core: Core, about: Mapping[str, Any]) -> str | None:
    """Whose event it is: by our metadata, which Stripe copies to the charge, or by the PaymentIntent it names."""
    metadata = about.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get(ATTEMPT), str):
        return str(metadata[ATTEMPT])[:64]
    intent_id = _text(about, "payment_intent") or _text(about, "id")
    if intent_id is None:
        return None
    with core.read() as session:
        return attempt_of(session, intent_id)


def _token(about: Mapping[str, Any]) -> str | None:
    customer, method = _text(about, "customer"), _text(about, "id")
    return token_of("card", customer, method) if customer and method else None


def _text(about: Mapping[str, Any], key: str) -> str | None:
    value = about.get(key)
    return value if isinstance(value, str) else None
