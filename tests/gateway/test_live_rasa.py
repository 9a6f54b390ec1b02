"""Another model takes over: beside the one that serves, only when it is ready, and no turn is lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from channels.rasa import RasaClient
from channels.rasa_fake import body
from gateway.live_rasa import LAST_TURNS_S, READY_WITHIN_S, LiveRasa
from gateway.rasa_process import RasaNotReady

OLD, NEW, OTHER = Path("models/old.tar.gz"), Path("models/new.tar.gz"), Path("models/other.tar.gz")


@dataclass
class FakeProcess:
    """A Rasa that is ready, or ends, when the test says so."""

    url: str
    is_ready: bool = False
    running: bool = False
    starts: bool = True

    def start(self) -> None:
        if not self.starts:
            raise RasaNotReady("The model is missing.")
        self.running = True

    def ready(self) -> bool:
        return self.is_ready

    def alive(self) -> bool:
        return self.running

    def stop(self) -> None:
        self.running = False


@dataclass
class World:
    """A live Rasa at the old model; `wanted` is set by the test, `now` is its clock."""

    wanted: Path = OLD
    now: float = 0.0
    made: list[FakeProcess] = field(default_factory=list)
    warmed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    starts: bool = True
    held: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.held.set()
        self.client = RasaClient(
            "http://old", "secret", http=httpx.Client(transport=httpx.MockTransport(self._answer))
        )  # fmt: skip
        self.first = FakeProcess("http://old", is_ready=True, running=True)
        self.live = LiveRasa(
            self.first, OLD, client=self.client, make=self._make, warm=self.warmed.append, wanted=lambda: self.wanted,
            say=self.said.append, clock=lambda: self.now,
        )  # fmt: skip

    def _make(self, model: Path) -> FakeProcess:
        self.made.append(FakeProcess(f"http://{model.name.removesuffix('.tar.gz')}", starts=self.starts))
        return self.made[-1]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.set()
        assert self.held.wait(60)
        return httpx.Response(200, json=body(request.url.host))

    def turn(self) -> str | None:
        return self.client.turn("c", "hello", "sms", {}).replies[0].text


@pytest.fixture
def world() -> World:
    return World()


def test_nothing_happens_while_the_wanted_model_is_served(world: World) -> None:
    world.live.look()
    assert (world.made, world.live.live().model, world.live.live().state) == ([], "old", "serving")


def test_the_old_one_serves_until_the_next_is_ready_and_warm(world: World) -> None:
    world.wanted = NEW
    world.live.look()
    world.live.look()
    assert world.live.live().state == "swapping"
    assert world.turn() == "old"
    world.made[0].is_ready = True
    world.live.look()
    assert (world.warmed, world.turn(), world.live.live().model) == (["http://new"], "new", "new")
    world.live.look()
    assert (world.first.running, world.made[0].running, len(world.made)) == (False, True, 1)


def test_a_turn_under_way_gets_its_answer_before_the_old_one_ends(world: World) -> None:
    world.held.clear()
    heard: list[str | None] = []
    turn = threading.Thread(target=lambda: heard.append(world.turn()))
    turn.start()
    assert world.asked.wait(60)
    world.wanted = NEW
    world.live.look()
    world.made[0].is_ready = True
    world.live.look()
    world.live.look()
    assert world.first.running
    world.held.set()
    turn.join(60)
    world.live.look()
    assert (heard, world.first.running) == (["old"], False)


def test_a_turn_that_never_ends_is_not_waited_for_for_ever(world: World) -> None:
    world.held.clear()
    turn = threading.Thread(target=world.turn)
    turn.start()
    assert world.asked.wait(60)
    world.wanted = NEW
    world.live.look()
    world.made[0].is_ready = True
    world.live.look()
    world.now += LAST_TURNS_S + 1
    world.live.look()
    assert not world.first.running
    world.held.set()
    turn.join(60)


@pytest.mark.parametrize("fault", ["missing", "ended", "slow"])
def test_a_model_that_cannot_take_over_leaves_the_old_one_and_is_told_once(world: World, fault: str) -> None:
    world.wanted, world.starts = NEW, fault != "missing"
    world.live.look()
    if fault == "ended":
        world.made[0].running = False
    if fault == "slow":
        world.now += READY_WITHIN_S + 1
    world.live.look()
    world.live.look()
    live = world.live.live()
    assert (live.model, live.state, len(world.made), world.turn()) == ("old", "failed", 1, "old")
    assert "new.tar.gz could not take over" in live.trouble
    assert not world.made[0].running
    world.wanted = OLD
    world.live.look()
    assert world.live.live().state == "serving"


def test_what_is_wanted_may_change_while_the_next_is_loading(world: World) -> None:
    world.wanted = NEW
    world.live.look()
    world.wanted = OTHER
    world.live.look()
    world.live.look()
    world.made[1].is_ready = True
    world.live.look()
    assert (world.made[0].running, world.turn()) == (False, "other")


def test_stopping_ends_every_rasa(world: World) -> None:
    world.wanted = NEW
    world.live.look()
    world.live.stop()
    assert not any(each.running for each in (world.first, *world.made))
