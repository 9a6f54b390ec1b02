"""The proof of an authorization: everything a bank or a regulator may ask for, in one piece (DOMAIN 3.1, 3.2).

What was shown and agreed to, by whom and how proven, what was debited under it, and how it ended. Kept for two years
after the end; `forgettable` names what privacy deletion may take then. No number of an account is in it: none is kept.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, authorization, payments
from billing_core.accounts import Account
from billing_core.authorization import Authorization
from billing_core.autopay import Enrollment
from billing_core.core import Core
from billing_core.errors import NothingOffered
from billing_core.methods import Method
from billing_core.money import dollars
from billing_core.payments import Payment
from billing_core.states import PaymentState

ENDED = ("ended", "withdrawn")
DEBITED = (PaymentState.SETTLED, PaymentState.REJECTED, PaymentState.RETURNED, PaymentState.REFUNDED)


def enrollments(core: Core, account_id: str) -> list[str]:
    """The account's autopay authorizations that were given, oldest first; raises `AccountNotFound`."""
    with core.read() as session:
        accounts.find(session, account_id)
        given = select(Enrollment).where(Enrollment.account_id == account_id, Enrollment.authorized_at.is_not(None))
        return [row.id for row in session.scalars(given.order_by(Enrollment.authorized_at))]


def pack(core: Core, enrollment_id: str) -> dict[str, Any]:
    """The proof of an autopay authorization; amounts in cents, dates and instants in ISO form.

    Raises `NothingOffered` for one that was never given.
    """
    with core.read() as session:
        enrollment = session.get(Enrollment, enrollment_id)
        if enrollment is None or enrollment.authorized_at is None:
            raise NothingOffered("this authorization was never given")
        account = accounts.find(session, enrollment.account_id)
        drafts = [row for row in payments.of(session, account.id) if _is_under(row, enrollment)]
        ended_on = enrollment.ended_on
        return _about(account) | {
            "kind": "recurring",
            "entry_class": "WEB",
            "authorization": {
                "text": enrollment.authorization_text,
                "given_at": enrollment.authorized_at.isoformat(),
                "channel": enrollment.channel,
                "method": enrollment.method.label,
                "first_draft_on": enrollment.first_draft_on.isoformat(),
                "schedule": f"the {authorization.ordinal(account.profile.due_day)} of each month",
                "amount": "the premium due" if enrollment.range is None else _range(enrollment),
                "revocation": f"here or at {account.profile.reached_at()[0]}, outside the days around a draft",
            },
            "as_given": [_given(row) for row in authorization.of(session, enrollment.id)],
            "debits": [_debit(row) for row in drafts],
            "revoked": None
            if ended_on is None
            else {
                "on": ended_on.isoformat(),
                "turn": enrollment.ended_by_turn,
                "kept_until": authorization.kept_until(ended_on).isoformat(),
            },
        }


def of_payment(core: Core, payment_id: str) -> dict[str, Any]:
    """The proof of one payment that the member authorized by its exact words; raises `NothingOffered` for others."""
    with core.read() as session:
        given = authorization.of(session, payment_id)
        payment = session.get(Payment, payment_id)
        if not given or payment is None:
            raise NothingOffered("this payment has no authorization of its own")
        about = _about(accounts.find(session, payment.account_id))
        one = {"kind": "one_time", "entry_class": "WEB" if payment.method.rail == "ach" else None}
        # The message that this one answered showed the words in full; the conversation keeps them.
        one["shown_in_turn"] = payment.quoted_by_turn
        return about | one | {"as_given": [_given(row) for row in given], "debits": [_debit(payment)]}


def readable(proof: dict[str, Any]) -> str:
    """The same, for a person's eyes."""
    lines = [f"Authorization of {proof['member']} ({proof['issuer']}), {proof['kind']}", ""]
    if "authorization" in proof:
        lines += [f"{name}: {value}" for name, value in proof["authorization"].items()] + [""]
    for row in proof["as_given"]:
        who = f"{row['channel']}, identity {row['level'] or 'not recorded'}"
        lines += [f"{row['given_at']} ({who}, words of {row['version']}):", f"  {row['text']}"]
    lines += ["", "Debits:"]
    lines += [
        f"  {row['on']} {dollars(row['amount_cents'])} {row['method']} {row['status']} {row['code'] or ''}".rstrip()
        for row in proof["debits"]
    ] or ["  none"]
    revoked = proof.get("revoked")
    lines.append(f"Revoked on {revoked['on']}, kept until {revoked['kept_until']}." if revoked else "Not revoked.")
    return "\n".join(lines) + "\n"


def forgettable(session: Session, account_id: str, today: date) -> list[int]:
    """The account's authorizations whose two years are over, by id: privacy deletion may take these and no others."""
    rows = session.scalars(select(Authorization).where(Authorization.account_id == account_id))
    return [row.id for row in rows if (end := _ended_on(session, row)) and authorization.kept_until(end) < today]


def _ended_on(session: Session, row: Authorization) -> date | None:
    """When what was authorized was over: autopay revoked, the one payment made, the method taken off the account."""
    enrollment = session.get(Enrollment, row.subject_id)
    if enrollment is not None:
        return enrollment.ended_on
    payment = session.get(Payment, row.subject_id)
    if payment is not None:
        return payment.resolved_on
    method = session.get(Method, row.method_id)
    return method.removed_on if method is not None else None


def _is_under(payment: Payment, enrollment: Enrollment) -> bool:
    return (payment.draft_key or "").startswith(f"{enrollment.id}:") and payment.state in DEBITED


def _about(account: Account) -> dict[str, Any]:
    return {
        "member": account.name,
        "member_id": account.member_id,
        "account": account.id,
        "issuer": account.profile.name,
    }


def _range(enrollment: Enrollment) -> str:
    agreed = enrollment.range
    assert agreed is not None
    return f"the premium due, told before only outside {dollars(agreed.low_cents)}-{dollars(agreed.high_cents)}"


def _given(row: Authorization) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "text": row.text,
        "version": row.version,
        "method": row.method_label,
        "amount_cents": row.amount_cents,
        "range_cents": None if row.range_low_cents is None else [row.range_low_cents, row.range_high_cents],
        "first_on": row.first_on.isoformat(),
        "given_at": row.given_at.isoformat(),
        "channel": row.channel,
        "turn": row.turn_id,
        "level": row.level,
        "identity_event": row.identity_event,
    }


def _debit(row: Payment) -> dict[str, Any]:
    return {
        "id": row.id,
        "on": row.pay_on.isoformat(),
        "amount_cents": row.amount_cents,
        "method": row.method.label,
        "status": row.state,
        "code": row.code,
        "reference": row.processor_reference,
    }
