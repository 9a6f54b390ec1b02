"""What happens by itself: the billing day once an issuer day, and asking about payments that got no answer.

Which days have been run is a row each, so a day on which nothing was running is made up for at the next start. Both
kinds of work are safe to repeat, so a kill in the middle costs a repetition and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import MetaData, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from billing_core import Core, billing_day
from billing_core.store import NAMING, UtcDateTime
from channels.store import insert_once

log = structlog.get_logger(__name__)

EVERY_S = 30.0
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
    """One issuer day whose billing day has been run to its end."""

    __tablename__ = "billing_day_run"

    day: Mapped[date] = mapped_column(primary_key=True)
    finished_at: Mapped[datetime]


def run_due(core: Core) -> list[date]:
    """Run every day up to today that has not been run, oldest first, and return those days."""
    today = core.clock.today()
    with core.read() as session:
        last = session.scalar(select(func.max(BillingDayRun.day)))
    if last is not None and last >= today:
        return []
    first = today if last is None else max(last + timedelta(days=1), today - timedelta(days=MOST_DAYS_BACK))
    days = [first + timedelta(days=step) for step in range((today - first).days + 1)]
    for day in days:
        run_one(core, day)
    return days


def run_one(core: Core, day: date, *, progress: Callable[[int, int], None] | None = None) -> billing_day.Tally:
    """Run one billing day, note that it is done, and return what was done, counted."""
    tally = billing_day.run(core, day, charging_threads=CHARGING_THREADS, progress=progress)
    with core.write() as session:
        insert_once(session, BillingDayRun, day=day, finished_at=core.clock.now())  # type: ignore[arg-type]
    log.info("billing_day_done", day=day.isoformat(), **tally)
    return tally


class Heart:
    """Beats in a thread of its own, at once and then every `every_s` seconds, until it is stopped."""

    def __init__(self, core: Core, *, every_s: float = EVERY_S) -> None:
        self._core = core
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
        try:
            run_due(self._core)
            billing_day.settle_open(self._core)
        except Exception:
            log.exception("billing_days_failed", again_in_seconds=self._every_s)
