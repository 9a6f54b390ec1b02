"""The one open offer of a conversation: what "yes", "no" and "change it" are about.

What is pending lives here and not in Rasa, so a digression, a restart or a new Rasa session loses nothing. A new
offer replaces the old one; an answer closes it. The words that were offered to the member are kept with it, and
said exactly they need no understanding at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.core import Core
from billing_core.offered_words import every_form, normal
from billing_core.store import Base

VALID_FOR = timedelta(minutes=30)

PAYMENT = "payment"
AUTOPAY = "autopay"
CANCEL_LATER = "cancel_later"
METHOD_CHANGE = "method_change"
METHOD_LATER = "method_later"
SCHEDULED = "scheduled"
# Which of two readings was meant, and the second of two wishes; what they are about is in the conversation's memory.
CHOICE = "choice"
NEXT = "next"
PAPERLESS = "paperless"
DELIVERY = "delivery"
REMOVAL = "removal"
REFUND = "refund"
# A new phone or e-mail address is asked for.
CONTACT = "contact"

# Offered in many replies and good at any time.
ALWAYS = every_form({"HELP ME": "request_human"})


class Offer(Base):
    """What lies on the table; `closed_at` is set once, by an answer or by the next offer."""

    __tablename__ = "offer"
    __table_args__ = (
        Index(
            "uq_offer_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(40), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(64))
    words: Mapped[dict[str, Any]]
    firm: Mapped[bool] = mapped_column(default=True)
    opened_by_turn: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_turn: Mapped[str | None] = mapped_column(String(64))


@dataclass(frozen=True)
class OfferTerms:
    """What to put on the table: `words` maps each offered word to the intent it stands for.

    An offer that is not `firm` came unasked (beside the amount owed): only its exact word takes it up, a mere "ok"
    does not.
    """

    kind: str
    subject_id: str
    words: dict[str, str] = field(default_factory=dict)
    firm: bool = True


def open_(
    session: Session,
    *,
    conversation_id: str,
    account_id: str,
    turn_id: str,
    terms: OfferTerms,
    now: datetime,
    withdraw: Callable[[Session, Offer], None] | None = None,
) -> Offer:
    """Put an offer on the table in place of any other; the same turn asked twice opens it once.

    `withdraw` does away with what the offer that is replaced was about.
    """
    opened = Offer.opened_by_turn == turn_id
    rows = session.scalars(select(Offer).where(opened | _is_current(conversation_id))).all()
    known = next((row for row in rows if row.opened_by_turn == turn_id), None)
    if known is not None:
        return known
    for previous in rows:
        if withdraw is not None:
            withdraw(session, previous)
        close(previous, turn_id, now)
        session.flush()
    offer = Offer(
        conversation_id=conversation_id,
        account_id=account_id,
        kind=terms.kind,
        subject_id=terms.subject_id,
        words=every_form(terms.words),
        firm=terms.firm,
        opened_by_turn=turn_id,
        expires_at=now + VALID_FOR,
    )
    session.add(offer)
    session.flush()
    return offer


def current(session: Session, conversation_id: str) -> Offer | None:
    """The open offer of the conversation, expired or not."""
    return session.scalar(select(Offer).where(_is_current(conversation_id)))


def _is_current(conversation_id: str | BindParameter[str]) -> ColumnElement[bool]:
    return (Offer.conversation_id == conversation_id) & Offer.closed_at.is_(None)


def put(core: Core, *, conversation_id: str, account_id: str, turn_id: str, terms: OfferTerms) -> Offer:
    """Put an offer on the table in a transaction of its own."""
    with core.write() as session:
        return open_(
            session,
            conversation_id=conversation_id,
            account_id=account_id,
            turn_id=turn_id,
            terms=terms,
            now=core.now(),
        )


def at_hand(core: Core, conversation_id: str, turn_id: str) -> Offer | None:
    """The offer this turn is about: the one it answered before it was cut short, else the open one."""
    with core.read() as session:
        return session.scalars(_at_hand(), {"conversation_id": conversation_id, "turn_id": turn_id}).first()


@cache
def _at_hand() -> Select[Offer]:
    # Two questions in one statement, each of which has its own index. Written once, like other statements of a turn.
    conversation_id: BindParameter[str] = bindparam("conversation_id")
    turn_id: BindParameter[str] = bindparam("turn_id")
    answered = (Offer.conversation_id == conversation_id) & (Offer.closed_by_turn == turn_id)
    found = select(Offer).where((answered & (Offer.opened_by_turn != turn_id)) | _is_current(conversation_id))
    return found.order_by(Offer.closed_at.is_(None), Offer.id).limit(1)


def kind_at_hand(core: Core, conversation_id: str) -> str | None:
    """What kind of offer is open, if any."""
    with core.read() as session:
        offer = current(session, conversation_id)
    return offer.kind if offer is not None else None


def answer(core: Core, offer: Offer, turn_id: str) -> None:
    """Close the offer as answered by this turn; closing it twice changes nothing."""
    with core.write() as session:
        answer_in(session, offer, turn_id, core.now())


def answer_in(session: Session, offer: Offer, turn_id: str, now: datetime) -> None:
    """`answer`, inside the caller's transaction."""
    mine = update(Offer).where(Offer.id == offer.id, Offer.closed_at.is_(None))
    session.execute(mine.values(closed_at=now, closed_by_turn=turn_id))


def make_firm(core: Core, offer: Offer) -> None:
    """The member took up what came unasked: from now on a plain yes confirms it."""
    with core.write() as session:
        session.get_one(Offer, offer.id).firm = True


def close(offer: Offer, turn_id: str, now: datetime) -> None:
    """Take the offer off the table."""
    offer.closed_at = now
    offer.closed_by_turn = turn_id


def spoken(core: Core, conversation_id: str, said: str, turn_id: str) -> str | None:
    """The intent of an offered word said exactly (`PAY`, `pay 412.10`, `Off later.`), or None.

    A turn that was cut short after it had answered the offer finds the same offer again.
    """
    word = normal(said)
    if word in ALWAYS:
        return ALWAYS[word]
    offer = at_hand(core, conversation_id, turn_id)
    intent = offer.words.get(word) if offer is not None else None
    return str(intent) if intent else None
