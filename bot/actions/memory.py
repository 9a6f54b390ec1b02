"""What the next turn has to know of this one: the topic, a second wish, and the readings that were asked about.

The channel keeps it with the conversation and hands it back unread, so it outlives Rasa's sessions and a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

# A second wish that nobody came back to for so long is no longer brought up.
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Wanted:
    """A wish that was understood and waits: its intent, the member's words for it, and what Rasa marked in them."""

    intent: str
    text: str
    marked: dict[str, list[str]] = field(default_factory=dict)
    until: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Wanted:
        return cls(kept["intent"], kept.get("text", ""), dict(kept.get("marked") or {}), kept.get("until", ""))

    def stale(self, now: datetime) -> bool:
        """Whether it has waited too long."""
        return bool(self.until) and datetime.fromisoformat(self.until) < now


@dataclass
class Memory:
    """Changed by the steps of one turn; `topic` is the intent that a message like "and for dental?" leans on.

    `why` is what a bare "why" asks now: an intent that explains it, or a reply. `wish` is a wish to pay of which only
    the day was refused. `that` names the one policy or the months that the last answer was about, which "that one"
    means. `payment_named`: the last answer named the open payment, so that a mere "yes" to it is about
    that payment.
    """

    topic: str | None = None
    next: Wanted | None = None
    choice: list[Wanted] = field(default_factory=list)
    payment_named: bool = False
    why: str | None = None
    wish: dict[str, Any] = field(default_factory=dict)
    that: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Memory:
        """What the channel handed back; empty at a conversation's first turn."""
        waiting = kept.get("next")
        return cls(
            topic=kept.get("topic"),
            payment_named=bool(kept.get("payment_named")),
            why=kept.get("why"),
            wish=dict(kept.get("wish") or {}),
            that=kept.get("that") or "",
            next=Wanted.of(waiting) if waiting else None,
            choice=[Wanted.of(each) for each in kept.get("choice") or []],
        )

    def plain(self) -> dict[str, Any]:
        """As the channel keeps it: JSON's own types, nothing that is empty."""
        return {name: value for name, value in asdict(self).items() if value}
