"""`duely bill-day`: runs billing days with a progress bar and a table at the end, or lists what they would do."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from billing_core import Core, billing_day, money
from billing_core.calendar import ISSUER_ZONE
from gateway import billing_days
from gateway.commands.account import opened
from gateway.settings import Settings

AT = time(6)


class WrongDays(ValueError):
    """The last day lies before the first, or has not come yet where money is real."""


def run_days(settings: Settings, first: date | None, last: date | None, *, dry_run: bool = False) -> list[date]:
    """Run the billing days from `first` (today) to `last` (`first`).

    Days that are past are made up at the present time, as the running Duely does: who is told today is told today, and
    a network's hours are hours. For a day to come, which production runs only when it has come everywhere, the clock
    moves ahead to six in the morning. With `dry_run` nothing is written or sent, so each day is listed as it would be
    if it were run now. Raises `WrongDays`, and `ExceptionGroup` with what failed on the first day that is not done.
    """
    console = Console()
    with opened(settings) as core:
        today = _today(core)
        first = first or today
        last = last or first
        if last < first:
            raise WrongDays(f"{last} is before {first}.")
        if settings.production and last > today and not dry_run:
            raise WrongDays(f"{last} has not come yet: in production only days up to {today} are run.")
        days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
        if dry_run:
            console.print(_happenings(core, days))
            return days
        done: dict[date, billing_day.Tally] = {}
        with _progress(console) as bar:
            for day in days:
                _move_clock(core, day)
                done[day] = _run_everywhere(core, day, bar)
        console.print(_summary(done))
    return days


def _run_everywhere(core: Core, day: date, bar: Progress) -> billing_day.Tally:
    """The day of every zone; where one fails the others are run all the same."""
    tally: billing_day.Tally = billing_day.Tally()
    failed: list[Exception] = []
    for zone in billing_days.zones():
        shown = partial(_show, bar, bar.add_task(f"{day} {zone}", total=None))
        try:
            tally += billing_days.run_one(core, billing_days.ZoneDay(zone, day), again=True, progress=shown)
        except ExceptionGroup as group:
            failed += group.exceptions
    if failed:
        raise ExceptionGroup(f"billing day {day} is not done", failed)
    return tally


def _show(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _today(core: Core) -> date:
    """The day that has begun in every zone: in none of them it would be billed early."""
    return min(core.today(zone) for zone in billing_days.zones())


def _move_clock(core: Core, day: date) -> None:
    if day > _today(core):
        core.clock.set(max(core.now(), datetime.combine(day, AT, ZoneInfo(ISSUER_ZONE))))


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _summary(done: dict[date, billing_day.Tally]) -> Table:
    table = Table(title="Billing days", title_justify="left")
    table.add_column("day")
    for step in billing_day.STEPS:
        table.add_column(step.replace("_", " "), justify="right")
    for day, tally in done.items():
        table.add_row(day.isoformat(), *(f"{tally[step]:,}" for step in billing_day.STEPS))
    if len(done) > 1:
        total = sum(done.values(), Counter[str]())
        table.add_section()
        table.add_row("together", *(f"{total[step]:,}" for step in billing_day.STEPS))
    return table


def _happenings(core: Core, days: list[date]) -> Table:
    table = Table(title="What would happen; nothing is written", title_justify="left")
    for column in ("day", "account", "what"):
        table.add_column(column)
    table.add_column("amount", justify="right")
    for day in days:
        _move_clock(core, day)
        for item in billing_day.rehearse(core, day):
            cents = "" if item.amount_cents is None else money.dollars(item.amount_cents)
            table.add_row(day.isoformat(), item.account_id, item.what.replace("_", " "), cents)
    return table
