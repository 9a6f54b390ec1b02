"""`duely drill`: a table for people, one JSON object a line for machines."""

from __future__ import annotations

import io
import json
from datetime import date

from rich.console import Console

from billing_core import Core, billing_day
from gateway.commands.drill import lines, table
from tests import casting

DAY = date(2026, 12, 15)


def test_the_table_names_who_why_how_much_and_how_many_days_are_left(sqlite_core: Core) -> None:
    casting.load(sqlite_core)
    printed = io.StringIO()
    Console(width=140, file=printed).print(table(billing_day.drill(sqlite_core, DAY), DAY))
    told = printed.getvalue()
    (nguyen,) = [line for line in told.splitlines() if "nguyen" in line]
    for fact in ("card expired by then", "Visa ending 1881", "$350.00", "2027-01-01", "2026-12-17", " 2 "):
        assert fact in nguyen
    assert "rivera" not in told


def test_as_json_it_is_one_object_a_line(sqlite_core: Core) -> None:
    casting.load(sqlite_core)
    (nguyen,) = [json.loads(line) for line in lines(billing_day.drill(sqlite_core, DAY)) if "nguyen" in line]
    assert nguyen == {
        "account_id": "nguyen",
        "due_on": "2027-01-01",
        "first_locked_on": "2026-12-17",
        "days_left": 2,
        "amount_cents": 35000,
        "method_label": "Visa ending 1881",
        "why": "card expired by then",
        "code": None,
    }
