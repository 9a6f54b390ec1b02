"""What a member authorized, word for word, and how it can be proven (DOMAIN 3.1, 3.2; 12 CFR 1005.10(b); G8).

A debit that is agreed to in a text or a chat is a WEB entry: the words shown, the moment, the channel and what proved
the member are written once, in the transaction that acts on them, and never changed. They are kept for two years after
the authorization ended, and `proof` has the whole of it, debits included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import yaml
from babel.dates import format_date
from dateutil.relativedelta import relativedelta
from sqlalchemy import ForeignKey, String, Text, event, select
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from billing_core import translated
from billing_core.accounts import Account
from billing_core.errors import AuthorizationFixed
from billing_core.methods import Method
from billing_core.money import dollars
from billing_core.store import Base

# Counted up with every change of the words below, so that a text can be told from its successors.
VERSION = "2026-11"
KEPT = relativedelta(years=2)

AUTOPAY = "autopay"
ONE_TIME = "one_time"
MOVE = "move"


@dataclass(frozen=True)
class Said:
    """The member's word for something: the message it came in, on which channel, and how sure we were of them.

    `identity_event` names what proved them (a one-time code's id), where something did in that conversation; `language`
    is the one they were spoken to in.
    """

    turn_id: str
    channel: str
    level: str | None = None
    identity_event: str | None = None
    language: str = "en"


@dataclass(frozen=True)
class Range:
    """ "Tell me only if the draft is outside": both ends included, in cents (12 CFR 1005.10(d)(2); G8)."""

    low_cents: int
    high_cents: int

    def holds(self, amount_cents: int) -> bool:
        return self.low_cents <= amount_cents <= self.high_cents


class Authorization(Base):
    """One authorization as it was given; `subject_id` is the enrollment's or the payment's id. Written once."""

    __tablename__ = "authorization"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"))
    method_label: Mapped[str] = mapped_column(String(60))
    rail: Mapped[str] = mapped_column(String(4))
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(10))
    amount_cents: Mapped[int]
    range_low_cents: Mapped[int | None]
    range_high_cents: Mapped[int | None]
    first_on: Mapped[date]
    given_at: Mapped[datetime]
    turn_id: Mapped[str] = mapped_column(String(64), unique=True)
    channel: Mapped[str] = mapped_column(String(10))
    level: Mapped[str | None] = mapped_column(String(2))
    identity_event: Mapped[str | None] = mapped_column(String(64))


@event.listens_for(Authorization, "before_update")
def _is_fixed(_mapper: Mapper[Authorization], _connection: object, row: Authorization) -> None:
    raise AuthorizationFixed(str(row.id))


def give(
    session: Session,
    *,
    kind: str,
    subject_id: str,
    account_id: str,
    method: Method,
    text: str,
    amount_cents: int,
    first_on: date,
    agreed: Range | None,
    said: Said,
    at: datetime,
) -> None:
    """Write the authorization down with what it allows; the caller has made sure that it is given once."""
    session.add(
        Authorization(
            account_id=account_id,
            kind=kind,
            subject_id=subject_id,
            method_id=method.id,
            method_label=method.label,
            rail=method.rail,
            text=text,
            version=VERSION,
            amount_cents=amount_cents,
            range_low_cents=agreed.low_cents if agreed else None,
            range_high_cents=agreed.high_cents if agreed else None,
            first_on=first_on,
            given_at=at,
            turn_id=said.turn_id,
            channel=said.channel,
            level=said.level,
            identity_event=said.identity_event,
        )
    )


def of(session: Session, subject_id: str) -> list[Authorization]:
    """What was authorized for an enrollment or a payment, oldest first."""
    mine = select(Authorization).where(Authorization.subject_id == subject_id)
    return list(session.scalars(mine.order_by(Authorization.id)))


def kept_until(ended_on: date) -> date:
    """The last day on which an authorization that ended on `ended_on` is kept: two years (DOMAIN 3.2)."""
    return ended_on + KEPT


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `23rd`, `11th`."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def text(
    account: Account,
    method: Method,
    first_on: date,
    first_amount_cents: int,
    agreed: Range | None = None,
    language: str = "en",
) -> str:
    """What the member authorizes: from what, when, how much, what is told before, how to stop, where bills go.

    Short enough for one SMS with its question, because what is stored must be what was shown.
    """
    profile = account.profile
    range_ = {"low": dollars(agreed.low_cents), "high": dollars(agreed.high_cents)} if agreed is not None else {}
    said = words(
        "autopay",
        language,
        method=method.label,
        ordinal=ordinal(profile.due_day),
        number=profile.due_day,
        first=dollars(first_amount_cents),
        first_on=first_on,
        changes=words("outside" if agreed is not None else "changed", language, **range_),
        days=profile.changed_amount_notice_days,
        phone=profile.reached_at()[0],
    )
    return said + (words("mail", language, email=account.email) if account.email else "")


def one_time_text(method: Method, amount_cents: int, pay_on: date, language: str = "en") -> str:
    """The authorization of one payment, from the facts that its read-back told (DOMAIN 3.1: a WEB entry)."""
    return words("one_time", language, amount=dollars(amount_cents), method=method.label, day=pay_on)


def move_text(old: Method, new: Method, language: str = "en") -> str:
    """The authorization to draft from another method, all else as agreed before."""
    return words("move", language, old=old.label, new=new.label)


def words(name: str, language: str, **values: object) -> str:
    """One of the texts of `authorization.yml` with its values; English where it is not written in `language`."""
    spoken = language if language in _texts() else "en"
    texts = _texts()[spoken]
    told = {
        key: format_date(value, texts["day"], locale=spoken)
        if isinstance(value, date)
        else translated.of(str(value), spoken)
        for key, value in values.items()
    }
    return texts[name].format(**told)


@cache
def _texts() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return loaded
