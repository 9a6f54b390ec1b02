"""Payment methods on file: a processor's token, a brand, four digits and an expiry. Never a number (DOMAIN 4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.accounts import Account
from billing_core.calendar import last_of_month
from billing_core.core import Core
from billing_core.errors import (
    MethodDisabled,
    MethodExpired,
    MethodNotAccepted,
    MethodNotFound,
    MethodRefused,
    MethodUnknown,
    MethodUnverified,
    NoUsableMethod,
)
from billing_core.states import VALIDATION, ValidationEvent, ValidationState, advance
from billing_core.store import Base

BRAND_NAMES = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover"}


class Method(Base):
    """A saved card or bank account."""

    __tablename__ = "method"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    brand: Mapped[str | None] = mapped_column(String(12))
    last4: Mapped[str] = mapped_column(String(4))
    expires_month: Mapped[date | None]
    token: Mapped[str] = mapped_column(String(120))
    disabled_code: Mapped[str | None] = mapped_column(String(40))
    # Bank accounts only (`states.VALIDATION`); a card is checked by its network.
    validation: Mapped[str] = mapped_column(String(10), default=ValidationState.VERIFIED.value)
    removed_on: Mapped[date | None]
    removed_by_turn: Mapped[str | None] = mapped_column(String(64))

    @property
    def label(self) -> str:
        """How the member knows it: `Visa ending 4242`, `checking ending 6789`."""
        return f"{BRAND_NAMES.get(self.brand or '', self.kind)} ending {self.last4}"

    @property
    def expires(self) -> str:
        """`12/2026`, or nothing for a bank account."""
        return self.expires_month.strftime("%m/%Y") if self.expires_month else ""

    @property
    def rail(self) -> str:
        """`card` or `ach`, as the code table and the banking days see it."""
        return "card" if self.kind == "card" else "ach"

    @property
    def validated(self) -> bool:
        """Whether its owner was proven: bank accounts only, and before a row is written as its default says."""
        return self.rail == "card" or self.validation in (None, ValidationState.VERIFIED)

    def good_on(self, day: date) -> bool:
        """A card is good through the last day of its expiry month (G12); a bank account does not expire."""
        return self.expires_month is None or day <= last_of_month(self.expires_month)


def of(session: Session, account_id: str) -> list[Method]:
    """Every method on file, oldest first, disabled ones too; not those that the member removed."""
    mine = select(Method).where(Method.account_id == account_id, Method.removed_on.is_(None))
    return list(session.scalars(mine.order_by(Method.id)))


def saved(core: Core, account_id: str) -> list[Method]:
    """Every saved method of the account."""
    with core.read() as session:
        return of(session, account_id)


def check(account: Account, method: Method, on: date) -> None:
    """Whether it may be charged on that day.

    Raises `MethodDisabled`, `MethodNotAccepted`, `MethodUnknown`, `MethodUnverified` (a bank account that was not
    validated, where the profile asks for it before any debit: DOMAIN 3.3) or `MethodExpired`.
    """
    if method.disabled_code is not None:
        raise MethodDisabled(method.label)
    taken = account.profile.takes(method.kind, method.brand)
    if not taken:
        raise MethodUnknown(method.label) if taken is None else MethodNotAccepted(method.label)
    if account.profile.bank_validation == "before_any_debit" and not method.validated:
        raise MethodUnverified(method.label)
    if not method.good_on(on):
        raise MethodExpired(method.label, method.expires)


def usable(session: Session, account: Account, on: date) -> list[Method]:
    """The methods that can be charged on that day, oldest first."""
    return usable_among(of(session, account.id), account, on)


def usable_among(saved: Sequence[Method], account: Account, on: date) -> list[Method]:
    """`usable` of the account's methods, which were read already."""
    return [method for method in saved if _passes(account, method, on)]


def choose(session: Session, account: Account, method_id: int | None, on: date) -> Method:
    """The named method, or the first usable one.

    Raises `MethodNotFound`, any error of `check`, or `NoUsableMethod` when nothing on file can be charged.
    """
    if method_id is None:
        found = usable(session, account, on)
        if not found:
            raise NoUsableMethod("no saved method can be charged")
        return found[0]
    method = session.get(Method, method_id)
    if method is None or method.account_id != account.id or method.removed_on is not None:
        raise MethodNotFound(str(method_id))
    check(account, method, on)
    return method


def _passes(account: Account, method: Method, on: date) -> bool:
    try:
        check(account, method, on)
    except MethodRefused:
        return False
    return True


def validate(core: Core, method_id: int, event: ValidationEvent) -> None:
    """The processor's word on a bank account: micro-entries sent, matched, failed (`states.VALIDATION`; DOMAIN 3.3).

    Raises `IllegalTransition`.
    """
    with core.write() as session:
        method = session.get_one(Method, method_id, with_for_update=True)
        method.validation = advance(VALIDATION, method.validation, event)
