"""Which contacts prove their member without a code: a phone by double opt-in, a browser while it is in use.

A phone is trusted once it agreed to our texts, entered a code that was sent to itself, and is the one on file. It
stops being so when the carrier says that the number is not in use, after 90 days of silence, or when the account has
another phone: numbers go to other people (DOMAIN 4.7). It must then be found again by what its member knows.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from billing_core.accounts import Account
from channels import consent
from channels.store import Contact, Conversation

SILENCE_ENDS_TRUST = timedelta(days=90)
# As long as NIST lets a session idle (800-63B, AAL2).
IDLE_ENDS_SESSION = timedelta(minutes=30)


def holds(contact: Contact, now: datetime) -> bool:
    """Whether the contact alone proves its member now."""
    if contact.trusted_at is None:
        return False
    still = IDLE_ENDS_SESSION if contact.channel == "web" else SILENCE_ENDS_TRUST
    return now - max(contact.trusted_at, contact.heard_at or contact.trusted_at) < still


def heard(session: Session, contact: Contact, conversation: Conversation, now: datetime) -> None:
    """The contact writes: keep when, and end what its silence has ended."""
    if contact.channel == "sms" and contact.account_id is not None:
        last = max(each for each in (contact.heard_at, contact.trusted_at, conversation.created_at) if each is not None)
        if now - last >= SILENCE_ENDS_TRUST:
            lose(session, contact, conversation, "silence", now)
    contact.heard_at = now


def lose(session: Session, contact: Contact, conversation: Conversation, source: consent.Source, now: datetime) -> None:
    """The number may be in other hands: what was proved, agreed and kept in mind is over, and it is nobody's until
    somebody shows to be its member."""
    consent.keep(session, contact, "lost", source, now)
    contact.account_id = contact.trusted_at = contact.proved_at = None
    contact.lost_at = now
    conversation.level = conversation.level_until = None
    conversation.memory = {}


def proved(session: Session, contact: Contact, account: Account, way: str | None, now: datetime) -> None:
    """A right code was entered: by the phone on file, if it went there, which may make it trusted."""
    contact.lost_at = None
    if contact.channel == "sms" and way == "sms" and account.phone == contact.address:
        contact.proved_at = now
    settle(session, contact, now)


def settle(session: Session, contact: Contact, now: datetime) -> None:
    """Trust the phone when both halves of the double opt-in are there: a code just now, and the word that it agrees."""
    if proves_itself(contact, now) and consent.agreed(session, contact):
        contact.trusted_at = now


def proves_itself(contact: Contact, now: datetime) -> bool:
    """Whether the phone has lately entered a code that was sent to itself."""
    return contact.proved_at is not None and now - contact.proved_at < IDLE_ENDS_SESSION
