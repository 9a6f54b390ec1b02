"""A member presses Save twice, or in two tabs at once: one method, one message, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from billing_core import Core, cast, methods
from billing_core.processors import Entered, sandbox_entry
from channels import demo, links
from channels.app import add_channels, assemble
from channels.config import ChannelConfig
from channels.inbox import contact_for, conversation_for
from channels.outcome import LinkWish
from channels.queue import InlineQueue
from channels.rasa import RasaClient
from channels.rasa_fake import FakeRasa
from channels.store import Message
from tests.channels.conftest import PUBLIC, FakeCarrier

SECRET = "a-secret-key-for-tests-only"
AT_ONCE = 6


def test_pressed_many_times_at_once_it_saves_once(core: Core) -> None:
    cast.load(core)
    rasa = FakeRasa()
    config = ChannelConfig(public_url=PUBLIC, environment="test", secret_key=SECRET)
    client = RasaClient("http://rasa.test", rasa.secret, http=rasa.client())
    channels = assemble(core, config, queue=InlineQueue, carrier=FakeCarrier(), rasa=client)
    demo.load_contacts(channels)
    now = core.clock.now()
    with core.write() as session:
        contact = contact_for(session, "sms", "+19195550101")
        conversation = conversation_for(session, contact, now)
        link_id = links.create(session, SECRET, conversation, contact, LinkWish(), now).id
    card = Entered("tok_visa_1881", "card", "visa", "1881", date(2030, 8, 1))
    facts = {"account": "lee", "kinds": ["card"], "reference": link_id}
    body = {"token": links.token_for(SECRET, link_id), "setup": sandbox_entry.saved("sandbox", facts, card)}
    app = FastAPI()
    add_channels(app, channels)

    def press(_number: int) -> int:
        return TestClient(app, base_url=PUBLIC).post("/pay/done", json=body).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = sorted(threads.map(press, range(AT_ONCE)))
    assert answers == [200] * AT_ONCE
    assert [row.label for row in methods.saved(core, "lee")] == ["Visa ending 4242", "Visa ending 1881"]
    with core.read() as session:
        told = [row for row in session.scalars(select(Message)) if "entered" in row.data]
    assert len(told) == 1
    assert isinstance(channels.queue, InlineQueue)
    assert len(channels.queue.jobs) == 1
