"""Playing the demo traffic: each conversation through the real channels, actions and core, at its own moment.

Only three things are not real: the reading of the sentences is from the record, the carrier takes every text and sends
none, and how long turns took is drawn from the seed. One after the other, so that a seed says all of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from billing_core import Core, payments, reversals
from billing_core.calendar import ISSUER_ZONE
from billing_core.notices import Notice
from billing_core.states import PaymentState
from channels import demo, inbox, links, marks, outbox, session, tallies
from channels.app import ChannelConfig, assemble
from channels.assembly import Channels
from channels.handoff import desk
from channels.handoff.store import OPEN, Handoff
from channels.queue import InlineQueue
from channels.store import Message, Turn
from gateway.traffic import members
from gateway.traffic.stories import STRANGER, Happening, Story, stories
from gateway.traffic.understanding import Understanding

CODE = "{code}"
# How many write in each hour of the day, beside the others; on Saturdays and Sundays it is fewer.
_HOURS = (1, 0, 0, 0, 0, 1, 3, 8, 14, 18, 20, 18, 16, 15, 14, 14, 13, 14, 15, 13, 10, 7, 4, 2)
_WEEKEND = 0.45
_WEB = 0.35
# The last hours, in which not everybody has been helped yet.
_STILL_WAITS = timedelta(hours=3)
_AGENTS = {"Kim": "cli:kim", "Alex": "cli:alex"}
_HELPED = "Hi, this is Kim. I have looked into it and will write to you about it."
_TELL_EVERY = 200


class Carrier:
    """Takes every text and sends none; what becomes of one the player says (`taken`, in their order)."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._count = 0

    def send(self, to: str, body: str) -> str:
        """Never refuses."""
        self._count += 1
        # With the number it is for, so that a later run makes others.
        self.taken.append(f"SMdemo{to.removeprefix('+')}{self._count:015x}")
        return self.taken[-1]

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        """No sending is ever cut short."""
        return []

    def forget(self, sid: str) -> None:
        """Nothing is kept."""


@dataclass(frozen=True)
class Played:
    """How much there is now that was not there before."""

    conversations: int
    turns: int
    people_asked: int


def play(
    core: Core,
    config: ChannelConfig,
    *,
    days: int,
    conversations: int,
    seed: int,
    say: Callable[[str], None] = lambda _line: None,
) -> Played:
    """Play so many conversations over the days up to the clock's moment, and leave the clock there.

    The core's processor must be the sandbox, and its database without demo traffic.
    """
    now, random = core.now(), Random(seed)
    with _world(core, config, random) as world:
        phones = members.phones()
        told = stories()
        weights = [story.weight for story in told]
        for number, start in enumerate(_starts(random, now, days, conversations), 1):
            _Conversation(world, random.choices(told, weights)[0], number, next(phones), start, now).play()
            if number % _TELL_EVERY == 0:
                say(f"  {number} of {conversations} conversations, {core.clock.today():%B %-d}.")
        core.clock.set(now)
        _end(world)
    return Played(conversations, world.turns, world.people_asked)


@dataclass
class _World:
    channels: Channels
    queue: InlineQueue
    carrier: Carrier
    understanding: Understanding
    random: Random
    turns: int = 0
    people_asked: int = 0


@contextlib.contextmanager
def _world(core: Core, config: ChannelConfig, random: Random) -> Iterator[_World]:
    queues: list[InlineQueue] = []

    def inline(handler: Callable[..., None]) -> InlineQueue:
        queues.append(InlineQueue(handler))
        return queues[0]

    carrier, understanding = Carrier(), Understanding(core, lambda: _took(random))
    channels = assemble(core, config, queue=inline, carrier=carrier, rasa=understanding.client())
    try:
        yield _World(channels, queues[0], carrier, understanding, random)
    finally:
        channels.rasa.close()


def _took(random: Random) -> float:
    """Milliseconds of a turn: most are quick, and of 150 one is slow."""
    return random.uniform(2100, 6500) if random.random() < 1 / 150 else random.lognormvariate(3.75, 0.45)


def _starts(random: Random, now: datetime, days: int, many: int) -> list[datetime]:
    """When the conversations begin, oldest first: by the hours of the day, fewer on weekends, none after `now`."""
    zone = ZoneInfo(ISSUER_ZONE)
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(days)]
    by_day = [_WEEKEND if day.weekday() > 4 else 1.0 for day in dates]
    found: list[datetime] = []
    while len(found) < many:
        (day,), (hour,) = random.choices(dates, by_day), random.choices(range(24), _HOURS)
        at = datetime.combine(day, time(hour, random.randrange(60), random.randrange(60)), zone)
        if at < now - timedelta(minutes=10):
            found.append(at)
    return sorted(found)


