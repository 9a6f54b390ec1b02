"""Autopay: who is enrolled, with which method, from which draft on, and what is saved for the first open day.

Inside the lock window a cancellation or a change of method is refused or saved as pending; enrolling is allowed and
starts with the next period (S18-S20, G3-G5). Authorizations keep the literal text the member agreed to (DOMAIN 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from billing_core import accounts, agreed, billing_page, debits, invoices, ledger, lock, proration, states, waiting
from billing_core.accounts import Account
from billing_core.authorization import Range
from billing_core.calendar import banking_day_on_or_after, first_of_month
from billing_core.core import Core
from billing_core.decisions import Refused
from billing_core.errors import AutopayNotOn
from billing_core.invoices import OpenInvoice
from billing_core.ledger import Entry
from billing_core.lock import LockQuestion, LockWindow, StartedDraft
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.states import AUTOPAY, UNRESOLVED, AutopayEvent, AutopayState, PaymentState
from billing_core.store import Base

CANCEL = "cancel"
CHANGE_METHOD = "change_method"
# How far ahead a draft is looked for where months are paid ahead or credit pays them.
MONTHS_AHEAD = 24


class Enrollment(Base):
    """One autopay authorization and its life; at most one per account is on."""

    __tablename__ = "enrollment"
    __table_args__ = (
        Index(
            "uq_enrollment_on",
            "account_id",
            unique=True,
            sqlite_where=text("state IN ('active', 'ending', 'suspended')"),
            postgresql_where=text("state IN ('active', 'ending', 'suspended')"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid4().hex)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"))
    state: Mapped[str] = mapped_column(String(12))
    first_draft_on: Mapped[date]
    offered_by_turn: Mapped[str | None] = mapped_column(String(64), unique=True)
    # What was shown; what was agreed to is in `authorization`, as it was given.
    authorization_text: Mapped[str] = mapped_column(Text)
    first_amount_cents: Mapped[int | None]
    range_low_cents: Mapped[int | None]
    range_high_cents: Mapped[int | None]
    authorized_at: Mapped[datetime | None]
    authorized_by_turn: Mapped[str | None] = mapped_column(String(64))
    channel: Mapped[str | None] = mapped_column(String(10))
    ended_on: Mapped[date | None]
    ended_by_turn: Mapped[str | None] = mapped_column(String(64))
    pending: Mapped[str | None] = mapped_column(String(20))
    pending_method_id: Mapped[int | None] = mapped_column(ForeignKey("method.id"))
    # The first day to try; told to the member only where it is sure (`Standing.pending_on`).
    pending_on: Mapped[date | None]
    method: Mapped[Method] = relationship(lazy="joined", foreign_keys=[method_id])
    pending_method: Mapped[Method | None] = relationship(lazy="joined", foreign_keys=[pending_method_id])

    @property
    def range(self) -> Range | None:
        """The range of amounts inside which no changed amount has to be told (G8), if the member agreed to one."""
        if self.range_low_cents is None or self.range_high_cents is None:
            return None
        return Range(self.range_low_cents, self.range_high_cents)


@dataclass(frozen=True)
class NextDraft:
    """The next draft of an account: its due date, the day a bank shows it, and the amount in cents."""

    due_on: date
    bank_on: date
    notice_on: date | None
    amount_cents: int


@dataclass(frozen=True)
class Standing:
    """Autopay as the member may be told it; `lock` is the window that locks today, if one does."""

    enrollment: Enrollment | None
    next_draft: NextDraft | None
    lock: LockWindow | None
    today: date

    @property
    def pending_on(self) -> date | None:
        """The day on which a saved change applies; None where none is saved, or its day is not known yet."""
        if self.enrollment is None or (self.lock is not None and self.lock.last_on is None):
            return None
        return self.enrollment.pending_on

    @property
    def method_outlives_draft(self) -> bool:
        """Whether the method will still be good on the day of the next draft (G12)."""
        if self.enrollment is None or self.next_draft is None:
            return True
        return self.enrollment.method.good_on(self.next_draft.due_on)


def standing(core: Core, account_id: str) -> Standing:
    """How autopay stands today."""
    with core.read() as session:
        return standing_of(core, session, accounts.find(session, account_id))


def standing_of(core: Core, session: Session, account: Account) -> Standing:
    """How autopay stands today, inside the caller's session."""
    today = core.today(account.profile.time_zone)
    enrollment = on(session, account.id)
    if enrollment is None:
        return Standing(None, None, None, today)
    return Standing(
        enrollment,
        next_draft(session, account, enrollment, today),
        lock.locked_window(
            account.profile,
            today,
            invoices.all_of(session, account.id),
            enrollment.first_draft_on,
            started_drafts(session, account.id, today),
        ),
        today,
    )


