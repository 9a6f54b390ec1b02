"""The end of coverage for non-payment: what is stored and what happens to bills of months that are not covered.

DOMAIN 2.2 and 2.7: with a tax credit coverage ends back to the last day of the first unpaid month, else with the last
paid month; a binder payment that is not made leaves coverage that never began. Months after the end are not owed.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from billing_core import autopay, invoices, issuing
from billing_core.accounts import Account
from billing_core.states import AutopayEvent


def end_coverage(session: Session, account: Account, ended_on: date, on: date, at: datetime) -> None:
    """Coverage ended on `ended_on`, as decided on `on`: autopay ends; later months' bills, paid or not, are taken back.

    The caller holds the account. What had been paid on a bill that is taken back becomes the member's credit, which a
    person refunds (DOMAIN 2.6).
    """
    account.coverage_ended_on = ended_on
    account.end_decided_on = on
    enrollment = autopay.on(session, account.id)
    if enrollment is not None:
        autopay.change(enrollment, AutopayEvent.CANCEL)
        enrollment.ended_on = on
        enrollment.ended_by_turn = f"termination:{on.isoformat()}"
        enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
    for invoice in invoices.all_of(session, account.id):
        if invoice.coverage_month > ended_on and invoice.cancelled_on is None:
            issuing.take_back(session, invoice, on, at)
