"""Whether a member was charged twice: payments that look like one another, and whether more was taken than owed.

Pure: the history in, facts out. That two payments are alike says nothing by itself, since two months may cost the
same; only what was over what was owed is too much, and it stands as the member's credit until it is given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from billing_core import history
from billing_core.core import Core
from billing_core.history import Line
from billing_core.states import PaymentState

# [prop] Further apart than this nobody takes two charges for one; a month's premium recurs no sooner.
WITHIN_DAYS = 10


@dataclass(frozen=True)
class Alike:
    """Two settled payments of the same amount from the same method, within days of each other, the earlier first.

    `over_cents` is what of the second was more than what was owed.
    """

    first: Line
    second: Line
    over_cents: int

    @property
    def charged_twice(self) -> bool:
        """Whether the second took more than was owed, so that some of it has to go back."""
        return self.over_cents > 0


def alike(made: Sequence[Line], within_days: int = WITHIN_DAYS) -> list[Alike]:
    """The pairs of settled payments that a member may take for one charge made twice, the newest pair first.

    A payment that was declined, returned or refunded took nothing, though the bank may show it for some days.
    """
    settled = [line for line in made if line.state == PaymentState.SETTLED]
    ordered = sorted(settled, key=lambda line: (line.made_on, line.payment_id))
    pairs = []
    for place, second in enumerate(ordered):
        for first in reversed(ordered[:place]):
            same = (first.amount_cents, first.method_id) == (second.amount_cents, second.method_id)
            if same and second.made_on - first.made_on <= timedelta(days=within_days):
                pairs.append(Alike(first, second, second.over_cents))
                break
    return pairs[::-1]


def of(core: Core, account_id: str, within_days: int = WITHIN_DAYS) -> list[Alike]:
    """`alike` of the account's own payments; raises `AccountNotFound`."""
    return alike(history.of(core, account_id), within_days)