def on(session: Session, account_id: str) -> Enrollment | None:
    """The enrollment that is on (active, ending or suspended), if any."""
    return session.scalar(
        select(Enrollment).where(
            Enrollment.account_id == account_id,
            Enrollment.state.in_((AutopayState.ACTIVE, AutopayState.ENDING, AutopayState.SUSPENDED)),
        )
    )


def must_be_on(session: Session, account_id: str) -> Enrollment:
    """The enrollment that is on; raises `AutopayNotOn`."""
    found = on(session, account_id)
    if found is None:
        raise AutopayNotOn("autopay is off")
    return found


def change(enrollment: Enrollment, event: AutopayEvent) -> None:
    """Move the enrollment along the state table; raises `IllegalTransition`."""
    enrollment.state = states.advance(AUTOPAY, enrollment.state, event)


def first_draft_on(session: Session, account: Account, today: date) -> date:
    """The due date of the first draft of an enrollment made today, with something to collect by then (G4)."""
    return next_bill_on(session, account, lock.first_draft_due(account.profile, today))


def next_bill_on(session: Session, account: Account, due: date) -> date:
    """The first due date from `due` on with something to collect: a month that is paid ahead needs no draft."""
    # A premium that the tax credit pays whole never comes to anything, however far one looks.
    if any(policy.net_cents > 0 for policy in account.policies):
        for months in range(MONTHS_AHEAD):
            on_day = first_of_month(due, months).replace(day=due.day)
            if draft_cents(session, account, on_day) > 0:
                return on_day
    return due


def next_draft(session: Session, account: Account, enrollment: Enrollment, today: date) -> NextDraft | None:
    """The next draft that will run, or None when autopay ends before it."""
    profile = account.profile
    due = max(invoices.next_due_on(profile, today), enrollment.first_draft_on)
    # What the day's run has left out (a method that cannot succeed: G5) is not drafted any more on that day.
    ran = due == today and billing_page.came_to(session, account.id, today, profile.time_zone)
    if ran or drafted(session, enrollment, due):
        due = first_of_month(due, 1).replace(day=profile.due_day)
    due = next_bill_on(session, account, due)
    if enrollment.pending == CANCEL and enrollment.pending_on is not None and due > enrollment.pending_on:
        return None
    method = enrollment.method
    return NextDraft(
        due_on=due,
        bank_on=due if method.rail == "card" else banking_day_on_or_after(due),
        notice_on=invoices.invoice_date(profile, due, autopay=True),
        amount_cents=agreed_cents(session, account, enrollment, due, today),
    )


def agreed_cents(session: Session, account: Account, enrollment: Enrollment, due: date, today: date) -> int:
    """`draft_cents`, or what was agreed to where a change will not be told in time any more (G8)."""
    cents = draft_cents(session, account, due)
    if agreed.will_be_told(session, account, enrollment.id, due, today):
        return cents
    last_cents = last_draft_cents(session, enrollment, due)
    basis_cents = enrollment.first_amount_cents if last_cents is None else last_cents
    terms = (enrollment.id, basis_cents, enrollment.range_high_cents)
    return min(cents, agreed.most_cents(session, account.profile, due, [terms]).get(enrollment.id, cents))


def last_draft_cents(session: Session, enrollment: Enrollment, due: date) -> int | None:
    """What the last draft before `due` took, or tried to, in cents; None where there was none."""
    return session.scalar(select(agreed.last_cents(enrollment.id, enrollment.account_id, due)))


