"""`duely bill-day`: many days in one go with a table at the end, or a list of what would happen."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from billing_core import Clock, accounts, open_core, views
from billing_core.methods import Method
from billing_core.notices import Notice
from gateway import database, settings
from gateway.commands.bill_day import WrongDays, run_days
from gateway.play.format import CANONICAL_CLOCK
from tests.billing_core.world import World


@pytest.fixture
def url(tmp_path: Path, cast_file: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = f"sqlite:///{shutil.copy(cast_file, tmp_path / 'days.sqlite')}"
    monkeypatch.setenv("DUELY_DATABASE_URL", found)
    monkeypatch.setenv("DUELY_ENVIRONMENT", "test")
    monkeypatch.setenv("DUELY_CLOCK", "2026-12-15T10:00")
    monkeypatch.setenv("COLUMNS", "200")
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


def test_missed_days_are_made_up_at_the_present_time_so_that_what_is_told_and_tried_is_told_and_tried_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = f"sqlite:///{tmp_path / 'missed.sqlite'}"
    monkeypatch.setenv("DUELY_DATABASE_URL", missed)
    monkeypatch.setenv("DUELY_CLOCK", "2027-01-20T10:00")
    database.migrate(missed)
    world = World(open_core(missed, clock=Clock.fixed(datetime(2026, 12, 31, 6))))  # noqa: DTZ001 - local to the issuer
    world.member("ada", autopay="visa")
    world.member("bo", profile="ca_generic", saved=(), unpaid=[date(2026, 12, 1)])
    with world.core.write() as session:
        session.execute(update(Method).values(token="tok_visa_then_insufficient_funds"))
    run_days(settings.load(), date(2026, 12, 2), date(2027, 1, 20))
    with world.core.read() as session:
        told = {(row.kind, row.written_at.date().isoformat()) for row in session.scalars(select(Notice))}
        ended_on = accounts.find(session, "bo").coverage_ended_on
    assert len(world.charges()) == 1
    assert {day for _, day in told} == {"2027-01-20"}
    assert {"retry", "grace_start"} <= {kind for kind, _ in told}
    assert ended_on is None
    world.core.engine.dispose()


@pytest.mark.parametrize(("now", "today"), [("2026-12-15T02:59", 14), ("2026-12-15T03:00", 15)])
def test_in_production_no_day_is_run_before_it_has_come_everywhere(
    url: str, monkeypatch: pytest.MonkeyPatch, now: str, today: int
) -> None:
    monkeypatch.setenv("DUELY_CLOCK", now)
    assert run_days(settings.load(), None, None) == [date(2026, 12, today)]
    monkeypatch.setenv("DUELY_ENVIRONMENT", "production")
    with pytest.raises(WrongDays, match=f"2026-12-{today + 1} has not come yet: in production only days up to"):
        run_days(settings.load(), date(2026, 12, today), date(2026, 12, today + 1))
    assert run_days(settings.load(), date(2026, 12, today + 1), None, dry_run=True)
    assert run_days(settings.load(), date(2026, 12, today), None) == [date(2026, 12, today)]
