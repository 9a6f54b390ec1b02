"""Grace of a stored account: the pure rules of `grace`, given the day on which the grace notice went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from billing_core import accounts, amounts, grace, invoices, ledger, threshold
from billing_core.accounts import Account
from billing_core.amounts import Minimum
from billing_core.core import Core
from billing_core.grace import Billed, Grace
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.ledger import Entry, Posting
from billing_core.notices import Notice
from billing_core.profiles import Profile


def standing_of(session: Session, account: Account, open_: Sequence[OpenInvoice], today: date) -> Grace | None:
    """The grace period the account is in, or None."""
    began = _began(session, account, open_, today)
    first = began or next((item.invoice for item in threshold.unmet(account.profile, open_)), None)
    return grace.standing(
        account.profile,
        open_,
        today,
        tax_credit=first is not None and account.has_three_months(first.coverage_month),
        notice_on=_notice_on(session, account, first),
        began=began,
    )


def last_day_to_pay_of(session: Session, account: Account, open_: Sequence[OpenInvoice], today: date) -> date | None:
    """The last day on which paying everything keeps coverage; None where it is unknown or nothing counts as unpaid."""
    unpaid = threshold.unmet(account.profile, open_)
    if not unpaid:
        return None
    first = _began(session, account, open_, today) or unpaid[0].invoice
    return grace.last_day_to_pay(
        account.profile,
        OpenInvoice(first, 0),
        tax_credit=account.has_three_months(first.coverage_month),
        notice_on=_notice_on(session, account, first),
    )


def minimum_to_keep(core: Core, account_id: str) -> Minimum:
    """`amounts.minimum_to_keep` of the account; raises `AccountNotFound`, `PlanNotServed` or `CoverageEnded`."""
    with core.read() as session:
        account = accounts.find(session, account_id)
        accounts.must_be_payable(account)
        today = core.today(account.profile.time_zone)
        open_ = invoices.open_invoices(session, account_id)
        last_day = last_day_to_pay_of(session, account, open_, today)
        return amounts.minimum_to_keep(account.profile, open_, today, last_day)


def began(session: Session, profile: Profile, account_ids: Sequence[str], today: date) -> dict[str, Invoice]:
    """The bill with which each account's present stretch of being past due began; accounts without one are absent."""
    rows = session.execute(
        select(Invoice, Posting.amount_cents, Entry.posted_on, Entry.reference.startswith("invoice:"))
        .join(Posting, and_(Posting.account_id == Invoice.account_id, Posting.invoice_id == Invoice.id))
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Invoice.account_id.in_(account_ids), Posting.book == ledger.RECEIVABLE, Invoice.due_on < today)
        .order_by(Entry.posted_on, Entry.id)
    )
    billed_cents: dict[Invoice, int] = {}
    paid: dict[Invoice, list[tuple[date, int]]] = {}
    for invoice, cents, posted_on, billing in rows:
        # A correction of a bill says nothing about when it was paid.
        billed_cents[invoice] = billed_cents.get(invoice, 0) + (cents if billing else 0)
        paid.setdefault(invoice, []).extend([] if billing else [(posted_on, cents)])
    history: dict[str, list[Billed]] = {}
    for invoice, cents in billed_cents.items():
        settled_on = _settled_on(profile, invoice, cents, paid[invoice])
        history.setdefault(invoice.account_id, []).append(Billed(invoice, settled_on))
    found = ((account_id, grace.began_with(bills, today)) for account_id, bills in history.items())
    return {account_id: invoice for account_id, invoice in found if invoice is not None}


def _settled_on(profile: Profile, invoice: Invoice, cents: int, paid: Sequence[tuple[date, int]]) -> date | None:
    """The day from which the bill has counted as paid, within the threshold too (2.4); None while it does not."""
    settled_on = invoice.due_on if threshold.met(profile, invoice, cents) else None
    for on, part_cents in paid:
        cents += part_cents
        met = threshold.met(profile, invoice, cents)
        settled_on = (settled_on or on) if met else None
    return settled_on


def grace_key(account_id: str, first_unpaid_month: date) -> str:
    """What the notices of one grace period are about; the first of them is `<key>:start`."""
    return f"grace:{account_id}:{first_unpaid_month.isoformat()}"


def _began(session: Session, account: Account, open_: Sequence[OpenInvoice], today: date) -> Invoice | None:
    """Asked of the ledger only where something is past due."""
    if not any(item.invoice.due_on < today for item in threshold.unmet(account.profile, open_)):
        return None
    return began(session, account.profile, [account.id], today).get(account.id)


def _notice_on(session: Session, account: Account, first: Invoice | None) -> date | None:
    """The issuer's civil date of the grace notice; asked only where the profile counts from it."""
    if account.profile.grace_start != "notice" or first is None:
        return None
    key = f"{grace_key(account.id, first.coverage_month)}:start"
    written_at = session.scalar(select(Notice.written_at).where(Notice.key == key))
    return None if written_at is None else written_at.astimezone(ZoneInfo(account.profile.time_zone)).date()
