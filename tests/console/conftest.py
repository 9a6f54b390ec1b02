"""A console over real channels and the cast, on both databases; conversations are written by the turn's own code."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from billing_core import Core, attempts, payments, quotes, records
from channels import demo, inbox, record
from channels.app import assemble
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.handoff.store import Handoff
from channels.outcome import Outcome
from channels.queue import InlineQueue
from channels.rasa import RasaClient, RasaReply, RasaTurn
from channels.rasa_fake import FakeRasa
from channels.store import Message
from console import users
from console.config import ConsoleConfig
from console.teach import candidates, sentences
from console.teach.port_fake import COMPARED, FakeTeacher
from console.teach.store import CandidateState
from gateway import app as gateway_app
from tests import casting
from tests.channels.conftest import FakeCarrier

PUBLIC = "https://duely.example"
PASSWORD = "a long enough password"
LEE, RIVERA, GARCIA, SMITH = "+19195550101", "+19195550102", "+19195550109", "+16175550107"
_ids = count(1)


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that take no time, in place of those that take long on purpose."""
    monkeypatch.setattr(users, "hasher", PasswordHasher.from_parameters(CHEAPEST))


@dataclass
class Office:
    """The console's world: conversations to write, people to sign in."""

    core: Core
    channels: Channels
    teacher: FakeTeacher = dataclasses.field(default_factory=FakeTeacher)
    _apps: list[tuple[ConsoleConfig, FastAPI]] = dataclasses.field(default_factory=list)

    def says(
        self,
        phone: str,
        text: str,
        reply: str = "Here is what I found.",
        *,
        intent: str | None = "ask_amount_due",
        confidence: float = 0.93,
        language: str = "en",
        actions: tuple[str, ...] = ("action_account_summary",),
        handoff: str | None = None,
        ms: float = 41.0,
        handled_by: str = "rasa",
        later: timedelta = timedelta(),
        said: dict[str, Any] | None = None,
        entities: tuple[dict[str, Any], ...] = (),
        do: Callable[[Message], object] | None = None,
    ) -> Message:
        """One turn as the channels write it: the member's message, what `do` makes of it, the reply."""
        if later:
            self.core.clock.advance(later)
        message = self.claimed(phone, text)
        if do is not None:
            with records.during(message.id):
                do(message)
        self.answered(message, reply, intent=intent, confidence=confidence, language=language, actions=actions,
                      handoff=handoff, ms=ms, handled_by=handled_by, said=said, entities=entities)  # fmt: skip
        return message

    def claimed(self, phone: str, text: str, *, at: datetime | None = None) -> Message:
        """A member's message that waits for its answer; it came at `at`."""
        sent = inbox.Inbound(channel="sms", address=phone, provider_id=f"SMconsole{next(_ids)}", text=text)
        claim = inbox.claim(self.core, self.channels.queue, sent)
        with self.core.write() as session:
            message = session.get_one(Message, claim.message_id)
            message.at = at or message.at
        return message

    def answered(
        self,
        message: Message,
        reply: str,
        *,
        intent: str | None = "ask_amount_due",
        confidence: float = 0.93,
        language: str = "en",
        actions: tuple[str, ...] = ("action_account_summary",),
        handoff: str | None = None,
        ms: float = 41.0,
        handled_by: str = "rasa",
        said: dict[str, Any] | None = None,
        entities: tuple[dict[str, Any], ...] = (),
    ) -> None:
        """Its turn, as the channels write it."""
        noted = [{"reply": "utter_owed", "values": said or {}, "language": language}]
        ranking = [{"name": intent, "confidence": confidence}, {"name": "ask_due_date", "confidence": 0.04}]
        turn = RasaTurn(
            [RasaReply(reply, data={"said": noted})], intent, confidence, ranking, list(entities), list(actions),
            {"rasa": ms / 2},
        )  # fmt: skip
        outcome = Outcome(handled_by, turn.replies, rasa=turn, handoff=handoff)
        record.write(self.channels, message.id, outcome, total_ms=ms)

    def quote(self, message: Message) -> None:
        """A quote of what Jordan Lee owes, made for this message."""
        quotes.open_payment(
            self.core, account_id="lee", conversation_id=message.conversation_id, turn_id=message.id
        )  # fmt: skip

    def pay(self, message: Message) -> None:
        """And its confirmation by this one."""
        with self.core.read() as session:
            quoted = payments.of(session, "lee")[-1]
        attempts.confirm(self.core, quoted.id, message.id)

    def app(self, config: ConsoleConfig = ConsoleConfig()) -> FastAPI:
        """The public app with the console in it: one for all browsers, since its routes take 0.2 s to put together."""
        for known, app in self._apps:
            if known == config:
                return app
        app = gateway_app.build(self.channels, lambda: {"database": True}, console=config, teacher=self.teacher)
        self._apps.append((config, app))
        return app

    def client(self, *, config: ConsoleConfig = ConsoleConfig(), address: str = "203.0.113.9") -> TestClient:
        """A browser that nobody is signed in at."""
        app = self.app(config)
        return TestClient(app, base_url=PUBLIC, follow_redirects=False, client=(address, 40000))

    def person(self, role: str, name: str = "") -> TestClient:
        """A browser at which somebody of this role is signed in."""
        name = name or f"{role}.kim"
        if users.known(self.core, name) is None:
            users.add(self.core, name, role, PASSWORD)
        client = self.client()
        assert sign_in(client, name).status_code == 303
        return client


