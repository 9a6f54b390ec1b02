"""When more is due on a bill that was paid and then corrected upwards (DOMAIN 1.4, 2.6)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.billing_core.test_credits import correct
from tests.billing_core.world import JAN, World


@pytest.mark.parametrize(
    ("day", "due_on"),
    [("2027-01-01", JAN), ("2027-01-31", date(2027, 2, 1)), ("2027-02-01", date(2027, 3, 1))],
)
def test_more_to_pay_on_a_paid_bill_is_due_on_a_due_date_to_come(world: World, day: str, due_on: date) -> None:
    """Past its own due date; on it the bill is still in time, and on the next one a day later would be past due."""
    world.member()
    world.pay()
    world.at(f"{day}T10:00")
    correct(world, 45000)
    assert [row.due_on for row in world.invoices()] == [due_on]
