"""The demo and test accounts of `cast.yml`, loaded as of the clock, so that the same facts hold on any day.

Every amount goes through the ledger like a real one; only the processor is not asked, since these payments are past.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import invoices, issuing, ledger, profiles
from billing_core.accounts import Account, Policy
from billing_core.agreed import draft_key
from billing_core.autopay import Enrollment
from billing_core.calendar import first_of_month, last_of_month
from billing_core.core import Core
from billing_core.invoices import Invoice
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import AutopayState, PaymentState

# Past and future facts stand this many months around the next due date.
FIRST_MONTH = -12


@cache
def rows() -> list[dict[str, Any]]:
    """The cast as written, one mapping a member."""
    loaded: list[dict[str, Any]] = yaml.safe_load((files("billing_core") / "cast.yml").read_text(encoding="utf-8"))
    return loaded


def _member(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("key", "name", "phone", "about")} | {"trusted": row.get("trusted", True)}


MEMBERS: list[dict[str, Any]] = [_member(row) for row in rows()]


def load(core: Core) -> bool:
    """Write the cast into an empty database; returns False, and changes nothing, when there are accounts already."""
    with core.write() as session:
        if session.scalar(select(Account.id).limit(1)) is not None:
            return False
        for number, row in enumerate(rows(), start=1):
            _Loader(core, session, row, number).write()
    return True


def add(core: Core, row: dict[str, Any], number: int) -> None:
    """Write one more member of the cast's shape (a row as in cast.yml, with its own key, phone and `member_id`).

    `number` says when they were born, and beside the due date how their last payment was confirmed.
    """
    with core.write() as session:
        _Loader(core, session, row, number).write()


class _Loader:
    """Writes one member."""

    def __init__(self, core: Core, session: Session, row: dict[str, Any], number: int) -> None:
        self.session = session
        self.row = row
        self.number = number
        self.profile: Profile = profiles.get(row.get("profile", "nc_seed"))
        self.today = core.today(self.profile.time_zone)
        self.due = invoices.next_due_on(self.profile, self.today)

    def write(self) -> None:
        row = self.row
        self.account = Account(
            id=row["key"],
            name=row["name"],
            phone=row["phone"],
            email=f"{row['key']}@example.com",
            language=row.get("language", "en"),
            profile_id=self.profile.id,
            plan_type=row.get("plan_type", "individual"),
            delivery=row.get("delivery", "paper"),
            member_id=row.get("member_id", f"M{row['phone'][-4:]}"),
            date_of_birth=date(1980, 1, 1) + timedelta(days=self.number),
            zip_code=row.get("zip_code", "27601"),
            coverage_ended_on=self._coverage_end(),
        )
        self.session.add(self.account)
        self.session.flush()
        self.methods = {spec["last4"]: self._method(spec) for spec in row["methods"]}
        self.policies = [self._policy(spec) for spec in row["policies"]]
        self.session.flush()
        if "autopay" in row:
            self._enroll(self.methods[row["autopay"]["method"]])
        owed = {month: self._issue(month) for month in row.get("unpaid", [])}
        for spec in row.get("history", []):
            self._past_payment(spec, owed.get(spec["pays"], []))
        self._paid_month_before()
        self._issue_what_is_out()

    def _coverage_end(self) -> date | None:
        months = self.row.get("ended_after")
        return None if months is None else last_of_month(first_of_month(self.due, months))

    def _method(self, spec: dict[str, Any]) -> Method:
        expires = None
        if "expires" in spec:
            expires = date.fromisoformat(f"{spec['expires']}-01")
        elif "expires_month" in spec:
            expires = first_of_month(self.due, spec["expires_month"])
        method = Method(
            account_id=self.account.id,
            kind=spec["kind"],
            brand=spec.get("brand"),
            last4=spec["last4"],
            expires_month=expires,
            token=spec.get("token", f"tok_{spec.get('brand', spec['kind'])}_{spec['last4']}"),
            disabled_code=spec.get("disabled_code"),
        )
        self.session.add(method)
        return method

    def _policy(self, spec: dict[str, Any]) -> Policy:
        coverage = invoices.coverage_month_of(self.profile, self.due)
        policy = Policy(
            account_id=self.account.id,
            kind=spec["kind"],
            plan_name=spec["plan"],
            premium_cents=spec["premium_cents"],
            tax_credit_cents=spec.get("tax_credit_cents", 0),
            people_covered=spec.get("people", 1),
            first_month=coverage if self.row.get("new") else first_of_month(coverage, FIRST_MONTH),
        )
        self.session.add(policy)
        return policy

    def _enroll(self, method: Method) -> None:
        started = self._due(-6)
        self.enrollment = Enrollment(
            account_id=self.account.id,
            method=method,
            state=AutopayState.ACTIVE.value,
            first_draft_on=started,
            authorization_text="Loaded with the demo accounts.",
            authorized_at=_noon(started - timedelta(days=20)),
            channel="portal",
        )
        self.session.add(self.enrollment)
        self.session.flush()

    def _issue(self, month: int) -> list[Invoice]:
        due = self._due(month)
        autopay = "autopay" in self.row
        planned = invoices.invoice_date(self.profile, due, autopay=autopay) or due - timedelta(days=15)
        issued_on = min(planned, self.today)
        return [
            issuing.issue(
                self.session,
                policy,
                coverage_month=invoices.coverage_month_of(self.profile, due),
                due=due,
                issued_on=issued_on,
                at=_noon(issued_on),
                for_autopay=autopay,
                binder=bool(self.row.get("new")),
            )
            for policy in self.policies
        ]

    def _past_payment(self, spec: dict[str, Any], paid: list[Invoice]) -> None:
        made_on = self._past_day(spec["made"]) if "made" in spec else self.today - timedelta(days=spec["days_ago"])
        over_on = self._past_day(spec["returned"]) if "returned" in spec else made_on
        state = PaymentState(spec["state"])
        payment = self._payment(self.methods[spec["method"]], paid, made_on, over_on, state, spec.get("code"))
        payment.kind = spec.get("kind", "one_time")
        if payment.kind == "draft":
            payment.draft_key = draft_key(self.enrollment.id, self._due(spec["pays"]))
        if state is PaymentState.RETURNED:
            self._settle(payment, paid, made_on)
            ledger.reverse(
                self.session,
                original=f"payment:{payment.id}:settled",
                reference=f"payment:{payment.id}:returned",
                on=over_on,
                at=_noon(over_on),
            )

    def _paid_month_before(self) -> None:
        """The last month that is not listed as unpaid was paid, so that members have a past to ask about."""
        unpaid = self.row.get("unpaid", [])
        if self.row.get("new") or not self.policies or not self.methods or self.account.coverage_ended_on:
            return
        month = min([*unpaid, 0]) - 1
        paid = self._issue(month)
        on = self._due(month) if "autopay" in self.row else self._due(month) - timedelta(days=4)
        payment = self._payment(next(iter(self.methods.values())), paid, on, on, PaymentState.SETTLED, None)
        if "autopay" in self.row:
            payment.kind, payment.draft_key = "draft", draft_key(self.enrollment.id, self._due(month))
        payment.confirmation = self.row.get("confirmation", f"DM{self.number:02d}-{self.due:%m%y}")
        self._settle(payment, paid, on)

    def _issue_what_is_out(self) -> None:
        """An autopay bill whose notice day has come is out already (S10)."""
        planned = invoices.invoice_date(self.profile, self.due, autopay=True)
        if "autopay" in self.row and planned is not None and planned <= self.today:
            self._issue(0)

    def _payment(
        self, method: Method, paid: list[Invoice], on: date, over_on: date, state: PaymentState, code: str | None
    ) -> Payment:
        payment = Payment(
            account_id=self.account.id,
            state=state.value,
            amount_cents=sum(invoice.net_cents for invoice in paid),
            method=method,
            pay_on=on,
            quoted_at=_noon(on),
            submitted_at=_noon(on),
            resolved_on=over_on,
            code=code,
        )
        self.session.add(payment)
        self.session.flush()
        return payment

    def _settle(self, payment: Payment, paid: list[Invoice], on: date) -> None:
        ledger.post(
            self.session,
            reference=f"payment:{payment.id}:settled",
            account_id=self.account.id,
            on=on,
            at=_noon(on),
            lines=[
                ledger.Line(ledger.CASH, payment.amount_cents),
                *(ledger.Line(ledger.RECEIVABLE, -invoice.net_cents, invoice.id) for invoice in paid),
            ],
        )

    def _due(self, month: int) -> date:
        return first_of_month(self.due, month).replace(day=self.profile.due_day)

    def _past_day(self, spec: dict[str, int]) -> date:
        return min(first_of_month(self.due, spec["month"]).replace(day=spec["day"]), self.today)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(17), tzinfo=UTC)
