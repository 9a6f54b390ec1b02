"""A bill corrected by a person: premium or tax credit changed after it was issued, paid or not (DOMAIN 1.4, 2.1)."""

from __future__ import annotations

from billing_core import accounts, autopay, issuing, notices, records
from billing_core.core import Core
from billing_core.decisions import Allowed, Refused
from billing_core.errors import RefusedByRule
from billing_core.invoices import Invoice
from billing_core.states import AUTOPAY_ON


def correct(
    core: Core, invoice_id: int, *, premium_cents: int, tax_credit_cents: int, sent: bool, by: str, reason: str = ""
) -> Invoice:
    """Issue the bill again with these amounts, and keep who said so; the same amounts change nothing.

    `sent` says whether the new bill went out to the member, which moves the lock. Whoever is on autopay is owed the
    notice of a changed amount (G8). Raises `RefusedByRule` for a bill that was taken back, and `ValueError` for a tax
    credit above the premium.
    """
    if not 0 <= tax_credit_cents <= premium_cents:
        raise ValueError("a tax credit is at most the premium, and neither is below zero")
    with core.read() as session:
        account_id = session.get_one(Invoice, invoice_id).account_id
    with records.deciding(core, account_id) as trail, core.write() as session:
        account = accounts.hold(session, account_id)
        invoice = session.get_one(Invoice, invoice_id, populate_existing=True)
        if invoice.cancelled_on is not None:
            raise RefusedByRule(Refused("2.7", None, {"cancelled_on": invoice.cancelled_on}))
        if (invoice.premium_cents, invoice.tax_credit_cents) == (premium_cents, tax_credit_cents):
            return invoice
        before = {"premium_cents": invoice.premium_cents, "tax_credit_cents": invoice.tax_credit_cents}
        issuing.correct(
            session,
            account,
            invoice,
            premium_cents=premium_cents,
            tax_credit_cents=tax_credit_cents,
            sent=sent,
            on=core.today(account.profile.time_zone),
            at=core.now(),
        )
        facts = {"invoice_id": invoice.id, "before": before, "revision": invoice.revision, "by": by, "reason": reason}
        trail.keep(session, account, records.OTHER, None, Allowed(facts))
        enrollment = autopay.on(session, account_id)
        if enrollment is not None and enrollment.state in AUTOPAY_ON:
            key = f"draft:{enrollment.id}:{invoice.due_on.isoformat()}:changed:{invoice.id}:{invoice.revision}"
            notices.record(session, account_id, "changed_amount", key, core.now())
        return invoice