def decisions(office: Office, message_id: str) -> list[int]:
    with office.core.read() as session:
        return records.of_turn(session, message_id)


def named(office: Office) -> dict[str, Any]:
    """Makes one of everything that an address can name, and returns them by their names there."""
    message = office.says(LEE, "help me", handoff="asked for a person", do=office.quote)
    with office.core.read() as session:
        handoff = session.scalars(select(Handoff).where(Handoff.conversation_id == message.conversation_id)).one()
    sentence = sentences.add(office.core, "let me square up", "pay_bill", "kim")
    candidate = candidates.start(office.core, office.teacher, "kim")
    candidates.finish(office.core, candidate.id, CandidateState.READY, comparison=COMPARED)
    return {
        "conversation_id": message.conversation_id,
        "record_id": decisions(office, message.id)[0],
        "handoff_id": handoff.id,
        "message_id": message.id,
        "sentence_id": sentence.id,
        "candidate_id": candidate.id,
        "name": "funnel",
    }


def sign_in(client: TestClient, name: str, password: str = PASSWORD, **more: str) -> Any:
    """Open the form and send it, as a browser does."""
    start = field(client.get("/console/sign-in").text, "start")
    return client.post("/console/sign-in", data={"name": name, "password": password, "start": start, **more})


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


@pytest.fixture
def make_office() -> Callable[..., Office]:
    def make(core: Core, load: Callable[[Core], None] = casting.load, **config: Any) -> Office:
        rasa = FakeRasa()
        values: dict[str, Any] = {"public_url": PUBLIC, "environment": "test", "secret_key": "a-secret-key-for-tests"}
        settings = ChannelConfig(**(values | config))
        client = RasaClient("http://rasa.test", rasa.secret, limit_seconds=0.5, http=rasa.client())
        channels = assemble(core, settings, queue=InlineQueue, carrier=FakeCarrier(), rasa=client)
        if load is casting.load:
            casting.load_with(core, lambda: demo.load_contacts(channels))
        else:
            load(core)
            demo.load_contacts(channels)
        return Office(core, channels)

    return make


@pytest.fixture
def office(core: Core, make_office: Callable[..., Office]) -> Office:
    """On SQLite and on PostgreSQL."""
    return make_office(core)


@pytest.fixture
def sqlite_office(sqlite_core: Core, make_office: Callable[..., Office]) -> Office:
    return make_office(sqlite_core)
