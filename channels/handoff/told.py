"""What the member hears about a person: that one will write, when, and who is here now. No promise without a ground."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts
from channels import identity
from channels.assembly import Channels
from channels.handoff import hours, reasons
from channels.handoff.store import Handoff, HandoffState
from channels.outcome import Outcome, Said
from channels.store import Contact
from channels.words import say, weekday_moment

# A waiting time is told only when so many were taken lately, nearly all of them within it, and nobody waits longer now.
LATELY = timedelta(days=14)
ENOUGH, NEARLY_ALL = 5, 0.9
LONGEST_TOLD = timedelta(minutes=60)
_ROUNDED_TO_MINUTES = 5
WAITS = (HandoffState.WAITING,)


def with_person(channels: Channels, session: Session, outcome: Outcome, reason: str, *, fresh: bool) -> Outcome:
    """The outcome with what is said about the person in it: in place of the reply that asked for one, or after it."""
    replaced = reasons.table()[reasons.known(reason)].member == "replaced"
    if not (replaced or fresh or outcome.failed):
        return outcome
    said = _promise(channels, session, fresh=fresh) if replaced or outcome.failed else _too(channels)
    replies = list(outcome.replies)
    asking = [at for at, reply in enumerate(replies) if "handoff" in reply.data]
    at = asking[0] if asking else len(replies) - 1
    replies[at : at + 1] = [said] if replaced and asking else [*replies[at : at + 1], said]
    return replace(outcome, replies=replies)


def taken(session: Session, contact: Contact, handoff: Handoff, level: identity.Level) -> str:
    """That the agent is here now, and of which issuer; before L2 no issuer is named, which would tell of an account."""
    if contact.account_id is None or level < "L2":
        return say("handoff_taken_stranger", who=who(handoff))
    issuer = accounts.find(session, contact.account_id).profile.short_name
    return say("handoff_taken", who=who(handoff), issuer=issuer)


def ended(channels: Channels, handoff: Handoff, *, silent: bool = False) -> str:
    """That the assistant is back, or that nobody came."""
    if handoff.state == HandoffState.CLOSED:
        return say("handoff_closed", phone=channels.config.person_phone)
    name = "handoff_silent" if silent else "handoff_released"
    return say(name, who=who(handoff), phone=channels.config.person_phone)


def who(handoff: Handoff) -> str:
    """The agent as the member reads it."""
    return handoff.agent_name or say("handoff_who")


def _promise(channels: Channels, session: Session, *, fresh: bool) -> Said:
    now = channels.core.now()
    open_hours = hours.read(channels.config.person_hours)
    if not open_hours.is_open(now):
        opens = weekday_moment(open_hours.opens_at(now), open_hours.zone)
        return Said("handoff_later" if fresh else "handoff_already_later", values={"opens": opens})
    values = {"hours": open_hours.told()}
    minutes = waiting_minutes(session, open_hours, now) if fresh else None
    if minutes is not None:
        return Said("handoff_soon_wait", values=values | {"minutes": str(minutes)})
    return Said("handoff_soon" if fresh else "handoff_already", values=values)


def _too(channels: Channels) -> Said:
    now = channels.core.now()
    open_hours = hours.read(channels.config.person_hours)
    if open_hours.is_open(now):
        return Said("handoff_too")
    return Said("handoff_too_later", values={"opens": weekday_moment(open_hours.opens_at(now), open_hours.zone)})


def waiting_minutes(session: Session, open_hours: hours.PersonHours, now: datetime) -> int | None:
    """How long nine of ten waited lately in open hours, rounded up to five minutes; None where nothing can be said.

    A request that was closed with nobody in it counts with all of its time, and while somebody waits longer than that
    nothing is said: a queue that stands still is not told as a short one.
    """
    found = session.scalars(select(Handoff).where(Handoff.opened_at > now - LATELY)).all()
    rows = [row for row in found if open_hours.is_open(row.opened_at)]
    if sum(row.taken_at is not None for row in rows) < ENOUGH:
        return None
    waits = sorted((row.taken_at or row.released_at or now) - row.opened_at for row in rows if row.state not in WAITS)
    most = waits[math.ceil(len(waits) * NEARLY_ALL) - 1]
    if most > LONGEST_TOLD or any(now - row.opened_at > most for row in rows if row.state in WAITS):
        return None
    return max(math.ceil(most / timedelta(minutes=_ROUNDED_TO_MINUTES)), 1) * _ROUNDED_TO_MINUTES
