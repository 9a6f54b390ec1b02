"""The whole of Duely in this process with a clock that is set by hand: for `duely play` and for tests.

It is the real stack (`gateway.stack`) on free ports, a database of its own, the stand-in for Twilio, and a Rasa that
is started with it or given. Only the cast is put back by a shorter way than loading it: row by row from a copy.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType

import httpx
from pydantic import SecretStr
from sqlalchemy import and_, or_, select
from twilio.request_validator import RequestValidator

from billing_core import Clock, Core, cast
from channels.app import Channels
from channels.demo import load_contacts
from channels.durable_queue import DurableQueue
from channels.store import Message
from channels.twilio_standin import StandIn
from gateway import database, tokenizer
from gateway.play.format import CANONICAL_CLOCK
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from gateway.settings import Settings
from gateway.settings_fields import STANDIN_FROM, STANDIN_TOKEN
from gateway.stack import Stack
from gateway.training import ROOT, ensure_model

READY_LIMIT_S = 300.0
# How long to wait for news before looking anyway.
LOOK_S = 0.2
# How long a job may still be at its last words when the cast is put back.
LAST_WORDS_S = 10.0
SECRET = "rehearsal-secret-of-no-worth"  # noqa: S105 - opens nothing but this process


def model() -> Path:
    """The model to rehearse: the one setting that is taken over from the environment, or that of the sources."""
    given = os.environ.get("DUELY_MODEL_PATH", "")
    return Path(given) if given else ensure_model(lambda line: print(line, flush=True))


class Rehearsal:
    """The running stack: `url`, `core`, `channels`, `twilio` (the stand-in), `reset`, `sms`, `wait_settled`.

    A context manager; `rasa` is a Rasa that runs already and finds its actions at `actions_port`, or None.
    """

    def __init__(
        self, *, rasa_url: str = "", rasa_secret: str = "", actions_port: int = 0, on_disk: bool = False
    ) -> None:
        self._ending = contextlib.ExitStack()
        self._on_disk = on_disk
        # Set whenever a job of the queue is done, so that whoever waits looks again.
        self._news = threading.Event()
        self._copies: dict[str, database.Rows] = {}
        self._numbers = itertools.count(1)
        self._rasa_url = rasa_url
        self._rasa_secret = rasa_secret or SECRET
        self._actions_port = actions_port
        self.twilio = StandIn()
        self.rasa: RasaProcess | None = None

    def __enter__(self) -> Rehearsal:
        with contextlib.ExitStack() as ending:
            # A rehearsal keeps nothing, so it does not wait for the disk either, unless the disk is to be measured.
            os.environ.setdefault("DUELY_SQLITE_SYNCHRONOUS", "FULL" if self._on_disk else "OFF")
            memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) and not self._on_disk else None
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="duely-play-", dir=memory)))
            ending.enter_context(self.twilio.serving())
            self._stack = Stack(self._settings(folder), after_job=self._news.set)
            ending.callback(self._stack.close)
            self._start_rasa(ending)
            clock = Clock.fixed(CANONICAL_CLOCK)
            self.tokenizer_url = ending.enter_context(tokenizer.served(self._stack.settings, self._stack.url, clock))
            self._stack.open_(
                rasa_url=self._rasa_url,
                clock=clock,
                twilio_api_url=self.twilio.url,
                tokenizer_url=self.tokenizer_url,
            )
            # Again, so that the stack ends before the Rasa that was started after its ports were taken.
            ending.callback(self._stack.close)
            if self.rasa is not None:
                self.rasa.wait_ready(READY_LIMIT_S)
            self._stack.serve(heart=False)
            self._http = ending.enter_context(httpx.Client(base_url=self.url, timeout=60.0))
            self._warm_up()
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    @property
    def url(self) -> str:
        """The public address."""
        return self._stack.url

    @property
    def core(self) -> Core:
        return self._stack.core

    @property
    def channels(self) -> Channels:
        return self._stack.channels

    @property
    def stack(self) -> Stack:
        return self._stack

    def reset(self, clock: str | datetime = CANONICAL_CLOCK) -> None:
        """Put the cast back as it is at `clock` (issuer-local), and forget everything that was said and sent."""
        moment = datetime.fromisoformat(clock) if isinstance(clock, str) else clock
        self._wait_for_jobs()
        self.core.clock.set(moment)
        copy = self._copies.get(moment.isoformat())
        if copy is not None:
            database.put_rows(self.core.engine, copy)
        else:
            database.put_rows(self.core.engine, {})
            cast.load(self.core)
            load_contacts(self.channels)
            self._copies[moment.isoformat()] = database.copy_rows(self.core.engine)
        self.twilio.sent.clear()
        shutil.rmtree(self.stack.ways.letters.folder, ignore_errors=True)

    def sms(self, frm: str, body: str, sid: str | None = None, *, sign: bool = True, **more: str) -> httpx.Response:
        """Post a text to the webhook as Twilio does, signed for our public address unless told otherwise."""
        form = {
            "MessageSid": sid or f"SMin{next(self._numbers):028x}",
            "AccountSid": self.channels.config.twilio_account_sid,
            "From": frm,
            "To": STANDIN_FROM,
            "Body": body,
            "NumMedia": "0",
            **more,
        }
        signed = RequestValidator(STANDIN_TOKEN).compute_signature(self.channels.config.url("/twilio/sms"), form)
        return self._http.post("/twilio/sms", data=form, headers={"X-Twilio-Signature": signed} if sign else {})

    def wait_settled(self, conversation_id: str, seconds: float = 60.0) -> None:
        """Return when every message of a conversation is answered and every reply has left.

        Raises TimeoutError after `seconds`."""
        waiting = (
            select(Message.id)
            .where(
                Message.conversation_id == conversation_id,
                or_(
                    and_(Message.direction == "in", Message.state == "queued"),
                    and_(Message.direction == "out", Message.state.in_(("queued", "sending", "unknown"))),
                ),
            )
            .limit(1)
        )
        limit = time.monotonic() + seconds
        while True:
            with self.core.engine.connect() as connection:
                if connection.execute(waiting).first() is None:
                    return
            if time.monotonic() > limit:
                raise TimeoutError(f"not answered within {seconds:.0f} s")
            self._news.wait(LOOK_S)
            self._news.clear()

    def _wait_for_jobs(self) -> None:
        """A reply has left before its job is over, and what the job still writes about would be gone."""
        queue = self.channels.queue
        assert isinstance(queue, DurableQueue)
        limit = time.monotonic() + LAST_WORDS_S
        while queue.busy() and time.monotonic() < limit:
            time.sleep(0.002)

    def _warm_up(self) -> None:
        """Two whole turns, so that the first that is timed is like the others. What they bring is nobody's matter."""
        for said in ("how much do i owe", "pay it"):
            self.sms(cast.MEMBERS[0]["phone"], said)
        with contextlib.suppress(TimeoutError):
            self.twilio.wait_for(2)
        self.reset()

    def _settings(self, folder: Path) -> Settings:
        # Built without reading the environment: a rehearsal is the same on every machine.
        return Settings.model_construct(
            environment="test",
            database_url=f"sqlite:///{folder / 'duely.sqlite'}",
            secret_key=SecretStr(SECRET),
            rasa_secret=SecretStr(self._rasa_secret),
            port=0,
            actions_port=self._actions_port,
            requests_per_minute=0,
            post_folder=str(folder / "post"),
        )

    def _start_rasa(self, ending: contextlib.ExitStack) -> None:
        if self._rasa_url:
            return
        log = ROOT / "var/rasa-rehearsal.log"
        self.rasa = RasaProcess(free_port(), self._rasa_secret, self._stack.actions_url, log, model=model())
        ending.callback(self.rasa.stop)
        self.rasa.start()
        self._rasa_url = self.rasa.url
