"""Several processes send the same notices at one moment on PostgreSQL: each goes once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from billing_core import Core, notices
from channels import demo, outbox
from channels.app import assemble
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.notices import Letterbox, Ways, send_due
from channels.notices.mail_fake import FakeMailer
from channels.queue import InlineQueue
from channels.rasa import RasaClient
from channels.rasa_fake import FakeRasa
from channels.store import Message, NoticeSending
from tests import casting
from tests.channels.conftest import FakeCarrier

pytestmark = pytest.mark.postgres
COUNT = 30


@pytest.fixture
def channels(postgres_core: Core) -> Channels:
    casting.load(postgres_core)
    rasa = FakeRasa()
    config = ChannelConfig(public_url="https://duely.example", environment="test", secret_key="a-secret-key-for-tests")
    client = RasaClient("http://rasa.test", rasa.secret, http=rasa.client())
    made = assemble(postgres_core, config, queue=InlineQueue, carrier=FakeCarrier(), rasa=client)
    demo.load_contacts(made)
    return made


def test_racing_senders_send_each_notice_once(channels: Channels, tmp_path: Path) -> None:
    core, mailer = channels.core, FakeMailer()
    ways = Ways(mailer, Letterbox(tmp_path), "Duely <bills@duely.example>")
    with core.write() as session:
        for number in range(COUNT):
            facts = {"variant": "card", "draft_on": "2027-01-01", "open_on": "2027-01-07"}
            notices.record(session, "lee", "lock_refused", f"lock:{number}", core.now(), facts)
            notices.record(session, "rivera", "email_bounced", f"bounced:{number}", core.now())
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(send_due, channels, ways) for _ in range(4)]:
            each.result()
    send_due(channels, ways)
    assert Counter(Counter(str(each["Message-ID"]) for each in mailer.taken).values()) == {1: COUNT}
    with core.read() as session:
        rows = session.query(NoticeSending).all()
        texts = session.query(Message).filter_by(direction="out").all()
    assert Counter((row.kind, row.way) for row in rows) == {
        ("lock_refused", "email"): COUNT,
        ("email_bounced", "sms"): COUNT,
    }
    assert sorted(text.seq for text in texts) == list(range(1, COUNT + 1))


def test_news_of_texts_and_the_sender_do_not_wait_for_one_another(channels: Channels, tmp_path: Path) -> None:
    core = channels.core
    ways = Ways(FakeMailer(), Letterbox(tmp_path), "Duely <bills@duely.example>")
    assert isinstance(channels.queue, InlineQueue)

    def write(first: int) -> None:
        with core.write() as session:
            for number in range(first, first + COUNT):
                notices.record(session, "rivera", "email_bounced", f"bounced:{number}", core.now())

    def news() -> None:
        for number in range(COUNT):
            outbox.carrier_said(channels, f"SMout{number}", "undelivered", "21610")

    write(0)
    send_due(channels, ways)
    channels.queue.run()
    write(COUNT)
    with ThreadPoolExecutor(2) as pool:
        # Either waiting for the other would end in a deadlock, which PostgreSQL raises in one of them.
        for each in [pool.submit(news), pool.submit(send_due, channels, ways)]:
            each.result(timeout=120)
    send_due(channels, ways)
    with core.read() as session:
        rows = session.query(NoticeSending).filter(NoticeSending.way == "post").all()
    assert len({row.notice_id for row in rows}) >= COUNT
