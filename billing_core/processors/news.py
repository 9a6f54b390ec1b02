"""What a processor tells without being asked: about a charge, or about a saved method. Plain facts, as it sees them.

A processor delivers at least once and in no particular order; `events.take` counts each once. Stripe tells by webhook,
the sandbox is asked for its news when the billing day begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from billing_core.processors import Accepted, Declined


class ForPerson(StrEnum):
    """Why a person has to look."""

    DISPUTED = "disputed"
    REFUND_FAILED = "refund_failed"
    PARTLY_REFUNDED = "partly_refunded"
    CHARGED_UNEXPECTEDLY = "charged_unexpectedly"
    ACCEPTED_LATE = "accepted_late"
    FAILED_AFTER_SETTLING = "failed_after_settling"
    RETURNED_AFTER_FINAL = "returned_after_final"


@dataclass(frozen=True)
class Refunded:
    """Money of the payment went back, `amount_cents` in all; `reference` is the charge it belongs to."""

    amount_cents: int
    reference: str


@dataclass(frozen=True)
class UnderWay:
    """A bank debit was taken in; told late, it says nothing about how it ended."""

    reference: str


@dataclass(frozen=True)
class Renewed:
    """The card has another number or expiry by now (Visa Account Updater, Mastercard ABU); `token` if it changed."""

    last4: str
    expires_month: date
    token: str | None = None


@dataclass(frozen=True)
class Closed:
    """The bank closed the card's account."""


@dataclass(frozen=True)
class AskHolder:
    """The bank has no news to give: the cardholder has to be asked."""


@dataclass(frozen=True)
class Corrected:
    """A notification of change (ACH C-code): the bank's correction of what an entry said; what stays is None."""

    code: str
    last4: str | None = None
    kind: Literal["checking", "savings"] | None = None
    token: str | None = None


@dataclass(frozen=True)
class Checked:
    """The micro-entries of a bank account came to an end: its owner named them, or did not in time (DOMAIN 3.3)."""

    verified: bool


MethodNews = Renewed | Closed | AskHolder | Corrected | Checked
What = Accepted | UnderWay | Declined | Refunded | ForPerson | MethodNews


@dataclass(frozen=True)
class Event:
    """One event, about an attempt or about a method's token; without `what` it is written down and does nothing."""

    id: str
    kind: str
    attempt_id: str | None = None
    what: What | None = None
    token: str | None = None


@runtime_checkable
class TellsWhenAsked(Protocol):
    """A processor without a webhook."""

    def news(self) -> Sequence[Event]:
        """What happened by now and was not heard yet, oldest first."""

    def heard(self, event_id: str) -> None:
        """We have it: it need not be told again."""


@runtime_checkable
class Updater(Protocol):
    """A processor that knows what became of a saved card."""

    def card(self, token: str) -> Renewed | Closed | AskHolder | None:
        """The card behind the token as the network knows it now; None where it has no answer."""
