"""Everything but Rasa as one value in this process: core, channels, queue, the public app and the actions.

`duely up`, `duely play` and the tests run the same stack; they differ in settings, clock and database.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import httpx
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from billing_core import Clock, Core, cast, open_core
from channels import work
from channels.app import ChannelConfig, Channels, assemble
from channels.assembly import MethodSaved
from channels.carrier import Carrier
from channels.demo import load_contacts
from channels.durable_queue import DurableQueue
from channels.queue import Job
from channels.rasa import RasaReply
from console.teach.port import Live
from gateway import app, database, privacy
from gateway.billing_days import Heart
from gateway.looking import Looker
from gateway.notice_sending import NoticeSender, ways
from gateway.probe import probe
from gateway.serving import Served, listen
from gateway.settings import Settings
from gateway.teaching.teacher import FilesTeacher

log = structlog.get_logger(__name__)
ACTIONS_PATH = "/webhook"
# How often the jobs of processes that died are looked for; one is taken for dead at the second look.
ADOPT_EVERY_S = 2.0
ELSEWHERE = (
    "Rasa runs elsewhere (DUELY_RASA_URL), so its model is changed there: `duely nlu export` writes the sentences into "
    "the files from which it is trained."
)


class Stack:
    """One running Duely without its Rasa. `open_` first, then `serve` once Rasa answers; `close` ends all of it.

    Ports are taken at once, so that Rasa can be told the actions' address before anything else has started.
    `poll_s` is how often the queue looks for work, and `after_job` is called when a job is done. Raises `PortTaken`.
    """

    def __init__(
        self, settings: Settings, *, poll_s: float = 0.01, after_job: Callable[[], None] = lambda: None
    ) -> None:
        self.settings = settings
        self._poll_s = poll_s
        self._after_job = after_job
        self._public_socket = listen(settings.host, settings.port, "PORT")
        try:
            self._actions_socket = listen("127.0.0.1", settings.actions_port, "ACTIONS_PORT")
        except BaseException:
            self._public_socket.close()
            raise
        self.url = f"http://127.0.0.1:{self._public_socket.getsockname()[1]}"
        self.actions_url = f"http://127.0.0.1:{self._actions_socket.getsockname()[1]}{ACTIONS_PATH}"
        self.core: Core
        self.channels: Channels
        self.ways = ways(settings)
        self._rasa_secret = settings.rasa_secret.get_secret_value()
        self._ending = contextlib.ExitStack()
        self._ending.callback(self._public_socket.close)
        self._ending.callback(self._actions_socket.close)
        self._serving = False
        # What the console is told of the live model; whoever runs a Rasa that can be swapped puts in its own.
        self.live: Callable[[], Live] = lambda: Live(self.channels.rasa.address, fixed=ELSEWHERE)

    def open_(
        self, *, rasa_url: str, clock: Clock | None = None, twilio_api_url: str = "", tokenizer_url: str = ""
    ) -> None:
        """Bring the database up to date, load the cast into an empty one, and answer Rasa's actions."""
        from bot import actions

        settings = self.settings
        database.migrate(settings.database)
        self.core = open_core(
            settings.database, clock=clock or settings.open_clock(), processor=settings.opens_processor()
        )
        self._ending.callback(self.core.engine.dispose)
        config = settings.for_channels(
            rasa_url=rasa_url,
            twilio_api_url=twilio_api_url or settings.twilio_api_url,
            public_url=settings.public_url or self.url,
            tokenizer_url=tokenizer_url,
        )
        self.channels = assemble(
            self.core, config, queue=lambda handler: self._queue(config, handler), goes_on=self._goes_on, ways=self.ways
        )
        self._ending.callback(self.channels.rasa.close)
        self._close_carrier(self.channels.carrier)
        if not settings.production and cast.load(self.core):
            load_contacts(self.channels)
            log.info("cast_loaded", as_of=self.core.clock.today().isoformat())
        served = Served(actions.webhook(self.core), self._actions_socket, "actions").start()
        self._ending.callback(served.stop)

    def serve(self, *, heart: bool = True) -> None:
        """Take up what is queued and answer the world."""
        queue = self.channels.queue
        assert isinstance(queue, DurableQueue)
        queue.start()
        self._ending.callback(queue.stop)
        adopting = Looker("adopting", queue.adopt, every_s=ADOPT_EVERY_S)
        adopting.start()
        self._ending.callback(adopting.stop)
        if heart:
            beating = Heart(self.core, at=self.settings.billing_day_at)
            beating.start()
            self._ending.callback(beating.stop)
            for looker in (
                NoticeSender(self.channels, self.ways),
                Looker("people", lambda: work.look_after_people(self.channels)),
                *privacy.lookers(self.channels, self.settings.retention_days),
            ):
                looker.start()
                self._ending.callback(looker.stop)
        # Started last, so it ends first: no new message comes in while those under way are finished.
        self._ending.callback(Served(self._public_app(), self._public_socket, "public").start().stop)
        self._serving = True

    def warm_up(self, rasa_url: str = "") -> None:
        """Have Rasa understand one sentence, so that no member waits for what it does only the first time."""
        address = f"{rasa_url or self.channels.rasa.address}/model/parse"
        with contextlib.suppress(httpx.HTTPError):
            probe().post(address, params={"token": self._rasa_secret}, json={"text": "hello"}, timeout=10.0)

    def readiness(self) -> dict[str, bool]:
        """Which parts a turn needs work right now."""
        return {"database": self._database_works(), "rasa": self._rasa_works(), "queue": self._queue_works()}

    def close(self) -> None:
        """End everything in order, messages under way first; safe to call twice."""
        self._serving = False
        self._ending.close()

    def _goes_on(self, saved: MethodSaved) -> list[RasaReply]:
        """What the assistant says next when a method was saved on the secure page."""
        from bot.actions import entry

        said = entry.goes_on(self.core, **vars(saved))
        return [RasaReply(text, reply.buttons, dict(reply.data or {})) for text, reply in said]

    def _public_app(self) -> FastAPI:
        secret = self.settings.stripe_webhook_secret.get_secret_value()
        console = self.settings.for_console()
        teacher = FilesTeacher(self.core, lambda: self.live())
        return app.build(self.channels, self.readiness, stripe_webhook_secret=secret, console=console, teacher=teacher)

    def _queue(self, config: ChannelConfig, handler: Callable[[Job], None]) -> DurableQueue:
        def run(job: Job) -> None:
            handler(job)
            self._after_job()

        return DurableQueue(
            self.core.engine.url,
            run,
            executor=config.executor,
            application_version=config.application_version,
            gave_up=lambda job: work.give_up(self.channels, job),
            poll_seconds=self._poll_s,
            synchronous=os.environ.get("DUELY_SQLITE_SYNCHRONOUS", "FULL"),
        )

    def _close_carrier(self, carrier: Carrier) -> None:
        close = getattr(carrier, "close", None)
        if close is not None:
            self._ending.callback(close)

    def _database_works(self) -> bool:
        try:
            return database.is_current(self.core.engine)
        except SQLAlchemyError:
            return False

    def _rasa_works(self) -> bool:
        # `/status` tells whether the model is loaded, and needs the secret as our channel does.
        address = f"{self.channels.rasa.address}/status"
        try:
            return probe().get(address, params={"token": self._rasa_secret}, timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def _queue_works(self) -> bool:
        queue = self.channels.queue
        try:
            return self._serving and isinstance(queue, DurableQueue) and queue.idle() in (True, False)
        except Exception:
            # DBOS has an error tree of its own above the database's; any of them means the same here.
            return False
