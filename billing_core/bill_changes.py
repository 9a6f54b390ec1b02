"""Why a bill is what it is: its parts, what changed against the month before, what is carried and taken off.

Answers "why did my bill go up" from the bills themselves. Amounts in cents, months by their first day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy.orm import Session

from billing_core import accounts, credits, invoices, ledger
from billing_core.calendar import first_of_month
from billing_core.core import Core
from billing_core.invoices import Invoice

What = Literal["premium", "tax_credit", "people", "days"]
# How many days a whole month counts for a `days` change.
WHOLE_MONTH = 31


@dataclass(frozen=True)
class Change:
    """One thing that differs from the month before; cents, but people and days covered are counted."""

    what: What
    before: int
    after: int


@dataclass(frozen=True)
class Bill:
    """One bill with its parts; `changes` against the same policy's month before, None where that was not billed here.

    `credit_cents` is what of the member's credit was taken off, `open_cents` what is still to pay.
    """

    invoice: Invoice
    net_cents: int
    credit_cents: int
    open_cents: int
    changes: tuple[Change, ...] | None


@dataclass(frozen=True)
class Explained:
    """The newest month's bills, and what earlier months (`past_due`, by coverage month) still add to what is owed."""

    coverage_month: date | None
    bills: tuple[Bill, ...]
    past_due: tuple[tuple[date, int], ...]
    owed_cents: int
    credit_left_cents: int


def between(before: Invoice, after: Invoice) -> tuple[Change, ...]:
    """What differs between two bills of one policy."""
    pairs: list[tuple[What, int, int]] = [
        ("premium", before.premium_cents, after.premium_cents),
        ("tax_credit", before.tax_credit_cents, after.tax_credit_cents),
        ("people", before.people_covered, after.people_covered),
        ("days", _days(before), _days(after)),
    ]
    return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])


def explain(core: Core, account_id: str) -> Explained:
    """The newest bills explained; without any bill all is empty. Raises `AccountNotFound`, `PlanNotServed`."""
    with core.read() as session:
        account = accounts.find(session, account_id)
        accounts.must_be_served(account)
        return in_session(session, account.id)


def in_session(session: Session, account_id: str) -> Explained:
    """`explain`, inside the caller's session."""
    every = invoices.all_of(session, account_id)
    month = max((row.coverage_month for row in every), default=None)
    open_cents = {item.invoice.id: item.open_cents for item in invoices.open_invoices(session, account_id)}
    credit = credits.taken(session, account_id)
    newest = [row for row in every if row.coverage_month == month]
    by_month = {(row.policy_id, row.coverage_month): row for row in every}
    earlier: dict[date, int] = {}
    for row in every:
        if row.coverage_month != month and row.id in open_cents:
            earlier[row.coverage_month] = earlier.get(row.coverage_month, 0) + open_cents[row.id]
    return Explained(
        coverage_month=month,
        bills=tuple(
            Bill(row, row.net_cents, credit.get(row.id, 0), open_cents.get(row.id, 0), _changes(row, by_month))
            for row in newest
        ),
        past_due=tuple(earlier.items()),
        owed_cents=sum(open_cents.values()),
        credit_left_cents=-ledger.balance_cents(session, account_id, ledger.MEMBER_CREDIT),
    )


def _days(bill: Invoice) -> int:
    """Days covered; every whole month counts as one length, since it costs the same."""
    return WHOLE_MONTH if bill.days_covered is None else bill.days_covered


def _changes(row: Invoice, by_month: dict[tuple[int, date], Invoice]) -> tuple[Change, ...] | None:
    before = by_month.get((row.policy_id, first_of_month(row.coverage_month, -1)))
    return None if before is None else between(before, row)
