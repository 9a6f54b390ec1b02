"""Words go when their time is over: `retention_days` after they were said, at the first look of the day that follows.

Conversation by conversation, each in a transaction of its own, so a kill costs a repetition and nothing else. Days are
the issuer zone's: what was said on a day stays through the `retention_days`th day after it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_core import Core
from billing_core.calendar import ISSUER_ZONE
from channels.privacy import erasing, kept
from channels.privacy.store import KeptWords
from channels.store import Conversation, Message

PAGE = 200


def run(core: Core, retention_days: int) -> Counter[str]:
    """Take out what is older, and words whose reason to stay is over; how many messages of each. Safe to repeat."""
    today = core.clock.today()
    before = kept_from(core, retention_days)
    done: Counter[str] = Counter()
    after = ""
    while page := _page(core, before, after):
        after = page[-1]
        for conversation_id in page:
            done["words_erased"] += _erase(core, conversation_id, before, today)
    done["kept_words_erased"] = _release(core, today)
    return +done


def kept_from(core: Core, retention_days: int) -> datetime:
    """The moment from which on nothing has grown too old yet."""
    return datetime.combine(core.clock.today() - timedelta(days=retention_days), time(), ZoneInfo(ISSUER_ZONE))


def _page(core: Core, before: datetime, after: str) -> list[str]:
    """Conversations that began before an instant and still have words of theirs, by id."""
    where = select(Conversation.id).where(
        Conversation.created_at < before, Conversation.erased_seq < Conversation.last_seq, Conversation.id > after
    )
    with core.read() as session:
        return list(session.scalars(where.order_by(Conversation.id).limit(PAGE)))


def _erase(core: Core, conversation_id: str, before: datetime, today: date) -> int:
    with core.read() as session:
        last = _last_before(session, conversation_id, before)
        if last is None or last <= session.get_one(Conversation, conversation_id).erased_seq:
            return 0
    with core.write() as session:
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        return erasing.erase(session, conversation, last, core.now(), today).messages


def _last_before(session: Session, conversation_id: str, before: datetime) -> int | None:
    where = select(func.max(Message.seq)).where(Message.conversation_id == conversation_id, Message.at < before)
    return session.scalar(where)


def _release(core: Core, today: date) -> int:
    """Words that stayed as proof and need not any more."""
    with core.read() as session:
        ids = list(session.scalars(select(KeptWords.message_id)))
        over = sorted(set(ids) - kept.still(session, ids, today))
    released = 0
    for start in range(0, len(over), PAGE):
        with core.write() as session:
            released += erasing.release(session, over[start : start + PAGE], core.now())
    return released
