"""What happens by itself: each issuer's billing day at its local time, and asking about payments without an answer.

Which days have been run is a row for each time zone and day, so a day on which nothing was running is made up for at
the next start, and workers that find the row leave the day alone; those that come while it runs share its pages. All
of it is safe to repeat, so a kill in the middle costs a repetition and nothing else
(docs/decisions/the_billing_day_keeps_its_own_time.md).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import MetaData, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from billing_core import Core, billing_day, profiles
from billing_core.store import NAMING, UtcDateTime
from channels.store import insert_once

log = structlog.get_logger(__name__)

EVERY_S = 30.0
# The issuer's local time from which a day may be run, where no setting says another.
AT = time(6)
# Nobody is drafted for a month long gone: after a longer absence a person decides, with `duely bill-day --through`.
MOST_DAYS_BACK = 40
# How many drafts are under way at the processor at a time.
CHARGING_THREADS = 4


class Base(DeclarativeBase):
    """The gateway's own table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}


metadata = Base.metadata


class BillingDayRun(Base):
    """One civil day of the issuers in one time zone whose billing day has been run to its end."""

    __tablename__ = "billing_day_run"

    zone: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    finished_at: Mapped[datetime]


class ZoneDay(NamedTuple):
    """A civil day in a time zone of issuers."""

    zone: str
    day: date


def zones() -> list[str]:
    """The time zones that issuers live by."""
    return sorted({profiles.get(profile_id).time_zone for profile_id in profiles.shipped()})


def due(core: Core, at: time = AT) -> list[ZoneDay]:
    """The days of each zone up to now that have not been run, oldest first.

    A day is due from the time `at` on, on the zone's own clock. The first start ever begins with the present day.
    """
    return sorted(
        (each for zone in zones() for each in _due_in(core, zone, at)), key=lambda each: (each.day, each.zone)
    )


def run_due(core: Core, at: time = AT) -> list[ZoneDay]:
    """Run what is `due`, and return what was done to its end.

    A day with an account that fails stays due, and holds up neither the other accounts nor the days after it; what
    failed is raised together at the end (`ExceptionGroup`).
    """
    done, failed = [], []
    for each in due(core, at):
        try:
            run_one(core, each)
        except ExceptionGroup as group:
            failed.append(group)
        else:
            done.append(each)
    if failed:
        raise ExceptionGroup("billing days are not done", failed)
    return done


def run_one(
    core: Core, which: ZoneDay, *, again: bool = False, progress: Callable[[int, int], None] | None = None
) -> billing_day.Tally:
    """Run one billing day, note that it is done, and return what was done by this worker, counted."""
    zone, day = which
    tally = billing_day.run(core, day, zone=zone, again=again, charging_threads=CHARGING_THREADS, progress=progress)
    with core.write() as session:
        insert_once(session, BillingDayRun, zone=zone, day=day, finished_at=core.clock.now())  # type: ignore[arg-type]
    log.info("billing_day_done", day=day.isoformat(), zone=zone, **tally)
    return tally


def _due_in(core: Core, zone: str, at: time) -> Iterator[ZoneDay]:
    now = core.clock.now().astimezone(ZoneInfo(zone))
    today = now.date() if now.time() >= at else now.date() - timedelta(days=1)
    earliest = today - timedelta(days=MOST_DAYS_BACK)
    with core.read() as session:
        began = session.scalar(select(BillingDayRun.day).where(BillingDayRun.zone == zone).order_by("day").limit(1))
        known = select(BillingDayRun.day).where(BillingDayRun.zone == zone, BillingDayRun.day >= earliest)
        done = set(session.scalars(known))
    first = now.date() if began is None else max(began, earliest)
    for step in range((today - first).days + 1):
        day = first + timedelta(days=step)
        if day not in done:
            yield ZoneDay(zone, day)


class Heart:
    """Beats in a thread of its own, at once and then every `every_s` seconds, until it is stopped."""

    def __init__(self, core: Core, *, at: time = AT, every_s: float = EVERY_S) -> None:
        self._core = core
        self._at = at
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="billing-days", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _beat_on(self) -> None:
        while not self._stopping.is_set():
            self._beat()
            self._stopping.wait(self._every_s)

    def _beat(self) -> None:
        # One bad account or a database that is away must not end the beating: the next beat tries again.
        for work in (lambda: run_due(self._core, self._at), lambda: billing_day.settle_open(self._core)):
            try:
                work()
            except Exception:
                log.exception("billing_days_failed", again_in_seconds=self._every_s)
