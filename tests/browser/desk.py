"""A desk for the secure page: the real app, core and conversation, the card form as a process, and no understanding."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

import billing_core
from billing_core import Clock, OpensProcessor, cast, methods, open_core
from bot.actions import entry
from channels import demo, inbox, store
from channels.app import assemble
from channels.assembly import Channels, MethodSaved
from channels.config import ChannelConfig
from channels.queue import InlineQueue
from channels.rasa import RasaClient, RasaReply
from channels.rasa_fake import FakeRasa
from gateway import app, tokenizer
from gateway.serving import Served, free_port, listen
from gateway.settings import Settings
from tests.channels.conftest import NOON, FakeCarrier

SECRET = "a-secret-key-for-tests-only"
LEE, GARCIA, SMITH = "+19195550101", "+19195550109", "+16175550107"
LINK = re.compile(r"http://\S+/pay#[A-Za-z0-9]{43}")


class Desk:
    """What a member has at hand: a phone (`texts`), links (`link`), and what came on file."""

    def __init__(self, channels: Channels, rasa: FakeRasa, carrier: FakeCarrier, url: str) -> None:
        self.channels = channels
        self.rasa = rasa
        self.carrier = carrier
        self.url = url
        self._count = 0

    def says(self, text: str, phone: str = LEE) -> list[str]:
        """A text arrives; what it is answered with."""
        before = len(self.carrier.bodies(phone))
        self._count += 1
        inbound = inbox.Inbound(channel="sms", address=phone, provider_id=f"SM{self._count}", text=text)
        inbox.claim(self.channels.core, self.channels.queue, inbound)
        self.work()
        return self.carrier.bodies(phone)[before:]

    def work(self) -> None:
        assert isinstance(self.channels.queue, InlineQueue)
        self.channels.queue.run()

    def link(self, phone: str = LEE, **wish: Any) -> str:
        """A link, as it stands in the text that brings it."""
        demo.set_level(self.channels, "sms", phone, "L3")
        self.rasa.on("add a card", {"text": "Gladly.", "data": {"secure_link": {"purpose": "add", **wish}}})
        (found,) = [match[0] for text in self.says("add a card", phone) if (match := LINK.search(text))]
        return str(found)

    def on_file(self, account: str = "lee") -> list[str]:
        return [row.label for row in methods.saved(self.channels.core, account)]

    def rows(self, table: type[Any]) -> list[Any]:
        with self.channels.core.read() as session:
            return list(session.scalars(select(table)))

    def tables(self) -> str:
        """Every row of every table, as text."""
        with self.channels.core.engine.connect() as connection:
            return "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]


@dataclass(frozen=True)
class CardForm:
    """The card form's address, the key it shares with the processor, its log, and the socket of the one origin that may
    hold it, which stays ours from test to test: each serves on a duplicate."""

    url: str
    key: str
    log: Path
    origin: socket.socket


@contextlib.contextmanager
def card_form(folder: Path) -> Iterator[CardForm]:
    """The card form as `duely up` starts it, in a process of its own."""
    settings = Settings.model_construct(environment="test", secret_key=SecretStr(SECRET), tokenizer_port=free_port())
    with socket_of_our_own() as origin, tokenizer.process(settings, address_of(origin), folder / "form.log") as url:
        yield CardForm(url, settings.entry_key, folder / "form.log", origin)


@contextlib.contextmanager
def opened(
    folder: Path, filled: Path, listening: socket.socket, processor: OpensProcessor, **config: Any
) -> Iterator[Desk]:
    """The desk on a listening socket, over a copy of a filled database."""
    url = address_of(listening)
    path = folder / "desk.sqlite"
    shutil.copy(filled, path)
    core = open_core(f"sqlite:///{path}", clock=Clock.fixed(NOON), processor=processor)
    rasa, carrier = FakeRasa(), FakeCarrier()

    def goes_on(saved: MethodSaved) -> list[RasaReply]:
        return [RasaReply(text, reply.buttons, {}) for text, reply in entry.goes_on(core, **vars(saved))]

    settings = ChannelConfig(
        public_url=url,
        environment="test",
        secret_key=SECRET,
        rasa_secret=rasa.secret,
        twilio_from="+19195550000",
        requests_per_minute=0,
        **config,
    )
    client = RasaClient("http://rasa.test", rasa.secret, limit_seconds=2.0, http=rasa.client())
    channels = assemble(core, settings, queue=InlineQueue, carrier=carrier, rasa=client, goes_on=goes_on)
    demo.load_contacts(channels)
    served = Served(app.build(channels, lambda: {"all": True}), listening, "desk").start()
    try:
        yield Desk(channels, rasa, carrier, url)
    finally:
        served.stop()
        core.engine.dispose()


def fill(path: Path) -> Path:
    """A database with every table and the cast."""
    core = open_core(f"sqlite:///{path}", clock=Clock.fixed(NOON))
    billing_core.store.metadata.create_all(core.engine)
    store.metadata.create_all(core.engine)
    cast.load(core)
    with core.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    core.engine.dispose()
    return path


def address_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def socket_of_our_own() -> socket.socket:
    return listen("127.0.0.1", 0, "PORT")
