"""Stripe behind the processor's port, with the official SDK (see docs/decisions/stripe_is_asked_by_listing.md).

One attempt is one PaymentIntent, created and confirmed in one request off-session, its idempotency key the attempt id.
Whatever is not a clear yes or no is `Unknown`, and `find` then asks without charging: by the PaymentIntent's id, or by
listing the customer's PaymentIntents, which (unlike Stripe's search) sees what was written a moment ago.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import stripe
from sqlalchemy.exc import IntegrityError

from billing_core.calendar import Clock
from billing_core.processors import Accepted, Answer, Declined, Entered, Finding, Kind, NeverArrived, Unknown
from billing_core.processors.news import Renewed
from billing_core.processors.stripe_codes import OURS, answer_of_error, answer_of_intent
from billing_core.processors.stripe_entry import GUEST, KINDS, REFERENCE, SETUP_ID, entered_of, guest_of, renewed_of
from billing_core.processors.stripe_records import StripeAttempt, StripeCustomer
from billing_core.store import Store

log = logging.getLogger(__name__)

ATTEMPT = "attempt_id"  # the metadata that every PaymentIntent and refund of ours carries

# Stripe forgets an idempotency key after 24 hours at the earliest; ours are not trusted that long.
KEY_GOOD_FOR = timedelta(hours=20)
# A request that got no answer may still be on its way; only after this is "not listed" taken for "never arrived".
STILL_ON_ITS_WAY = timedelta(minutes=10)


@dataclass(frozen=True)
class StripeConfig:
    """How Stripe is reached; times in seconds. A whole turn has 8 s, so one charge may take no longer than 7.

    A connection that breaks within `retry_within_s` is tried once more under the same key; a slower one has used up
    the turn's time.
    """

    secret_key: str = field(repr=False)
    api_url: str = ""
    connect_s: float = 2.0
    read_s: float = 5.0
    retry_within_s: float = 1.5


class StripeProcessor:
    """Cards and US bank accounts through Stripe; thread-safe, and nothing it logs names a member or a card."""

    def __init__(self, store: Store, clock: Clock, *, config: StripeConfig) -> None:
        # The SDK tells each request at INFO, with Stripe's messages in it.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        self._store = store
        self._clock = clock
        self._retry_within_s = config.retry_within_s
        self._client = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_url} if config.api_url else None,
            http_client=stripe.RequestsClient(timeout=(config.connect_s, config.read_s)),
            max_network_retries=0,
        )

    def charge(self, *, attempt_id: str, token: str, amount_cents: int) -> Answer:
        """See `Processor.charge`. A key too old to be trusted is not sent again: the attempt is looked for instead."""
        parts = token.split(":")
        if len(parts) != 3 or parts[0] not in KINDS:
            log.error("stripe_token_unreadable attempt=%s", attempt_id)
            return Declined(OURS)
        kind, customer_id, method_id = parts
        sends = self._remember(attempt_id, customer_id)
        if sends is None:
            found = self.find(attempt_id)
            return Declined(OURS) if isinstance(found, NeverArrived) else found
        params = {
            "amount": amount_cents,
            "currency": "usd",
            "customer": customer_id,
            "payment_method": method_id,
            "payment_method_types": [kind],
            "confirm": True,
            "off_session": True,
            "metadata": {ATTEMPT: attempt_id},
        }
        answer = self._send(attempt_id, params, first=sends == 1)
        if isinstance(answer, Accepted | Declined) and answer.reference:
            self._note_intent(attempt_id, answer.reference)
        return answer

    def find(self, attempt_id: str) -> Finding:
        """See `Processor.find`."""
        with self._store.read() as session:
            attempt = session.get(StripeAttempt, attempt_id)
        if attempt is None:
            return NeverArrived()
        try:
            intents = self._intents(attempt)
            if not intents:
                quiet = self._clock.now() - attempt.last_sent_at >= STILL_ON_ITS_WAY
                return NeverArrived() if quiet else Unknown()
            if len(intents) > 1:
                log.error("stripe_several_intents attempt=%s", attempt_id)
            answers = [self._conclude(intent) for intent in intents]
        except stripe.StripeError as error:
            log.warning("stripe_cannot_be_asked error=%s request=%s", type(error).__name__, error.request_id)
            return Unknown()
        # One attempt has one intent; should there ever be more, the one that took money is what happened.
        answer = next((each for each in answers if isinstance(each, Accepted)), answers[0])
        if isinstance(answer, Accepted | Declined) and answer.reference:
            self._note_intent(attempt_id, answer.reference)
        return answer

    def refund(self, *, attempt_id: str, amount_cents: int) -> Answer:
        """See `Processor.refund`; what was refunded at Stripe by hand counts as refunded."""
        charged = self.find(attempt_id)
        if isinstance(charged, Unknown):
            return Unknown()
        if not isinstance(charged, Accepted):
            return Declined("invalid_amount")
        try:
            refund = self._refund_of(charged.reference, attempt_id) or self._client.v1.refunds.create(
                {"payment_intent": charged.reference, "amount": amount_cents, "metadata": {ATTEMPT: attempt_id}},
                {"idempotency_key": f"refund-{attempt_id}", "max_network_retries": 1},
            )
        except stripe.StripeError as error:
            if error.code == "charge_already_refunded":
                return Accepted(charged.reference)
            return answer_of_error(error, first_and_only=True)
        return Declined(OURS, refund.id) if refund.status in ("failed", "canceled") else Accepted(refund.id)

    def create_setup(self, account_id: str | None, *, kinds: Sequence[Kind], reference: str) -> str | Unknown:
        """See `SecureEntry.create_setup`: a SetupIntent's client secret, for the Payment Element."""
        create: Callable[..., stripe.SetupIntent] = self._client.v1.setup_intents.create
        try:
            setup = create(
                {
                    "customer": self.customer(account_id) if account_id else self._guest(reference),
                    "usage": "off_session",
                    "payment_method_types": [*kinds],
                    "metadata": {REFERENCE: reference},
                },
                {"max_network_retries": 1},
            )
        except stripe.StripeError as error:
            log.warning("stripe_no_setup error=%s request=%s", type(error).__name__, error.request_id)
            return Unknown()
        return setup.client_secret or Unknown()

    def read_setup(self, account_id: str | None, setup: str, *, reference: str) -> Entered | Declined | Unknown:
        """See `SecureEntry.read_setup`; `setup` is the SetupIntent's id."""
        if not SETUP_ID.fullmatch(setup):
            return Unknown()
        try:
            found = self._client.v1.setup_intents.retrieve(
                setup, {"expand": ["payment_method"]}, {"max_network_retries": 1}
            )
            told = found.to_dict()
            return entered_of(told, self.customer(account_id) if account_id else guest_of(told), reference)
        except stripe.StripeError as error:
            log.warning("stripe_setup_unread error=%s request=%s", type(error).__name__, error.request_id)
            return Unknown()

    def card(self, token: str) -> Renewed | None:
        """See `Updater.card`: Stripe updates a PaymentMethod in place, so it is read as it is by now."""
        kind, _, method_id = [*token.split(":"), "", ""][:3]
        if kind != "card" or not method_id:
            return None
        try:
            return renewed_of(self._client.v1.payment_methods.retrieve(method_id).to_dict())
        except stripe.StripeError as error:
            log.warning("stripe_card_unread error=%s request=%s", type(error).__name__, error.request_id)
            return None

    def _guest(self, reference: str) -> str:
        """A Stripe customer of nobody's, for one link: what a guest enters is kept apart from the member's methods."""
        made = self._client.v1.customers.create(
            {"metadata": {GUEST: reference}},
            {"idempotency_key": f"guest-{reference}", "max_network_retries": 1},
        )
        return made.id

    def customer(self, account_id: str) -> str:
        """The account's Stripe customer, made at its first use; Stripe is told our account id and nothing else."""
        with self._store.read() as session:
            known = session.get(StripeCustomer, account_id)
        if known is not None:
            return known.customer_id
        made = self._client.v1.customers.create(
            {"metadata": {"account_id": account_id}},
            {"idempotency_key": f"customer-{account_id}", "max_network_retries": 1},
        )
        try:
            with self._store.write() as session:
                session.add(StripeCustomer(account_id=account_id, customer_id=made.id))
        except IntegrityError:
            with self._store.read() as session:
                return session.get_one(StripeCustomer, account_id).customer_id
        return made.id

    def _remember(self, attempt_id: str, customer_id: str) -> int | None:
        """Write down, before the request leaves, that it does: 1 for the first time, 2 for a repetition.

        None when the first time is so long ago that Stripe may have forgotten the key.
        """
        now = self._clock.now()
        try:
            with self._store.write() as session:
                attempt = session.get(StripeAttempt, attempt_id)
                if attempt is None:
                    session.add(
                        StripeAttempt(
                            attempt_id=attempt_id, customer_id=customer_id, first_sent_at=now, last_sent_at=now
                        )
                    )
                    return 1
                if now - attempt.first_sent_at > KEY_GOOD_FOR:
                    return None
                attempt.last_sent_at = now
                return 2
        except IntegrityError:
            return 2

    def _note_intent(self, attempt_id: str, intent_id: str) -> None:
        with self._store.write() as session:
            attempt = session.get_one(StripeAttempt, attempt_id)
            attempt.intent_id = intent_id

    def _send(self, attempt_id: str, params: Mapping[str, Any], *, first: bool) -> Answer:
        create: Callable[..., stripe.PaymentIntent] = self._client.v1.payment_intents.create
        started = time.monotonic()
        for last in (False, True):
            try:
                return self._conclude(create(params, {"idempotency_key": attempt_id}))
            except stripe.APIConnectionError as error:
                if last or time.monotonic() - started > self._retry_within_s:
                    return answer_of_error(error, first_and_only=False)
                first = False
            except stripe.StripeError as error:
                return answer_of_error(error, first_and_only=first)
        return Unknown()

    def _conclude(self, intent: stripe.PaymentIntent) -> Answer:
        """The answer of an intent. One that waits for the member is cancelled, so that it can never charge later."""
        if intent.status not in ("requires_action", "requires_confirmation"):
            return answer_of_intent(intent.to_dict())
        try:
            self._client.v1.payment_intents.cancel(intent.id, options={"max_network_retries": 1})
        except stripe.StripeError as error:
            log.warning("stripe_cannot_cancel error=%s request=%s", type(error).__name__, error.request_id)
            return Unknown()
        return Declined("authentication_required", intent.id)

    def _intents(self, attempt: StripeAttempt) -> list[stripe.PaymentIntent]:
        options: stripe.RequestOptions = {"max_network_retries": 1}
        if attempt.intent_id:
            return [self._client.v1.payment_intents.retrieve(attempt.intent_id, options=options)]
        listed = self._client.v1.payment_intents.list({"customer": attempt.customer_id, "limit": 100}, options)
        return [intent for intent in listed.auto_paging_iter() if _attempt_on(intent) == attempt.attempt_id]

    def _refund_of(self, intent_id: str, attempt_id: str) -> stripe.Refund | None:
        """The refund of this attempt that stands already: the idempotency key does not keep as long as we do."""
        listed = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100}, {"max_network_retries": 1})
        for refund in listed.auto_paging_iter():
            if _attempt_on(refund) == attempt_id and refund.status not in ("failed", "canceled"):
                return refund
        return None


def _attempt_on(made: stripe.StripeObject) -> object:
    """The attempt id that we put on what Stripe made; nothing on what was made by hand."""
    return (made.to_dict().get("metadata") or {}).get(ATTEMPT)
