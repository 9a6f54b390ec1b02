"""The steps of a turn in which somebody proves who they are: a code, a wish to have it by e-mail, a stranger's
details, a phone to be remembered. Each has an outcome, or None when the message is not about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from billing_core import accounts, notices
from channels import identity, keywords, new_contact, trust
from channels.assembly import Channels
from channels.outcome import LinkWish, Outcome, StepUp, only
from channels.seen import Seen
from channels.store import CodeChallenge, Contact, Conversation, Message
from channels.words import CODE_PLACE

Ask = Callable[[Seen, Message], Outcome]


def recognised(channels: Channels, contact: Contact, conversation: Conversation, on_file: str | None) -> Contact:
    """Tie a phone number to the account that has it on file; that alone proves nothing (L1).

    A trusted number that its account no longer has on file is lost; a lost one is nobody's until it is proved again.
    `on_file` is the number that the contact's account has on file.
    """
    moved = contact.trusted_at is not None and on_file != contact.address
    if not moved and (contact.account_id is not None or contact.lost_at is not None):
        return contact
    account = None if moved else accounts.by_phone(channels.core, contact.address)
    if not moved and account is None:
        return contact
    with channels.core.write() as session:
        held = session.get_one(Contact, contact.id, with_for_update=True)
        if moved:
            talk = session.get_one(Conversation, conversation.id, with_for_update=True)
            trust.lose(session, held, talk, "account", channels.core.clock.now())
        elif account is not None:
            held.account_id = account.id
        return held


def remembered(seen: Seen) -> Outcome:
    """The member wants this phone remembered: done at once after a code, else after the one that is now sent."""
    if seen.contact.trusted_at is not None:
        return Outcome("keyword", only("remembered"))
    if trust.proves_itself(seen.contact, seen.message.at):
        return Outcome("keyword", only("remembered"), opt="in", source="remember")
    return Outcome("keyword", step_up=StepUp("L2", "remember", seen.message.id))


def code(channels: Channels, seen: Seen, ask: Ask) -> Outcome | None:
    """Six digits while a code is open: a wrong entry is told so; a right one brings back what the code was for."""
    entry, resume = seen.message.data.get("code"), seen.message.data.get("resume")
    if entry is None:
        digits = identity.read_code(seen.message.text)
        if digits is None:
            return None
        judged = _enter(channels, seen, digits)
        if judged is None:
            return None
        entry, resume, seen = judged
    if entry == "wrong":
        return Outcome("code", only("code_wrong"))
    if (changed := seen.message.data.get("contact")) is not None:
        return Outcome("code", only(changed))
    with channels.core.read() as session:
        original = session.get_one(Message, resume)
    if original.data.get("found"):
        return Outcome("code", link=LinkWish())
    if (wish := original.data.get("link_wish")) is not None:
        return Outcome("code", link=LinkWish(**wish))
    if seen.contact.channel == "sms" and keywords.read(original.text, opted_out=False) == "remember":
        again = remembered(seen)
        return again if again.step_up is None else Outcome("code", only("remember_by_text"))
    return ask(seen, original)


def by_email(channels: Channels, seen: Seen) -> Outcome | None:
    """While a code is awaited, the wish to have it by e-mail: another one goes there."""
    if not keywords.asks_for_email(seen.message.text):
        return None
    with channels.core.read() as session:
        open_ = identity.newest_challenge(session, seen.conversation.id)
    if open_ is None or not identity.expects_code(open_, channels.core.clock.now()) or new_contact.is_for_one(open_):
        return None
    return Outcome(
        "code",
        step_up=StepUp(
            "L2",
            open_.purpose,
            open_.resume_message_id,
            prefers="email",
            hidden=open_.found,
            account_id=open_.account_id,
        ),
    )


def details(seen: Seen) -> Outcome | None:
    """A stranger gave details, which were read before the message was stored: a code is on its way, or seems to be."""
    tried = seen.message.data.get("finding")
    if tried is None or seen.contact.account_id is not None:
        return None
    if not tried["enough"]:
        return Outcome("finding", only("find_again"))
    return Outcome(
        "finding",
        only("screened") if seen.message.data.get("found") else (),
        step_up=StepUp("L2", tried["purpose"], tried["resume"], hidden=True, account_id=tried["account_id"]),
    )


def _enter(channels: Channels, seen: Seen, digits: str) -> tuple[str, str, Seen] | None:
    """Judge a code and note the result on the message in the same transaction, so it is judged once."""
    now = channels.core.clock.now()
    with channels.core.write() as session:
        contact = session.get_one(Contact, seen.contact.id, with_for_update=True)
        conversation = session.get_one(Conversation, seen.conversation.id, with_for_update=True)
        challenge = identity.newest_challenge(session, conversation.id)
        if challenge is None or not identity.expects_code(challenge, now):
            return None
        message = session.get_one(Message, seen.message.id)
        locked_before = contact.locked_until
        entry = identity.enter(
            session,
            channels.config.secret_key,
            contact,
            conversation,
            challenge,
            digits,
            now,
            caller=message.data.get("caller"),
        )
        noted: dict[str, str] = {}
        if entry == "right" and new_contact.is_for_one(challenge):
            noted = {"contact": new_contact.put_on_file(channels, session, contact, challenge)}
        elif entry == "right" and challenge.account_id is not None:
            trust.proved(session, contact, accounts.find(session, challenge.account_id), challenge.way, now)
        elif contact.locked_until != locked_before:
            _warn(session, contact, challenge, now)
        resume = challenge.resume_message_id
        message.text = CODE_PLACE
        message.data = {**message.data, "code": entry, "resume": resume, **noted}
    channels.hub.notify(conversation.id)
    return entry, resume, replace(seen, message=message, conversation=conversation, contact=contact)


def _warn(session: Session, contact: Contact, challenge: CodeChallenge, now: datetime) -> None:
    """Tell the member of a lockout where it did not happen: another contact on file than the one that was locked."""
    if challenge.account_id is None:
        return
    account = accounts.find(session, challenge.account_id)
    own = contact.channel == "sms" and contact.address == account.phone
    kind = "codes_locked" if own else "codes_locked_elsewhere"
    notices.record(session, account.id, kind, f"locked:{contact.id}:{int(now.timestamp())}", now)
