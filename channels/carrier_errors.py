"""What a carrier's error code means and what to do about it: one table for replies and notices (DOMAIN 4.6)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import structlog
import yaml
from pydantic import BaseModel, ConfigDict

log = structlog.get_logger(__name__)

Action = Literal["opted_out", "number_bad", "other_way", "once_more", "operations", "unknown"]
_FILE = Path(__file__).with_suffix(".yml")


class CarrierError(BaseModel):
    """One row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    means: str
    action: Action


_UNKNOWN = CarrierError(means="a code that nobody has looked up", action="unknown")


@cache
def table() -> dict[str, CarrierError]:
    """Every row by its code."""
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {code: CarrierError(**row) for code, row in rows.items()}


def codes(action: Action) -> frozenset[str]:
    """The codes with an action."""
    return frozenset(code for code, row in table().items() if row.action == action)


def action_for(code: str) -> Action:
    """What to do about a code; an alert for one that is ours to put right, or that nobody knows (USER_ASKS 14)."""
    row = table().get(code, _UNKNOWN)
    if row.action in ("operations", "unknown"):
        log.error("carrier_alert", error_code=code, means=row.means)
    return row.action
