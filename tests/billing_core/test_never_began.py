"""Coverage that was cancelled before its first day (DOMAIN 2.3): it never began, so it has not ended either."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import accounts
from billing_core.errors import CoverageEnded, CoverageNeverBegan
from tests.billing_core.world import World


@pytest.mark.parametrize(
    ("ended_on", "covered_from", "never_began"),
    [
        (date(2025, 12, 31), None, date(2026, 1, 1)),
        (date(2026, 1, 1), None, None),
        # A part month: cancelled from its first of the month, it was to start on its own day.
        (date(2025, 12, 31), date(2026, 1, 15), date(2026, 1, 15)),
        (date(2026, 1, 31), date(2026, 1, 15), None),
        (None, None, None),
    ],
)
def test_coverage_that_was_cancelled_before_its_first_day_never_began(
    world: World, ended_on: date | None, covered_from: date | None, never_began: date | None
) -> None:
    world.member(ended_on=ended_on)
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).covered_from = covered_from
    with world.core.read() as session:
        assert accounts.find(session, "ada").never_began() == never_began
    if ended_on is not None:
        with pytest.raises(CoverageEnded) as refused:
            world.quote()
        assert isinstance(refused.value, CoverageNeverBegan) is (never_began is not None)
        assert getattr(refused.value, "starts_on", None) == never_began
