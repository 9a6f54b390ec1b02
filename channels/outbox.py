"""Sending what was written, in order, once (DESIGN 3; USER_ASKS 10, 14, 16).

States only move forward. `sending` is committed before the carrier is called and the SID after, so a row found in
`sending` or `unknown` may or may not have been taken: the carrier is asked before anything is sent again. That it does
not list the text means little at first, since it may still be at work on it: only `twilio_unclear_seconds` after the
last try is the text sent once more. A message that cannot be sent yet holds back those after it in its conversation,
and no others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from billing_core import notices
from channels import carrier_errors, consent, identity, links, trust
from channels.assembly import Channels
from channels.carrier import SendLater, SendRefused, SendUnknown
from channels.gsm7 import to_gsm7
from channels.messages import put
from channels.notices import mail
from channels.queue import Job
from channels.slack import mirror
from channels.store import CarrierStatus, Contact, Conversation, Message, insert_once
from channels.words import CODE_PLACE, LANGUAGES, LINK_PLACE

log = structlog.get_logger(__name__)

# A higher rank never goes back to a lower one, whatever order callbacks arrive in.
RANK = {"queued": 0, "sending": 1, "unknown": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}
FINAL = 3
# The carrier's words for our states; those that mean it has not left yet tell us nothing new.
FROM_CARRIER = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
MOST_ATTEMPTS = 8
# A reply that did not arrive for a reason that may pass is sent once more, unless something was said since.
ONCE_MORE_AFTER = timedelta(minutes=30)
ONCE_MORE = MOST_ATTEMPTS + 1


def flush(channels: Channels, job: Job) -> None:
    """Send everything that waits in a conversation, oldest first; what cannot go now is tried again by a later job."""
    if job.attempt == ONCE_MORE:
        _once_more(channels, job)
        return
    # A run of this job that was cut short may have left it undone.
    _hear(channels, Message.conversation_id == job.conversation_id)
    while True:
        with channels.core.read() as session:
            row = session.scalars(
                select(Message)
                .where(
                    Message.conversation_id == job.conversation_id,
                    Message.direction == "out",
                    Message.state.in_(("queued", "sending", "unknown")),
                )
                .order_by(Message.seq)
                .limit(1)
            ).first()
            if row is None:
                return
            conversation = session.get_one(Conversation, row.conversation_id)
            contact = session.get_one(Contact, conversation.contact_id)
        wait_seconds = _send(channels, row, contact)
        if wait_seconds is None:
            continue
        if job.attempt < MOST_ATTEMPTS:
            again_later(channels, job, least_seconds=wait_seconds)
            return
        _move(channels, row.id, "failed", error_code="gave_up")


def shown(channels: Channels, message: Message) -> str:
    """The text as the member gets it: with the one-time code or link where its place was kept."""
    text, secret_key = message.text, channels.config.secret_key
    if challenge_id := message.data.get("challenge_id"):
        text = text.replace(CODE_PLACE, identity.code_for(secret_key, challenge_id))
    if link_id := message.data.get("link_id"):
        text = text.replace(LINK_PLACE, channels.config.url(links.fragment(secret_key, link_id)))
    return text


def carrier_said(channels: Channels, sid: str, status: str, error_code: str | None) -> None:
    """Take in one status callback; the same one again, or an older one, changes nothing that was done."""
    now = channels.core.clock.now()
    with channels.core.write() as session:
        fresh = insert_once(session, CarrierStatus, sid=sid, status=status, error_code=error_code, at=now)
    # Looked up only after the commit: the SID may be written at this moment, and one of the two must see the other.
    with channels.core.read() as session:
        message = session.scalar(
            select(Message).where(Message.provider_id == sid, Message.direction == "out", Message.channel == "sms")
        )
    if message is None or status not in FROM_CARRIER:
        return
    state = FROM_CARRIER[status]
    # One that comes again does what a kill between the two transactions left undone.
    if fresh or RANK[message.state] < RANK[state]:
        _move(channels, message.id, state, error_code=error_code)


def _send(channels: Channels, row: Message, contact: Contact) -> float | None:
    """Take one text as far as it can go now; how many seconds at least it must wait and hold back those after it, or
    None when it need not."""
    confirms = row.data.get("keyword") == "stop"
    if contact.opted_out_at is not None and not confirms:
        _move(channels, row.id, "failed", error_code="opted_out")
        return None
    if confirms and channels.core.clock.now() - row.at > consent.CONFIRM_WITHIN:
        _move(channels, row.id, "failed", error_code="too_late")
        return None
    if row.channel == "email":
        return _mail(channels, row, contact.address)
    body = to_gsm7(shown(channels, row))
    if row.state in ("sending", "unknown"):
        try:
            sid = _taken_before(channels, row, contact.address, body)
        except SendLater:
            return 0.0
        if sid is not None:
            _taken(channels, row.id, sid)
            return None
        if (wait_seconds := _unclear_seconds(channels, row)) > 0:
            return wait_seconds
    _begin(channels, row.id)
    try:
        _taken(channels, row.id, channels.carrier.send(contact.address, body))
    except SendRefused as refused:
        _move(channels, row.id, "failed", error_code=refused.code)
    except SendUnknown:
        _move(channels, row.id, "unknown")
        return 0.0
    except SendLater:
        _not_taken(channels, row.id)
        return 0.0
    return None


def _mail(channels: Channels, row: Message, address: str) -> float | None:
    """Hand one e-mail over; sent again after a kill, it has the same Message-ID and is shown once."""
    assert channels.ways is not None
    _begin(channels, row.id)
    try:
        channels.ways.mailer.send(
            mail.composed(
                to=address,
                sender=channels.ways.sender,
                subject=row.data.get("subject", ""),
                body=shown(channels, row),
                key=row.id,
                language=row.data.get("language", LANGUAGES[0]),
                at=channels.core.now(),
            )
        )
    except (mail.AddressRefused, mail.MailRefused) as refused:
        _move(channels, row.id, "failed", error_code=f"mail {refused.code}"[:16])
    except mail.MailLater:
        return 0.0
    else:
        _move(channels, row.id, "sent")
    return None


def _begin(channels: Channels, message_id: str) -> None:
    """Record that sending begins. The time is the machine's, not the clock's: it is compared with the carrier's."""
    with channels.core.write() as session:
        message = session.get_one(Message, message_id)
        message.state = "sending"
        message.attempts += 1
        message.sent_at = channels.core.clock.now()
        now = datetime.now(UTC).isoformat()
        message.data = {"tried_at": now, **message.data, "unclear_at": now}


