"""Two models on the same sentences and conversations: what gets better, what gets worse, which conversations change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.commands.nlu import Understood

# What is another each time a conversation is played: confirmations, one-time codes, addresses with tokens.
_BY_CHANCE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b|\b\d{6}\b|https?://\S+")
SHOWN = 60


@dataclass(frozen=True)
class Played:
    """How one conversation file went: `where` and `fault` of one that failed, and all that was said."""

    path: str
    title: str
    passed: bool
    where: str
    fault: str
    said: tuple[str, ...]

    @property
    def heard(self) -> list[str]:
        """What was said, without what is another each time."""
        return [_BY_CHANCE.sub("…", line) for line in self.said]


def sentences(live: Sequence[Understood], candidate: Sequence[Understood]) -> dict[str, Any]:
    """Both models on the same sentences, in the same order."""
    pairs = list(zip(live, candidate, strict=True))
    return {
        "count": len(pairs),
        "live": sum(each.right for each in live),
        "candidate": sum(each.right for each in candidate),
        "better": _changed(pairs, now_right=True),
        "worse": _changed(pairs, now_right=False),
    }


def _changed(pairs: Sequence[tuple[Understood, Understood]], *, now_right: bool) -> list[dict[str, str]]:
    found = [(before, after) for before, after in pairs if after.right == now_right != before.right]
    return [
        {"said": after.said, "meant": after.meant, "live": before.intent, "candidate": after.intent}
        for before, after in found[:SHOWN]
    ]


def conversations(live: Mapping[str, Played], candidate: Mapping[str, Played]) -> dict[str, Any]:
    """Both models on the same conversation files, by path."""
    both = [(live[path], candidate[path]) for path in sorted(live.keys() & candidate.keys())]
    return {
        "count": len(both),
        "live": sum(before.passed for before, _ in both),
        "candidate": sum(after.passed for _, after in both),
        "better": [_told(before, after) for before, after in both if after.passed and not before.passed][:SHOWN],
        "worse": [_told(before, after) for before, after in both if before.passed and not after.passed][:SHOWN],
        "changed": [
            _told(before, after)
            for before, after in both
            if before.passed == after.passed and before.heard != after.heard
        ][:SHOWN],
    }


def _told(before: Played, after: Played) -> dict[str, str]:
    """A conversation that changed: where it went wrong, if it did, and the first lines that are not the same."""
    place = next(
        (number for number, (one, other) in enumerate(zip(before.heard, after.heard, strict=False)) if one != other),
        min(len(before.said), len(after.said)),
    )
    lines = [each.said[place] if place < len(each.said) else "(nothing)" for each in (before, after)]
    failed = after if not after.passed else before
    fault = f"{failed.where}: {failed.fault}" if not failed.passed else ""
    return {
        "path": after.path, "title": after.title, "fault": fault[:400], "live": lines[0][:300],
        "candidate": lines[1][:300],
    }  # fmt: skip
