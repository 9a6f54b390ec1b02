"""One-time links to the secure page, where a member types a card or account number that we never see (DOMAIN 4.8).

A link lasts 15 minutes and works once, for one member, conversation and purpose. Its 256-bit token stands behind the
`#` of the address, which browsers send to nobody: no log, no Referer and no link preview has it
(docs/decisions/a_secure_links_token_never_travels_in_an_address.md). Like a code it is derived and stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing_core import Core, accounts
from billing_core.adding import Added
from billing_core.errors import NotFound, Refusal
from billing_core.money import dollars
from channels import identity
from channels.config import ChannelConfig
from channels.outcome import LinkWish
from channels.queue import Job
from channels.store import Contact, Conversation, Message, SecureLink, new_id
from channels.words import LINK_PLACE, say

PATH = "/pay"
LINK_LASTS = timedelta(minutes=15)
# The purpose of a link that a member hands on to a guest, and how long it lasts: until they are home from work.
PAY = "pay"
PAY_LINK_LASTS = timedelta(hours=24)
# What one link may ask of the processor, so that nobody tries stolen cards through it.
MOST_TRIES = 20
# What stands in the transcript where the page told us something.
SAVED_THERE = "[saved on the secure page]"
# Letters and digits only: every phone knows where such a link ends. 43 of them hold 256 bits.
_SIGNS = string.ascii_letters + string.digits
_LENGTH = 43


def needs(purpose: str) -> identity.Level:
    """How sure we must be of who gets such a link: a pay link shows nothing and saves nothing (DESIGN 5)."""
    return "L2" if purpose == PAY else "L3"


def token_for(secret_key: str, link_id: str) -> str:
    """The token of a link."""
    number = int.from_bytes(hmac.new(secret_key.encode(), b"secure link " + link_id.encode(), hashlib.sha256).digest())
    signs = []
    for _ in range(_LENGTH):
        number, sign = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def fragment(secret_key: str, link_id: str) -> str:
    """The path of our page with the token where no request carries it."""
    return f"{PATH}#{token_for(secret_key, link_id)}"


def places(config: ChannelConfig) -> int:
    """How many places a link takes in a text; all are of one length."""
    return len(config.url(f"{PATH}#")) + _LENGTH


def create(
    session: Session, secret_key: str, conversation: Conversation, contact: Contact, wish: LinkWish, now: datetime
) -> SecureLink:
    """A new link; those before it in the conversation end, pay links apart from the others.

    The caller has made sure of the level: L3, or L2 for a pay link (DESIGN 5)."""
    if contact.account_id is None:
        raise ValueError("a secure link is for a member")
    session.execute(
        update(SecureLink)
        .where(
            SecureLink.conversation_id == conversation.id,
            SecureLink.expires_at > now,
            (SecureLink.purpose == PAY) == (wish.purpose == PAY),
        )
        .values(expires_at=now)
    )
    proof = identity.newest_challenge(session, conversation.id)
    link_id = new_id()
    link = SecureLink(
        id=link_id,
        token_hash=_hash(token_for(secret_key, link_id)),
        conversation_id=conversation.id,
        account_id=contact.account_id,
        purpose=wish.purpose,
        method_id=wish.method_id,
        amount_cents=wish.amount_cents,
        resume_message_id=wish.resume_message_id,
        identity_event=proof.id if proof is not None and proof.used_at is not None else None,
        tries=0,
        created_at=now,
        expires_at=now + (PAY_LINK_LASTS if wish.purpose == PAY else LINK_LASTS),
    )
    session.add(link)
    return link


def sentence(link: SecureLink) -> str:
    """What the member reads, with the link's place instead of the link."""
    amount = dollars(link.amount_cents) if link.amount_cents else ""
    return say(f"secure_link_{link.purpose}", link=LINK_PLACE, amount=amount)


def of(session: Session, token: str) -> SecureLink | None:
    """The link of a token, whatever became of it."""
    return session.scalars(select(SecureLink).where(SecureLink.token_hash == _hash(token))).one_or_none()


def good(session: Session, token: str, now: datetime, *, account_id: str | None) -> SecureLink | None:
    """The link of a token, locked and counted, while it may be used.

    None for one that is unknown, old, used or worn out, and for a browser signed in as another member (`account_id`).
    """
    found = of(session, token)
    if found is None:
        return None
    found = hold(session, found.id)
    conversation = session.get_one(Conversation, found.conversation_id)
    if found.used_at is not None or now >= found.expires_at or found.tries >= MOST_TRIES:
        return None
    if account_id is not None and account_id != found.account_id:
        return None
    if session.get_one(Contact, conversation.contact_id).account_id != found.account_id:
        return None
    found.tries += 1
    return found


def hold(session: Session, link_id: str) -> SecureLink:
    """The link as it stands, locked: after its conversation, which every turn locks first."""
    found = session.get_one(SecureLink, link_id)
    session.get_one(Conversation, found.conversation_id, with_for_update=True)
    session.refresh(found, with_for_update=True)
    return found


def use(session: Session, link: SecureLink, added: Added, now: datetime) -> Job:
    """Use the link up and tell its conversation what was saved, as a message to be answered in its turn.

    The caller holds both rows and enqueues the job in the same transaction.
    """
    link.used_at = now
    conversation = session.get_one(Conversation, link.conversation_id)
    conversation.last_seq += 1
    told = Message(
        id=new_id(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        direction="in",
        provider_id=f"link:{link.id}",
        channel=conversation.channel,
        text=SAVED_THERE,
        data={
            "entered": {
                "method_id": added.method_id,
                # It begins a sentence.
                "method": added.label[:1].upper() + added.label[1:],
                "waits": added.waits,
                "resume": link.resume_message_id,
            }
        },
        state="queued",
        at=now,
    )
    session.add(told)
    session.flush()
    return Job(conversation.id, told.seq, told.id)


def may_be_given(core: Core, contact: Contact) -> bool:
    """Whether there is a member behind the contact who can pay here at all."""
    if contact.account_id is None:
        return False
    try:
        accounts.must_be_payable(accounts.get(core, contact.account_id))
    except (NotFound, Refusal):
        return False
    return True


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
