"""What was tried and failed, read for one account or for a page, and when a month's premium may be drafted again.

The rule is `caps.may_attempt` (G29; DOMAIN 3.6, 3.8); this is its history and its question for drafts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from billing_core import caps, codes
from billing_core.caps import Attempt, Tried
from billing_core.decisions import Refused
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import PaymentState
from billing_core.store import unindexed

# A draft that failed longer ago than this is of no invoice that autopay would still take.
COUNTED_FOR = timedelta(days=400)
FAILED = (PaymentState.REJECTED, PaymentState.RETURNED)


def failed(session: Session, whose: ColumnElement[bool], since: date) -> dict[str, list[Tried]]:
    """The failed drafts due on `since` or later of the accounts that `whose` selects, oldest first, by account."""
    return _read(session, whose, Payment.kind == "draft", Payment.pay_on >= since)


def failed_lately(session: Session, account_ids: Collection[str], now: datetime) -> dict[str, list[Tried]]:
    """Every failed attempt of these accounts that a network still counts, and all failed drafts that we do."""
    lately = Payment.submitted_at > now - caps.LONGEST
    drafts = (Payment.kind == "draft") & (Payment.pay_on >= now.date() - COUNTED_FOR)
    return _read(session, Payment.account_id.in_(account_ids), lately | drafts)


def next_debit_on(profile: Profile, due_on: date, tries: Sequence[Tried], method: Method | None = None) -> date | None:
    """The first day on which the premium due on `due_on` may be drafted, given every failed draft of the account.

    The due date itself when it was never tried; None when it may not be drafted any more. Without a method, as if the
    one that was tried last were asked again.
    """
    tried = [each for each in tries if each.debited_on >= due_on]
    if not tried:
        return due_on
    rail: caps.Rail = "ach"
    if method is not None:
        rail = "card" if method.rail == "card" else "ach"
    elif (row := codes.table().get(tried[-1].code or "")) is not None:
        rail = row.rail
    asked = Attempt(tried[-1].method_id, rail, None, tried[-1].failed_on, due_on)
    # Far enough after the last one for the windows of hours: those are asked again when it is sent.
    answer = caps.may_attempt(asked, tried, profile, datetime.combine(date.max, time(), UTC))
    return answer.until if isinstance(answer, Refused) else tried[-1].failed_on


def may_debit(profile: Profile, due_on: date, tries: Sequence[Tried], on: date) -> bool:
    """Whether a draft on `on` may take the premium that was due on `due_on`."""
    first = next_debit_on(profile, due_on, tries)
    return first is not None and first <= on


def _read(session: Session, whose: ColumnElement[bool], *which: ColumnElement[bool]) -> dict[str, list[Tried]]:
    rows = session.execute(
        select(
            Payment.id,
            Payment.account_id,
            Payment.method_id,
            Payment.kind,
            Payment.draft_key,
            Payment.amount_cents,
            Payment.submitted_at,
            Payment.quoted_at,
            Payment.pay_on,
            Payment.resolved_on,
            Payment.code,
        )
        .where(whose, unindexed(Payment.state).in_(FAILED), *which)
        .order_by(Payment.pay_on, Payment.id)
    )
    found: dict[str, list[Tried]] = {}
    for payment_id, account_id, method_id, kind, key, cents, sent_at, quoted_at, pay_on, resolved_on, code in rows:
        found.setdefault(account_id, []).append(
            Tried(
                payment_id=payment_id,
                account_id=account_id,
                method_id=method_id,
                automatic=kind == "draft",
                draft_key=key or "",
                amount_cents=cents,
                at=sent_at or quoted_at,
                debited_on=pay_on,
                failed_on=resolved_on or pay_on,
                code=code,
            )
        )
    return found
