"""Notices in a rehearsal: sent as the days go by, at the first hour allowed, and read back as the member got them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from billing_core.calendar import ISSUER_ZONE
from billing_core.notices import Notice
from channels.notices import hours, send_due
from channels.store import Message, NoticeSending
from gateway.play.format import Sent
from gateway.play.matching import reply_faults
from gateway.play.rehearsal import Rehearsal

LIMIT_S = 120.0
LOOK_S = 0.01


@dataclass(frozen=True)
class Arrived:
    """One notice as it arrived."""

    kind: str
    channel: str
    text: str


def send(world: Rehearsal) -> None:
    """Send what is due by the clock, and what follows from what became of it; raises TimeoutError."""
    world.twilio.delivers = True
    try:
        while send_due(world.channels, world.stack.ways):
            _wait_for_carrier(world)
    finally:
        world.twilio.delivers = False


def move_clock(world: Rehearsal, target: datetime) -> None:
    """Go to `target` (issuer-local), stopping at each opening of the sending hours on the way to send what waits."""
    local = world.core.clock.now().astimezone(ZoneInfo(ISSUER_ZONE)).replace(tzinfo=None)
    day = local.date()
    while day <= target.date():
        opening = datetime.combine(day, hours.OPENS)
        if local < opening < target:
            world.core.clock.set(opening)
            send(world)
        day += timedelta(days=1)
    world.core.clock.set(target)


def arrived(world: Rehearsal, account_id: str) -> list[Arrived]:
    """What arrived since the start of the file, oldest first."""
    with world.core.read() as session:
        rows = session.scalars(
            select(NoticeSending)
            .where(NoticeSending.account_id == account_id, NoticeSending.outcome.in_(("sent", "delivered")))
            .order_by(NoticeSending.at, NoticeSending.notice_id, NoticeSending.number)
        ).all()
        texts = {row.reference: session.get_one(Message, row.reference).text for row in rows if row.way == "sms"}
    return [Arrived(row.kind, row.way, texts.get(row.reference) or _read(world, row)) for row in rows]


def faults(wanted: Sequence[Sent], got: Sequence[Arrived]) -> list[str]:
    """What did not arrive as the file says: every one named, in that order, and nothing is said of others."""
    found = []
    rest = list(got)
    for each in wanted:
        place = next((n for n, one in enumerate(rest) if (one.kind, one.channel) == (each.kind, each.channel)), None)
        if place is None:
            shown = ", ".join(f"{one.kind} by {one.channel}" for one in got) or "nothing"
            found.append(f"expected {each.kind} by {each.channel}\n    arrived: {shown}")
            continue
        found += reply_faults(each.has, each.has_not, [rest[place].text])
        del rest[: place + 1]
    return found


def _read(world: Rehearsal, row: NoticeSending) -> str:
    folder = world.stack.ways.letters.folder
    if row.way == "post":
        return (folder / row.reference).read_text(encoding="utf-8")
    name = row.reference.strip("<>").partition("@")[0]
    message = message_from_bytes((folder / "email" / f"{name}.eml").read_bytes(), policy=default)
    return f"{message['Subject']}\n{message.get_content()}"


def _wait_for_carrier(world: Rehearsal) -> None:
    """Until the carrier has said what became of every text that is a notice, and each such notice knows of it."""
    # A notice is woken in a transaction after the one that writes its text's state (`outbox`).
    waiting = exists().where(
        NoticeSending.outcome == "queued",
        Message.id == NoticeSending.reference,
        Notice.id == NoticeSending.notice_id,
        Notice.outcome.is_(None),
        Notice.next_at > world.core.now(),
    )
    limit = time.monotonic() + LIMIT_S
    while True:
        with world.core.read() as session:
            if not session.scalar(select(waiting)):
                return
        if time.monotonic() > limit:
            raise TimeoutError(f"the carrier said nothing about a notice within {LIMIT_S:.0f} s")
        time.sleep(LOOK_S)
