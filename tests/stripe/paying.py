"""One member with one saved method at a Stripe, and what a test does with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from billing_core import Core, attempts, ledger, notices
from billing_core.ledger import Entry
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.processors.stripe import StripeProcessor
from tests.billing_core.world import World

OWED_CENTS = 41210
SAVED = {"card": "visa", "us_bank_account": "checking"}


class Member:
    """Ada, who owes $412.10."""

    def __init__(self, core: Core, token: str, *, kind: str = "card") -> None:
        self.core = core
        self.world = World(core)
        self.world.member(saved=(SAVED[kind],))
        self.saves(token)
        self._since = notices.last_id(core)

    @property
    def stripe(self) -> StripeProcessor:
        assert isinstance(self.core.processor, StripeProcessor)
        return self.core.processor

    def saves(self, token: str) -> None:
        """The saved method is this one from now on."""
        with self.core.write() as session:
            session.scalars(select(Method)).one().token = token

    def pays(self, **wish: Any) -> Payment:
        """Open a quote and confirm it."""
        return self.world.pay(**wish).payment

    def is_asked_about(self) -> None:
        """What the heart does every half minute."""
        attempts.resolve_open(self.core, "ada")

    def payment(self, payment_id: str) -> Payment:
        return self.world.payment(payment_id)

    def owes(self) -> int:
        return self.world.owed_cents()

    def heard(self) -> list[str]:
        """The kinds of notices written since the member was made."""
        return notices.kinds_since(self.core, "ada", self._since)

    def money_entries(self) -> int:
        """How many ledger entries are about payments."""
        with self.core.read() as session:
            assert ledger.total_cents(session) == 0
            found = session.scalar(select(func.count()).where(Entry.reference.like("payment:%")))
        return found or 0

    def method(self) -> Method:
        with self.core.read() as session:
            return session.scalars(select(Method)).one()
