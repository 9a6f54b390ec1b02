"""A member asks for their conversations to be deleted: what would go and what must stay, and then doing it.

`account_id` is the member's account everywhere, or for a stranger the id of their conversation.

A conversation that is with a person, or in which a message is just being answered or sent, is left over and goes by
itself once that is done (`go_on`). Asking again while something is left over is the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from billing_core import Core, accounts
from channels.handoff.store import OPEN, Handoff
from channels.privacy import erasing, kept
from channels.privacy.kept import Count
from channels.privacy.store import ErasureRequest
from channels.store import CodeChallenge, Contact, Conversation, Message, insert_once, new_id

WITH_PERSON = "a person holds it or is to take it; give it back or close it first"
UNDER_WAY = "a message in it is being answered or sent"


@dataclass(frozen=True)
class Goes:
    """One conversation with words in it: how many messages have some, from when to when, and why it cannot go yet."""

    conversation_id: str
    channel: str
    messages: int
    first_at: datetime | None
    last_at: datetime | None
    held_back: str | None


@dataclass(frozen=True)
class Preview:
    """What a deletion would take and what it would leave; `texts` lie at the carrier too."""

    account_id: str
    goes: tuple[Goes, ...]
    stays: tuple[Count, ...]
    kept_words: int
    texts: int
    open_request: ErasureRequest | None

    @property
    def messages(self) -> int:
        return sum(each.messages for each in self.goes)

    @property
    def held_back(self) -> tuple[Goes, ...]:
        return tuple(each for each in self.goes if each.held_back)


def preview(core: Core, account_id: str) -> Preview:
    """What there is of an account; raises `AccountNotFound`."""
    with core.read() as session:
        found = conversations(session, account_id)
        today = core.clock.today()
        goes = tuple(_goes(session, each, today) for each in found)
        ids = [each.id for each in found]
        of_them = Message.conversation_id.in_(ids), Message.text != "", Message.provider_id.is_not(None)
        texts = select(func.count()).where(Message.channel == "sms", *of_them)
        stay = sum(len(kept.words(session, each.id, each.last_seq, today)) for each in found)
        return Preview(
            account_id=account_id,
            goes=tuple(each for each in goes if each.messages),
            stays=tuple(kept.counts(session, account_id)),
            kept_words=stay,
            texts=session.scalar(texts) or 0,
            open_request=_open(session, account_id),
        )


def ask(core: Core, account_id: str, by: str) -> ErasureRequest:
    """Delete an account's conversations as far as can be now; the rest goes by itself. Raises `AccountNotFound`."""
    with core.write() as session:
        conversations(session, account_id)
        insert_once(
            session, ErasureRequest, id=new_id(), account_id=account_id, open_key=account_id, asked_by=by[:120],
            asked_at=core.now(), conversations=0, messages=0,
        )  # fmt: skip
    return _work(core, account_id)


def go_on(core: Core) -> int:
    """Work on the requests that are not finished; how many are now."""
    where = select(ErasureRequest.account_id).where(ErasureRequest.open_key.is_not(None))
    with core.read() as session:
        open_ = list(session.scalars(where.order_by(ErasureRequest.asked_at)))
    return sum(_work(core, account_id).finished_at is not None for account_id in open_)


def of(core: Core, account_id: str) -> list[ErasureRequest]:
    """The requests of an account, the newest first."""
    where = select(ErasureRequest).where(ErasureRequest.account_id == account_id)
    with core.read() as session:
        return list(session.scalars(where.order_by(ErasureRequest.asked_at.desc())))


def conversations(session: Session, account_id: str) -> list[Conversation]:
    """The conversations of a member: of every contact that is theirs or on file as theirs, and those in which they
    proved themselves by a code, whoever the contact belongs to since.

    Of a stranger, who has no account, it is the one conversation of that id. Raises `AccountNotFound`.
    """
    strangers = session.get(Conversation, account_id)
    if strangers is not None and session.get_one(Contact, strangers.contact_id).account_id is None:
        return [strangers]
    account = accounts.find(session, account_id)
    on_file = [each for each in (account.phone, account.email) if each]
    nobodys = and_(Contact.account_id.is_(None), Contact.address.in_(on_file))
    contacts = select(Contact.id).where(or_(Contact.account_id == account_id, nobodys))
    proved = select(CodeChallenge.conversation_id).where(
        CodeChallenge.account_id == account_id, CodeChallenge.used_at.is_not(None)
    )
    where = select(Conversation).where(or_(Conversation.contact_id.in_(contacts), Conversation.id.in_(proved)))
    return list(session.scalars(where.order_by(Conversation.created_at, Conversation.id)))


def _goes(session: Session, conversation: Conversation, today: date) -> Goes:
    worded = (Message.conversation_id == conversation.id, Message.text != "")
    of_words = select(func.count(), func.min(Message.at), func.max(Message.at)).where(*worded)
    messages, first_at, last_at = session.execute(of_words).one()
    stay = kept.words(session, conversation.id, conversation.last_seq, today) if messages else {}
    held_back = _held_back(session, conversation.id)
    return Goes(conversation.id, conversation.channel, max(messages - len(stay), 0), first_at, last_at, held_back)


def _held_back(session: Session, conversation_id: str) -> str | None:
    with_person = select(Handoff.id).where(Handoff.conversation_id == conversation_id, Handoff.state.in_(OPEN))
    if session.scalar(with_person.limit(1)) is not None:
        return WITH_PERSON
    moving = or_(
        *(and_(Message.direction == way, Message.state.in_(states)) for way, states in erasing.UNDER_WAY.items())
    )
    under_way = select(Message.id).where(Message.conversation_id == conversation_id, moving)
    return UNDER_WAY if session.scalar(under_way.limit(1)) is not None else None


def _work(core: Core, account_id: str) -> ErasureRequest:
    with core.read() as session:
        ids: Sequence[str] = [each.id for each in conversations(session, account_id)]
        opened = _open(session, account_id)
    if opened is None:
        # Another worker has just finished it.
        return of(core, account_id)[0]
    left = 0
    for conversation_id in ids:
        with core.write() as session:
            request = _locked(session, opened.id)
            if request.open_key is None:
                break
            conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
            # Looked at under the lock: a message may have come in, or an agent may have taken it.
            if _held_back(session, conversation_id) is not None:
                left += 1
                continue
            through = _said_by(session, conversation_id, request.asked_at)
            erased = erasing.erase(session, conversation, through, core.now(), core.clock.today())
            erasing.forget_readings(session, conversation_id, through)
            request.messages += erased.messages
            request.conversations += 1 if erased.messages else 0
    with core.write() as session:
        request = _locked(session, opened.id)
        if request.open_key is not None and not left:
            request.finished_at, request.open_key = core.now(), None
        return request


def _said_by(session: Session, conversation_id: str, asked_at: datetime) -> int:
    """The last place of what was said before the deletion was asked for: what is said after it stays."""
    last = select(func.max(Message.seq)).where(Message.conversation_id == conversation_id, Message.at <= asked_at)
    return session.scalar(last) or 0


def _open(session: Session, account_id: str) -> ErasureRequest | None:
    return session.scalars(select(ErasureRequest).where(ErasureRequest.open_key == account_id)).one_or_none()


def _locked(session: Session, request_id: str) -> ErasureRequest:
    return session.scalars(select(ErasureRequest).where(ErasureRequest.id == request_id).with_for_update()).one()
