"""Who is speaking: the levels L0 to L3, and the one-time codes that raise them (DESIGN 5, DOMAIN 4.9).

A code is six digits derived from the server's secret and the challenge's id, so it is stored nowhere. It lasts
10 minutes, works once, and ends with the third wrong entry; the fifth wrong entry in 24 hours locks the contact for
24 hours. Wrong, ended, unknown and locked are told in the same words. What a contact proves without a code is `trust`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from channels import trust
from channels.store import CodeChallenge, Contact, Conversation, Message, WrongTry, new_id

Level = Literal["L0", "L1", "L2", "L3"]
Entry = Literal["right", "wrong"]

CODE_LASTS = timedelta(minutes=10)
L3_LASTS = timedelta(minutes=5)
# What it proves of L2 holds on as long as NIST lets a session idle.
L2_LASTS = timedelta(minutes=30)
TRIES = 3
WRONG_BEFORE_LOCK = 5
LOCK_WINDOW = timedelta(hours=24)
LOCK_LASTS = timedelta(hours=24)
# What is said around a code by somebody who was asked for one, in both languages; any other word makes it a sentence.
_AROUND = (
    r"(?:(?:my|the|code|is|it|it's|its|it’s|here|this|that|was|you|go|got|ok|okay|yes|and|sent|says|number|thanks|"
    r"el|la|mi|c[oó]digo|es|aqu[ií]|est[aá]|este|esta|dice|n[uú]mero|s[ií]|gracias)\b\W*)*"
)
_ENTRY = re.compile(rf"\W*{_AROUND}((?:\d[\s.-]?){{5}}\d)\b\W*{_AROUND}", re.I)


def base_level(contact: Contact, now: datetime) -> Level:
    """What the channel alone proves: a trusted phone or a browser that signed in L2, a known phone L1, else L0."""
    if contact.account_id is None:
        return "L0"
    return "L2" if trust.holds(contact, now) else "L1"


def level_now(contact: Contact, conversation: Conversation, now: datetime) -> Level:
    """The level in force: the raised one until its time is over, never below what the channel gives."""
    base = base_level(contact, now)
    raised, until = conversation.level, conversation.level_until
    if raised == "L3" and until is not None and until <= now < until + L2_LASTS - L3_LASTS:
        raised, until = "L2", None
    if raised in ("L0", "L1", "L2", "L3") and (until is None or now < until):
        return cast(Level, max(str(base), raised))
    return base


def code_for(secret_key: str, challenge_id: str) -> str:
    """The six digits of a challenge."""
    digest = hmac.new(secret_key.encode(), b"one-time code " + challenge_id.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def read_code(text: str) -> str | None:
    """The six digits of a message that is a code and nothing else: "123456", "it's 123 456", "el código es 123456"."""
    match = _ENTRY.fullmatch(text)
    return "".join(each for each in match[1] if each.isdigit()) if match else None


def newest_challenge(session: Session, conversation_id: str) -> CodeChallenge | None:
    """The last code that was asked for in a conversation; older ones no longer count."""
    where = select(CodeChallenge).where(CodeChallenge.conversation_id == conversation_id)
    return session.scalars(where.order_by(CodeChallenge.asked_at_seq.desc()).limit(1)).first()


def is_open(challenge: CodeChallenge, now: datetime) -> bool:
    """Whether a right entry would still be taken."""
    return challenge.used_at is None and challenge.tries < TRIES and now < challenge.expires_at


def expects_code(challenge: CodeChallenge | None, now: datetime) -> bool:
    """Whether six digits are to be read as a code: one is open, or one ended so lately that the member means it."""
    return challenge is not None and challenge.used_at is None and now < challenge.expires_at + CODE_LASTS


def locked_until(session: Session, contact: Contact, now: datetime) -> datetime | None:
    """When codes may be asked for again, or None when they may now. A lock holds for every contact of the account on
    this channel, so a new browser session does not lift it."""
    return session.scalar(
        select(func.max(Contact.locked_until)).where(_same_person(contact), Contact.locked_until > now)
    )


def _same_person(contact: Contact) -> ColumnElement[bool]:
    same = Contact.id == contact.id
    if contact.account_id is None:
        return same
    return same | ((Contact.account_id == contact.account_id) & (Contact.channel == contact.channel))


def open_challenge(
    session: Session,
    asking: Message,
    purpose: str,
    resume_message_id: str,
    now: datetime,
    *,
    account_id: str | None,
    way: str | None,
    proves: Level = "L3",
    found: bool = False,
) -> CodeChallenge:
    """Ask for a code, in answer to a message; it takes the place of any earlier one in the conversation."""
    challenge = CodeChallenge(
        id=new_id(),
        conversation_id=asking.conversation_id,
        account_id=account_id,
        way=way,
        found=found,
        level=proves,
        purpose=purpose[:32],
        resume_message_id=resume_message_id,
        asked_at_seq=asking.seq,
        tries=0,
        created_at=now,
        expires_at=now + CODE_LASTS,
    )
    session.add(challenge)
    return challenge


def enter(
    session: Session,
    secret_key: str,
    contact: Contact,
    conversation: Conversation,
    challenge: CodeChallenge,
    code: str,
    now: datetime,
    *,
    caller: str | None = None,
) -> Entry:
    """Judge an entry and record it. A right one raises the conversation's level; a wrong one counts.

    While the contact is locked nothing is right. An entry into a code that is over counts for nothing.
    """
    if locked_until(session, contact, now) or not is_open(challenge, now):
        return "wrong"
    right = hmac.compare_digest(code, code_for(secret_key, challenge.id))
    if right and challenge.account_id is not None:
        challenge.used_at = now
        contact.account_id = challenge.account_id
        # Whatever it was asked for, a code just entered proves as much as its way can (DESIGN 5). One that went to a
        # contact that is not on file yet proves nothing of who is speaking, and changes nothing of it.
        if challenge.level >= "L2":
            conversation.level = challenge.level
            conversation.level_until = now + (L3_LASTS if challenge.level == "L3" else L2_LASTS)
        return "right"
    challenge.tries += 1
    missed(session, contact, now, caller=caller, account_id=challenge.account_id if challenge.found else None)
    people = select(Contact.id).where(_same_person(contact))
    where = select(func.count()).where(WrongTry.contact_id.in_(people), WrongTry.at > now - LOCK_WINDOW)
    if (session.scalar(where) or 0) >= WRONG_BEFORE_LOCK:
        contact.locked_until = now + LOCK_LASTS
    return "wrong"


def missed(
    session: Session, contact: Contact, now: datetime, *, caller: str | None = None, account_id: str | None = None
) -> None:
    """Count a wrong try."""
    session.add(WrongTry(id=new_id(), contact_id=contact.id, account_id=account_id, caller=caller, at=now))
    session.flush()


def worn_out(session: Session, contact: Contact, caller: str | None, account_id: str | None, now: datetime) -> bool:
    """Whether a stranger may look for no account any more, or not for this one: too many wrong tries in 24 hours by
    the contact, from the caller's address, or at the account."""
    for column, value in (
        (WrongTry.contact_id, contact.id),
        (WrongTry.caller, caller),
        (WrongTry.account_id, account_id),
    ):
        counted = select(func.count()).where(column == value, WrongTry.at > now - LOCK_WINDOW)
        if value is not None and (session.scalar(counted) or 0) >= WRONG_BEFORE_LOCK:
            return True
    return False
