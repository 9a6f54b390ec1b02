"""Accounts and their policies: who is billed, by which issuer, for which coverage."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from billing_core import profiles
from billing_core.calendar import first_of_month
from billing_core.core import Core
from billing_core.errors import AccountNotFound, ContactWrong, CoverageEnded, CoverageNeverBegan, PlanNotServed
from billing_core.store import Base

_PHONE = re.compile(r"\+[1-9]\d{7,14}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class Account(Base):
    """One bill payer. `id` is ours and carries no meaning outside; the demo cast uses readable ones."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(20), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    # A phone or address that is new on file proves less for some days (DOMAIN 4.9).
    phone_changed_at: Mapped[datetime | None]
    email_changed_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(2), default="en")
    profile_id: Mapped[str] = mapped_column(String(40))
    plan_type: Mapped[str] = mapped_column(String(20), default="individual")
    delivery: Mapped[str] = mapped_column(String(10), default="paper")
    member_id: Mapped[str] = mapped_column(String(20), unique=True)
    date_of_birth: Mapped[date] = mapped_column(index=True)
    zip_code: Mapped[str] = mapped_column(String(5))
    coverage_ended_on: Mapped[date | None]
    # The day of the termination notice, from which the window of reinstatement counts.
    end_decided_on: Mapped[date | None]
    policies: Mapped[list[Policy]] = relationship(lazy="selectin", order_by="Policy.id")

    @property
    def profile(self) -> profiles.Profile:
        """The issuer's rules for this account."""
        return profiles.get(self.profile_id)

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def reinstate_until(self) -> date | None:
        """The last day to ask for coverage back after it ended; None where the rule or the notice's day is unknown."""
        days = self.profile.reinstatement_days
        return None if days is None or self.end_decided_on is None else self.end_decided_on + timedelta(days=days)

    def never_began(self) -> date | None:
        """The first day of coverage that was cancelled before it (2.3); None for any other account."""
        if self.coverage_ended_on is None or not self.policies:
            return None
        starts_on = min(policy.covered_from or policy.first_month for policy in self.policies)
        return starts_on if self.coverage_ended_on < starts_on else None

    def has_tax_credit(self) -> bool:
        """Whether any policy is billed less an advance premium tax credit."""
        return any(policy.tax_credit_cents for policy in self.policies)

    def has_three_months(self, first_unpaid: date) -> bool:
        """Whether the grace that begins with this coverage month is that of the tax credit (45 CFR 156.270(d)).

        A policy must be billed less the credit, and a full month's premium of it must have been paid: since the first
        unpaid month is the first, each full month before it was. A policy that renews goes on (see docs/decisions).
        """
        credited = [policy for policy in self.policies if policy.tax_credit_cents]
        return any(policy.first_full_month(self.profile) < first_unpaid for policy in credited)


class Policy(Base):
    """One coverage: its monthly premium and tax credit in cents, and whom it covers; `first_month` by its first day."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    plan_name: Mapped[str] = mapped_column(String(60))
    premium_cents: Mapped[int]
    tax_credit_cents: Mapped[int] = mapped_column(default=0)
    people_covered: Mapped[int] = mapped_column(default=1)
    first_month: Mapped[date]
    # The first and the last day of cover, where they are not the first and the last of a month.
    covered_from: Mapped[date | None]
    covered_to: Mapped[date | None]

    def first_full_month(self, profile: profiles.Profile) -> date:
        """The first month for which a full month's premium is due; a part month counts only where nobody prorates."""
        whole = self.covered_from is None or self.covered_from.day == 1 or profile.proration == "none"
        return first_of_month(self.first_month, 0 if whole else 1)

    @property
    def net_cents(self) -> int:
        """What the member pays a month."""
        return self.premium_cents - self.tax_credit_cents


# One account comes with its policies in one statement; many of them bring theirs in a second one.
_WITH_POLICIES = joinedload(Account.policies)


def get(core: Core, account_id: str) -> Account:
    """The account; raises `AccountNotFound`."""
    with core.read() as session:
        return find(session, account_id)


def profile_of(core: Core, account_id: str) -> profiles.Profile:
    """The issuer's rules for the account; raises `AccountNotFound`."""
    with core.read() as session:
        profile_id = session.scalar(select(Account.profile_id).where(Account.id == account_id))
    if profile_id is None:
        raise AccountNotFound("no such account")
    return profiles.get(profile_id)


def by_phone(core: Core, phone: str) -> Account | None:
    """The account with this E.164 number on file, if there is one."""
    with core.read() as session:
        return session.scalar(select(Account).where(Account.phone == phone))


