"""A world for the channels: the real core and cast, an inline queue, a fake Rasa, a carrier that keeps texts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

os.environ.setdefault("DUELY_SQLITE_SYNCHRONOUS", "OFF")

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

import billing_core
from billing_core import Clock, cast, open_core
from channels import demo, inbox, store
from channels.app import add_channels, assemble
from channels.assembly import Channels
from channels.carrier import SendLater, SendRefused, SendUnknown
from channels.config import ChannelConfig
from channels.notices import Letterbox, Ways
from channels.notices.mail_fake import FakeMailer
from channels.queue import InlineQueue
from channels.rasa import RasaClient
from channels.rasa_fake import FakeRasa

NOON = datetime(2026, 12, 15, 10, 0, tzinfo=ZoneInfo("America/New_York"))
PUBLIC = "https://duely.example"
TOKEN = "twilio-auth-token"


@dataclass
class FakeCarrier:
    """Keeps the texts it takes and those it was to forget.

    `plan` says how the next ones go: refused:CODE, later, unknown, taken_unknown.
    """

    taken: list[tuple[str, str, str]] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    asked: int = 0
    forgotten: list[str] = field(default_factory=list)
    refuses_to_forget: int = 0

    def send(self, to: str, body: str) -> str:
        plan = self.plan.pop(0) if self.plan else "ok"
        if plan.startswith("refused:"):
            raise SendRefused(plan.partition(":")[2])
        if plan == "later":
            raise SendLater
        if plan == "unknown":
            raise SendUnknown
        sid = f"SMout{len(self.taken)}"
        self.taken.append((sid, to, body))
        if plan == "taken_unknown":
            raise SendUnknown
        return sid

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        self.asked += 1
        assert since <= datetime.now(UTC)
        return [sid for sid, *rest in self.taken if rest == [to, body]]

    def forget(self, sid: str) -> None:
        if self.refuses_to_forget:
            self.refuses_to_forget -= 1
            raise SendLater
        self.forgotten.append(sid)

    def bodies(self, to: str | None = None) -> list[str]:
        return [body for _, each_to, body in self.taken if to in (None, each_to)]


@dataclass
class World:
    channels: Channels
    rasa: FakeRasa
    carrier: FakeCarrier
    queue: InlineQueue
    mailer: FakeMailer = field(default_factory=FakeMailer)
    count: int = 0

    @property
    def clock(self) -> Clock:
        return self.channels.core.clock

    def text(self, phone: str, text: str, *, run: bool = True, **more: Any) -> list[str]:
        """A text arrives and is worked on; the texts this sent to the phone."""
        before = len(self.carrier.bodies(phone))
        self.count += 1
        sid = more.pop("sid", f"SMin{self.count}")
        inbound = inbox.Inbound(channel="sms", address=phone, provider_id=sid, text=text, **more)
        inbox.claim(self.channels.core, self.queue, inbound)
        if run:
            self.queue.run()
        return self.carrier.bodies(phone)[before:]

    def page(self, visit: str, text: str) -> None:
        """The same from the page of a visit, where replies are looked up and not sent."""
        self.count += 1
        inbound = inbox.Inbound(channel="web", address=visit, provider_id=f"w{self.count}", text=text)
        inbox.claim(self.channels.core, self.queue, inbound)
        self.queue.run()

    def rows(self, table: type[Any] = store.Message, **where: Any) -> list[Any]:
        with self.channels.core.read() as session:
            order = (table.conversation_id, table.seq) if table is store.Message else ()
            return list(session.scalars(select(table).filter_by(**where).order_by(*order)))

    def app(self) -> FastAPI:
        app = FastAPI()
        add_channels(app, self.channels)
        return app


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table, the cast and its contacts, made once and copied for each test."""
    path = tmp_path_factory.mktemp("channels") / "filled.sqlite"
    core = open_core(f"sqlite:///{path}", clock=Clock.fixed(NOON))
    billing_core.store.metadata.create_all(core.engine)
    store.metadata.create_all(core.engine)
    cast.load(core)
    settings = ChannelConfig(public_url=PUBLIC, environment="test", secret_key="a-secret-key-for-tests-only")
    demo.load_contacts(assemble(core, settings, queue=InlineQueue, carrier=FakeCarrier()))
    with core.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    core.engine.dispose()
    return path


@pytest.fixture
def make_world(tmp_path: Path, filled: Path) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**config: Any) -> World:
        path = tmp_path / f"world{len(made)}.sqlite"
        shutil.copy(filled, path)
        core = open_core(f"sqlite:///{path}", clock=Clock.fixed(NOON))
        rasa, carrier = FakeRasa(), FakeCarrier()
        values: dict[str, Any] = {
            "public_url": PUBLIC,
            "environment": "test",
            "secret_key": "a-secret-key-for-tests-only",
            "rasa_secret": rasa.secret,
            "twilio_account_sid": "AC123",
            "twilio_auth_token": TOKEN,
            "twilio_from": "+19195550000",
            "rasa_limit_seconds": 0.5,
        }
        settings = ChannelConfig(**(values | config))
        client = RasaClient("http://rasa.test", rasa.secret, limit_seconds=0.5, http=rasa.client())
        ways = Ways(FakeMailer(), Letterbox(tmp_path / f"post{len(made)}"), "Duely <bills@duely.example>")
        channels = assemble(core, settings, queue=InlineQueue, carrier=carrier, rasa=client, ways=ways)
        assert isinstance(channels.queue, InlineQueue)
        made.append(World(channels, rasa, carrier, channels.queue, ways.mailer))
        return made[-1]

    yield make
    for world in made:
        world.channels.core.engine.dispose()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(world.app(), base_url=PUBLIC) as opened:
        yield opened
