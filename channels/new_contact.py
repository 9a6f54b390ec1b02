"""Another phone or e-mail address on file, as a member wishes it in conversation: proved first, then changed.

The wish itself needs L3 (DESIGN 5). What is new is put on file when the code that was sent to it is entered where it
was wished for: a slip of the finger would otherwise give the codes of this account to a stranger. All contacts that
were on file are told, and what is new proves no more than L2 for seven days (`codes`, DOMAIN 4.9).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_core import accounts
from billing_core.accounts import Account
from billing_core.errors import ContactWrong
from channels import codes, consent, identity, trust
from channels.assembly import Channels
from channels.inbox import contact_for, conversation_for
from channels.messages import put
from channels.notices import route
from channels.outcome import NewContact
from channels.store import CodeChallenge, Contact, Conversation, Message
from channels.words import CODE_PLACE, moment, purpose, say

# What a code is for, by the way it goes; so a challenge tells that it is one of these.
PURPOSES = {"sms": "new_phone", "email": "new_email"}
# Codes that one account may have sent to contacts that are not its own.
MOST_A_DAY = 5


def is_for_one(challenge: CodeChallenge) -> bool:
    """Whether a code went to a contact that is not on file yet."""
    return challenge.purpose in PURPOSES.values()


def ask(
    channels: Channels,
    session: Session,
    contact: Contact,
    conversation: Conversation,
    message: Message,
    wished: NewContact,
) -> None:
    """Send a code to what is to be on file and say so, or why that cannot be; the caller has made sure of L3.

    Whatever rules a contact out is told in the same words: none tells whose it may be.
    """
    now, person = channels.core.clock.now(), channels.config.person_phone
    assert contact.account_id is not None
    account = accounts.find(session, contact.account_id)

    def tell(name: str, **values: str) -> None:
        put(channels, session, conversation, say(name, phone=person, **values), reply_to=message.id)

    until = identity.locked_until(session, contact, now)
    if until is not None:
        return tell("code_locked", until=moment(until))
    if wished.address in (account.phone, account.email):
        return tell("contact_same")
    new = _may_be_asked(channels, session, account, wished)
    if new is None:
        return tell("contact_not_taken")
    what = PURPOSES[wished.way]
    challenge = identity.open_challenge(
        session, message, what, message.id, now, account_id=account.id, way=wished.way, proves="L0"
    )
    message.data = {**message.data, "new_contact": new.id}
    if new.id == contact.id:
        text = say("code_sms", code=CODE_PLACE, purpose=purpose(what))
        put(channels, session, conversation, text, data={"challenge_id": challenge.id}, reply_to=message.id)
        return None
    codes.put_code(channels, session, new, challenge.id, purpose(what))
    tell(f"contact_code_{wished.way}", ending=new.address[-4:])
    if codes.is_demo(channels, conversation):
        data = {"role": "demo", "challenge_id": challenge.id}
        put(channels, session, conversation, say("code_shown_demo", code=CODE_PLACE), data=data, reply_to=message.id)
    return None


def put_on_file(channels: Channels, session: Session, contact: Contact, challenge: CodeChallenge) -> str:
    """The code came back: change what is on file and tell those that were; a phone that was is then nobody's.

    The name of what the member is told."""
    now = channels.core.clock.now()
    assert challenge.account_id is not None
    account = accounts.find(session, challenge.account_id)
    wish = session.get_one(Message, challenge.resume_message_id)
    # Words that the member had deleted meanwhile took the wish with them.
    new = session.get(Contact, wish.data["new_contact"]) if "new_contact" in wish.data else None
    before = _reached(channels, session, account)
    old_phone = account.phone
    try:
        if new is None:
            raise ContactWrong("The wish is gone.")
        detail = {"phone" if new.channel == "sms" else "email": new.address}
        accounts.change_contact_in(session, account.id, now, **detail)
    except ContactWrong:
        return "contact_not_taken"
    _ties(session, new, account, now)
    if new.channel == "sms" and old_phone is not None:
        lost = contact_for(session, "sms", old_phone)
        trust.lose(session, lost, conversation_for(session, lost, now), "account", now)
    if new.id == contact.id:
        trust.proved(session, contact, account, challenge.way, now)
    for each in before:
        if each.id not in (new.id, contact.id):
            told = say(f"contact_told_{new.channel}", phone=channels.config.person_phone)
            codes.put_for(channels, session, each, told, "contact_told_subject")
    return f"contact_changed_{new.channel}"


def _may_be_asked(channels: Channels, session: Session, account: Account, wished: NewContact) -> Contact | None:
    """The contact, if a code may go there for this account."""
    since = channels.core.clock.now() - timedelta(days=1)
    of_today = (CodeChallenge.account_id == account.id, CodeChallenge.created_at > since)
    asked = select(func.count()).where(*of_today, CodeChallenge.purpose.in_(PURPOSES.values()))
    if (session.scalar(asked) or 0) >= MOST_A_DAY or (wished.way == "email" and channels.ways is None):
        return None
    detail = {"phone" if wished.way == "sms" else "email": wished.address}
    try:
        accounts.may_be_on_file(session, account.id, **detail)
    except ContactWrong:
        return None
    new = contact_for(session, wished.way, wished.address)
    return None if new.opted_out_at is not None or consent.blocked(new) else new


def _reached(channels: Channels, session: Session, account: Account) -> list[Contact]:
    """The contacts on file that take messages."""
    found = []
    if account.phone is not None:
        phone = contact_for(session, "sms", account.phone)
        found += [phone] if phone.opted_out_at is None and not consent.blocked(phone) else []
    if account.email is not None and channels.ways is not None and route.has_email(session, account):
        found.append(contact_for(session, "email", account.email))
    return found


def _ties(session: Session, new: Contact, account: Account, now: datetime) -> None:
    """Who reads there is this member; what somebody else proved and agreed to by the same number is over."""
    if new.account_id not in (None, account.id):
        trust.lose(session, new, conversation_for(session, new, now), "account", now)
    new.account_id, new.lost_at = account.id, None
