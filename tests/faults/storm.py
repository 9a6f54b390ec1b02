"""Many members text at once while processes are killed, Twilio fails, the disk fills and the clock jumps.

Three processes as in production (the app with its workers, Rasa, the carrier outside of both). What happens when is
drawn from a seed, so a run can be asked for again; how the threads fall is not. Each kind of trouble comes at its first
occasion and by chance after that, so that a short run has all of them too. `Storm.check` then holds the books to what
must be true of any run (DESIGN 11): nothing lost, nothing out of order, nothing paid or sent twice.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, select

from billing_core import Clock, open_core
from billing_core.accounts import Account
from billing_core.ledger import total_cents
from billing_core.payments import Payment
from billing_core.states import PaymentState
from billing_core.views import account
from channels.store import Contact, Conversation, Message
from channels.twilio_standin import StandIn
from gateway import database
from gateway.play.rehearsal import model
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from tests.billing_core.world import CANONICAL, World
from tests.gateway.processes import SECRET, UpProcess

SAID = (
    "pay my bill",
    "PAY",
    "how much do i owe",
    "when is it due",
    "thanks",
    "what cards do you take",
    "did my payment go through",
)
CLOCKS = ("2026-12-15T10:00", "2026-12-15T09:55", "2026-12-15T16:30", "2026-12-14T23:50", "2026-12-16T00:05")
TROUBLES = ("500", "429", "taken_500", "timeout", "taken_timeout", "late")
TWILIOS = ("ok",) * 4 + TROUBLES
OURS = ("app killed", "Rasa killed", "clock jumped", "disk full", "texts at once", "callbacks out of order")
# A text without an answer may still be taken so long after; what is late comes well before that.
LATE_S, UNCLEAR_S = 1.5, 6
POSTERS = 8
# So many texts for each kill, also where a slow machine takes long over one.
TEXTS_A_KILL = 40
SETTLE_LIMIT_S = 180.0
WAITING = ("queued", "sending", "unknown")


@dataclass
class Storm:
    """`people` conversations under `kills` kills; `run` it, then `check` it."""

    folder: Path
    seed: int
    kills: int
    people: int
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.phones = [f"+1919556{number:04d}" for number in range(self.people)]
        self.texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        # Which of a number's texts were on their way at once, so that either may come first.
        self.bursts: dict[str, int] = {}
        self._stopping = threading.Event()
        self._struck = 0
        self._numbers = Counter[str]()

    def run(self) -> None:
        """Let it rage until every kill has been, then bring everything back and wait until all is said."""
        scatter = random.Random(self.seed)
        with StandIn(timeout_seconds=LATE_S, delivers=True, scatter=scatter).serving() as self.twilio:
            settings = {"TWILIO_API_URL": self.twilio.url, "TWILIO_UNCLEAR_SECONDS": str(UNCLEAR_S)}
            self.up = UpProcess(self.folder, settings | {"REQUESTS_PER_MINUTE": "0"})
            self._fill()
            self.rasa = RasaProcess(free_port(), SECRET, self.up.actions_url, self.folder / "rasa.log", model=model())
            self.up.settings["RASA_URL"] = self.rasa.url
            posters = [threading.Thread(target=self._post, args=(at,), daemon=True) for at in range(POSTERS)]
            try:
                self.rasa.start()
                self.rasa.wait_ready(300)
                self.up.start()
                for each in posters:
                    each.start()
                while self._struck < self.kills:
                    self._strike()
                    self._struck += 1
                    (self.folder / "progress").write_text(f"{self._struck} of {self.kills}: {dict(self.happened)}\n")
                self._stopping.set()
                for each in posters:
                    each.join(60)
                self._settle()
            finally:
                self._stopping.set()
                self.up.close()
                self.rasa.stop()

    def _fill(self) -> None:
        """A database in which every member owes January and can pay it by card."""
        database.migrate(self.up.database_url)
        core = open_core(self.up.database_url, clock=Clock.fixed(CANONICAL))
        world = World(core)
        for number, phone in enumerate(self.phones):
            key = world.member(f"m{number}")
            with core.write() as session:
                session.get_one(Account, key).phone = phone
                now = core.clock.now()
                known = Contact(channel="sms", address=phone, account_id=key, trusted_at=now, told_how_at=now)
                session.add(known)
        core.engine.dispose()

    def _post(self, lane: int) -> None:
        """Send texts as Twilio would: each until it is acknowledged, some of them again, some two at once."""
        rng = random.Random(self.seed * 1000 + lane)
        mine = self.phones[lane::POSTERS]
        while not self._stopping.is_set():
            if len(self.bursts) >= TEXTS_A_KILL * (self._struck + 1):
                time.sleep(0.1)
                continue
            phone = rng.choice(mine)
            many = 2 if self._happens("texts at once", 0.2, rng) else 1
            burst = self._numbers[phone]
            together = []
            for at in range(burst, burst + many):
                text, sid = SAID[at % len(SAID)], f"SM{phone[1:]}{at:020d}"
                self.texts[phone].append((sid, text))
                self.bursts[sid] = burst
                together.append(threading.Thread(target=self._until_acknowledged, args=(phone, text, sid), daemon=True))
            self._numbers[phone] += many
            for each in together:
                each.start()
            for each in together:
                each.join()
            if many > 1:
                self.happened["texts at once"] += 1
            earlier = rng.choice(self.texts[phone])
            if rng.random() < 0.3:
                self._acknowledged(phone, earlier[1], earlier[0])
            time.sleep(rng.uniform(0.2, 1.5))

    def _until_acknowledged(self, phone: str, text: str, sid: str) -> None:
        while not self._acknowledged(phone, text, sid):
            time.sleep(0.1)

    def _happens(self, what: str, chance: float, rng: random.Random) -> bool:
        """Whether a kind of trouble comes now: by chance, and if there was none of it yet."""
        return rng.random() < chance or not self.happened[what]

    def _acknowledged(self, phone: str, text: str, sid: str) -> bool:
        try:
            return self.up.text_in(phone, text, sid).status_code == 200
        except httpx.HTTPError:
            return False

    def _strike(self) -> None:
        """One kill at a random moment, with some trouble before it."""
        first = TROUBLES if not self.twilio.went["late"] else ()
        self.twilio.script(*first, *(self.rng.choice(TWILIOS) for _ in range(self.rng.randint(0, 3))))
        if self._happens("disk full", 0.15, self.rng):
            self._full_disk()
        time.sleep(self.rng.uniform(0.05, 1.5))
        if self._happens("Rasa killed", 0.1, self.rng):
            pid = self.rasa.pid
            assert pid is not None
            os.kill(pid, 9)
            self.happened["Rasa killed"] += 1
            time.sleep(self.rng.uniform(0.1, 1.0))
            # A process of that size takes a while to die on a busy machine, and until then passes for alive.
            while self.rasa.alive():
                time.sleep(0.05)
            self.rasa.ensure_alive()
            self.rasa.wait_ready(300)
            return
        self.up.kill()
        self.happened["app killed"] += 1
        if self._happens("clock jumped", 0.3, self.rng):
            self.up.settings["CLOCK"] = self.rng.choice(CLOCKS)
            self.happened["clock jumped"] += 1
        self.up.start()

    def _full_disk(self) -> None:
        """For a moment no file of the app may grow, which is what a full disk is to a database."""
        assert self.up.child is not None
        limits = resource.prlimit(self.up.child.pid, resource.RLIMIT_FSIZE)
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(self.up.child.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
            self.happened["disk full"] += 1
            time.sleep(self.rng.uniform(0.2, 0.8))
            resource.prlimit(self.up.child.pid, resource.RLIMIT_FSIZE, limits)

    def _settle(self) -> None:
        limit = time.monotonic() + SETTLE_LIMIT_S
        while waiting := [row for row in self._messages() if row.state in WAITING]:
            if time.monotonic() > limit:
                shown = [(row.conversation_id, row.seq, row.direction, row.state) for row in waiting[:10]]
                raise TimeoutError(f"seed {self.seed}: {len(waiting)} messages still wait: {shown}")
            time.sleep(0.5)

    def _messages(self) -> list[Any]:
        engine = create_engine(self.up.database_url)
        try:
            with engine.connect() as connection:
                columns = (
                    Message.id, Message.conversation_id, Message.seq, Message.direction, Message.provider_id,
                    Message.text, Message.state, Message.reply_to, Message.error_code, Contact.address,
                )  # fmt: skip
                query = (
                    select(*columns)
                    .join(Conversation, Conversation.id == Message.conversation_id)
                    .join(Contact, Contact.id == Conversation.contact_id)
                    .order_by(Message.conversation_id, Message.seq)
                )
                return list(connection.execute(query))
        finally:
            engine.dispose()

    def check(self) -> dict[str, int]:
        """Hold the books to what must be true; the figures of the run. Raises AssertionError naming the seed."""
        rows = self._messages()
        self.happened.update(self.twilio.went)
        unheard = self._against_what_was_told(rows)
        missing = [each for each in OURS + TROUBLES if not self.happened[each]]
        assert not missing, f"seed {self.seed}: {missing} never happened; {dict(self.happened)}"
        lost, twice, mute, disordered = self._against_what_was_sent(rows)
        paid, paid_twice, unbalanced = self._money()
        figures = {
            "texts": sum(map(len, self.texts.values())),
            "replies": len(self.twilio.sent),
            "paid": paid,
            "lost": lost,
            "taken in twice": twice,
            "without a reply": mute,
            "out of order or sent twice": disordered,
            "state not as told": unheard,
            "paid twice": paid_twice,
            "ledger off by cents": unbalanced,
        }
        faults = {name: many for name, many in figures.items() if name not in ("texts", "replies", "paid") and many}
        assert not faults, f"seed {self.seed}: {faults}; {dict(self.happened)}"
        return figures

    def _against_what_was_sent(self, rows: list[Any]) -> tuple[int, int, int, int]:
        kept = Counter(row.provider_id for row in rows if row.direction == "in")
        sent = {sid for texts in self.texts.values() for sid, _ in texts}
        answered = {row.reply_to for row in rows if row.direction == "out"}
        asked = [row for row in rows if row.direction == "in"]
        for phone in self.phones:
            order = [row.provider_id for row in asked if row.address == phone]
            bursts = [self.bursts[sid] for sid in order]
            assert bursts == sorted(bursts), f"seed {self.seed}: {phone} in order"
        wrong = 0
        for phone in self.phones:
            # A text the carrier refused for good never left; all others left once, in the order they were written.
            ours = [
                row.text for row in rows if row.direction == "out" and row.address == phone and row.state != "failed"
            ]
            wrong += ours != self.twilio.bodies(phone)
        return (
            len(sent - set(kept)),
            sum(many - 1 for many in kept.values()),
            sum(row.id not in answered for row in asked),
            wrong,
        )

    def _against_what_was_told(self, rows: list[Any]) -> int:
        """How many texts are not in the last state that Twilio told and we acknowledged, whatever came after it."""
        states = {row.provider_id: row.state for row in rows if row.direction == "out"}
        first: dict[str, str] = {}
        for sid, status in self.twilio.told:
            self.happened["callbacks out of order"] += status == "sent" and first.get(sid) == "delivered"
            first.setdefault(sid, status)
        return sum(states.get(sid) != "delivered" for sid, status in self.twilio.told if status == "delivered")

    def _money(self) -> tuple[int, int, int]:
        core = open_core(self.up.database_url, clock=Clock.fixed(CANONICAL))
        try:
            with core.read() as session:
                settled = Counter(
                    session.scalars(select(Payment.account_id).where(Payment.state == PaymentState.SETTLED.value))
                )
                off = total_cents(session)
            owing = [key for key in settled if account(core, key)["owed_cents"]]
            return len(settled), sum(many - 1 for many in settled.values()) + len(owing), abs(off)
        finally:
            core.engine.dispose()
