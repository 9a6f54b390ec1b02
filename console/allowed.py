"""What the rules allow the member today, and if not, by which rule and from which day on.

Each is asked by doing it on a copy of the account (`billing_core.supposed`), or by the function that plans it, so it
cannot disagree with what would happen; nothing is changed and no decision is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from billing_core import Core, delivery, enrolling, errors, methods, removing
from billing_core.authorization import Said
from billing_core.supposed import copy_of
from billing_core.what_if import ASKED, CancelAutopay, Change, MoveAutopay, Pay, what_if

# Does one thing for nobody; raises the refusal as it would be raised in earnest.
Trying = Callable[[], object]


@dataclass(frozen=True)
class Action:
    """One thing a member may want: `rule` is the one that refuses it, `why` the refusal's own name in words (both empty
    where it is allowed), `until` the first open day where there is one."""

    title: str
    allowed: bool
    rule: str = ""
    why: str = ""
    until: str = ""


def today(core: Core, account: dict[str, Any]) -> list[Action]:
    """The actions that make sense for the account as it stands (`views.account`)."""
    return [_asked(title, trying) for title, trying in _tryings(core, account)]


def _tryings(core: Core, account: dict[str, Any]) -> list[tuple[str, Trying]]:
    key, saved = account["key"], methods.saved(core, account["key"])
    asked: list[tuple[str, Trying]] = []
    if account["owed_cents"]:
        asked.append(("Pay what is owed", partial(_supposed, core, key, Pay())))
    if account["autopay"]["status"] == "active":
        asked.append(("Cancel autopay", partial(_supposed, core, key, CancelAutopay())))
        other = next((row for row in saved if row.label != account["autopay"]["method"]), None)
        if other is not None:
            asked.append((f"Move autopay to {other.label}", partial(_supposed, core, key, MoveAutopay(other.id))))
    elif saved:
        asked.append(("Turn on autopay", partial(_enrolled, core, key)))
    asked += [(f"Remove {row.label}", partial(removing.plan, core, key, row.id)) for row in saved]
    if account["delivery"] == delivery.PAPER:
        asked.append(("Bills by e-mail", partial(delivery.paperless_terms, core, key)))
    else:
        asked.append(("Bills by post", partial(_on_paper, core, key)))
    return asked


def _asked(title: str, trying: Trying) -> Action:
    try:
        trying()
    except errors.BillingError as error:
        first_open = _first_open(error)
        why = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
        return Action(title, False, error.rule or "", why, first_open.isoformat() if first_open is not None else "")
    return Action(title, True)


def _first_open(error: errors.BillingError) -> date | None:
    found = error.refusal.until if isinstance(error, errors.AutopayLocked) else getattr(error, "until", None)
    return found if isinstance(found, date) else None


def _supposed(core: Core, key: str, change: Change) -> None:
    refusal = what_if(core, key, change).refusal
    if refusal is not None:
        raise refusal


def _enrolled(core: Core, key: str) -> None:
    """From the first method that autopay may use."""
    with copy_of(core, key) as (copy, _):
        enrolling.offer(copy, account_id=key, conversation_id=ASKED, turn_id=ASKED, method_id=None)


def _on_paper(core: Core, key: str) -> None:
    with copy_of(core, key) as (copy, _):
        delivery.go_paper(copy, key, said=Said(ASKED, "console"))