def draft_cents(session: Session, account: Account, due: date, since: date = date.min) -> int:
    """What a draft on `due` would take, in cents: what is open on invoices due by then and the premium to be billed,
    but nothing that scheduled payments will have taken (G6).

    No first payment is drafted (G28), and no month that was debited as often as it may be (G29). Of a draft before
    which bills due before `since` are to be paid by hand: nothing of these.
    """
    profile = account.profile
    tries = debits.failed(session, Payment.account_id == account.id, due - debits.COUNTED_FOR).get(account.id, [])

    def drafted(item: OpenInvoice) -> bool:
        due_on = item.invoice.due_on
        return not item.binder and due_on >= since and debits.may_debit(profile, due_on, tries, due)

    bills = [item for item in invoices.open_invoices(session, account.id) if item.invoice.due_on <= due]
    open_cents = waiting.left_cents(bills, waiting.of(session, account.id), drafted)
    credit_cents = max(0, -ledger.balance_cents(session, account.id, ledger.MEMBER_CREDIT))
    return open_cents + _to_come_cents(session, account, invoices.coverage_month_of(profile, due), credit_cents)


def _to_come_cents(session: Session, account: Account, month: date, credit_cents: int) -> int:
    """What of a month has not been billed yet, less the credit that its bills and those before it will take."""
    last = {row.policy_id: row.coverage_month for row in invoices.all_of(session, account.id)}
    cents = before_cents = 0
    for policy in account.policies:
        each = first_of_month(last.get(policy.id, first_of_month(month, -1)), 1)
        while each <= month and policy.first_month < month:
            price = proration.price(account.profile, policy, each)
            net_cents = 0 if price is None else price.net_cents
            cents, before_cents = cents + net_cents * (each == month), before_cents + net_cents * (each < month)
            each = first_of_month(each, 1)
    return cents - min(cents, max(0, credit_cents - before_cents))


def drafted(session: Session, enrollment: Enrollment, due: date) -> bool:
    """Whether the draft of that due date has been started."""
    key = agreed.draft_key(enrollment.id, due)
    return session.scalar(select(Payment.id).where(Payment.draft_key == key)) is not None


def started_drafts(session: Session, account_id: str, today: date) -> list[StartedDraft]:
    """The drafts of the account that were started by `today`, each with the day on which its outcome came.

    Settled and rejected are outcomes; a return that comes later changes nothing about the day they were known.
    """
    rows = session.scalars(select(Payment).where(Payment.account_id == account_id, Payment.draft_key.is_not(None)))
    found = []
    for row in rows:
        due = date.fromisoformat((row.draft_key or "").split(":")[1])
        if row.state in UNRESOLVED or (row.state == PaymentState.CONFIRMED and row.pay_on <= today):
            found.append(StartedDraft(due, None))
        elif row.state in (PaymentState.SETTLED, PaymentState.REJECTED):
            found.append(StartedDraft(due, row.resolved_on or row.pay_on))
        elif row.state in (PaymentState.RETURNED, PaymentState.REFUNDED):
            settled_on = select(Entry.posted_on).where(Entry.reference == f"payment:{row.id}:settled")
            found.append(StartedDraft(due, session.scalar(settled_on) or row.pay_on))
    return found


def refusal_today(core: Core, session: Session, account: Account, enrollment: Enrollment) -> Refused | None:
    """Why autopay may not be cancelled or moved today, or None when it may."""
    return refusal_on(session, account, enrollment, core.today(account.profile.time_zone))


def refusal_on(session: Session, account: Account, enrollment: Enrollment, today: date) -> Refused | None:
    """Why autopay may not be cancelled or moved on `today`, from what is stored now."""
    answer = lock.answer(account.profile, lock_question(session, account, enrollment, today))
    return answer if isinstance(answer, Refused) else None


def lock_question(session: Session, account: Account, enrollment: Enrollment, today: date) -> LockQuestion:
    """What the lock's answer for this enrollment depends on."""
    issued = invoices.all_of(session, account.id)
    return lock.question(today, issued, enrollment.first_draft_on, started_drafts(session, account.id, today))


def end(core: Core, account: Account, enrollment: Enrollment, turn_id: str) -> None:
    """Autopay ends today."""
    change(enrollment, AutopayEvent.CANCEL)
    enrollment.ended_on = core.today(account.profile.time_zone)
    enrollment.ended_by_turn = turn_id
