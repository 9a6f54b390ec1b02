"""Finding a stranger's account by date of birth and ZIP code, and by member id where two fit (DOMAIN 4.9).

It finds somebody and proves nothing: a code then goes to a contact on file, and to nowhere else. What was typed is
read before the message is stored, where a place-holder stands instead, and never reaches Rasa. Whether an account was
found is never said: the same words answer every try, and a code is awaited that only a real one could have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import dateparser
from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import accounts
from channels import identity
from channels.outcome import Find
from channels.screening import screen
from channels.store import Base, CodeChallenge, Contact, Conversation, new_id

OPEN_FOR = timedelta(minutes=30)
# Codes that strangers may send to one account in a day: nobody's phone is rung all night.
MOST_CODES_A_DAY = 5
# What stands in the transcript where the details were.
DETAILS_PLACE = "[details]"

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|mayo|ago|dic"
_DATE = re.compile(
    rf"\b(\d{{1,2}}[/.\- ]\d{{1,2}}[/.\- ](?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{1,2}}-\d{{1,2}}"
    rf"|(?:{_MONTHS})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:\d{{4}}|\d{{2}})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: de| of)? (?:{_MONTHS})[a-z]*\.?,?(?: de| del)? (?:\d{{4}}|\d{{2}}))\b",
    re.I,
)
_DIGITS_DATE = re.compile(r"\b(\d{8})\b")
_ZIP = re.compile(r"\b(\d{5})(?:-\d{4})?\b")
_MEMBER_ID = re.compile(r"\b([A-Z]{1,4}[ -]?\d{4,12})\b", re.I)
_PERSONAL = re.compile(rf"\d\D{{0,3}}\d\D{{0,3}}\d\D{{0,3}}\d|\b(?:{_MONTHS})[a-z]*\.? \d|\b(?:zip|born|birth)", re.I)


class Finding(Base):
    """A stranger was asked for their details; `candidates` are the accounts that fit, by member id, and nothing typed.

    `resume_message_id` is what they wanted, at `level`, for `purpose`.
    """

    __tablename__ = "finding"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    level: Mapped[str] = mapped_column(String(2))
    purpose: Mapped[str] = mapped_column(String(32))
    resume_message_id: Mapped[str] = mapped_column(String(32))
    candidates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_at_seq: Mapped[int]
    at: Mapped[datetime]


@dataclass(frozen=True)
class Details:
    """What a message says of who somebody is, and its `rest` without the date and ZIP code; never stored."""

    born_on: date | None
    zip_code: str | None
    member_id: str | None
    rest: str = field(default="", compare=False)

    @property
    def whole(self) -> bool:
        return self.born_on is not None and self.zip_code is not None

    @property
    def enough(self) -> bool:
        return self.member_id is not None or self.whole


def begin(session: Session, conversation: Conversation, wish: Find, seq: int, now: datetime) -> None:
    """A stranger wants what needs an account: their next details are read."""
    session.add(
        Finding(
            conversation_id=conversation.id,
            level=wish.level,
            purpose=wish.purpose[:32],
            resume_message_id=wish.resume_message_id,
            candidates={},
            asked_at_seq=seq,
            at=now,
        )
    )


def awaited(session: Session, contact: Contact, conversation: Conversation, now: datetime) -> Finding | None:
    """What was asked of a stranger and is still waited for."""
    if contact.account_id is not None:
        return None
    newest = select(Finding).where(Finding.conversation_id == conversation.id)
    found = session.scalars(newest.order_by(Finding.asked_at_seq.desc()).limit(1)).first()
    return found if found is not None and now - found.at < OPEN_FOR else None


def read(text: str, today: date) -> Details | None:
    """The details in a message; None for one that has nothing of the kind."""
    if not _PERSONAL.search(text) and not _MEMBER_ID.search(text):
        return None
    if identity.read_code(text) is not None:
        return None
    dated = _DATE.search(text)
    digits = None if dated else _DIGITS_DATE.search(text)
    born_on, left = None, text
    if dated is not None:
        born_on, left = _born(dated[1], today), text.replace(dated[0], " ")
    elif digits is not None:
        spelled = f"{digits[1][:2]}/{digits[1][2:4]}/{digits[1][4:]}"
        born_on, left = _born(spelled, today), text.replace(digits[0], " ")
    zip_code = _ZIP.search(left)
    member_id = _MEMBER_ID.search(re.sub(r"\bzip(?: ?code)?\b", " ", left, flags=re.I))
    return Details(
        born_on,
        zip_code[1] if zip_code else None,
        re.sub(r"[ -]", "", member_id[1]).upper() if member_id else None,
        rest=left.replace(zip_code[0], " ") if zip_code else left,
    )


def secrets(details: Details, text: str) -> list[str]:
    """The kinds of secret told with the details: a date and a ZIP code together may look like a card number, and are
    none; of half the details that cannot be said."""
    return sorted(screen(details.rest if details.whole else text).found)


def tried(
    session: Session, finding: Finding, contact: Contact, details: Details, caller: str | None, now: datetime
) -> dict[str, Any]:
    """Take one try in, and what the turn must know of it: what was wanted, and the account that fits, if one does."""
    account_id = _fits(session, finding, contact, details, caller, now)
    known = {"purpose": finding.purpose, "resume": finding.resume_message_id}
    return {**known, "enough": details.enough, "account_id": account_id}


def _fits(
    session: Session, finding: Finding, contact: Contact, details: Details, caller: str | None, now: datetime
) -> str | None:
    """The account that a code may be sent for, or None. A try that fits nothing counts as wrong.

    Too many wrong tries by the contact, from its address or at the account, and nothing fits any more.
    """
    if not details.enough or identity.worn_out(session, contact, caller, None, now):
        return None
    if details.born_on is not None and details.zip_code is not None:
        finding.candidates = accounts.matching(session, details.born_on, details.zip_code)
    fits = finding.candidates
    if details.member_id is not None:
        fits = {member: account for member, account in fits.items() if member.upper() == details.member_id}
    if len(fits) == 1:
        (account_id,) = fits.values()
        if not identity.worn_out(session, contact, caller, account_id, now) and not _rung(session, account_id, now):
            return account_id
        return None
    if not fits:
        of_one = next(iter(finding.candidates.values())) if len(finding.candidates) == 1 else None
        identity.missed(session, contact, now, caller=caller, account_id=of_one)
    return None


def _rung(session: Session, account_id: str, now: datetime) -> bool:
    """Whether strangers have had as many codes sent to an account as they may in a day."""
    sent = select(func.count()).where(
        CodeChallenge.account_id == account_id,
        CodeChallenge.found,
        CodeChallenge.created_at > now - identity.LOCK_WINDOW,
    )
    return (session.scalar(sent) or 0) >= MOST_CODES_A_DAY


def _born(text: str, today: date) -> date | None:
    """A date as people write it, the month first; a year of two digits lies in the past."""
    said = dateparser.parse(text, languages=["en", "es"], settings={"STRICT_PARSING": True, "DATE_ORDER": "MDY"})
    if said is None:
        return None
    born_on = said.date()
    return born_on.replace(year=born_on.year - 100) if born_on > today else born_on
