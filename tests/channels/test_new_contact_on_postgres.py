"""Two members who want the same phone on file at the same moment, on PostgreSQL: one gets it, the other is told no."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from billing_core import Core, accounts, cast
from channels import demo, identity, new_contact, proving, turn
from channels.app import assemble
from channels.config import ChannelConfig
from channels.inbox import Inbound, claim
from channels.outcome import NewContact, Outcome, Said
from channels.queue import InlineQueue
from channels.store import Contact, Conversation, Message
from tests.channels.conftest import FakeCarrier

pytestmark = pytest.mark.postgres

LEE, PATEL, NEW = "+19195550101", "+19195550104", "+19195550177"


def test_of_two_members_who_prove_the_same_phone_at_once_one_has_it(postgres_core: Core) -> None:
    core = postgres_core
    cast.load(core)
    config = ChannelConfig(public_url="https://duely.example", environment="test", secret_key="a-secret-for-tests")
    channels = assemble(core, config, queue=InlineQueue, carrier=FakeCarrier())
    demo.load_contacts(channels)

    def text(phone: str, words: str) -> str:
        sent = Inbound(channel="sms", address=phone, provider_id=f"SM{phone[-4:]}{words}", text=words)
        return claim(core, channels.queue, sent).message_id

    def wish(phone: str) -> str:
        """The member's entry of the code that went to the new phone."""
        wished = text(phone, "new phone")
        with core.write() as session:
            message = session.get_one(Message, wished)
            conversation = session.get_one(Conversation, message.conversation_id)
            contact = session.get_one(Contact, conversation.contact_id)
            new_contact.ask(channels, session, contact, conversation, message, NewContact("sms", NEW))
            session.flush()
            challenge = identity.newest_challenge(session, conversation.id)
            assert challenge is not None
            digits = identity.code_for(config.secret_key, challenge.id)
        return text(phone, digits)

    def enter(message_id: str) -> str:
        seen = turn._look(channels, message_id)
        assert seen is not None
        outcome = proving.code(channels, seen, lambda now, wanted: Outcome("rasa"))
        assert outcome is not None
        (told,) = outcome.replies
        assert isinstance(told, Said)
        return told.name

    entries = [wish(phone) for phone in (LEE, PATEL)]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(enter, entries)) == ["contact_changed_sms", "contact_not_taken"]
    assert [accounts.get(core, key).phone for key in ("lee", "patel")].count(NEW) == 1
