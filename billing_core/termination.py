"""The end of coverage for non-payment: what is stored and what happens to bills of months that are not covered.

DOMAIN 2.2 and 2.7: with a tax credit coverage ends back to the last day of the first unpaid month, else with the last
paid month; a binder payment that is not made leaves coverage that never began. Months after the end are not owed.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import autopay, invoices, ledger
from billing_core.accounts import Account
from billing_core.invoices import OpenInvoice
from billing_core.ledger import Entry
from billing_core.states import AutopayEvent


def end_coverage(session: Session, account: Account, ended_on: date, on: date, at: datetime) -> None:
    """Coverage ended on `ended_on`, as decided on `on`: autopay ends; later months' bills, paid or not, are taken back.

    The caller holds the account. What had been paid on a bill that is taken back becomes the member's credit, which a
    person refunds (DOMAIN 2.6).
    """
    account.coverage_ended_on = ended_on
    enrollment = autopay.on(session, account.id)
    if enrollment is not None:
        autopay.change(enrollment, AutopayEvent.CANCEL)
        enrollment.ended_on = on
        enrollment.ended_by_turn = f"termination:{on.isoformat()}"
        enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
    open_cents = ledger.open_cents_by_invoice(session, account.id)
    for invoice in invoices.all_of(session, account.id):
        if invoice.coverage_month > ended_on:
            _take_back(session, OpenInvoice(invoice, open_cents.get(invoice.id, 0)), on, at)


def _take_back(session: Session, item: OpenInvoice, on: date, at: datetime) -> None:
    invoice = item.invoice
    billed = session.scalars(select(Entry).where(Entry.reference == f"invoice:{invoice.id}")).one()
    ledger.post(
        session,
        reference=f"invoice:{invoice.id}:cancelled",
        account_id=invoice.account_id,
        on=on,
        at=at,
        lines=[
            ledger.Line(ledger.RECEIVABLE, -item.open_cents, invoice.id),
            ledger.Line(ledger.TAX_CREDIT, -invoice.tax_credit_cents, invoice.id),
            ledger.Line(ledger.PREMIUM, invoice.premium_cents, invoice.id),
            ledger.Line(ledger.MEMBER_CREDIT, item.open_cents - invoice.net_cents),
        ],
        reverses_id=billed.id,
    )
