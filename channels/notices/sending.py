"""Sending what waits: way by way, once each, with a row for every try (DOMAIN 4.6, G11; candidate 14).

The notice's own row is the queue: it is looked at from `next_at` on, until its outcome stands. A text is put into the
member's conversation in the same transaction that records its try, and the outbox sends it like any reply. E-mail and
letters are recorded first and sent after the commit; a process that dies in between leaves them `claimed`, and they
are sent again under the same Message-ID or file name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, delivery, notices
from billing_core.accounts import Account
from billing_core.notice_facts import Said, read
from billing_core.notices import Kind, Notice
from channels.assembly import Channels
from channels.inbox import contact_for, conversation_for
from channels.messages import put
from channels.notices import hours, mail, post, route, texts
from channels.notices.mail import Mailer
from channels.notices.post import Letterbox
from channels.notices.route import Leg
from channels.queue import Job
from channels.store import Message, NoticeSending, new_id

log = structlog.get_logger(__name__)

PAGE = 200
# The carrier tells what became of a text within seconds; a required notice without news for so long goes another way.
NEWS_WITHIN = timedelta(hours=24)
# For so long nobody else takes an e-mail or a letter that is being sent.
LEASE = timedelta(minutes=10)
MAIL_AGAIN_AFTER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
# A notice that cannot even be read (a defect) is looked at again later and holds up no others.
BROKEN_AGAIN_AFTER = timedelta(hours=1)
TAKEN = "taken"
Tally = Counter[str]


@dataclass(frozen=True)
class Ways:
    """What e-mail and letters leave by; `sender` is the From address."""

    mailer: Mailer
    letters: Letterbox
    sender: str


def send_due(channels: Channels, ways: Ways) -> Tally:
    """Take every notice that waits one step further; returns what was done, counted (`sms`, `email`, `post`, …)."""
    done: Tally = Tally()
    while True:
        with channels.core.read() as session:
            ids = notices.waiting(session, channels.core.now(), PAGE)
        steps = Tally(_step_or_later(channels, ways, notice_id) for notice_id in ids)
        done += steps
        # Every step moves its notice on, so what is left at the end is what other processes have in hand.
        if steps[TAKEN] == len(ids):
            return done


def tries(session: Session, notice_id: int) -> list[NoticeSending]:
    """Which went when, oldest first: the proof that a notice was sent, and how."""
    where = select(NoticeSending).where(NoticeSending.notice_id == notice_id)
    return list(session.scalars(where.order_by(NoticeSending.number)))


def _step_or_later(channels: Channels, ways: Ways, notice_id: int) -> str:
    try:
        return _step(channels, ways, notice_id)
    except Exception:
        log.exception("notice_not_sent", notice=notice_id)
        with channels.core.write() as session:
            session.get_one(Notice, notice_id).next_at = channels.core.now() + BROKEN_AGAIN_AFTER
        return "broken"


def _step(channels: Channels, ways: Ways, notice_id: int) -> str:
    """Take one notice further in one transaction, and what must leave by e-mail or post after it."""
    now = channels.core.now()
    with channels.core.write() as session:
        notice = notices.take(session, notice_id, now)
        if notice is None:
            return TAKEN
        tried = tries(session, notice_id)
        if tried:
            waits = _look_back(session, notice, tried, now)
            if waits is not None:
                return waits
        found = _next(channels, session, notice, tried, now)
        if isinstance(found, str):
            return found
        leg, said, account = found
        kind = notices.kinds()[notice.kind]
        sending = _claimed(notice, kind, account, leg, said, tried, now)
        if leg.way == "sms":
            _put_text(channels, session, notice, sending, account, said)
        session.add(sending)
        if leg.way == "sms":
            return "sms"
        notice.next_at = now + LEASE
        key, today = notice.key, now.astimezone(ZoneInfo(account.profile.time_zone)).date()
        written_on = notice.written_at.astimezone(ZoneInfo(account.profile.time_zone)).date()
    if leg.way == "post":
        letter = texts.letter(account, kind.kind, said, today)
        name = post.name_of(written_on, kind.kind, key)
        ways.letters.put(name, post.enveloped(account.id, letter.body))
        return _ended(channels, sending.id, "sent", reference=name)
    return _mail(channels, ways, sending, account, kind, said, key)


def _look_back(session: Session, notice: Notice, tried: list[NoticeSending], now: datetime) -> str | None:
    """What became of the last try; None when another one is to be made now."""
    last = tried[-1]
    if last.outcome == "queued":
        message = session.get_one(Message, last.reference)
        if message.state in ("queued", "sending", "unknown", "sent") and now < last.at + NEWS_WITHIN:
            notice.next_at = last.at + NEWS_WITHIN
            return "waiting"
        arrived = message.state == "delivered" or (message.state == "sent" and last.courtesy)
        last.outcome = message.state if message.state in ("sent", "delivered") else "failed"
        last.error_code = message.error_code or ("no_news" if not arrived else None)
        last.ended_at = now
        if not arrived:
            if route.may_text_again(tried):
                notice.next_at = now + route.MORE_AFTER
                return "waiting"
            log.warning("notice_text_failed", notice=notice.id, error_code=last.error_code)
            return None
    if last.outcome in ("sent", "delivered") and last.error_code is None and last.enough:
        notice.outcome = "told"
        return "told"
    return None


def _next(
    channels: Channels, session: Session, notice: Notice, tried: list[NoticeSending], now: datetime
) -> tuple[Leg, Said, Account] | str:
    """The way to try now, with what to say; or what came of it instead."""
    said = read(channels.core, session, notice)
    if said is None:
        notice.outcome = "moot"
        return "moot"
    kind, account = notices.kinds()[notice.kind], accounts.find(session, notice.account_id)
    unfinished = _unfinished(tried)
    if unfinished is not None:
        return unfinished, said, account
    open_ = route.legs(session, kind, account, said, now)
    leg = route.next_leg(open_, tried)
    if leg is None:
        arrived = said.told or any(each.outcome in ("sent", "delivered") for each in tried)
        notice.outcome = "told" if arrived else "unreached"
        if not arrived and kind.required:
            log.error("notice_unreached", notice=notice.id, kind=kind.kind)
        return notice.outcome
    if leg.way == "post" or kind.answer or said.told:
        return leg, said, account
    where = hours.zones(account.zip_code, account.phone, account.profile.time_zone)
    opens_at = hours.opens_at(now, where)
    if opens_at > now:
        # A dated notice whose hours are over today goes by e-mail at once, which wakes nobody (G11).
        by_mail = next((each for each in open_ if each.way == "email" and each.way not in {t.way for t in tried}), None)
        if kind.dated and by_mail is not None and hours.is_over(now, where, account.profile.time_zone):
            return by_mail, said, account
        notice.next_at = opens_at
        return "held"
    return leg, said, account


def _unfinished(tried: list[NoticeSending]) -> Leg | None:
    """The e-mail or letter that was claimed and not ended: it is sent again, under the same name."""
    if tried and tried[-1].outcome in ("claimed", "later"):
        last = tried[-1]
        return Leg("post" if last.way == "post" else "email", enough=last.enough)
    return None


def _claimed(
    notice: Notice, kind: Kind, account: Account, leg: Leg, said: Said, tried: list[NoticeSending], now: datetime
) -> NoticeSending:
    """The row of this try; that of an unfinished one is taken up again."""
    if _unfinished(tried) is not None and tried[-1].way == leg.way:
        again = tried[-1]
        again.tries += 1
        again.outcome, again.variant, again.facts = "claimed", said.variant, said.facts
        return again
    return NoticeSending(
        id=new_id(),
        notice_id=notice.id,
        account_id=account.id,
        kind=kind.kind,
        way=leg.way,
        number=1 + len(tried),
        brief=leg.brief,
        enough=leg.enough,
        courtesy=not kind.required,
        address=account.email if leg.way == "email" else None,
        reference="",
        variant=said.variant,
        facts=said.facts,
        tries=1,
        outcome="claimed",
        at=now,
    )


def _put_text(
    channels: Channels, session: Session, notice: Notice, sending: NoticeSending, account: Account, said: Said
) -> None:
    """The text into the member's conversation, where they can answer it, and its job on the queue."""
    assert account.phone is not None
    # The contact's row is held, so that two senders at once do not make it two conversations.
    conversation = conversation_for(session, contact_for(session, "sms", account.phone), sending.at)
    today = sending.at.astimezone(ZoneInfo(account.profile.time_zone)).date()
    first = conversation.last_seq == 0
    text = texts.brief(account) if sending.brief else texts.sms(account, notice.kind, said, today, first=first)
    message = put(channels, session, conversation, text, data={"notice_id": notice.id})
    channels.queue.enqueue(session, Job(conversation.id, message.seq, message.id))
    sending.outcome, sending.reference = "queued", message.id
    notice.next_at = sending.at + NEWS_WITHIN


