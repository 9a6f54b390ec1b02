"""Drafts of a page: a confirmed payment for each autopay member whose premium is due, once for each due date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, literal, select
from sqlalchemy.orm import Session

from billing_core import agreed, invoices, notices
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.billing_day import owed
from billing_core.billing_day.issue import served
from billing_core.billing_day.pages import Span
from billing_core.methods import Method
from billing_core.notices import Notice
from billing_core.payments import Payment, new_attempt_id
from billing_core.profiles import Profile
from billing_core.states import AUTOPAY_ON, PAYMENT, PaymentEvent, PaymentState, advance
from billing_core.store import insert_or_leave


def draft(session: Session, span: Span, profile: Profile, on: date, at: datetime) -> int:
    """Start the drafts due on `on`, for what is open less what scheduled payments take (G6); returns how many.

    A method that is sure to fail is not tried: the member hears of it and pays by hand (G5). More than was agreed is
    not taken where the change could not be told in time (G8). The processor is asked later, outside this transaction.
    """
    if invoices.next_due_on(profile, on) != on:
        return 0
    members = session.execute(_due(span, profile, on)).all()
    if not members:
        return 0
    standing = owed.standing(session, span, on)
    most = agreed.most_cents(session, profile, on, [(each.id, each.basis_cents, each.high_cents) for each in members])
    drafts, told = [], []
    for enrollment_id, account_id, method_id, _, _, *facts in members:
        owed_cents = standing.draftable_cents(profile, account_id, on)
        cents = min(owed_cents, most.get(enrollment_id, owed_cents))
        key = f"{enrollment_id}:{on.isoformat()}"
        if cents > 0 and owed.chargeable(profile.id, *facts, on):
            drafts.append(row(account_id, method_id, cents, key, on, at))
            if cents < owed_cents:
                left = {"amount_cents": cents, "left_cents": owed_cents - cents, "due_on": on.isoformat()}
                method = session.get_one(Method, method_id).label
                more = left | {"method": method}
                told.append(notices.row(account_id, "draft_capped", f"draft:{key}:capped", at, more))
        elif cents > 0:
            told.append(notices.row(account_id, "draft_skipped", f"draft:{key}:skipped", at))
        elif standing.draftable_cents(profile, account_id, on, scheduled=False) > 0:
            # All of it is taken by a payment that the member scheduled: no draft, and a notice says so (G6).
            told.append(notices.row(account_id, "draft_not_needed", f"draft:{key}:not_needed", at))
    insert_or_leave(session, Payment, drafts)
    insert_or_leave(session, Notice, told)
    return len(drafts)


def row(account_id: str, method_id: int, amount_cents: int, key: str, on: date, at: datetime) -> dict[str, Any]:
    """A draft as a row: agreed to when autopay was, so confirmed from its start."""
    return {
        "id": new_attempt_id(),
        "account_id": account_id,
        "kind": "draft",
        "state": advance(PAYMENT, PaymentState.PROPOSED, PaymentEvent.CONFIRM),
        "amount_cents": amount_cents,
        "method_id": method_id,
        "pay_on": on,
        "quoted_at": at,
        "draft_key": key,
    }


def _due(span: Span, profile: Profile, on: date) -> Any:
    key = Enrollment.id + literal(f":{on.isoformat()}")
    last = agreed.last_cents(Enrollment.id, Enrollment.account_id, on)
    return (
        select(
            Enrollment.id, Enrollment.account_id, Enrollment.method_id,
            func.coalesce(last, Enrollment.first_amount_cents).label("basis_cents"),
            Enrollment.range_high_cents.label("high_cents"),
            Method.kind, Method.brand, Method.expires_month, Method.disabled_code,
        )
        .join(Account, Account.id == Enrollment.account_id)
        .join(Method, Method.id == Enrollment.method_id)
        .where(
            *served(span, profile),
            Enrollment.state.in_(AUTOPAY_ON),
            Enrollment.first_draft_on <= on,
            ~exists().where(Payment.draft_key == key),
        )
        .order_by(Enrollment.account_id)
        .with_for_update(of=Account)
    )  # fmt: skip
