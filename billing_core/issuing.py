"""One bill: written with its ledger entry, corrected, taken back, issued again; nothing of it is ever edited away.

The ledger has an entry for each revision and its mirror image for each that no longer holds, so what a bill was on any
day can be read from it. Payments stay where they went; what a correction leaves over becomes the member's credit.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import credits, invoices, ledger, proration
from billing_core.accounts import Account, Policy
from billing_core.invoices import Invoice
from billing_core.ledger import Line


def issue(
    session: Session,
    policy: Policy,
    *,
    coverage_month: date,
    due: date,
    issued_on: date,
    at: datetime,
    for_autopay: bool = False,
    binder: bool = False,
    price: proration.MonthsPrice | None = None,
) -> Invoice:
    """Write the invoice and its ledger entry, or return the one already issued for that month.

    The member's credit pays it, after older bills (DOMAIN 2.6). `price` is that of a part month; else the whole month.
    """
    known = session.scalar(
        select(Invoice).where(Invoice.policy_id == policy.id, Invoice.coverage_month == coverage_month)
    )
    if known is not None:
        return known
    invoice = Invoice(
        account_id=policy.account_id,
        policy_id=policy.id,
        policy_kind=policy.kind,
        plan_name=policy.plan_name,
        coverage_month=coverage_month,
        premium_cents=policy.premium_cents if price is None else price.premium_cents,
        tax_credit_cents=policy.tax_credit_cents if price is None else price.tax_credit_cents,
        days_covered=None if price is None else price.days_covered,
        people_covered=policy.people_covered,
        binder=binder,
        for_autopay=for_autopay,
        invoice_date=issued_on,
        due_on=due,
        revision=0,
    )
    session.add(invoice)
    session.flush()
    _bill(session, invoice, issued_on, at)
    return invoice


def correct(
    session: Session,
    account: Account,
    invoice: Invoice,
    *,
    premium_cents: int,
    tax_credit_cents: int,
    sent: bool,
    on: date,
    at: datetime,
) -> None:
    """Issue a bill again with other amounts, paid or not: its entry is reversed and the new one written.

    The invoice date, and with it the lock, moves to `on` only if the new bill was sent (DOMAIN 1.4). A member who had
    paid, or who has more to pay after the due date, gets until the next due date. The caller holds the account.
    """
    open_cents = ledger.open_cents_by_invoice(session, invoice.account_id).get(invoice.id, 0)
    before_cents = invoice.net_cents
    _reverse(session, invoice, "corrected", on, at)
    invoice.premium_cents, invoice.tax_credit_cents = premium_cents, tax_credit_cents
    invoice.revision += 1
    invoice.reissued_on = on
    if sent:
        invoice.invoice_date = on
    if open_cents == 0 and invoice.net_cents > before_cents and invoice.due_on < on:
        # On a due date, the one after it: a bill is not owed on the day it comes.
        invoice.due_on = invoices.next_due_on(account.profile, on + timedelta(days=1))
    _bill(session, invoice, on, at)


def take_back(session: Session, invoice: Invoice, on: date, at: datetime) -> None:
    """The month is not covered: its bill is not owed, and what was paid on it is the member's credit."""
    _reverse(session, invoice, "cancelled", on, at)
    invoice.cancelled_on = on
    _free(session, invoice, f"{reference(invoice)}:cancelled:freed", on, at)


def issue_again(session: Session, invoice: Invoice, on: date, at: datetime) -> None:
    """A bill that was taken back is owed again, because its month is covered after all."""
    invoice.revision += 1
    invoice.cancelled_on = None
    invoice.reissued_on = invoice.invoice_date = on
    _bill(session, invoice, on, at)


def reference(invoice: Invoice) -> str:
    """The ledger reference of the bill as it now is."""
    return f"invoice:{invoice.id}" + (f":{invoice.revision}" if invoice.revision else "")


def _bill(session: Session, invoice: Invoice, on: date, at: datetime) -> None:
    ledger.post(
        session,
        reference=reference(invoice),
        account_id=invoice.account_id,
        on=on,
        at=at,
        lines=[
            Line(ledger.RECEIVABLE, invoice.net_cents, invoice.id),
            Line(ledger.TAX_CREDIT, invoice.tax_credit_cents, invoice.id),
            Line(ledger.PREMIUM, -invoice.premium_cents, invoice.id),
        ],
    )
    _free(session, invoice, f"{reference(invoice)}:freed", on, at)
    credits.settle(session, invoice.account_id, cause=reference(invoice), on=on, at=at)


def _reverse(session: Session, invoice: Invoice, why: str, on: date, at: datetime) -> None:
    base = reference(invoice)
    ledger.reverse(session, original=base, reference=f"{base}:{why}", on=on, at=at)


def _free(session: Session, invoice: Invoice, reference: str, on: date, at: datetime) -> None:
    """What was paid on the bill above what it is becomes the member's credit."""
    session.flush()
    over_cents = -ledger.open_cents_by_invoice(session, invoice.account_id).get(invoice.id, 0)
    if over_cents > 0:
        lines = [Line(ledger.RECEIVABLE, over_cents, invoice.id), Line(ledger.MEMBER_CREDIT, -over_cents)]
        ledger.post(session, reference=reference, account_id=invoice.account_id, on=on, at=at, lines=lines)
