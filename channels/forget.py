"""Taking a secret out of the carrier's records too: what was screened here still lies there in clear (DOMAIN 4.8)."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from channels.assembly import Channels
from channels.carrier import SendLater
from channels.privacy import erasing
from channels.queue import Job
from channels.store import Message

log = structlog.get_logger(__name__)

# A secret told in several texts was told in these last ones.
_LOOK_BACK = 4
# What a member was told is not kept: secrets, a stranger's details, and pictures and files, which may show either.
_NOT_KEPT = frozenset(("found", "finding", "media"))


def at_carrier(channels: Channels, job: Job) -> None:
    """Have the carrier forget the texts of the job's conversation that are not kept here either, each once.

    One that could not be forgotten now is noted, and tried until it is gone (`privacy.copies`).
    """
    for message in _to_forget(channels, job):
        assert message.provider_id is not None
        try:
            channels.carrier.forget(message.provider_id)
        except SendLater as failure:
            log.warning("not_forgotten_at_carrier", message=message.id, reason=str(failure))
            with channels.core.write() as session:
                erasing.note(session, "carrier", [message.provider_id], job.conversation_id, channels.core.now())
            continue
        with channels.core.write() as session:
            kept = session.get_one(Message, message.id, with_for_update=True)
            kept.data = {**kept.data, "forgotten": True}


def _to_forget(channels: Channels, job: Job) -> list[Message]:
    with channels.core.read() as session:
        asked = session.get(Message, job.message_id)
        if asked is None or asked.channel != "sms" or asked.direction != "in" or not _not_kept(asked):
            return []
        where = select(Message).where(
            Message.conversation_id == job.conversation_id, Message.direction == "in", Message.seq <= asked.seq
        )
        recent = session.scalars(where.order_by(Message.seq.desc()).limit(_LOOK_BACK))
        return [each for each in recent if _not_kept(each) and not each.data.get("forgotten")]


def _not_kept(message: Message) -> bool:
    return bool(_NOT_KEPT & message.data.keys())
