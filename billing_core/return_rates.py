"""How many bank debits came back within 60 days, beside the network's limits: an operations figure (DOMAIN 3.3).

Over a limit the network asks questions and may fine: unauthorized 0.5 %, administrative 3 %, all returns 15 %.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from billing_core import codes
from billing_core.core import Core
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.states import PaymentState

WINDOW = timedelta(days=60)
# In thousandths of the debits of the window.
LIMITS = {"unauthorized": 5, "administrative": 30, "overall": 150}
MADE = (PaymentState.SETTLED, PaymentState.RETURNED, PaymentState.REFUNDED)


@dataclass(frozen=True)
class Rate:
    """Returns of one kind among the debits of the window; the limit in thousandths."""

    kind: str
    returned: int
    debits: int
    limit_per_mille: int

    @property
    def over(self) -> bool:
        """Whether the limit is passed; at it exactly, it is not."""
        return self.returned * 1000 > self.limit_per_mille * self.debits


def of(core: Core, on: date) -> list[Rate]:
    """The three rates over the 60 days that end with `on`."""
    since = on - WINDOW + timedelta(days=1)
    bank = select(func.count()).select_from(Payment).join(Method, Method.id == Payment.method_id)
    bank = bank.where(Method.kind != "card")
    back = bank.where(Payment.state == PaymentState.RETURNED, Payment.resolved_on.between(since, on))
    kinds: dict[str, Collection[str] | None] = {
        "unauthorized": codes.UNAUTHORIZED,
        "administrative": codes.ADMINISTRATIVE,
        "overall": None,
    }
    with core.read() as session:
        debits = session.scalar(bank.where(Payment.state.in_(MADE), Payment.pay_on.between(since, on))) or 0
        found = []
        for kind, which in kinds.items():
            mine = back if which is None else back.where(Payment.code.in_(which))
            found.append(Rate(kind, session.scalar(mine) or 0, debits, LIMITS[kind]))
    return found
