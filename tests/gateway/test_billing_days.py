"""The billing day runs by itself, once a day where each issuer lives, and makes up for days nobody was there for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from billing_core import Core, billing_day, profiles, views
from billing_core.payments import Payment
from gateway import billing_days
from gateway.billing_days import MOST_DAYS_BACK, BillingDayRun, ZoneDay, due, run_due
from tests import casting

EAST, WEST = "America/New_York", "America/Los_Angeles"


def days(done: list[ZoneDay], zone: str = EAST) -> list[date]:
    return [each.day for each in done if each.zone == zone]


def test_every_issuer_lives_in_one_of_the_zones() -> None:
    assert billing_days.zones() == [WEST, EAST]


def test_the_first_start_runs_today_and_a_second_start_nothing(sqlite_core: Core) -> None:
    casting.load(sqlite_core)
    assert run_due(sqlite_core) == [ZoneDay(WEST, date(2026, 12, 15)), ZoneDay(EAST, date(2026, 12, 15))]
    assert run_due(sqlite_core) == []


@pytest.mark.parametrize(
    ("moment", "east", "west"),
    [
        ("2026-12-16T05:59:59-05:00", 15, 15),
        ("2026-12-16T06:00:00-05:00", 16, 15),
        ("2026-12-16T08:59:59-05:00", 16, 15),
        ("2026-12-16T09:00:00-05:00", 16, 16),
        # Late in the evening of the east it is still the same day in the west, and no other day has begun.
        ("2026-12-16T23:59:59-05:00", 16, 16),
        ("2026-12-17T00:00:00-05:00", 16, 16),
    ],
)
def test_a_day_is_due_from_six_by_the_issuers_own_clock(sqlite_core: Core, moment: str, east: int, west: int) -> None:
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat(moment))
    run_due(sqlite_core)
    with sqlite_core.read() as session:
        last = dict(session.execute(select(BillingDayRun.zone, func.max(BillingDayRun.day)).group_by("zone")).all())
    assert last == {EAST: date(2026, 12, east), WEST: date(2026, 12, west)}


def test_the_time_of_day_is_a_setting(sqlite_core: Core) -> None:
    sqlite_core.clock.set(datetime.fromisoformat("2026-12-16T06:30:00-05:00"))
    assert days(due(sqlite_core, time(6, 30))) == [date(2026, 12, 16)]
    assert days(due(sqlite_core, time(6, 31))) == []


@pytest.mark.parametrize("changed_on", ["2027-03-14", "2027-11-07"])
def test_when_the_clocks_change_each_day_is_run_once_and_at_six(sqlite_core: Core, changed_on: str) -> None:
    day = date.fromisoformat(changed_on)
    sqlite_core.clock.set(datetime.combine(day - timedelta(days=1), time(12)))
    run_due(sqlite_core)
    instant = sqlite_core.clock.now()
    ran = []
    for _ in range(48):
        instant += timedelta(minutes=30)
        sqlite_core.clock.set(instant)
        ran += [
            (each.day, sqlite_core.clock.now().astimezone(UTC)) for each in run_due(sqlite_core) if each.zone == EAST
        ]
    assert ran == [(day, datetime.fromisoformat(f"{changed_on}T{'10' if day.month == 3 else '11'}:00+00:00"))]


def test_the_west_drafts_by_its_own_date_and_the_east_not_for_it(
    sqlite_core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At six in New York on January 1 it is three in California: lee's scheduled payment goes out, smith's waits."""
    casting.load(sqlite_core)
    issuer = profiles.get("ma_connector")
    western = issuer.model_copy(update={"time_zone": WEST})
    real = profiles.get
    monkeypatch.setattr(profiles, "get", lambda key: western if key == "ma_connector" else real(key))
    with sqlite_core.write() as session:
        for number, key in enumerate(("rivera", "smith")):
            session.add(
                Payment(
                    id=f"p{number}",
                    account_id=key,
                    state="confirmed",
                    amount_cents=100,
                    method_id=session.scalar(select(Payment.method_id).where(Payment.account_id == key)),
                    pay_on=date(2026, 12, 17),
                    quoted_at=sqlite_core.now(),
                )
            )
    sqlite_core.clock.set(datetime.fromisoformat("2026-12-17T06:00:00-05:00"))
    billing_days.run_one(sqlite_core, ZoneDay(EAST, date(2026, 12, 17)))
    assert _states(sqlite_core) == {"p0": "cancelled", "p1": "confirmed"}
    billing_days.run_one(sqlite_core, ZoneDay(WEST, date(2026, 12, 17)))
    assert _states(sqlite_core)["p1"] == "settled"


