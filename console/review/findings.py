"""What reviewers found: how often they agree, what they dispute, and answers that were wrong, unkind or a person's."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

from sqlalchemy import select

from billing_core import Core
from console.review import labels as review_labels
from console.review.agreement import Standing, rate, standings
from console.review.store import TurnLabel

SHOWN = 25


def of(core: Core) -> dict[str, Any]:
    """All that the page shows, from all labels."""
    with core.read() as session:
        labels = list(session.scalars(select(TurnLabel).order_by(TurnLabel.id)))
    stand = standings(labels)
    newest = sorted(stand.items(), key=lambda each: -each[1].latest[-1].id)
    disputed = [each for each in newest if each[1].disputed]
    faulty = [
        each for each in newest if each[1].settled.get("hand_over") or each[1].settled.get("answer", "right") != "right"
    ]
    return {
        "rate": rate(labels),
        "turns": len(stand),
        "settled": sum(1 for each in stand.values() if each.done),
        "disputed": _with_words(core, disputed[:SHOWN]),
        "faulty": _with_words(core, faulty[:SHOWN]),
        "reviewers": Counter(each.reviewer for each in labels).most_common(),
    }


def _with_words(core: Core, found: list[tuple[str, Standing]]) -> list[tuple[str, str, Standing]]:
    """Each with what the member said, as the product role reads it; what was forgotten since is left out."""
    said = []
    for message_id, each in found:
        with contextlib.suppress(review_labels.NothingToLabel):
            said.append((message_id, review_labels.of(core, message_id).words, each))
    return said
