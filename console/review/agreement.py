"""When two reviewers agree: what of a turn is settled, what is disputed, and how often first readings were the same."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from console.review.store import TurnLabel

# So many reviewers make a label count.
REVIEWERS = 2
# What a label says, each settled by itself: nobody waits for a reading because the tone is disputed.
ASPECTS = ("reading", "hand_over", "answer")


@dataclass(frozen=True)
class Standing:
    """How a turn stands: the reviewers' latest labels, and what enough of them say (a missing aspect is open)."""

    latest: tuple[TurnLabel, ...]
    settled: dict[str, Any]

    @property
    def done(self) -> bool:
        """Nobody else need read it."""
        return len(self.settled) == len(ASPECTS)

    @property
    def disputed(self) -> tuple[str, ...]:
        """What those who have read it say differently."""
        if len(self.latest) < REVIEWERS:
            return ()
        return tuple(each for each in ASPECTS if each not in self.settled)

    def by(self, reviewer: str) -> TurnLabel | None:
        """This person's own."""
        return next((each for each in self.latest if each.reviewer == reviewer), None)


def standing(labels: Iterable[TurnLabel]) -> Standing:
    """From all labels of one turn, the oldest first."""
    latest = tuple({each.reviewer: each for each in labels}.values())
    settled = {}
    for aspect in ASPECTS:
        said = Counter(_value(each, aspect) for each in latest)
        value, count = said.most_common(1)[0] if said else ("", 0)
        if count >= REVIEWERS:
            settled[aspect] = json.loads(value)
    return Standing(latest, settled)


def standings(labels: Iterable[TurnLabel]) -> dict[str, Standing]:
    """The same of many turns, by message."""
    grouped: dict[str, list[TurnLabel]] = defaultdict(list)
    for each in labels:
        grouped[each.message_id].append(each)
    return {message_id: standing(group) for message_id, group in grouped.items()}


@dataclass(frozen=True)
class Rate:
    """How often two people who read the same turn, the second without seeing the first's label, said the same."""

    both_read: int
    same: dict[str, int]

    def percent(self, aspect: str) -> int | None:
        return round(100 * self.same[aspect] / self.both_read) if self.both_read else None


def rate(labels: Sequence[TurnLabel]) -> Rate:
    """From all labels, the oldest first: the first label of the first two reviewers of each turn."""
    firsts: dict[str, dict[str, TurnLabel]] = defaultdict(dict)
    for each in labels:
        firsts[each.message_id].setdefault(each.reviewer, each)
    pairs = [list(group.values())[:REVIEWERS] for group in firsts.values() if len(group) >= REVIEWERS]
    same = {each: sum(1 for one, other in pairs if _value(one, each) == _value(other, each)) for each in ASPECTS}
    return Rate(len(pairs), same)


def _value(label: TurnLabel, aspect: str) -> str:
    return json.dumps(getattr(label, aspect), sort_keys=True)
