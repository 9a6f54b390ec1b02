"""Which way a notice may go, and what a failure on the way means (DOMAIN 4.1-4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from billing_core.accounts import Account
from billing_core.notice_facts import Said
from billing_core.notices import Kind, Way
from channels import carrier_errors, consent, trust
from channels.notices import texts
from channels.store import Contact, Conversation, Message, NoticeSending

# The phone was off or the carrier does not know why: one more text later. After anything else, another way.
TEXTED_ONCE_MORE = carrier_errors.codes("once_more")
NUMBER_ERRORS = carrier_errors.codes("number_bad")
MORE_AFTER = timedelta(minutes=30)
# Courtesy texts to one member (DOMAIN 4.2): more than these go by e-mail.
MOST_A_DAY, MOST_A_WEEK = 1, 3


@dataclass(frozen=True)
class Leg:
    """One way to try. `brief` is the text without facts for a phone that is not trusted; `enough` tells whether
    arriving so is all that is owed."""

    way: Way
    brief: bool = False
    enough: bool = True


def legs(session: Session, kind: Kind, account: Account, said: Said, now: datetime) -> list[Leg]:
    """The ways that are open to this notice, in order. What was told in conversation goes by e-mail only."""
    if said.told:
        return [Leg("email")] if has_email(session, account) else []
    found: list[Leg] = []
    for way in kind.channels:
        if way == "sms" and texts.has_sms(kind.kind, said.variant):
            found += _by_text(session, kind, account, now)
        elif way == "email" and has_email(session, account):
            # A lasting copy by e-mail alone needs the member's consent to electronic notices (G13).
            found.append(Leg("email", enough=not kind.written or account.delivery == "email"))
        elif way == "post" and kind.required:
            found.append(Leg("post"))
    return found


def next_leg(open_: Sequence[Leg], tried: Sequence[NoticeSending]) -> Leg | None:
    """The first way that has not been tried, or a second text where the first one's error allows it."""
    if may_text_again(tried):
        again = next((leg for leg in open_ if leg.way == "sms"), None)
        if again is not None:
            return again
    done = {each.way for each in tried}
    return next((leg for leg in open_ if leg.way not in done), None)


def may_text_again(tried: Sequence[NoticeSending]) -> bool:
    """Whether the only text so far failed in a way that may pass."""
    once = sum(each.way == "sms" for each in tried) == 1
    return once and tried[-1].way == "sms" and tried[-1].error_code in TEXTED_ONCE_MORE


def phone_contact(session: Session, account: Account) -> Contact | None:
    """The contact of the phone on file, if it is this account's, has not opted out and takes texts."""
    if account.phone is None:
        return None
    found = session.scalars(
        select(Contact).where(Contact.channel == "sms", Contact.address == account.phone)
    ).one_or_none()
    if found is None or found.account_id != account.id or found.opted_out_at is not None or consent.blocked(found):
        return None
    return found


def _by_text(session: Session, kind: Kind, account: Account, now: datetime) -> list[Leg]:
    contact = phone_contact(session, account)
    if contact is None or (not kind.required and _texted_enough(session, account, now)):
        return []
    if trust.holds(contact, now):
        return [Leg("sms", enough=not kind.written)]
    return [Leg("sms", brief=True, enough=not kind.required)] if _wrote_to_us(session, contact) else []


def _wrote_to_us(session: Session, contact: Contact) -> bool:
    """Whether the number has texted us, and no carrier error says that it may be in other hands since (DOMAIN 4.7)."""
    mine = (Message.conversation_id == Conversation.id, Conversation.contact_id == contact.id)
    wrote = session.scalar(select(exists().where(*mine, Message.direction == "in")))
    lost = session.scalar(select(exists().where(*mine, Message.error_code.in_(NUMBER_ERRORS))))
    return bool(wrote and not lost)


def _texted_enough(session: Session, account: Account, now: datetime) -> bool:
    def texts_since(span: timedelta) -> int:
        courtesy = (NoticeSending.account_id == account.id, NoticeSending.way == "sms", NoticeSending.courtesy)
        return session.scalar(select(func.count()).where(*courtesy, NoticeSending.at > now - span)) or 0

    return texts_since(timedelta(days=1)) >= MOST_A_DAY or texts_since(timedelta(days=7)) >= MOST_A_WEEK


def has_email(session: Session, account: Account) -> bool:
    """Whether there is an address that has not come back."""
    if account.email is None:
        return False
    came_back = exists().where(
        NoticeSending.account_id == account.id,
        NoticeSending.outcome == "bounced",
        NoticeSending.address == account.email,
    )
    return not session.scalar(select(came_back))