def by_member_id(core: Core, member_id: str) -> Account | None:
    """The account with this member id, if there is one."""
    with core.read() as session:
        return session.scalar(select(Account).where(Account.member_id == member_id))


def matching(session: Session, date_of_birth: date, zip_code: str) -> dict[str, str]:
    """The accounts with this date of birth and ZIP code, by member id. It finds somebody and proves nothing."""
    where = select(Account.member_id, Account.id).where(
        Account.date_of_birth == date_of_birth, Account.zip_code == zip_code
    )
    return dict(session.execute(where.order_by(Account.id)).tuples().all())


def change_contact(core: Core, account_id: str, *, phone: str | None = None, email: str | None = None) -> Account:
    """Put another phone (E.164) or e-mail address on file, and keep when: it proves less at first (DOMAIN 4.9).

    Left out, a detail stays as it is. Raises `AccountNotFound`, and `ContactWrong` for what `may_be_on_file` refuses.
    """
    with core.write() as session:
        return change_contact_in(session, account_id, core.now(), phone=phone, email=email)


def change_contact_in(
    session: Session, account_id: str, now: datetime, *, phone: str | None = None, email: str | None = None
) -> Account:
    """`change_contact`, inside the caller's transaction."""
    account = hold(session, account_id)
    may_be_on_file(session, account_id, phone=phone, email=email)
    if phone is not None and phone != account.phone:
        try:
            with session.begin_nested():
                account.phone, account.phone_changed_at = phone, now
        except IntegrityError:
            # Somebody else's has just become the same.
            raise ContactWrong("This phone is on file for another account.") from None
    if email is not None and email != account.email:
        account.email, account.email_changed_at = email, now
    return account


def may_be_on_file(session: Session, account_id: str, *, phone: str | None = None, email: str | None = None) -> None:
    """Raises `ContactWrong` for what is no phone or address, and for a phone that is on file for somebody else."""
    if phone is not None and not _PHONE.fullmatch(phone):
        raise ContactWrong("A phone is written with its country, as +19195550123.")
    if email is not None and not _EMAIL.fullmatch(email):
        raise ContactWrong("An e-mail address is written as name@example.com.")
    holder = None if phone is None else session.scalar(select(Account.id).where(Account.phone == phone))
    if holder not in (None, account_id):
        raise ContactWrong("This phone is on file for another account.")


def find(session: Session, account_id: str) -> Account:
    """The account inside the caller's transaction; raises `AccountNotFound`."""
    account = session.get(Account, account_id, options=[_WITH_POLICIES])
    if account is None:
        raise AccountNotFound("no such account")
    return account


def hold(session: Session, account_id: str) -> Account:
    """The account, locked until the caller's transaction ends, so that money decisions on it queue up."""
    account = session.get(Account, account_id, options=[_WITH_POLICIES], with_for_update={"of": Account})
    if account is None:
        raise AccountNotFound("no such account")
    return account


def hold_all(session: Session, account_ids: Collection[str]) -> dict[str, Account]:
    """These accounts by id, locked like `hold` does, in the one order in which everybody locks them."""
    mine = select(Account).where(Account.id.in_(account_ids)).order_by(Account.id).with_for_update(of=Account)
    return {row.id: row for row in session.scalars(mine.execution_options(populate_existing=True))}


def must_be_payable(account: Account) -> None:
    """Raises `PlanNotServed` (S22), `CoverageEnded` (2.7) or its `CoverageNeverBegan` (2.3) for accounts that cannot be
    paid here."""
    must_be_served(account)
    if account.coverage_ended_on is not None and (starts_on := account.never_began()) is not None:
        raise CoverageNeverBegan(account.coverage_ended_on, starts_on)
    if account.coverage_ended_on is not None:
        # A window that nobody verified is not told as a promise.
        until = account.reinstate_until() if account.profile.reinstatement_verified else None
        raise CoverageEnded(account.coverage_ended_on, until)


def must_be_served(account: Account) -> None:
    """Raises `PlanNotServed`: employer and Medicare plans are billed elsewhere (S22, G26)."""
    if account.plan_type not in account.profile.plan_types:
        raise PlanNotServed(account.plan_type)


def asked_elsewhere(plan_type: str) -> Literal["benefits_office", "medicare", "person"]:
    """Who bills a plan that is not served here (G26): an employer's benefits office, Medicare, else a person knows."""
    return {"employer": "benefits_office", "medicare": "medicare"}.get(plan_type, "person")  # type: ignore[return-value]