def _mail(
    channels: Channels, ways: Ways, sending: NoticeSending, account: Account, kind: Kind, said: Said, key: str
) -> str:
    today = channels.core.today(account.profile.time_zone)
    written = texts.email(account, kind.kind, said, today)
    reference = mail.message_id(key, ways.sender)
    try:
        ways.mailer.send(
            mail.composed(
                to=account.email or "",
                sender=ways.sender,
                subject=written.subject,
                body=written.body,
                key=key,
                language=account.language,
                at=channels.core.now(),
            )
        )
    except mail.AddressRefused as refused:
        delivery.bounced(channels.core, account.id, reference.strip("<>").partition("@")[0])
        return _ended(channels, sending.id, "bounced", reference=reference, error_code=refused.code)
    except mail.MailRefused as refused:
        return _ended(channels, sending.id, "failed", reference=reference, error_code=refused.code)
    except mail.MailLater as later:
        log.warning("notice_mail_later", kind=kind.kind, why=str(later))
        last = sending.tries > len(MAIL_AGAIN_AFTER)
        return _ended(channels, sending.id, "failed" if last else "later", reference=reference, error_code="later")
    return _ended(channels, sending.id, "sent", reference=reference)


def _ended(channels: Channels, sending_id: str, outcome: str, *, reference: str, error_code: str | None = None) -> str:
    """Record what became of an e-mail or a letter, and when to look at its notice again."""
    now = channels.core.now()
    with channels.core.write() as session:
        sending = session.get_one(NoticeSending, sending_id)
        notice = session.get_one(Notice, sending.notice_id, with_for_update=True)
        sending.outcome, sending.reference, sending.error_code = outcome, reference, error_code
        if outcome == "later":
            notice.next_at = now + MAIL_AGAIN_AFTER[sending.tries - 1]
            return outcome
        sending.ended_at = now
        notice.next_at = now
        if outcome == "sent" and sending.enough:
            notice.outcome = "told"
        way = sending.way
    return way if outcome == "sent" else outcome
