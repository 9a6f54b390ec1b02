"""What a SetupIntent says was saved at Stripe's Payment Element (docs.stripe.com/payments/save-and-reuse).

A bank account whose micro-deposits are still to be confirmed leaves its intent in `requires_action` for days: it is
saved, and not verified (docs.stripe.com/payments/ach-direct-debit/set-up-payment).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from billing_core.processors import Declined, Entered, Kind, Unknown
from billing_core.processors.news import Checked, Renewed
from billing_core.processors.stripe_codes import code_of

KINDS: tuple[Kind, ...] = ("card", "us_bank_account")
REFERENCE = "reference"  # the metadata that ties a SetupIntent to what we made it for
SETUP_ID = re.compile(r"seti_[A-Za-z0-9_]{1,64}")
GUEST = "guest"  # the metadata of a customer that belongs to one link and to no account
MICRO_DEPOSITS = "verify_with_microdeposits"


class Setup(NamedTuple):
    """A SetupIntent and the reference that we made it for."""

    id: str
    reference: str


def guest_of(setup: Mapping[str, Any]) -> str:
    """The customer of a guest's setup, which only its reference names; nobody's for one that is told without."""
    customer = setup.get("customer")
    return customer if isinstance(customer, str) else ""


def setup_of(setup: Mapping[str, Any]) -> Setup | None:
    """Which of our setups an event is about; None for one that we did not make."""
    metadata = setup.get("metadata")
    reference = metadata.get(REFERENCE) if isinstance(metadata, Mapping) else None
    name = setup.get("id")
    if not isinstance(reference, str) or not isinstance(name, str) or not SETUP_ID.fullmatch(name):
        return None
    return Setup(name, reference)


def checked_of(setup: Mapping[str, Any]) -> tuple[str | None, Checked | None]:
    """The bank account of a SetupIntent that ended, and whether its test deposits were confirmed."""
    failed = setup.get("status") != "succeeded"
    error = setup.get("last_setup_error")
    method = (error.get("payment_method") if isinstance(error, Mapping) else None) if failed else None
    method = method or setup.get("payment_method")
    method_id, customer = method.get("id") if isinstance(method, Mapping) else method, setup.get("customer")
    if not isinstance(method_id, str) or not isinstance(customer, str):
        return None, None
    return token_of("us_bank_account", customer, method_id), Checked(verified=not failed)


def token_of(kind: Kind, customer_id: str, method_id: str) -> str:
    """What a saved method's `token` is: its kind, its customer and its PaymentMethod, all that a charge needs."""
    return f"{kind}:{customer_id}:{method_id}"


def entered_of(setup: Mapping[str, Any], customer_id: str, reference: str) -> Entered | Declined | Unknown:
    """The method of a SetupIntent of this customer and reference, with its PaymentMethod expanded."""
    if setup.get("customer") != customer_id or (setup.get("metadata") or {}).get(REFERENCE) != reference:
        return Unknown()
    error = setup.get("last_setup_error")
    if setup.get("status") == "requires_payment_method" and isinstance(error, Mapping):
        return Declined(code_of(error), str(setup.get("id")))
    waits = (setup.get("next_action") or {}).get("type") == MICRO_DEPOSITS
    method = setup.get("payment_method")
    if not isinstance(method, Mapping) or not (setup.get("status") == "succeeded" or waits):
        return Unknown()
    return _entered(method, customer_id, verified=not waits)


def _entered(method: Mapping[str, Any], customer_id: str, *, verified: bool) -> Entered | Unknown:
    kind, method_id = method.get("type"), str(method.get("id"))
    if kind == "card":
        card = method["card"]
        return Entered(
            token=token_of("card", customer_id, method_id),
            kind="card",
            brand=str(card["brand"])[:12],
            last4=str(card["last4"]),
            expires_month=date(int(card["exp_year"]), int(card["exp_month"]), 1),
        )
    if kind == "us_bank_account":
        bank = method["us_bank_account"]
        return Entered(
            token=token_of("us_bank_account", customer_id, method_id),
            kind="savings" if bank.get("account_type") == "savings" else "checking",
            brand=None,
            last4=str(bank["last4"]),
            expires_month=None,
            verified=verified,
            business=bank.get("account_holder_type") == "company",
        )
    return Unknown()


def renewed_of(method: Mapping[str, Any]) -> Renewed | None:
    """The card of a PaymentMethod as the network knows it by now; None for one that says nothing about it."""
    card = method.get("card")
    if not isinstance(card, Mapping):
        return None
    last4, month, year = card.get("last4"), card.get("exp_month"), card.get("exp_year")
    if not isinstance(last4, str) or len(last4) != 4 or not isinstance(month, int) or not isinstance(year, int):
        return None
    return Renewed(last4, date(year, month, 1)) if 1 <= month <= 12 and 2000 <= year <= 9999 else None
