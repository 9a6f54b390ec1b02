"""What is said in a conversation, posted to its thread: in order, each once (DESIGN 3; USER_ASKS 16, 23).

Rows are made from the conversation itself, up to the first message that has no answer yet: before its turn nobody
knows whether it completes a card number or is a code. `posting` is committed before Slack is called and the stamp
after, so a row found in it may be there already: Slack is asked, by the key it carries, before it is posted again.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from channels.assembly import Channels
from channels.handoff.store import Handoff
from channels.queue import Job
from channels.slack import thread
from channels.slack.port import Desk, Post, PostLater, PostRefused, PostUnknown
from channels.slack.store import SlackPost
from channels.store import Conversation, Message, insert_once

log = structlog.get_logger(__name__)

OPENING = "opening"
# A number told in several messages was told in these last ones, and their posts follow when it is taken out.
_LOOK_BACK = 8
# How long after its first try an opening is looked for in the channel: its clock and ours may differ.
_SLACK_CLOCK = timedelta(minutes=2)
_ASK_AFTER_SECONDS = 5.0
_UNDER_WAY = ("queued", "posting")


def follow(channels: Channels, job: Job) -> float | None:
    """Bring the job's conversation into its thread; seconds until another try, or None when all is there."""
    desk = channels.desk
    if desk is None:
        return None
    _make_rows(channels, job.conversation_id)
    try:
        _follow_changes(channels, desk, job.conversation_id)
        while (row := _next(channels, job.conversation_id)) is not None:
            if row.not_before is not None and row.not_before > datetime.now(UTC):
                return (row.not_before - datetime.now(UTC)).total_seconds()
            _post(channels, desk, row)
    except PostLater as later:
        log.warning("slack_later", conversation=job.conversation_id, reason=str(later), attempt=job.attempt)
        return max(later.seconds, 1.0)
    except PostUnknown as unknown:
        log.warning("slack_unknown", conversation=job.conversation_id, reason=str(unknown), attempt=job.attempt)
        # A request that got no answer may still be under way.
        return _ASK_AFTER_SECONDS
    except SQLAlchemyError:
        raise
    except Exception:
        # A fault of ours must not hold up the conversation itself.
        log.exception("slack_failed", conversation=job.conversation_id)
        return _ASK_AFTER_SECONDS
    return None


def note(session: Session, handoff: Handoff, key: str, name: str, now: datetime, **values: str) -> None:
    """Tell who is in the thread something, once for each key; our own words only."""
    text = thread.tell(f"note_{name}", **values)
    _row(session, handoff, f"note:{key}", now, text=text)


def not_delivered(channels: Channels, session: Session, message: Message, code: str) -> None:
    """Tell who is in the thread that an agent's words did not reach the member, if there is a thread."""
    where = select(Handoff).where(Handoff.conversation_id == message.conversation_id, Handoff.first_seq < message.seq)
    handoff = session.scalars(where.order_by(Handoff.opened_at.desc()).limit(1)).first()
    if channels.desk is None or handoff is None:
        return
    key = f"{message.id}:not_delivered"
    note(session, handoff, key, "not_delivered", channels.core.now(), code=code)
    channels.queue.enqueue(session, Job(message.conversation_id, message.seq, f"note-{message.id}"))


def behind(channels: Channels, now: datetime) -> list[Job]:
    """A job for every conversation whose thread lacks something for a minute or more."""
    before = now - timedelta(minutes=1)
    unposted = select(SlackPost.conversation_id).where(SlackPost.state.in_(_UNDER_WAY), SlackPost.at <= before)
    no_thread = (Handoff.thread.is_(None), Handoff.opened_at <= before, _unfinished())
    unopened = select(Handoff.conversation_id).where(*no_thread)
    where = select(Conversation).where(Conversation.id.in_(unposted.union(unopened)))
    with channels.core.read() as session:
        return [Job(each.id, each.last_seq, f"slack{now:%m%d%H%M}{each.id[:20]}") for each in session.scalars(where)]