def _states(core: Core) -> dict[str, str]:
    with core.read() as session:
        return dict(
            session.execute(select(Payment.id, Payment.state).where(Payment.id.in_(["p0", "p1"]))).tuples().all()
        )


def test_days_without_a_running_process_are_made_up_for_in_order(sqlite_core: Core) -> None:
    casting.load(sqlite_core)
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2027-01-02T09:00"))
    made_up = run_due(sqlite_core)
    assert days(made_up) == days(made_up, WEST) == [date(2026, 12, 16) + timedelta(days=step) for step in range(18)]
    # rivera's draft of January 1 fell on a day that nobody was there for.
    paid = [row for row in views.account(sqlite_core, "rivera")["payments"] if row["pay_on"] == "2027-01-01"]
    assert [row["status"] for row in paid] == ["settled"]


def test_after_a_long_absence_only_the_last_weeks_are_made_up_for(sqlite_core: Core) -> None:
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2027-12-31T10:00"))
    assert len(days(run_due(sqlite_core))) == MOST_DAYS_BACK + 1


def test_a_clock_that_was_set_back_runs_nothing(sqlite_core: Core) -> None:
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2026-12-01T08:00"))
    assert run_due(sqlite_core) == []


def test_a_day_with_an_account_that_fails_stays_due_and_the_days_after_it_are_run(
    sqlite_core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_due(sqlite_core)
    sqlite_core.clock.set(datetime.fromisoformat("2026-12-17T10:00"))
    real = billing_day.run

    def failing(core: Core, on: date, **asked: object) -> billing_day.Tally:
        if on.day == 16 and asked["zone"] == EAST:
            raise ExceptionGroup("billing day is not done", [RuntimeError("one account")])
        return real(core, on, **asked)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(billing_day, "run", failing)
        with pytest.raises(ExceptionGroup):
            run_due(sqlite_core)
        assert due(sqlite_core) == [ZoneDay(EAST, date(2026, 12, 16))]
    assert run_due(sqlite_core) == [ZoneDay(EAST, date(2026, 12, 16))]


def test_workers_that_come_at_once_share_one_day_and_charge_each_draft_once(core: Core) -> None:
    casting.load(core)
    core.clock.set(datetime.fromisoformat("2027-01-01T09:00"))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run_due, [core] * 3))
    with core.read() as session:
        rows = session.execute(select(BillingDayRun.zone, BillingDayRun.day)).all()
        drafts = select(Payment.account_id).where(Payment.kind == "draft", Payment.pay_on == date(2027, 1, 1))
        assert sorted(session.scalars(drafts)) == ["khan", "rivera"]
        assert sorted(row.zone for row in rows) == [WEST, EAST]


def test_a_beat_that_fails_does_not_end_the_beating(sqlite_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    heart = billing_days.Heart(sqlite_core, every_s=0.01)
    calls: list[int] = []

    def broken(_core: Core, _at: time) -> list[ZoneDay]:
        calls.append(1)
        if len(calls) > 2:
            heart._stopping.set()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(billing_days, "run_due", broken)
    heart.start()
    heart._thread.join(5)
    heart.stop()
    assert len(calls) == 3
