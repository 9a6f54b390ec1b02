"""`duely drill`: the members whose next draft is known to fail, while the lock around it has not opened yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date

from rich.console import Console
from rich.table import Table

from billing_core import billing_day, money
from billing_core.billing_day import KnownToFail
from gateway.commands.account import opened
from gateway.settings import Settings


def run_drill(settings: Settings, on: date | None, *, as_json: bool) -> None:
    """Print who is known to fail as of `on` (today) as a table, or as one JSON object a line; changes nothing."""
    with opened(settings) as core:
        day = on or core.clock.today()
        found = billing_day.drill(core, day)
        if as_json:
            for line in lines(found):
                print(line)
        else:
            Console().print(table(found, day))


def lines(found: Iterable[KnownToFail]) -> Iterator[str]:
    """One JSON object a member, as they are found: a million of them need no memory."""
    for item in found:
        yield json.dumps(asdict(item), default=date.isoformat)


def table(found: Iterable[KnownToFail], day: date) -> Table:
    """The same for people, the least time left first."""
    rows = sorted(found, key=lambda item: (item.first_locked_on or item.due_on, item.account_id))
    made = Table(title=f"Drafts known to fail, as of {day}: {len(rows)}", title_justify="left")
    for name in ("account", "why", "method"):
        made.add_column(name)
    made.add_column("amount", justify="right")
    made.add_column("draft on")
    made.add_column("locked from")
    made.add_column("days left", justify="right")
    for item in rows:
        made.add_row(
            item.account_id,
            f"{item.why} ({item.code})" if item.code else item.why,
            item.method_label,
            money.dollars(item.amount_cents),
            item.due_on.isoformat(),
            "unknown" if item.first_locked_on is None else item.first_locked_on.isoformat(),
            "unknown" if item.days_left is None else str(item.days_left),
        )
    return made
