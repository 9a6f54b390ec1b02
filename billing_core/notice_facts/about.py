"""What every reader of a notice's facts is given, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from billing_core import invoices
from billing_core.accounts import Account
from billing_core.core import Core
from billing_core.invoices import OpenInvoice
from billing_core.notices import Notice


@dataclass(frozen=True)
class About:
    """One notice, its account and the issuer's civil date on which it is read."""

    core: Core
    session: Session
    notice: Notice
    account: Account
    today: date

    def subject(self, place: int = 1) -> str:
        """A part of the notice's key: what it is about (`payment:ID:receipt`, `draft:ENROLLMENT:DUE:notice`)."""
        return self.notice.key.split(":")[place]

    def given(self, name: str) -> Any:
        """A fact that the notice's writer left."""
        return (self.notice.facts or {})[name]

    def open(self) -> list[OpenInvoice]:
        return invoices.open_invoices(self.session, self.account.id)


@dataclass(frozen=True)
class Said:
    """What is said: the kind's variant and its facts, as JSON takes them (cents, ISO dates, words).

    `told` when the member has heard it already, in the conversation it came from.
    """

    variant: str
    facts: dict[str, Any]
    told: bool = False


def owed_cents(open_: list[OpenInvoice]) -> int:
    return sum(item.open_cents for item in open_)
