"""What the rules allow the member today, and if not, by which rule and from which day on.

Each is asked by doing it on a copy of the account (`billing_core.what_if`), so it cannot disagree with what would
happen; nothing is changed and no decision is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from billing_core import Core, errors, methods
from billing_core.methods import Method
from billing_core.what_if import CancelAutopay, Change, MoveAutopay, Pay, Supposed, what_if


@dataclass(frozen=True)
class Action:
    """One thing a member may want: `rule` is the one that refuses it (empty: none does), `until` the first open day."""

    title: str
    allowed: bool
    rule: str
    until: str


def today(core: Core, account: dict[str, Any]) -> list[Action]:
    """The actions that make sense for the account as it stands (`views.account`)."""
    saved = methods.saved(core, account["key"])
    return [_asked(core, account["key"], title, change) for title, change in _changes(account, saved)]


def _changes(account: dict[str, Any], saved: list[Method]) -> list[tuple[str, Change]]:
    asked: list[tuple[str, Change]] = []
    if account["owed_cents"]:
        asked.append(("Pay what is owed", Pay()))
    if account["autopay"]["status"] == "active":
        asked.append(("Cancel autopay", CancelAutopay()))
        other = next((row for row in saved if row.label != account["autopay"]["method"]), None)
        if other is not None:
            asked.append((f"Move autopay to {other.label}", MoveAutopay(other.id)))
    return asked


def _asked(core: Core, account_id: str, title: str, change: Change) -> Action:
    try:
        told = what_if(core, account_id, change)
    except errors.BillingError as error:
        return Action(title, False, error.rule or type(error).__name__, "")
    return Action(title, told.allowed, told.rule or "", _until(told))


def _until(told: Supposed) -> str:
    return told.until.isoformat() if told.until is not None else ""
