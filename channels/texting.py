"""What every text adds to an answer: the record of what was said about texts, how to end them, that they come again
after a block, and the one question whether this phone may be remembered (DOMAIN 4.1, 4.2, 4.5, 4.6)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from channels import consent, trust
from channels.assembly import Channels
from channels.gsm7 import length
from channels.messages import Piece
from channels.outcome import Outcome
from channels.store import Contact, Message
from channels.words import say

# What one text may take (DOMAIN 4.5).
ADVISED_SMS = 320


def with_consent(
    channels: Channels, session: Session, contact: Contact, message: Message, outcome: Outcome, pieces: list[Piece]
) -> list[Piece]:
    """The pieces of a text with what must or may be added, where it fits; the caller holds the conversation's row."""
    now = channels.core.clock.now()
    scope = consent.scope_of(channels.config, now)
    if outcome.opt is not None:
        shown = "\n".join(text for text, _, _ in pieces)
        source = outcome.source
        consent.keep(session, contact, outcome.opt, source, now, scope=scope, shown=shown, message_id=message.id)
        if outcome.opt == "in":
            trust.settle(session, contact, now)
        if pieces:
            # These answers say themselves how to end texts, or that they have ended.
            contact.told_how_at = now
        return pieces
    if _come_again(contact) and (longer := _with(pieces, say("texts_again"))):
        contact.no_texts_since, contact.told_how_at = None, now
        return longer
    if _may_ask(session, contact, outcome, message) and (longer := _with(pieces, say("remember_ask"))):
        asked = say("remember_ask")
        consent.keep(session, contact, "asked", "question", now, scope=scope, shown=asked, message_id=message.id)
        contact.told_how_at = now
        return longer
    if consent.owes_how(contact, now) and (longer := _with(pieces, say("sms_how"))):
        contact.told_how_at = now
        return longer
    return pieces


def _come_again(contact: Contact) -> bool:
    """A member's number that took no texts writes to us: it is told once that texts come again, and how to end them."""
    return contact.no_texts_since is not None and not consent.blocked(contact) and contact.account_id is not None


def _may_ask(session: Session, contact: Contact, outcome: Outcome, message: Message) -> bool:
    """Once, after what the code was for was answered: the phone is proved, and its member has not agreed yet."""
    proven = contact.trusted_at is None and contact.proved_at is not None and trust.proves_itself(contact, message.at)
    return proven and outcome.rasa is not None and outcome.step_up is None and not consent.was_asked(session, contact)


def _with(pieces: list[Piece], sentence: str) -> list[Piece] | None:
    """The last piece with one more sentence; None where there is none, or it would be too long for one text."""
    if not pieces:
        return None
    text, buttons, data = pieces[-1]
    longer = f"{text}\n{sentence}" if text else sentence
    return [*pieces[:-1], (longer, buttons, data)] if length(longer) <= ADVISED_SMS else None
