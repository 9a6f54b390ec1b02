"""Consent to texts, and the record of it: who agreed to or refused what, when, and the exact words shown (DOMAIN 4.1).

Records are only ever added; nothing in Duely deletes them, so they outlast the four years they must be kept.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import Core
from channels.config import ChannelConfig
from channels.store import Base, Contact

# `asked` is our opt-in question; `lost` ends what was agreed because the number may be in other hands: by the carrier's
# word, after its `silence`, or since the `account` has another one.
Kind = Literal["in", "out", "help", "asked", "lost"]
Source = Literal["keyword", "words", "carrier", "remember", "question", "silence", "account"]
Scope = Literal["program", "all"]

# One revocation reaches every program from here on (47 CFR 64.1200(a)(10), as delayed).
ALL_FROM = date(2027, 1, 31)
# The one confirmation must follow within this time, or not at all (47 CFR 64.1200(a)(12)).
CONFIRM_WITHIN = timedelta(minutes=5)
# How to end texts is told in the first text to a number, and again when it was not for so long (DOMAIN 4.5).
TOLD_HOW_EVERY = timedelta(days=90)


class ConsentRecord(Base):
    """One thing a member said about texts, or we asked; `shown` is what they were shown with it, word for word."""

    __tablename__ = "consent_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(254))
    account_id: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8))
    scope: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(10))
    shown: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]


def keep(
    session: Session,
    contact: Contact,
    kind: Kind,
    source: Source,
    now: datetime,
    *,
    scope: Scope = "program",
    shown: str = "",
    message_id: str | None = None,
) -> None:
    """Add a record, with what follows for the contact: an opt-out ends texts, an opt-in brings them back."""
    if kind == "out":
        contact.opted_out_at = contact.opted_out_at or now
    elif kind == "in":
        contact.opted_out_at = contact.no_texts_since = None
    session.add(
        ConsentRecord(
            contact_id=contact.id,
            channel=contact.channel,
            address=contact.address,
            account_id=contact.account_id,
            kind=kind,
            scope=scope,
            source=source,
            shown=shown,
            message_id=message_id,
            at=now,
        )
    )
    session.flush()


def scope_of(config: ChannelConfig, now: datetime) -> Scope:
    """What one word reaches: this program's texts or all of the plan's; by the setting, else by the day."""
    if config.opt_out_scope:
        return config.opt_out_scope
    return "all" if now.astimezone(UTC).date() >= ALL_FROM else "program"


def agreed(session: Session, contact: Contact) -> bool:
    """Whether the last word of a number about texts is that it wants them."""
    last = select(ConsentRecord.kind).where(
        ConsentRecord.contact_id == contact.id, ConsentRecord.kind.in_(("in", "out", "lost"))
    )
    return session.scalar(last.order_by(ConsentRecord.id.desc()).limit(1)) == "in"


def was_asked(session: Session, contact: Contact) -> bool:
    """Whether the number was asked since it was last lost whether it may be remembered: that is asked once."""
    last = select(ConsentRecord.kind).where(
        ConsentRecord.contact_id == contact.id, ConsentRecord.kind.in_(("asked", "lost"))
    )
    return session.scalar(last.order_by(ConsentRecord.id.desc()).limit(1)) == "asked"


def blocked(contact: Contact) -> bool:
    """Whether the carrier said that the number takes no texts, and it has not written since (30004: DOMAIN 4.6)."""
    since, heard_at = contact.no_texts_since, contact.heard_at
    return since is not None and (heard_at is None or heard_at <= since)


def owes_how(contact: Contact, now: datetime) -> bool:
    """Whether the next text to a number must tell how to end texts."""
    return contact.told_how_at is None or now - contact.told_how_at >= TOLD_HOW_EVERY


def since(core: Core, at: datetime, scope: str | None = None) -> list[ConsentRecord]:
    """The records since a moment, oldest first; with a scope only those that reach so far."""
    wanted = select(ConsentRecord).where(ConsentRecord.at >= at).order_by(ConsentRecord.id)
    with core.read() as session:
        return list(session.scalars(wanted if scope is None else wanted.where(ConsentRecord.scope == scope)))
