"""What is new about one account since it was last looked at, in sentences for people who know the product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, autopay, codes, invoices, ledger, notice_facts, notices
from billing_core.autopay import Enrollment
from billing_core.core import Core
from billing_core.invoices import Invoice
from billing_core.ledger import Entry
from billing_core.money import dollars
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.states import AutopayState, PaymentState

# Entries that a sentence about an invoice or a payment tells already.
TOLD_ELSEWHERE = ("invoice:", ":settled", ":returned")
BECAME = {
    PaymentState.CONFIRMED: "waits for its day",
    PaymentState.SETTLED: "paid",
    PaymentState.UNKNOWN: "no answer yet",
    PaymentState.REFUNDED: "given back",
    PaymentState.CANCELLED: "not taken",
}


@dataclass(frozen=True)
class Told:
    """A day on which something happened, and what is owed and kept as credit when it is over, in cents."""

    on: date
    lines: tuple[str, ...]
    owed_cents: int
    credit_cents: int


def day_of(day: date) -> str:
    """`January 1`; nobody needs the year inside a year."""
    return f"{day:%B} {day.day}"


class Story:
    """Looks at one account again and again."""

    def __init__(self, core: Core, key: str) -> None:
        self._core = core
        self._key = key
        self._seen: dict[str, str] = {}

    def beginning(self) -> Told:
        """How the account stands before the first day; everything so far counts as known."""
        with self._core.read() as session:
            self._changes(session)
            owed_cents, credit_cents = self._balances(session)
            open_ = invoices.open_invoices(session, self._key)
        months = ", ".join(f"{dollars(each.open_cents)} due {day_of(each.invoice.due_on)}" for each in open_)
        return Told(self._today(), (f"Owes {months}." if months else "Owes nothing.",), owed_cents, credit_cents)

    def news(self, said: list[str]) -> Told | None:
        """The day's sentences, those of the member's own decisions in their place; None when nothing happened."""
        with self._core.read() as session:
            lines = [*(each for each in said if each), *self._changes(session)]
            return Told(self._today(), tuple(lines), *self._balances(session)) if lines else None

    def _today(self) -> date:
        return self._core.clock.today()

    def _balances(self, session: Session) -> tuple[int, int]:
        owed_cents = ledger.balance_cents(session, self._key, ledger.RECEIVABLE)
        return owed_cents, -ledger.balance_cents(session, self._key, ledger.MEMBER_CREDIT)

    def _changes(self, session: Session) -> list[str]:
        now = {**self._bills(session), **self._money(session), **self._standing(session), **self._notices(session)}
        new = [line for about, line in now.items() if line and self._seen.get(about) != line]
        self._seen = now
        return new

    def _bills(self, session: Session) -> dict[str, str]:
        rows = session.scalars(select(Invoice).where(Invoice.account_id == self._key).order_by(Invoice.id))
        return {
            f"bill {row.id}": f"Bill for {row.policy_kind}, {row.coverage_month:%B}: {dollars(row.net_cents)}, "
            f"due {day_of(row.due_on)}."
            for row in rows
        }

    def _money(self, session: Session) -> dict[str, str]:
        rows = session.scalars(
            select(Payment).where(Payment.account_id == self._key).order_by(Payment.quoted_at, Payment.id)
        )
        found = {f"payment {row.id}": self._payment(row) for row in rows}
        entries = session.scalars(select(Entry).where(Entry.account_id == self._key).order_by(Entry.id))
        for entry in entries:
            if not any(part in entry.reference for part in TOLD_ELSEWHERE):
                cents = max(abs(line.amount_cents) for line in entry.postings)
                what = entry.reference.split(":")[0].replace("_", " ")
                found[f"entry {entry.id}"] = f"Ledger: {what}, {dollars(cents)}."
        return found

    def _payment(self, row: Payment) -> str:
        what = "Payment" if row.kind != "draft" else "Draft" if (row.draft_key or "").count(":") < 2 else "Second draft"
        became = BECAME.get(PaymentState(row.state), row.state)
        if row.code and row.state in (PaymentState.REJECTED, PaymentState.RETURNED):
            became = (
                f"{'declined' if row.state == PaymentState.REJECTED else 'came back'} ({row.code}: {_plain(row.code)})"
            )
        return f"{what} of {dollars(row.amount_cents)} from {row.method.label}: {became.rstrip('.')}."

    def _standing(self, session: Session) -> dict[str, str]:
        account = accounts.find(session, self._key)
        ended, on = account.coverage_ended_on, autopay.on(session, self._key)
        was_on = select(Enrollment.id).where(Enrollment.account_id == self._key, Enrollment.state == AutopayState.ENDED)
        over = on is None and session.scalar(was_on.limit(1)) is not None
        pending = "" if on is None or on.pending is None or on.pending_on is None else f"{on.pending} {on.pending_on}"
        return {
            "coverage": "" if ended is None else f"Coverage ended, back to {day_of(ended)}.",
            "autopay": "Autopay is off." if over else "",
            "pending": f"Saved for the first open day: {pending}." if pending else "",
        }

    def _notices(self, session: Session) -> dict[str, str]:
        rows = session.scalars(select(Notice).where(Notice.account_id == self._key).order_by(Notice.id))
        # What a notice says is read on its own day: later much of it is over.
        return {
            f"notice {row.id}": self._seen.get(f"notice {row.id}") or self._told(session, row) for row in rows.all()
        }

    def _told(self, session: Session, notice: Notice) -> str:
        about, said = notices.kinds()[notice.kind].about, notice_facts.read(self._core, session, notice)
        if said is None:
            return f"Not told, as it was over by ten: {about}."
        amounts = [
            dollars(cents)
            if name == "amount_cents"
            else f"{name.removesuffix('_cents').replace('_', ' ')} {dollars(cents)}"
            for name, cents in said.facts.items()
            if name.endswith("_cents")
        ]
        return f"Told: {about} ({', '.join(amounts)})." if amounts else f"Told: {about}."


def _plain(code: str) -> str:
    return codes.reason(code).plain_reason
