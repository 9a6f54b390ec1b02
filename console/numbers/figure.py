"""One figure: a table of columns with their units, the words above it, and how it is drawn."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

Value = int | float | str | date | None
Unit = Literal["label", "day", "count", "percent", "ms", "minutes"]
_DEFINITIONS = Path(__file__).with_name("definitions.yml")


class Definition(BaseModel):
    """What a figure is called and what is counted in it (definitions.yml)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    drawn: Literal["bar", "line", "rows"]
    counted: str


@cache
def definitions() -> dict[str, Definition]:
    """Every figure by its name, in the order of the page."""
    table = yaml.safe_load(_DEFINITIONS.read_text(encoding="utf-8"))
    return {name: Definition(**row) for name, row in table.items()}


@dataclass(frozen=True)
class Column:
    """`drawn` columns are the chart's series; the first column of a table names its rows."""

    title: str
    unit: Unit = "count"
    drawn: bool = True


@dataclass(frozen=True)
class Figure:
    """`headline` is the one figure to remember, `beside` what it is of."""

    name: str
    headline: str
    beside: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]] = field(default_factory=list)

    @property
    def definition(self) -> Definition:
        return definitions()[self.name]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value for row in self.rows for value in row[1:])

    def csv(self) -> str:
        """The table as a spreadsheet reads it: figures without their units, which stand in the heads."""
        units = {"percent": " (%)", "ms": " (ms)", "minutes": " (minutes)"}
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([each.title + units.get(each.unit, "") for each in self.columns])
        writer.writerows([[_plain(value) for value in row] for row in self.rows])
        return out.getvalue()


def percent(part: int, whole: int) -> float | None:
    """A share in percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def word(count: int, one: str) -> str:
    """The word that stands beside so many of them."""
    return one if count == 1 else f"{one}s"


def shown(value: Value, unit: Unit) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, date):
        return f"{value:%b} {value.day}"
    if isinstance(value, str):
        return value
    text = f"{value:,.1f}" if unit in ("percent", "minutes") else f"{value:,}"
    return text + {"percent": " %", "ms": " ms", "minutes": " min"}.get(unit, "")


def _plain(value: Value) -> Value:
    # A spreadsheet must not take a text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" else value
