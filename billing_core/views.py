"""The account as the core sees it, as plain data: what `duely account show` prints and conversation files check."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from billing_core import accounts, ledger, summary
from billing_core.autopay import Standing
from billing_core.core import Core
from billing_core.grace import Grace
from billing_core.ledger import Entry
from billing_core.payments import Payment
from billing_core.summary import Summary


def account(core: Core, account_id: str) -> dict[str, Any]:
    """The whole account, amounts in cents, dates in ISO form; raises `AccountNotFound`."""
    with core.read() as session:
        found = accounts.find(session, account_id)
        view = summary.in_session(core, session, found)
        entries = session.scalars(select(Entry).where(Entry.account_id == account_id).order_by(Entry.id)).all()
        return {
            "key": found.id,
            "name": found.name,
            "issuer": found.profile_id,
            "plan_type": found.plan_type,
            "as_of": view.today.isoformat(),
            "owed_cents": view.owed_cents,
            "credit_cents": view.credit_cents,
            "due_on": _iso(view.due_on),
            "coverage_ended_on": _iso(found.coverage_ended_on),
            "never_began_on": _iso(found.never_began()),
            "delivery": found.delivery,
            "locked": view.autopay.lock is not None,
            "lock_window": _lock(view.autopay),
            "autopay": _autopay(view.autopay),
            "grace": _grace(view.grace),
            "invoices": [_invoice(view, row) for row in view.open],
            "payments": [payment(row) for row in view.payments],
            "methods": [
                {
                    "label": row.label,
                    "kind": row.kind,
                    "expires": row.expires or None,
                    "disabled": row.disabled_code is not None,
                }
                for row in view.methods
            ],
            "ledger": [
                {
                    "reference": entry.reference,
                    "on": entry.posted_on.isoformat(),
                    "postings": [
                        {"book": row.book, "invoice": row.invoice_id, "amount_cents": row.amount_cents}
                        for row in entry.postings
                    ],
                }
                for entry in entries
            ],
            "ledger_total_cents": sum(row.amount_cents for entry in entries for row in entry.postings),
            "receivable_cents": ledger.balance_cents(session, account_id, ledger.RECEIVABLE),
        }


def payment(row: Payment) -> dict[str, Any]:
    """One payment, amount in cents."""
    return {
        "id": row.id,
        "kind": row.kind,
        "amount_cents": row.amount_cents,
        "status": row.state,
        "method": row.method.label,
        "pay_on": row.pay_on.isoformat(),
        "code": row.code,
        "confirmation": row.confirmation,
    }


def _autopay(standing: Standing) -> dict[str, Any]:
    if standing.enrollment is None:
        return {"status": "none"}
    draft = standing.next_draft
    return {
        "status": standing.enrollment.state,
        "method": standing.enrollment.method.label,
        "next_draft_on": _iso(draft.due_on) if draft else None,
        "next_draft_cents": draft.amount_cents if draft else None,
        "pending": standing.enrollment.pending,
        "pending_on": _iso(standing.pending_on),
    }


def _lock(standing: Standing) -> dict[str, Any] | None:
    window = standing.lock
    if window is None:
        return None
    return {
        "first_on": window.first_on.isoformat(),
        "last_on": _iso(window.last_on),
        "first_open_on": _iso(window.first_open_on),
        "due_on": window.due_on.isoformat(),
    }


def _grace(grace: Grace | None) -> dict[str, Any] | None:
    if grace is None:
        return None
    return {
        "since": grace.since.isoformat(),
        "last_day": _iso(grace.last_day),
        "past_due_cents": grace.past_due_cents,
        "clears_cents": grace.clears_cents,
        "claims_hold_from": _iso(grace.claims_hold_from),
    }


def _invoice(view: Summary, row: Any) -> dict[str, Any]:
    invoice = row.invoice
    return {
        "policy": invoice.policy_kind,
        "coverage_month": invoice.coverage_month.strftime("%Y-%m"),
        "invoice_date": invoice.invoice_date.isoformat(),
        "due_on": invoice.due_on.isoformat(),
        "net_cents": invoice.net_cents,
        "open_cents": row.open_cents,
        "past_due": invoice.due_on < view.today,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
