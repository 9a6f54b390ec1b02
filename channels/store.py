"""The channels' tables: who writes to us, their conversations, every message both ways, turns and codes.

Text is screened before it reaches any of these rows. `seq` is one counter per conversation for both directions: it
is the order members see and the order in which replies leave.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from billing_core.store import NAMING, UtcDateTime, insert_into


def new_id() -> str:
    """A fresh opaque identifier: 32 hexadecimal characters, nothing of the member in it."""
    return uuid.uuid4().hex


class Base(DeclarativeBase):
    """The channels' own tables, apart from the core's."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


metadata = Base.metadata


class Contact(Base):
    """One address on one channel: a phone number (E.164), one browser's signed session, or an e-mail address for codes.

    `heard_at` is when it last wrote or loaded a page, `proved_at` when it last entered a code that was sent to itself,
    `lost_at` since when it may be in other hands, `told_how_at` when it was last told how to end texts. At
    `no_texts_since` the carrier said that it takes no texts: what we start goes another way until it writes again.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(254))
    account_id: Mapped[str | None] = mapped_column(String(64), index=True)
    heard_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    trusted_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    told_how_at: Mapped[datetime | None]
    no_texts_since: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]


class Conversation(Base):
    """What one contact and we have said; its row lock is what puts messages in order.

    `memory` is what the actions keep for the next turn (the topic, a second wish, two readings): given to them with
    each message, replaced by what they answer, never looked into here. `language` is decided by the first message and
    followed from there (`language.goes_on_in`). Through `erased_seq` the words are gone (`privacy.erasing`).
    """

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str] = mapped_column(String(8))
    holder: Mapped[str] = mapped_column(String(8), default="bot")
    last_seq: Mapped[int] = mapped_column(default=0)
    erased_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    failures: Mapped[int] = mapped_column(default=0)
    misunderstandings: Mapped[int] = mapped_column(default=0)
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str | None] = mapped_column(String(2))
    level: Mapped[str | None] = mapped_column(String(2))
    level_until: Mapped[datetime | None]
    handoff_reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Message(Base):
    """One message in (`queued`, `answered`) or out (`queued` … `delivered`, see `outbox.RANK`).

    `provider_id` is the carrier's identifier, or the conversation and the page's own identifier for web chat; the
    unique key on it is what makes a message happen once.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        UniqueConstraint("conversation_id", "seq"),
        Index("ix_message_outbox", "conversation_id", "direction", "state", "seq"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int]
    direction: Mapped[str] = mapped_column(String(3))
    provider_id: Mapped[str | None] = mapped_column(String(128))
    channel: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text, default="")
    buttons: Mapped[list[Any]] = mapped_column(default=list)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(12), default="queued")
    reply_to: Mapped[str | None] = mapped_column(String(32), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(16))


class Turn(Base):
    """What was understood and done for one inbound message; `ms` holds milliseconds by stage.

    `handled_by` says which step answered: rasa, keyword, code, screening, words, holder, silence or trouble.
    `decisions` are the ids of the core's decision records made for it; `said` are the replies by name with their
    values, from which the same words can be made again.
    """

    __tablename__ = "turn"

    message_id: Mapped[str] = mapped_column(ForeignKey("message.id"), primary_key=True)
    handled_by: Mapped[str] = mapped_column(String(12))
    intent: Mapped[str | None] = mapped_column(String(64))
    confidence: Mapped[float | None]
    ranking: Mapped[list[Any]] = mapped_column(default=list)
    entities: Mapped[list[Any]] = mapped_column(default=list)
    actions: Mapped[list[Any]] = mapped_column(default=list)
    decisions: Mapped[list[Any]] = mapped_column(default=list)
    said: Mapped[list[Any]] = mapped_column(default=list)
    ms: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CodeChallenge(Base):
    """A one-time code that was asked for. The code itself is never stored: it is derived from `id`.

    A right entry proves `account_id` up to `level`; without an account, nothing is right. `way` is how it went (`sms`,
    `email`), `found` that its account was looked for by what a stranger typed. `asked_at_seq` is the `seq` of the
    message that led to it: the newest challenge is the one with the highest.
    """

    __tablename__ = "code_challenge"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    account_id: Mapped[str | None] = mapped_column(String(64), index=True)
    way: Mapped[str | None] = mapped_column(String(8))
    found: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str] = mapped_column(String(2))
    purpose: Mapped[str] = mapped_column(String(32))
    resume_message_id: Mapped[str] = mapped_column(String(32))
    asked_at_seq: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecureLink(Base):
    """A one-time way to the secure page, for one member, conversation and purpose (`add`, `update` a method, or `pay`:
    for a guest, `amount_cents` and no other amount).

    The token is derived from `id` while the link is sent, and only its hash is kept. `tries` counts what was asked with
    it, `shown` is the authorization that its page showed, `agreed_at` when it was agreed to, `identity_event` the code
    that proved the member, `saved` what was saved by it (a digest of the setup, and what its page is told).
    """

    __tablename__ = "secure_link"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    account_id: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(8))
    method_id: Mapped[int | None]
    amount_cents: Mapped[int | None]
    resume_message_id: Mapped[str | None] = mapped_column(String(32))
    identity_event: Mapped[str | None] = mapped_column(String(64))
    shown: Mapped[str | None] = mapped_column(Text)
    agreed_at: Mapped[datetime | None]
    saved: Mapped[dict[str, Any] | None]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WrongTry(Base):
    """One wrong code, or details that fit no account: kept to lock after five in 24 hours.

    Counted by contact, by `caller` (a digest of a browser's network address) and, where a stranger was looking for
    one, by account.
    """

    __tablename__ = "wrong_try"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    account_id: Mapped[str | None] = mapped_column(String(64), index=True)
    caller: Mapped[str | None] = mapped_column(String(32), index=True)
    at: Mapped[datetime]


class CarrierStatus(Base):
    """One status callback, keyed by SID and status: callbacks repeat, overtake one another and outrun our own
    record of the SID."""

    __tablename__ = "carrier_status"

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), primary_key=True)
    error_code: Mapped[str | None] = mapped_column(String(16))
    at: Mapped[datetime]


class NoticeSending(Base):
    """One try to send one notice one way: which went when, and what became of it; `number` counts a notice's tries.

    `outcome`: `claimed` (about to go), `queued` (a text in the outbox), `later`, `sent`, `delivered`, `failed` or
    `bounced`. `reference` is our message's id, the e-mail's Message-ID or the letter's file; `facts` is what it said.
    """

    __tablename__ = "notice_sending"
    __table_args__ = (UniqueConstraint("notice_id", "number"), Index("ix_notice_sending_at", "account_id", "at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    notice_id: Mapped[int]
    account_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(30))
    number: Mapped[int]
    way: Mapped[str] = mapped_column(String(8))
    brief: Mapped[bool] = mapped_column(default=False)
    enough: Mapped[bool] = mapped_column(default=True)
    courtesy: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None] = mapped_column(String(254))
    reference: Mapped[str] = mapped_column(String(120))
    variant: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tries: Mapped[int] = mapped_column(default=1)
    outcome: Mapped[str] = mapped_column(String(10))
    error_code: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PortalToken(Base):
    """A portal's sign-in token that has been used, by the digest of its issuer and id: none counts twice."""

    __tablename__ = "portal_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


def insert_once(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key already holds it; True when this call made the row."""
    # Asked for by RETURNING: on PostgreSQL the row count of such an insert is -1, whether or not it made a row.
    statement = insert_into(session, table).on_conflict_do_nothing().returning(*table.__table__.primary_key)
    return session.execute(statement, values).first() is not None
