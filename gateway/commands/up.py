"""`duely up`: Rasa as a child, everything else in this process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from sqlalchemy.exc import SQLAlchemyError

from console.teach import candidates
from gateway import tokenizer
from gateway.commands.account import opened
from gateway.live_rasa import LiveRasa
from gateway.probe import probe
from gateway.rasa_process import RasaNotReady, RasaProcess
from gateway.serving import PortTaken, free_port, listen
from gateway.teaching import models
from gateway.tokenizer import TokenizerNotReady
from gateway.training import ROOT, TrainingFailed

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.stack import Stack

READY_LIMIT_S = 120.0
LOOK_EVERY_S = 0.5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
# A Rasa that has served this long was well: its next end starts the pauses from the beginning.
WELL_AFTER_S = 60.0

FIXED = "DUELY_MODEL_PATH names the model to use as it is: take the setting away to let promoted models take over."

Say = Callable[[str], None]


class CannotStart(RuntimeError):
    """Why `duely up` ended before it was ready, in words for whoever started it."""


def up(settings: Settings, say: Say) -> None:
    """Start everything, say `Ready: …`, and serve until a signal ends it. Raises `CannotStart`."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with contextlib.ExitStack() as ending:
        try:
            _start_and_serve(settings, say, stopping, ending)
        except (PortTaken, TrainingFailed, RasaNotReady, TokenizerNotReady) as error:
            raise CannotStart(str(error)) from error
        say("Stopping.")


def _start_and_serve(settings: Settings, say: Say, stopping: threading.Event, ending: contextlib.ExitStack) -> None:
    from gateway.stack import Stack

    stack = Stack(settings)
    ending.callback(stack.close)
    own = None if settings.rasa_url else _own_rasa(settings, stack, say)
    if own is not None:
        rasa, model = own
        ending.callback(rasa.stop)
        rasa.start()
    twilio_api_url = ending.enter_context(_standin(settings, say))
    tokenizer_url = ending.enter_context(tokenizer.process(settings, settings.public_url or stack.url))
    stack.open_(
        rasa_url=rasa.url if own else settings.rasa_url, twilio_api_url=twilio_api_url, tokenizer_url=tokenizer_url
    )
    live = _live(settings, stack, rasa, model, say) if own else None
    if live is not None:
        ending.callback(live.stop)
        stack.live = live.live if not settings.model_path else lambda: replace(live.live(), fixed=FIXED)
    # Stopped in this order: no more messages, then Rasa, which those under way still need.
    ending.callback(stack.close)
    if live is not None:
        _wait_for_rasa(rasa, stopping, say)
    if stopping.is_set():
        return
    stack.warm_up()
    stack.serve()
    _wait_until_ready(stack, stopping)
    if not stopping.is_set():
        say(f"Ready: {settings.address}")
    _watch(live, stopping, say)


def _own_rasa(settings: Settings, stack: Stack, say: Say) -> tuple[RasaProcess, Path]:
    # Bound and let go again: Rasa itself would only tell in its log that the port is taken.
    port = settings.rasa_port or free_port()
    listen("127.0.0.1", port, "RASA_PORT").close()
    if settings.model_path:
        model = Path(settings.model_path)
    else:
        with opened(settings) as core:
            model = models.wanted(core, say)
    return _rasa(settings, stack, port, model, "rasa.log"), model


def _rasa(settings: Settings, stack: Stack, port: int, model: Path, log: str) -> RasaProcess:
    secret = settings.rasa_secret.get_secret_value()
    return RasaProcess(
        port, secret, stack.actions_url, ROOT / "var" / log, model=model, minilm_path=settings.minilm_path
    )


def _live(settings: Settings, stack: Stack, rasa: RasaProcess, model: Path, say: Say) -> LiveRasa:
    """The Rasa that was started, ready to give way to that of a promoted model."""
    known: dict[int | None, Path] = {}

    def wanted() -> Path:
        if settings.model_path:
            return model
        candidate = candidates.in_force(stack.core)
        key = candidate.id if candidate is not None else None
        if key not in known:
            # What was in force at the start is being served, whatever it is made of.
            known[key] = models.path_of(candidates.taught_by(candidate)) if known else model
        return known[key]

    return LiveRasa(
        rasa,
        model,
        client=stack.channels.rasa,
        make=lambda coming: _rasa(settings, stack, free_port(), coming, "rasa_next.log"),
        warm=stack.warm_up,
        wanted=wanted,
        say=say,
    )


@contextlib.contextmanager
def _standin(settings: Settings, say: Say) -> Iterator[str]:
    """The address of the stand-in for Twilio, where one is used; what it takes is shown, since nobody receives it."""
    if not settings.uses_standin:
        yield ""
        return
    from channels.twilio_standin import StandIn

    with StandIn(delivers=True).serving() as standin:
        say(f"Texts go to a stand-in for Twilio at {standin.url} (set DUELY_TWILIO_* to send real ones).")
        yield standin.url


def _wait_for_rasa(rasa: RasaProcess, stopping: threading.Event, say: Say) -> None:
    """Wait in short steps, so that Ctrl-C is heard during the wait."""
    said, started = False, time.monotonic()
    while not stopping.is_set():
        try:
            rasa.wait_ready(1.0)
            return
        except RasaNotReady:
            waited_s = time.monotonic() - started
            if not rasa.alive() or waited_s > READY_LIMIT_S:
                raise
            if not said:
                say("Rasa is loading the model.")
                said = True


def _wait_until_ready(stack: Stack, stopping: threading.Event) -> None:
    limit = time.monotonic() + READY_LIMIT_S
    last = ""
    while not stopping.is_set():
        with contextlib.suppress(httpx.HTTPError):
            answer = probe().get(f"{stack.url}/readyz", timeout=5.0)
            if answer.status_code == 200:
                return
            last = answer.text
        if time.monotonic() > limit:
            raise CannotStart(f"Not ready after {READY_LIMIT_S:.0f} s: {last}")
        stopping.wait(0.05)


def _watch(live: LiveRasa | None, stopping: threading.Event, say: Say) -> None:
    """Swap Rasa when another model is promoted, and start it again when it ends, at once and then with longer and
    longer pauses, until we are to stop."""
    pause_s, started = 0.0, time.monotonic()
    while not stopping.wait(LOOK_EVERY_S):
        if live is None:
            continue
        with contextlib.suppress(SQLAlchemyError):
            live.look()
        if live.current.alive():
            continue
        if time.monotonic() - started > WELL_AFTER_S:
            pause_s = 0.0
        say(f"Rasa ended; starting it again{f' in {pause_s:.0f} s' if pause_s else ''} (var/rasa.log).")
        if stopping.wait(pause_s):
            return
        pause_s = min(max(2 * pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        started = time.monotonic()
        live.current.start()