class _Conversation:
    """One member from their first word to the last step of the story, or to the present."""

    def __init__(self, world: _World, story: Story, number: int, phone: str, start: datetime, now: datetime) -> None:
        self.world, self.story, self.number, self.phone, self.now = world, story, number, phone, now
        self.channels, self.random = world.channels, world.random
        self.clock = self.channels.core.clock
        self.start = start
        self.lost: str | None = None
        self.said = 0

    def play(self) -> None:
        self.clock.set(self.start)
        who = self.random.choice(self.story.who)
        self.account_id = None if who == STRANGER else f"{members.KEY}-{self.number:05d}"
        if self.account_id is not None:
            members.join(self.channels, members.like(who, self.number, self.phone, self.random), self.number)
        web = self.random.random() < _WEB
        self.channel = self.story.channel or ("web" if web else "sms")
        self.address = self.phone
        if self.channel == "web":
            self.address = session.start(self.channels, self.account_id).address
        for step in self.story.steps:
            if not (self._happens(step) if isinstance(step, Happening) else self._says(step)):
                break
        self.channels.core.processor.forget_script()  # type: ignore[attr-defined]
        # Nobody waits for weeks, whatever the story asked a person for.
        for step in (Happening(agent=_HELPED), Happening(release=True)):
            self._person(step)

    def _says(self, step: str | list[str]) -> bool:
        text = step if isinstance(step, str) else self.random.choice(step)
        if text == CODE:
            assert self.account_id is not None
            code = demo.last_code(self.channels, self.account_id)
            if code is None:
                return True
            text = code
        if self.said and not self._later(self.random.uniform(8, 110)):
            return False
        self.said += 1
        provider_id = f"SMdemo{self.number:08d}x{self.said:03d}"
        sent = inbox.Inbound(channel=self.channel, address=self.address, provider_id=provider_id, text=text)
        claimed = inbox.claim(self.channels.core, self.world.queue, sent)
        self.conversation_id = claimed.conversation_id
        self._work()
        self._timed(claimed.message_id)
        return True

    def _work(self) -> None:
        self.world.queue.run()
        for sid in self.world.carrier.taken:
            state = "undelivered" if self.lost else "delivered"
            outbox.carrier_said(self.channels, sid, state, self.lost)
            self.lost = None
        self.world.carrier.taken.clear()

    def _timed(self, message_id: str) -> None:
        """What this machine took says nothing of a deployment, and would differ each time."""
        self.world.turns += 1
        with self.channels.core.write() as writing:
            turn = writing.get_one(Turn, message_id)
            rasa = float(turn.ms.get("total", 0.0))
            turn.ms = {**turn.ms, "turn": round(rasa * 1.5 + self.random.uniform(4, 12), 1)}

    def _happens(self, step: Happening) -> bool:
        if step.processor is not None:
            self.channels.core.processor.script(self.random.choice(step.processor))  # type: ignore[attr-defined]
        if step.lost is not None and self.channel == "sms":
            self.lost = self.random.choice(step.lost)
        self.world.understanding.trouble = self.world.understanding.trouble or step.trouble
        if step.pause_minutes:
            return self._later(step.pause_minutes * 60)
        if step.returned is not None:
            return self._comes_back(self.random.choice(step.returned))
        if step.agent is not None or step.release:
            return self._person(step)
        return True

    def _person(self, step: Happening) -> bool:
        with self.channels.core.read() as reading:
            handoff = reading.scalars(
                select(Handoff).where(Handoff.conversation_id == self.conversation_id, Handoff.state.in_(OPEN))
            ).first()
        if handoff is None:
            return False
        waits = handoff.taken_by is None and self.clock.now() > self.now - _STILL_WAITS
        if waits and self.random.random() < 0.6:
            return False
        if not self._later(self.random.expovariate(1 / 360) + 25 if handoff.taken_by is None else 40):
            return False
        name = next((each for each in _AGENTS if each in (step.agent or "")), "Kim")
        key = handoff.taken_by or _AGENTS[name]
        agent = desk.Agent(key, next(each for each, at in _AGENTS.items() if at == key))
        if step.agent is not None:
            desk.say(self.channels, handoff.id, agent, step.agent, f"demo:{self.number}:{self.said}:{step.agent}"[:120])
        else:
            desk.release(self.channels, handoff.id, agent)
        self._work()
        return True

    def _comes_back(self, code: str) -> bool:
        assert self.account_id is not None
        with self.channels.core.read() as reading:
            settled = [
                row for row in payments.of(reading, self.account_id)
                if row.state == PaymentState.SETTLED and row.confirmed_by_turn
            ]  # fmt: skip
        if settled and self._later(self.random.choice((2, 3, 4)) * 86400):
            reversals.returned(self.channels.core, settled[-1].id, code)
        return False

    def _later(self, seconds: float) -> bool:
        """Let time pass; False where the present comes first, and the story is told no further."""
        then = self.clock.now() + timedelta(seconds=round(seconds))
        if then >= self.now:
            return False
        self.clock.set(then)
        return True


def _end(world: _World) -> None:
    """What is found and counted is made again with the times of turns, and no notice waits that would be sent now."""
    core = world.channels.core
    mine = Notice.account_id.startswith(f"{members.KEY}-")
    with core.write() as writing:
        writing.execute(update(Notice).where(mine, Notice.outcome.is_(None)).values(outcome="moot"))
        asked = select(Handoff.id).join(Message, Message.conversation_id == Handoff.conversation_id)
        world.people_asked = len(set(writing.scalars(asked.where(Message.provider_id.startswith("SMdemo")))))
    marks.rebuild(core)
    tallies.rebuild(core, links.places(world.channels.config))
