"""Putting on file what was typed into the processor's form: once, whether our page tells of it or the processor does.

A browser may be gone before it comes back to us, so the processor's own event saves too; whoever is second finds the
link used for that very setup and is told the same. Sources: docs.stripe.com/payments/save-and-reuse (webhooks).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from billing_core import accounts, adding
from billing_core.accounts import Account
from billing_core.adding import Added
from billing_core.authorization import Said
from billing_core.errors import MethodRefused
from billing_core.processors import Declined, Entered, Kind, SecureEntry, Unknown
from channels import links
from channels.assembly import Channels
from channels.store import Contact, Conversation, SecureLink

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Opened:
    """A link that may be used, with what it is for."""

    link: SecureLink
    account: Account
    conversation: Conversation

    @property
    def language(self) -> str:
        """What the conversation goes on in, or what the member prefers."""
        return self.conversation.language or self.account.language

    @property
    def kinds(self) -> list[Kind]:
        return adding.kinds_taken(self.account.profile)


def opened(channels: Channels, session: Session, token: str, signed_in: str | None) -> Opened | None:
    """What the link of a token opens for who is signed in; None where it opens nothing (`links.good`)."""
    known = links.of(session, token)
    # A guest may well be a member too, and signed in here.
    signed_in = None if known is not None and known.purpose == links.PAY else signed_in
    link = links.good(session, token, channels.core.clock.now(), account_id=signed_in)
    if link is None:
        return None
    conversation = session.get_one(Conversation, link.conversation_id)
    return Opened(link, accounts.find(session, link.account_id), conversation)


def processor_of(channels: Channels) -> SecureEntry:
    """The processor, which has a page where methods are entered."""
    processor = channels.core.processor
    assert isinstance(processor, SecureEntry), "the processor has no page where a method is entered"
    return processor


def save(
    channels: Channels, session: Session, found: Opened, setup: str, what: Entered, *, language: str = ""
) -> Added:
    """Put the method on file, use the link up and tell the conversation, in the caller's transaction.

    `language` is the one that the authorization was shown in, the member's where nobody says. Raises a `MethodRefused`.
    """
    core, link, channel = channels.core, found.link, found.conversation.channel
    added = adding.add(
        core,
        session,
        account_id=link.account_id,
        what=what,
        text=link.shown if what.kind != "card" else None,
        reference=link.id,
        said=Said(f"link:{link.id}", channel, "L3", link.identity_event, language or found.language),
    )
    told = {"method": added.label, "waits": added.waits, "channel": channel}
    link.saved = {"setup": _digest(setup), "told": told}
    channels.queue.enqueue(session, links.use(session, link, added, core.clock.now()))
    return added


def saved_before(channels: Channels, token: str, setup: str, signed_in: str | None) -> dict[str, Any] | None:
    """What the page is told when this very setup was saved by its link already, as long as the link lasts."""
    with channels.core.read() as reading:
        link = links.of(reading, token)
        if link is None or not link.saved or link.saved["setup"] != _digest(setup):
            return None
        if channels.core.clock.now() >= link.expires_at or signed_in not in (None, link.account_id):
            return None
        return dict(link.saved["told"])


def save_entered(channels: Channels, setup: str, reference: str) -> bool:
    """The processor says that something was entered for a link of ours: save it, unless that was done before.

    False when the processor does not say now what it was, so that it has to tell once more. The link's own time does
    not count here: the setup was made while it was good. A bank account is saved only once it was agreed to.
    """
    with channels.core.read() as reading:
        link = reading.get(SecureLink, reference)
    # A guest's payment is made by the guest's own word on the page, and by nothing else.
    if link is None or link.used_at is not None or link.purpose == links.PAY:
        return True
    what = processor_of(channels).read_setup(link.account_id, setup, reference=reference)
    if isinstance(what, Unknown):
        return False
    if isinstance(what, Declined):
        return True
    try:
        saved = _save_entered(channels, setup, reference, what)
    except MethodRefused as refusal:
        log.warning("entered_method_refused", conversation=link.conversation_id, reason=type(refusal).__name__)
        return True
    if saved:
        channels.hub.notify(link.conversation_id)
        log.info("method_saved", conversation=link.conversation_id, kind=what.kind, by="processor")
    return True


def _save_entered(channels: Channels, setup: str, reference: str, what: Entered) -> bool:
    with channels.core.write() as writing:
        link = links.hold(writing, reference)
        conversation = writing.get_one(Conversation, link.conversation_id)
        whose = writing.get_one(Contact, conversation.contact_id).account_id
        agreed = what.kind == "card" or link.agreed_at is not None
        if link.used_at is not None or whose != link.account_id or not agreed:
            return False
        found = Opened(link, accounts.find(writing, link.account_id), conversation)
        save(channels, writing, found, setup, what)
        return True


def _digest(setup: str) -> str:
    return hashlib.sha256(setup.encode()).hexdigest()