def _not_taken(channels: Channels, message_id: str) -> None:
    """The last try certainly came to nothing, so that nothing of it can turn up later."""
    with channels.core.write() as session:
        message = session.get_one(Message, message_id)
        message.data = {name: value for name, value in message.data.items() if name != "unclear_at"}


def _unclear_seconds(channels: Channels, row: Message) -> float:
    """How long the carrier may still be at work on the last try, so that nothing must be sent in its place."""
    if "unclear_at" not in row.data:
        return 0.0
    since = datetime.now(UTC) - datetime.fromisoformat(row.data["unclear_at"])
    # A clock that was set back makes the wait no longer than it would be from now on.
    return channels.config.twilio_unclear_seconds - max(since.total_seconds(), 0.0)


def _taken_before(channels: Channels, row: Message, to: str, body: str) -> str | None:
    """The SID under which the carrier already has this message, if it has it."""
    since = datetime.fromisoformat(row.data["tried_at"]) - timedelta(minutes=1)
    sids = channels.carrier.find(to, body, since)
    with channels.core.read() as session:
        ours = set(session.scalars(select(Message.provider_id).where(Message.provider_id.in_(sids))))
    return next((sid for sid in sids if sid not in ours), None)


def _taken(channels: Channels, message_id: str, sid: str) -> None:
    """Record the SID, and any callback that came before it."""
    _move(channels, message_id, "sent", sid=sid)
    _hear(channels, Message.id == message_id)


