"""Copies of words that are gone here: at the carrier, in Slack's threads, in Rasa's memory of the last turns.

Each is a row until the other side says that it is done; one that fails waits twice as long each time, a day at most.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import structlog
from sqlalchemy import select

from channels.assembly import Channels
from channels.carrier import SendLater
from channels.privacy.store import CopyElsewhere
from channels.rasa import RasaFailed
from channels.slack.port import PostLater, PostRefused

log = structlog.get_logger(__name__)

PAGE = 100
LONGEST_WAIT = timedelta(days=1)
IN_THREAD = "(deleted)"


def forget(channels: Channels, *, most: int = 1000) -> Counter[str]:
    """Have copies forgotten that are due, `most` at a time; how many of each place."""
    done: Counter[str] = Counter()
    while most > 0 and (rows := _due(channels, min(PAGE, most))):
        most -= len(rows)
        done.update(f"{row.place}_forgot" for row in rows if _forget(channels, row))
    return +done


def waiting(channels: Channels) -> int:
    """How many copies are still to go."""
    with channels.core.read() as session:
        return len(list(session.scalars(select(CopyElsewhere.id))))


def _due(channels: Channels, most: int) -> list[CopyElsewhere]:
    where = select(CopyElsewhere).where(CopyElsewhere.not_before <= channels.core.now())
    with channels.core.read() as session:
        return list(session.scalars(where.order_by(CopyElsewhere.not_before, CopyElsewhere.id).limit(most)))


def _forget(channels: Channels, row: CopyElsewhere) -> bool:
    try:
        _ask(channels, row)
    except (SendLater, PostLater, RasaFailed) as failure:
        log.warning("copy_not_forgotten", place=row.place, conversation=row.conversation_id, reason=str(failure))
        with channels.core.write() as session:
            if (found := session.get(CopyElsewhere, row.id)) is not None:
                found.tries += 1
                wait = min(timedelta(minutes=2 ** min(found.tries, 12)), LONGEST_WAIT)
                found.not_before = channels.core.now() + wait
        return False
    with channels.core.write() as session:
        if (found := session.get(CopyElsewhere, row.id)) is not None:
            session.delete(found)
    return True


def _ask(channels: Channels, row: CopyElsewhere) -> None:
    """Asked again after a kill, each says that it is gone."""
    if row.place == "carrier":
        channels.carrier.forget(row.reference)
    elif row.place == "rasa":
        channels.rasa.forget(row.reference)
    elif channels.desk is not None:
        try:
            channels.desk.change(row.reference, IN_THREAD)
        except PostRefused as refused:
            # A post that somebody deleted there, or that may not be changed any more, is told to those who can.
            log.error("copy_not_changed_in_slack", conversation=row.conversation_id, code=refused.code)
