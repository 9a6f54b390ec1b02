"""The labelled set: what members said and two reviewers agree on, as sentences that hold nothing of a member."""

from __future__ import annotations

import contextlib

from sqlalchemy import select

from billing_core import Core
from console.review import labels
from console.review.agreement import standings
from console.review.store import TurnLabel
from console.teach.sentences import made_up
from console.teach.writing import spoken

# The latest so many are compared.
MOST = 500


def of(core: Core) -> list[tuple[str, str]]:
    """(sentence, intent meant), each sentence once, the latest first."""
    with core.read() as session:
        stand = standings(session.scalars(select(TurnLabel).order_by(TurnLabel.id)))
    settled = [(message_id, each) for message_id, each in reversed(stand.items()) if "reading" in each.settled]
    found: dict[str, str] = {}
    for message_id, each in settled[:MOST]:
        with contextlib.suppress(labels.NothingToLabel):
            said = spoken(made_up(labels.of(core, message_id).words))
            found.setdefault(said, str(each.settled["reading"]["intent"]))
    return list(found.items())
