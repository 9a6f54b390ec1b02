"""One turn: what is done with one claimed message (DESIGN 3, steps 4-9).

The steps are asked in order and the first that has an outcome ends the turn: carrier keyword, one-time code, a
stranger's details, screened number, a person holding the conversation, a message without words, and last Rasa. The
outcome is written in one transaction (`channels.record`), so a turn that is cut short and run again answers once. Rasa
may then be asked twice; the turn id in the metadata lets the core do once what was asked twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from billing_core import accounts, offered_words, offers, translated
from billing_core.accounts import Account
from billing_core.offered_words import meant
from channels import consent, identity, keywords, language, links, proving, record, signals
from channels.assembly import Channels, MethodSaved
from channels.outcome import Find, LinkWish, NewContact, Outcome, Said, StepUp, only
from channels.rasa import RasaFailed, RasaReply
from channels.screening import ACCOUNT, CARD, bare, screen_together
from channels.seen import Seen
from channels.store import Contact, Conversation, Message
from channels.words import LANGUAGES, spoken, spoken_in

log = structlog.get_logger(__name__)

_LOOK_BACK = 2
# What may be typed on the secure page, and how sure we must be of who gets the way there (DESIGN 5).
CAN_BE_SAVED = frozenset((CARD, ACCOUNT))
LINK_NEEDS: identity.Level = "L3"
CONTACT_NEEDS: identity.Level = "L3"
# What answers as it stands: a carrier keyword, silence after STOP, a picture without words.
_NOTHING_ADDED = frozenset(("keyword", "silence", "words"))


def answer(channels: Channels, message_id: str) -> None:
    """Answer one inbound message, once. Does nothing for a message already answered, or one of our own.

    Raises only what the database raises: everything else becomes a sentence to the member.
    """
    began = time.perf_counter()
    seen = _look(channels, message_id)
    if seen is None:
        return
    in_language = _language(seen)
    try:
        with spoken_in(in_language):
            outcome = _decided(channels, seen)
    except SQLAlchemyError:
        raise
    except Exception:
        # A fault of ours must not be silence for the member.
        log.exception("turn_failed", conversation=seen.conversation.id, message=message_id, reason="fault")
        outcome = Outcome("trouble", failed=True)
    outcome = replace(outcome, language=outcome.language or in_language)
    record.write(channels, message_id, outcome, total_ms=(time.perf_counter() - began) * 1000)


def _decided(channels: Channels, seen: Seen) -> Outcome:
    """The outcome of the first step that has one; what it says comes after that a picture could not be opened."""
    outcome = (
        _keyword(seen)
        or proving.code(channels, seen, lambda now, wanted: _ask(channels, now, wanted.text, wanted.id))
        or proving.by_email(channels, seen)
        or proving.details(seen)
        or _screened(channels, seen)
        or _held(seen)
        or _entered(channels, seen)
        or _wordless(seen)
        or _ask(channels, seen, seen.message.text, seen.message.id)
    )
    if not seen.message.data.get("media") or outcome.handled_by in _NOTHING_ADDED:
        return outcome
    return replace(outcome, replies=[*only("media_too"), *outcome.replies])


def _language(seen: Seen) -> str:
    """The language of this turn; words we offered and what the secure page tells say nothing about it."""
    conversation, text = seen.conversation, seen.message.text
    ours = meant(bare(text)) in offered_words.table() or "entered" in seen.message.data or text.startswith("/")
    before = seen.before[-1].text if seen.before else ""
    return language.goes_on_in("" if ours else text, now=conversation.language, preferred=seen.preferred, before=before)


def _look(channels: Channels, message_id: str) -> Seen | None:
    with channels.core.read() as session:
        where = (
            select(Message, Conversation, Contact, Account.phone, Account.language)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .outerjoin(Account, Account.id == Contact.account_id)
            .where(Message.id == message_id, Message.direction == "in", Message.state == "queued")
        )
        found = session.execute(where).tuples().first()
        if found is None:
            return None
        message, conversation, contact, on_file = found[:4]
        preferred: str | None = found[4]
        earlier = (
            select(Message)
            .where(Message.conversation_id == conversation.id, Message.direction == "in", Message.seq < message.seq)
            .order_by(Message.seq.desc())
            .limit(_LOOK_BACK)
        )
        before = list(session.scalars(earlier))[::-1]
    account_id = contact.account_id
    if contact.channel == "sms":
        contact = proving.recognised(channels, contact, conversation, on_file)
    if contact.account_id != account_id:
        preferred = _preferred(channels, contact)
    return Seen(message, conversation, contact, before, preferred or LANGUAGES[0])


def _preferred(channels: Channels, contact: Contact) -> str | None:
    return None if contact.account_id is None else accounts.get(channels.core, contact.account_id).language


def _keyword(seen: Seen) -> Outcome | None:
    if seen.contact.channel != "sms":
        return None
    out = seen.contact.opted_out_at is not None
    # The carrier may have answered the keyword itself; it then says so, and we only keep the books.
    told = str(seen.message.data.get("opt_out_type", "")).lower()
    told = told if told in ("stop", "start", "help") else ""
    word = told or keywords.read(seen.message.text, opted_out=out)
    source: consent.Source = "carrier" if told else "keyword"
    if word is None and not out and keywords.ends_texts(seen.message.text):
        word, source = "stop", "words"
    if word == "stop" and not out:
        return Outcome("keyword", [] if told else only("stop", keyword="stop"), opt="out", source=source)
    if word == "start":
        return Outcome("keyword", [] if told else only("start"), opt="in", source=source)
    if out:
        return Outcome("silence")
    if word == "help":
        return Outcome("keyword", [] if told else only("help"), opt="help", source=source)
    if word == "remember" and seen.contact.account_id is not None:
        return proving.remembered(seen)
    return None


def _screened(channels: Channels, seen: Seen) -> Outcome | None:
    if found := seen.message.data.get("found"):
        return _told_off(channels, seen, found)
    texts = [*seen.before, seen.message]
    for size in range(2, len(texts) + 1):
        found = screen_together([each.text for each in texts[-size:]])
        if found:
            wipe = [each.id for each in texts[-size:]]
            return replace(_told_off(channels, seen, found), wipe=wipe, found=sorted(found))
    return None


def _told_off(channels: Channels, seen: Seen, found: Iterable[str]) -> Outcome:
    """A number was taken out; for a card or account number a member is shown the page where it belongs."""
    if not CAN_BE_SAVED & set(found) or not links.may_be_given(channels.core, seen.contact):
        return Outcome("screening", only("screened"))
    level = identity.level_now(seen.contact, seen.conversation, channels.core.clock.now())
    if level < LINK_NEEDS:
        return Outcome("screening", only("screened_prove"), step_up=StepUp(LINK_NEEDS, "method", seen.message.id))
    return Outcome("screening", only("screened_link"), link=LinkWish())


def _entered(channels: Channels, seen: Seen) -> Outcome | None:
    """Something was saved on the secure page: say so, and go on with what waited for it."""
    entered = seen.message.data.get("entered")
    if entered is None:
        return None
    saved = Said(
        "method_waits" if entered["waits"] else "method_saved",
        values={"method": translated.of(entered["method"], spoken())},
    )
    if entered["waits"]:
        return Outcome("entry", [saved])
    if entered["resume"] is None:
        return Outcome("entry", [saved, *_went_on(channels, seen, entered["method_id"])])
    with channels.core.read() as session:
        original = session.get_one(Message, entered["resume"])
    asked = _ask(channels, seen, original.text, original.id)
    if asked.failed:
        return Outcome("entry", [saved])
    return replace(asked, replies=[saved, *asked.replies])


def _went_on(channels: Channels, seen: Seen, method_id: int) -> list[RasaReply]:
    assert seen.contact.account_id is not None
    now = channels.core.clock.now()
    return channels.goes_on(
        MethodSaved(
            account_id=seen.contact.account_id,
            conversation_id=seen.conversation.id,
            turn_id=seen.message.id,
            channel=seen.contact.channel,
            level=identity.level_now(seen.contact, seen.conversation, now),
            method_id=method_id,
            language=spoken(),
        )
    )


def _held(seen: Seen) -> Outcome | None:
    return Outcome("holder") if seen.conversation.holder == "person" else None


def _wordless(seen: Seen) -> Outcome | None:
    if seen.message.data.get("too_long"):
        return Outcome("words", only("too_long"))
    if bare(seen.message.text):
        return None
    return Outcome("words", only("media" if seen.message.data.get("media") else "empty"))


def _ask(channels: Channels, seen: Seen, text: str, resume_message_id: str) -> Outcome:
    """Ask Rasa. Words an open offer asked for, and buttons we showed, go as commands; nothing else can."""
    conversation = seen.conversation
    now = channels.core.clock.now()
    metadata: dict[str, Any] = {
        "account_id": seen.contact.account_id,
        "level": identity.level_now(seen.contact, conversation, now),
        "channel": seen.contact.channel,
        "turn_id": seen.message.id,
        "conversation_id": conversation.id,
        "memory": conversation.memory,
        "language": spoken(),
        "misunderstandings": conversation.misunderstandings,
    }
    try:
        words = bare(text)
        intent = offers.spoken(channels.core, conversation.id, words, seen.message.id)
        if intent:
            metadata["word"] = meant(words)
        command = f"/{intent}" if intent else record.shown_button(channels, conversation.id, text)
        turn = channels.rasa.turn(conversation.id, command or words, seen.contact.channel, metadata)
    except RasaFailed as failure:
        log.warning("turn_failed", conversation=conversation.id, message=seen.message.id, reason=failure.reason)
        return Outcome("trouble", failed=True)
    signalled = signals.followed(channels, conversation, seen.contact, turn)
    if signalled is not None:
        return signalled
    step_up = next((each.data["step_up"] for each in turn.replies if "step_up" in each.data), None)
    link = next((each.data["secure_link"] for each in turn.replies if "secure_link" in each.data), None)
    needs = links.needs(str(link.get("purpose"))) if link is not None else LINK_NEEDS
    if link is not None and step_up is None and metadata["level"] < needs:
        step_up = {"level": needs, "purpose": "pay" if needs == "L2" else "method"}
    wished = next((each.data["new_contact"] for each in turn.replies if "new_contact" in each.data), None)
    if wished is not None and step_up is None and metadata["level"] < CONTACT_NEEDS:
        step_up = {"level": CONTACT_NEEDS, "purpose": "contact"}
    find = next((each.data["find"] for each in turn.replies if "find" in each.data), None)
    handoff = next((each.data["handoff"] for each in turn.replies if "handoff" in each.data), None)
    asked_for = next((each.data["language"] for each in turn.replies if "language" in each.data), None)
    replies = [each for each in turn.replies if each.text or "card" in each.data]
    if not replies and step_up is None and link is None and wished is None:
        log.warning("turn_failed", conversation=conversation.id, message=seen.message.id, reason="no_reply")
        return Outcome("trouble", failed=True, rasa=turn)
    return Outcome(
        "rasa",
        replies,
        rasa=turn,
        step_up=StepUp.of(step_up, resume_message_id) if step_up is not None else None,
        link=LinkWish.of(link, resume_message_id) if link is not None and step_up is None else None,
        new_contact=NewContact.of(wished) if wished is not None and step_up is None else None,
        find=Find.of(find, resume_message_id) if find is not None and seen.contact.account_id is None else None,
        handoff=str((handoff or {}).get("reason", "asked"))[:200] if handoff is not None else None,
        language=asked_for if asked_for in LANGUAGES else None,
    )
