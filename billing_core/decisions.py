"""What a rule answers: `Allowed`, or `Refused` with the rule's name, the first open date and the facts behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Allowed:
    """The rule has no objection."""

    facts: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True)
class Refused:
    """The rule objects; `until` is the first date on which it will not (None: never, or not known)."""

    rule: str
    until: date | None
    facts: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return False


Answer = Allowed | Refused
