"""Asking for a person, inside the turn that found that one is needed: at most one request is open in a conversation."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from channels import tallies
from channels.assembly import Channels
from channels.handoff import reasons, told
from channels.handoff.store import Handoff, HandoffState
from channels.outcome import Outcome
from channels.store import Conversation, Message, insert_once, new_id


def with_handoff(
    channels: Channels, session: Session, conversation: Conversation, message: Message, outcome: Outcome
) -> Outcome:
    """The outcome of a turn with a person asked for, where it says so or is the second failure in a row."""
    reason = outcome.handoff or (reasons.TROUBLE if outcome.failed and conversation.failures else None)
    if reason is None:
        return outcome
    fresh = _open(channels, session, conversation, message, reason)
    return told.with_person(channels, session, outcome, reason, fresh=fresh)


def _open(channels: Channels, session: Session, conversation: Conversation, message: Message, reason: str) -> bool:
    """Ask for a person in the turn's own transaction; False when one was asked for already, who then hears why again.

    The caller holds the conversation's row.
    """
    known, now = reasons.known(reason), channels.core.now()
    conversation.handoff_reason = reason[:200]
    fresh = insert_once(
        session,
        Handoff,
        id=new_id(),
        conversation_id=conversation.id,
        open_key=conversation.id,
        state=HandoffState.WAITING,
        reasons=[known],
        urgency=reasons.table()[known].urgency,
        opened_at=now,
        first_seq=message.seq,
        mirrored_seq=message.seq - 1,
    )
    if fresh:
        tallies.handed_over(session, conversation, now)
    else:
        where = select(Handoff).where(Handoff.open_key == conversation.id).with_for_update()
        already = session.scalars(where).one()
        if known not in already.reasons:
            already.reasons = [*already.reasons, known]
            already.urgency = min(already.urgency, reasons.table()[known].urgency)
    return fresh
