"""Sending a one-time code: to which contact on file, in which words, and when none may go (DESIGN 5, DOMAIN 4.9).

A code goes to the phone on file by text, else to the e-mail address on file, and to no other place. A contact that is
new on file for seven days proves no more than L2. To a stranger the same is said whether an account was found or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from billing_core import accounts
from billing_core.accounts import Account
from channels import consent, identity
from channels.assembly import Channels
from channels.inbox import contact_for, conversation_for
from channels.messages import put
from channels.notices import route
from channels.outcome import StepUp
from channels.queue import Job
from channels.store import Contact, Conversation, Message
from channels.words import CODE_PLACE, moment, purpose, say, spoken

NEW_FOR = timedelta(days=7)
CodeWay = Literal["sms", "email"]


@dataclass(frozen=True)
class Target:
    """A contact on file that a code may go to, what a right entry then proves, and whether it is reached at all (in
    the demo a code may be shown in the page alone)."""

    way: CodeWay
    contact: Contact
    proves: identity.Level
    reached: bool = True


def send(
    channels: Channels,
    session: Session,
    contact: Contact,
    conversation: Conversation,
    message: Message,
    step_up: StepUp,
) -> None:
    """Open a challenge and put its code on the way, or say why that cannot be."""
    now = channels.core.clock.now()
    what, person = purpose(step_up.purpose), channels.config.person_phone
    account_id = step_up.account_id if step_up.hidden else contact.account_id
    account = accounts.find(session, account_id) if account_id is not None else None

    def tell(name: str, values: dict[str, str] | None = None, **data: Any) -> None:
        text = say(name, **{"purpose": what, "phone": person, **(values or {})})
        put(channels, session, conversation, text, data=data, reply_to=message.id)

    until = identity.locked_until(session, contact, now)
    if until is not None and not step_up.hidden:
        return tell("code_locked", {"until": moment(until)})
    found = None if account is None else _target(channels, session, account, conversation, step_up, now)
    target = found if isinstance(found, Target) else None
    if target is None and not step_up.hidden:
        return tell("code_too_new" if found == "too_new" else "code_no_phone")
    challenge = identity.open_challenge(
        session,
        message,
        step_up.purpose,
        step_up.resume_message_id,
        now,
        account_id=account_id if target is not None else None,
        way=target.way if target is not None else None,
        proves=target.proves if target is not None else "L2",
        found=step_up.hidden,
    )
    if target is not None and target.contact.id == contact.id:
        return tell("code_sms", {"code": CODE_PLACE}, challenge_id=challenge.id)
    if target is not None and target.reached:
        if target.contact.account_id is None and target.contact.lost_at is None:
            target.contact.account_id = account_id
        put_code(channels, session, target.contact, challenge.id, what)
    if step_up.hidden:
        tell("find_sent")
    elif target is not None and target.way == "email":
        tell("code_sent_email")
    elif conversation.channel == "web":
        tell("code_sent_web", {"ending": target.contact.address[-4:] if target is not None else ""})
    else:
        tell("code_sent_phone")
    if target is not None and is_demo(channels, conversation):
        tell("code_shown_demo", {"code": CODE_PLACE}, role="demo", challenge_id=challenge.id)


def _target(
    channels: Channels, session: Session, account: Account, conversation: Conversation, step_up: StepUp, now: datetime
) -> Target | Literal["too_new"] | None:
    """Where the code goes: the phone first unless e-mail was asked for, and one that takes nothing last."""
    ways: tuple[CodeWay, ...] = ("email", "sms") if step_up.prefers == "email" else ("sms", "email")
    open_: list[Target] = []
    too_new = False
    for way in ways:
        contact = _contact(channels, session, account, way)
        if contact is None:
            continue
        changed_at = account.phone_changed_at if way == "sms" else account.email_changed_at
        new = changed_at is not None and now - changed_at < NEW_FOR
        if new and step_up.level == "L3":
            too_new = True
            continue
        open_.append(Target(way, contact, "L2" if new else "L3", reached=contact.opted_out_at is None))
    reached = [each for each in open_ if each.reached]
    if reached:
        # A number that the carrier called dead or blocked is the last resort.
        good = (each for each in reached if each.contact.lost_at is None and not consent.blocked(each.contact))
        return next(good, reached[0])
    if open_ and is_demo(channels, conversation):
        return open_[0]
    return "too_new" if too_new else None


def _contact(channels: Channels, session: Session, account: Account, way: CodeWay) -> Contact | None:
    if way == "sms":
        return contact_for(session, "sms", account.phone) if account.phone else None
    if channels.ways is None or account.email is None or not route.has_email(session, account):
        return None
    return contact_for(session, "email", account.email)


def put_code(channels: Channels, session: Session, to: Contact, challenge_id: str, what: str) -> None:
    """The code into the conversation of the contact it goes to, and its job on the queue."""
    name = "code_email" if to.channel == "email" else "code_sms_for_web"
    put_for(channels, session, to, say(name, code=CODE_PLACE, purpose=what), "code_email_subject", challenge_id)


def put_for(
    channels: Channels, session: Session, to: Contact, text: str, subject: str, challenge_id: str | None = None
) -> None:
    """A message of ours to another contact than the one we talk with; by e-mail under the `subject` of that name."""
    there = conversation_for(session, to, channels.core.clock.now())
    data: dict[str, Any] = {"challenge_id": challenge_id} if challenge_id is not None else {}
    if to.channel == "email":
        data |= {"subject": say(subject), "language": spoken()}
    sent = put(channels, session, there, text, data=data)
    channels.queue.enqueue(session, Job(there.id, sent.seq, sent.id))


def is_demo(channels: Channels, conversation: Conversation) -> bool:
    """Whether a code may be shown in the page, as a demo does."""
    return conversation.channel == "web" and channels.config.shows_demo
