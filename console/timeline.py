"""The money beside a conversation: quotes, attempts, codes, ledger entries and notices of the account, by time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import Core, codes, ledger
from billing_core.accounts import Account
from billing_core.ledger import Entry
from billing_core.money import dollars
from billing_core.payments import Payment
from billing_core.states import PaymentState
from channels.store import Message, NoticeSending
from console.sessions import Visit

# So much of each kind, the newest; and so long before the conversation began.
MOST = 60
BEFORE = timedelta(days=45)
_ID = re.compile(r"[0-9a-f]{16,}")
_ENDS = {
    PaymentState.SETTLED: ("good", "Paid"),
    PaymentState.REJECTED: ("bad", "Declined"),
    PaymentState.RETURNED: ("bad", "Sent back by the bank"),
    PaymentState.REFUNDED: ("plain", "Refunded"),
}


@dataclass(frozen=True)
class Event:
    """One line: `tone` is good, bad or plain; `seq` is the message of this conversation that it came from."""

    at: datetime
    kind: str
    title: str
    lines: tuple[str, ...]
    tone: str
    seq: int | None


def of(
    core: Core, visit: Visit, account: Account, conversation_id: str, began: datetime, most: int = MOST
) -> list[Event]:
    """What happened to the account's money since shortly before the conversation, newest first, `most` of each kind.

    Only for a role with the permission `money`; for any other there is nothing.
    """
    if not visit.may("money"):
        return []
    since = began - BEFORE
    with core.read() as session:
        events = [
            *_payments(session, account, since, conversation_id, most),
            *_entries(session, account, since, most),
            *_notices(session, account, since, most),
        ]
    return sorted(events, key=lambda each: each.at, reverse=True)


def _seqs(session: Session, conversation_id: str, rows: Sequence[Payment]) -> dict[str, int]:
    """The place in this conversation of each message that one of these payments was quoted or confirmed by."""
    turns = {each for row in rows for each in (row.quoted_by_turn, row.confirmed_by_turn) if each}
    where = select(Message).where(Message.id.in_(turns), Message.conversation_id == conversation_id)
    return {row.id: row.seq for row in session.scalars(where)}


def _payments(session: Session, account: Account, since: datetime, conversation_id: str, most: int) -> list[Event]:
    where = select(Payment).where(Payment.account_id == account.id, Payment.quoted_at >= since)
    zone = ZoneInfo(account.profile.time_zone)
    rows = list(session.scalars(where.order_by(Payment.quoted_at.desc()).limit(most)))
    seqs = _seqs(session, conversation_id, rows)
    events = []
    for row in rows:
        what = f"{dollars(row.amount_cents)} from {row.method.label}"
        quoted = seqs.get(row.quoted_by_turn or "")
        kind = "Draft" if row.draft_key else "Quote"
        state = f"for {row.pay_on:%b} {row.pay_on.day}, {row.pay_on.year}, now {row.state}"
        events.append(Event(row.quoted_at, kind, what, (state,), "plain", quoted))
        if row.submitted_at is not None:
            confirmed = seqs.get(row.confirmed_by_turn or "")
            events.append(Event(row.submitted_at, "Attempt", what, _attempt(row), "plain", confirmed))
        if row.resolved_on is not None and row.state in _ENDS:
            tone, title = _ENDS[PaymentState(row.state)]
            noon = datetime.combine(row.resolved_on, time(12), zone)
            at = row.submitted_at if row.submitted_at is not None and row.submitted_at > noon else noon
            if row.submitted_at is not None and row.submitted_at.astimezone(zone).date() == row.resolved_on:
                at = row.submitted_at + timedelta(seconds=1)
            events.append(Event(at, "Outcome", f"{title}: {what}", _outcome(row), tone, None))
    return events


def _attempt(row: Payment) -> tuple[str, ...]:
    known = [f"processor reference {row.processor_reference}"] if row.processor_reference else []
    return tuple(known or ["no reference yet"])


def _outcome(row: Payment) -> tuple[str, ...]:
    """What staff should know of it: the code with its meaning and what to do, or the confirmation."""
    lines = [f"Confirmation {row.confirmation}"] if row.confirmation else []
    if row.code:
        code = codes.reason(row.code)
        lines += [f"{row.code}: {code.plain_reason}", code.operator_note]
        lines.append(f"Try again: {code.retryable.replace('_', ' ')}.")
        if not code.may_disclose:
            lines.append("The member is told a general decline; do not say more.")
    return tuple(lines)


def _entries(session: Session, account: Account, since: datetime, most: int) -> list[Event]:
    where = select(Entry).where(Entry.account_id == account.id, Entry.posted_at >= since)
    rows = session.scalars(where.order_by(Entry.id.desc()).limit(most))
    return [
        Event(row.posted_at, "Ledger", _spoken(row), (*_postings(row), row.reference), "plain", None) for row in rows
    ]


def _spoken(entry: Entry) -> str:
    """What was posted, in words, without the ids of its reference: `Payment settled`, `Invoice 12`."""
    return " ".join(each for each in entry.reference.split(":") if not _ID.fullmatch(each)).capitalize()


def _postings(entry: Entry) -> tuple[str, ...]:
    return tuple(f"{each.book.replace('_', ' ')} {_signed(each)}" for each in entry.postings)


def _signed(posting: ledger.Posting) -> str:
    sign = "+" if posting.amount_cents >= 0 else "-"
    return f"{sign}{dollars(abs(posting.amount_cents))}"


def _notices(session: Session, account: Account, since: datetime, most: int) -> list[Event]:
    where = select(NoticeSending).where(NoticeSending.account_id == account.id, NoticeSending.at >= since)
    rows = session.scalars(where.order_by(NoticeSending.at.desc()).limit(most))
    return [_notice(row) for row in rows]


def _notice(row: Any) -> Event:
    ways = {"sms": "by text", "email": "by e-mail", "post": "by letter"}
    lost = row.outcome in ("failed", "bounced")
    said = f"{row.outcome}{f' ({row.error_code})' if row.error_code else ''}"
    return Event(
        row.at, "Notice", f"{row.kind.replace('_', ' ')} {ways.get(row.way, row.way)}", (said,),
        "bad" if lost else "plain", None,
    )  # fmt: skip
