"""Payment processors behind one port with three answers: accepted, declined with a code, unknown.

A decline is an answer, not an error. Unknown means that nobody may try again until the processor itself has said
what happened. Adapters get a token and never a card or account number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, runtime_checkable

# What a member can save at a processor's own page.
Kind = Literal["card", "us_bank_account"]


@dataclass(frozen=True)
class Accepted:
    """The processor took the money (card) or took the debit in (bank account)."""

    reference: str


@dataclass(frozen=True)
class Declined:
    """The processor or the bank said no; `code` is a row of the code table."""

    code: str
    reference: str | None = None


@dataclass(frozen=True)
class Unknown:
    """No answer, or one that does not say; ask again later."""


@dataclass(frozen=True)
class NeverArrived:
    """The processor is sure that it never saw this attempt, so nothing was charged."""


Answer = Accepted | Declined | Unknown
Finding = Accepted | Declined | Unknown | NeverArrived


class Processor(Protocol):
    """What the core needs of a processor."""

    def charge(self, *, attempt_id: str, token: str, amount_cents: int) -> Answer:
        """Take `amount_cents` from the method behind `token`; `attempt_id` is the idempotency key."""

    def find(self, attempt_id: str) -> Finding:
        """What became of an attempt; asking never charges."""

    def refund(self, *, attempt_id: str, amount_cents: int) -> Answer:
        """Give the money of an accepted attempt back; the same attempt is refunded once."""


@dataclass(frozen=True)
class Entered:
    """A method that a member typed into the processor's page: all that we ever learn of it.

    `verified` is False for a bank account whose owner still has to be checked by micro-entries (DOMAIN 3.3).
    """

    token: str
    kind: Literal["card", "checking", "savings"]
    brand: str | None
    last4: str
    expires_month: date | None
    verified: bool = True
    business: bool = False


@runtime_checkable
class SecureEntry(Protocol):
    """A processor at whose page a member types a card or account number, which we never see."""

    def create_setup(self, account_id: str | None, *, kinds: Sequence[Kind], reference: str) -> str | Unknown:
        """The secret with which that page saves one method of `kinds` for the account, or for a guest of
        nobody's (None); charges nothing.

        `reference` is ours: only a setup that was made for it can be read back for it."""

    def read_setup(self, account_id: str | None, setup: str, *, reference: str) -> Entered | Declined | Unknown:
        """What was saved, told by the processor itself: `setup` came through a browser and proves nothing.

        A setup of another account or reference, or one that never was, is `Unknown`."""
