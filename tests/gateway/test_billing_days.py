"""The billing day runs by itself, once a day, and makes up for days on which nothing was running."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from billing_core import Core, cast, views
from gateway import billing_days
from gateway.billing_days import MOST_DAYS_BACK, run_due


def test_the_first_start_runs_today_and_a_second_start_nothing(sqlite_core: Core) -> None:
    cast.load(sqlite_core)
    assert run_due(sqlite_core) == [date(2026, 12, 15)]
    assert run_due(sqlite_core) == []


def test_days_without_a_running_process_are_made_up_for_in_order(sqlite_core: Core) -> None:
    cast.load(sqlite_core)
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2027-01-02T08:00"))
    days = run_due(sqlite_core)
    assert days == [date(2026, 12, 16) + timedelta(days=step) for step in range(18)]
    # rivera's draft of January 1 fell on a day that nobody was there for.
    paid = [row for row in views.account(sqlite_core, "rivera")["payments"] if row["pay_on"] == "2027-01-01"]
    assert [row["status"] for row in paid] == ["settled"]


def test_after_a_long_absence_only_the_last_weeks_are_made_up_for(sqlite_core: Core) -> None:
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2027-12-31T08:00"))
    assert len(run_due(sqlite_core)) == MOST_DAYS_BACK + 1


def test_a_clock_that_was_set_back_runs_nothing(sqlite_core: Core) -> None:
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2026-12-01T08:00"))
    assert run_due(sqlite_core) == []


def test_a_beat_that_fails_does_not_end_the_beating(sqlite_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    heart = billing_days.Heart(sqlite_core, every_s=0.01)
    calls: list[int] = []

    def broken(_core: Core) -> list[date]:
        calls.append(1)
        if len(calls) > 2:
            heart._stopping.set()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(billing_days, "run_due", broken)
    heart.start()
    heart._thread.join(5)
    heart.stop()
    assert len(calls) == 3
