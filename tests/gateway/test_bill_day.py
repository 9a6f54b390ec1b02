"""`duely bill-day`: many days in one go with a table at the end, or a list of what would happen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from billing_core import Clock, cast, open_core, views
from gateway import database, settings
from gateway.commands.bill_day import WrongDays, run_days
from gateway.play.format import CANONICAL_CLOCK


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = f"sqlite:///{tmp_path / 'days.sqlite'}"
    monkeypatch.setenv("DUELY_DATABASE_URL", found)
    monkeypatch.setenv("DUELY_ENVIRONMENT", "test")
    monkeypatch.setenv("DUELY_CLOCK", "2026-12-15T10:00")
    monkeypatch.setenv("COLUMNS", "200")
    database.migrate(found)
    core = open_core(found, clock=Clock.fixed(CANONICAL_CLOCK))
    cast.load(core)
    core.engine.dispose()
    return found


def status(url: str, key: str) -> list[str]:
    core = open_core(url, clock=Clock.fixed(CANONICAL_CLOCK))
    found = [row["status"] for row in views.account(core, key)["payments"]]
    core.engine.dispose()
    return found


def test_a_dry_run_lists_what_would_happen_and_writes_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = status(url, "rivera")
    run_days(settings.load(), date(2027, 1, 1), None, dry_run=True)
    told = capsys.readouterr().out
    lines = [line for line in told.splitlines() if "rivera" in line]
    assert any("draft" in line and "$413.40" in line for line in lines)
    assert "nothing is written" in told
    assert status(url, "rivera") == before


def test_many_days_are_run_in_order_and_told_in_a_table(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    days = run_days(settings.load(), date(2026, 12, 26), date(2027, 1, 2))
    assert [day.day for day in days] == [26, 27, 28, 29, 30, 31, 1, 2]
    told = capsys.readouterr().out
    for word in ("issued", "drafted", "settled", "rejected", "retried", "pending applied", "grace started", "together"):
        assert word in told
    assert status(url, "rivera")[-1:] == ["settled"]


def test_a_last_day_before_the_first_is_refused(url: str) -> None:
    with pytest.raises(WrongDays, match="2027-01-01 is before 2027-01-02"):
        run_days(settings.load(), date(2027, 1, 2), date(2027, 1, 1))