def _hear(channels: Channels, which: ColumnElement[bool]) -> None:
    """Take in what the carrier told of these texts before their SIDs were known here."""
    last = [word for word, state in FROM_CARRIER.items() if RANK[state] == FINAL]
    told = (
        select(Message.id, CarrierStatus.status, CarrierStatus.error_code)
        .join(CarrierStatus, CarrierStatus.sid == Message.provider_id)
        .where(which, Message.direction == "out", Message.state == "sent", CarrierStatus.status.in_(last))
    )
    with channels.core.read() as session:
        early = session.execute(told.order_by(Message.seq)).all()
    for message_id, status, error_code in early:
        _move(channels, message_id, FROM_CARRIER[status], error_code=error_code)


def _move(
    channels: Channels, message_id: str, state: str, *, sid: str | None = None, error_code: str | None = None
) -> None:
    """Move a message forward, never back, with what follows from it for its contact."""
    with channels.core.write() as session:
        lower = [each for each, rank in RANK.items() if rank < RANK[state] or (rank == 1 and RANK[state] == 1)]
        values: dict[str, object] = {"state": state}
        if error_code:
            values["error_code"] = error_code
        if sid:
            values["provider_id"] = sid
        moving = update(Message).where(Message.id == message_id, Message.state.in_(lower)).values(**values)
        moved = session.execute(moving.returning(Message.id)).first() is not None
        message = session.get_one(Message, message_id)
        if moved and state in ("failed", "undelivered") and message.data.get("role") == "agent":
            mirror.not_delivered(channels, session, message, error_code or state)
        if error_code and message.channel == "sms":
            _follows(channels, session, message, error_code)
        told = message.data.get("notice_id") if RANK[state] == FINAL else None
    if told is not None:
        # In a transaction of its own: who sends notices holds theirs before any contact, and this one held the contact.
        with channels.core.write() as session:
            notices.wake(session, told, channels.core.now())
    if error_code:
        log.warning("text_not_delivered", message=message_id, state=state, error_code=error_code)


def _follows(channels: Channels, session: Session, message: Message, error_code: str) -> None:
    """What an error means for the contact and for this text, by the carrier's table."""
    now = channels.core.clock.now()
    action = carrier_errors.action_for(error_code)
    conversation = session.get_one(Conversation, message.conversation_id)
    contact = session.get_one(Contact, conversation.contact_id, with_for_update=True)
    if action == "opted_out" and contact.opted_out_at is None:
        consent.keep(session, contact, "out", "carrier", now, scope=consent.scope_of(channels.config, now))
    elif action == "number_bad" and contact.lost_at is None:
        trust.lose(session, contact, conversation, "carrier", now)
    elif action == "other_way":
        contact.no_texts_since = now
    elif action == "once_more" and not {"notice_id", "challenge_id", "link_id", "again"} & message.data.keys():
        job = Job(conversation.id, message.seq, message.id, ONCE_MORE)
        channels.queue.enqueue(session, job, delay_seconds=ONCE_MORE_AFTER.total_seconds())


def _once_more(channels: Channels, job: Job) -> None:
    """Send a text that did not arrive again, as a message of its own, where nothing was said after it."""
    with channels.core.write() as session:
        conversation = session.get_one(Conversation, job.conversation_id, with_for_update=True)
        row = session.get_one(Message, job.message_id)
        if row.state not in ("undelivered", "failed") or conversation.last_seq != row.seq:
            return
        data = {name: value for name, value in row.data.items() if name not in ("tried_at", "unclear_at")}
        again = put(channels, session, conversation, row.text, data={**data, "again": row.id}, reply_to=row.reply_to)
        channels.queue.enqueue(session, Job(conversation.id, again.seq, again.id))


def again_later(channels: Channels, job: Job, *, least_seconds: float = 0.0) -> None:
    """Queue another try of the job, waiting twice as long each time, as often as `MOST_ATTEMPTS` says."""
    attempt = job.attempt + 1
    if attempt > MOST_ATTEMPTS:
        return
    with channels.core.write() as session:
        later = Job(job.conversation_id, job.seq, job.message_id, attempt)
        channels.queue.enqueue(session, later, delay_seconds=max(float(min(2**attempt, 300)), least_seconds))