def _make_rows(channels: Channels, conversation_id: str) -> None:
    """A row for each message that a thread of the conversation lacks, and for the thread's opening."""
    now = channels.core.now()
    where = select(Handoff).where(Handoff.conversation_id == conversation_id, _unfinished())
    with channels.core.read() as session:
        ids = [each.id for each in session.scalars(where.order_by(Handoff.opened_at))]
    if not ids:
        return
    with channels.core.write() as session:
        session.get_one(Conversation, conversation_id, with_for_update=True)
        for handoff in session.scalars(where.order_by(Handoff.opened_at)):
            _row(session, handoff, OPENING, now)
            said = select(Message).where(Message.conversation_id == conversation_id, Message.seq > handoff.mirrored_seq)
            if handoff.last_seq is not None:
                said = said.where(Message.seq <= handoff.last_seq)
            for message in session.scalars(said.order_by(Message.seq)):
                if message.direction == "in" and message.state == "queued":
                    break
                handoff.mirrored_seq = message.seq
                if not str(message.data.get("by", "")).startswith("slack:"):
                    _row(session, handoff, f"message:{message.id}", now, message_id=message.id)


def _unfinished() -> ColumnElement[bool]:
    return or_(Handoff.last_seq.is_(None), Handoff.mirrored_seq < Handoff.last_seq)


def _row(session: Session, handoff: Handoff, key: str, now: datetime, **more: str) -> None:
    values = {"handoff_id": handoff.id, "conversation_id": handoff.conversation_id, "key": key, "at": now}
    insert_once(session, SlackPost, state="queued", **values, **({"text": ""} | more))


def _next(channels: Channels, conversation_id: str) -> SlackPost | None:
    where = select(SlackPost).where(SlackPost.conversation_id == conversation_id, SlackPost.state.in_(_UNDER_WAY))
    with channels.core.read() as session:
        return session.scalars(where.order_by(SlackPost.number).limit(1)).first()


def _post(channels: Channels, desk: Desk, row: SlackPost) -> None:
    """Take one post as far as it goes; raises `PostLater` and `PostUnknown` when it must wait, and all after it."""
    with channels.core.read() as session:
        handoff = session.get_one(Handoff, row.handoff_id)
        message = session.get(Message, row.message_id) if row.message_id else None
    key = f"{handoff.id}:{row.key}"
    if row.key == OPENING:
        post = thread.opening(channels, handoff, key)
    else:
        post = Post(key, thread.line(message) if message is not None else row.text, handoff.thread)
    try:
        ts = None
        if row.state == "posting" and row.tried_at is not None:
            ts = desk.find(key, post.thread, (row.tried_at - _SLACK_CLOCK).timestamp())
        if ts is None:
            _begin(channels, row.number)
            ts = desk.post(post)
    except PostRefused as refused:
        log.error("slack_post_refused", conversation=row.conversation_id, code=refused.code)
        return _ended(channels, row.number, "failed", error_code=refused.code[:40])
    except PostLater as later:
        # One that was never unclear was certainly not taken, so nobody need be asked about it.
        not_before = datetime.now(UTC) + timedelta(seconds=later.seconds)
        _ended(channels, row.number, row.state, not_before=not_before if later.seconds else None)
        raise
    _ended(channels, row.number, "posted", ts=ts, digest=_digest(message.text) if message is not None else None)


def _follow_changes(channels: Channels, desk: Desk, conversation_id: str) -> None:
    """Take out of the thread what was taken out of the conversation after it was posted."""
    where = (
        select(SlackPost, Message)
        .join(Message, Message.id == SlackPost.message_id)
        .where(SlackPost.conversation_id == conversation_id, SlackPost.state == "posted")
        .order_by(SlackPost.number.desc())
        .limit(_LOOK_BACK)
    )
    with channels.core.read() as session:
        posted = [(row, message) for row, message in session.execute(where)]
    for row, message in posted:
        if row.digest != _digest(message.text) and row.ts is not None:
            try:
                desk.change(row.ts, thread.line(message))
            except PostRefused as refused:
                log.error("slack_not_changed", conversation=conversation_id, code=refused.code)
            _ended(channels, row.number, "posted", digest=_digest(message.text))


def _begin(channels: Channels, number: int) -> None:
    """Record that posting begins; the time is the machine's, since it is compared with Slack's."""
    with channels.core.write() as session:
        row = session.get_one(SlackPost, number)
        row.state = "posting"
        row.tried_at = row.tried_at or datetime.now(UTC)


def _ended(channels: Channels, number: int, state: str, **values: str | datetime | None) -> None:
    with channels.core.write() as session:
        row = session.get_one(SlackPost, number)
        row.state = state
        for name, value in values.items():
            setattr(row, name, value)
        if row.key == OPENING and state == "posted":
            session.get_one(Handoff, row.handoff_id).thread = row.ts


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
