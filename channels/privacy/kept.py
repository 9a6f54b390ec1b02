"""What stays, and why: records that a law or the books ask for (kept.yml), and the few words that are their proof.

The words of a one-time payment are shown in the conversation and nowhere else (`billing_core.proof.of_payment`), so our
reply that showed them and the member's word for it stay for as long as the authorization; so do the words by which
somebody agreed to texts or ended them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from dateutil.relativedelta import relativedelta
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from billing_core import authorization
from billing_core.authorization import Authorization
from billing_core.calendar import ISSUER_ZONE
from billing_core.ledger import Entry
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.records import DecisionRecord
from channels.consent import ConsentRecord
from channels.store import CodeChallenge, Message, NoticeSending

_FILE = Path(__file__).with_name("kept.yml")
AUTHORIZED, CONSENTED = "authorization", "consent"
# Records of consent are kept at least so long (DOMAIN 4.1), and so are the words they rest on.
CONSENT_KEPT = relativedelta(years=4)


@dataclass(frozen=True)
class Kind:
    """A kind of record that stays: what it is, why, and for how long at least."""

    name: str
    what: str
    why: str
    how_long: str


@dataclass(frozen=True)
class Count:
    """How many records of a kind one account has."""

    kind: Kind
    count: int


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of record that a deletion leaves, in the order in which they are told."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Kind(name, **told) for name, told in loaded.items()}


def counts(session: Session, account_id: str) -> list[Count]:
    """What stays of an account's records; kinds of which there are none are left out."""
    of = {name: session.scalar(count(account_id)) or 0 for name, count in _COUNTED.items()}
    return [Count(kind, of[name]) for name, kind in kinds().items() if of.get(name)]


def words(session: Session, conversation_id: str, up_to: int, today: date) -> dict[str, str]:
    """The messages of a conversation, through a place, whose words still stay on `today`, each with its reason."""
    found = dict.fromkeys(_consents(session, conversation_id, up_to, today), CONSENTED)
    found |= dict.fromkeys(_authorized(session, conversation_id, up_to, today), AUTHORIZED)
    return found


def still(session: Session, message_ids: Sequence[str], today: date) -> set[str]:
    """Those of these messages whose words still stay on `today`."""
    rows = session.execute(select(Message.id, Message.conversation_id, Message.seq).where(Message.id.in_(message_ids)))
    last: dict[str, int] = {}
    for _, conversation_id, seq in rows:
        last[conversation_id] = max(seq, last.get(conversation_id, 0))
    return {each for conversation_id, seq in last.items() for each in words(session, conversation_id, seq, today)}


def _consents(session: Session, conversation_id: str, up_to: int, today: date) -> list[str]:
    where = (
        select(Message.id, ConsentRecord.at)
        .join(ConsentRecord, ConsentRecord.message_id == Message.id)
        .where(Message.conversation_id == conversation_id, Message.seq <= up_to, ConsentRecord.kind.in_(("in", "out")))
    )
    return [row for row, at in session.execute(where) if _day(at) + CONSENT_KEPT >= today]


def _authorized(session: Session, conversation_id: str, up_to: int, today: date) -> set[str]:
    """The member's messages that an authorization rests on, and our replies that showed its words."""
    where = (
        select(Message.id, Payment)
        .join(Payment, or_(Payment.confirmed_by_turn == Message.id, Payment.quoted_by_turn == Message.id))
        .where(Message.conversation_id == conversation_id, Message.seq <= up_to, Payment.confirmed_by_turn.is_not(None))
    )
    turns = {row for row, payment in session.execute(where) if _stands(payment, today)}
    shown = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.direction == "out", Message.reply_to.in_(turns)
    )
    return turns | set(session.scalars(shown)) if turns else set()


def _stands(payment: Payment, today: date) -> bool:
    """Whether a payment's authorization is kept: until two years after it was over, both days included."""
    return payment.resolved_on is None or authorization.kept_until(payment.resolved_on) >= today


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(ISSUER_ZONE)).date()


def _of(table: Any) -> Callable[[str], Any]:
    return lambda account_id: select(func.count()).select_from(table).where(table.account_id == account_id)


_COUNTED: dict[str, Callable[[str], Any]] = {
    "payments": _of(Payment),
    "ledger": _of(Entry),
    "authorizations": _of(Authorization),
    "decisions": _of(DecisionRecord),
    "consents": _of(ConsentRecord),
    "notices": lambda account_id: select(
        _of(Notice)(account_id).scalar_subquery() + _of(NoticeSending)(account_id).scalar_subquery()
    ),
    "proofs": _of(CodeChallenge),
}
