"""The Rasa that members talk to, and how another takes its place without losing a turn.

`PUT /model` would hold every turn for as long as the model loads. So the next one is started beside, and when it is
ready and has read a sentence, new turns go to it; the one before is ended when it has answered all of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from channels.rasa import RasaClient
from console.teach.port import Live
from gateway.rasa_process import RasaNotReady

log = structlog.get_logger(__name__)
READY_WITHIN_S = 120.0
# A turn ends within its own limit (8 s); whoever has not answered by then is not waited for.
LAST_TURNS_S = 12.0


class Rasa(Protocol):
    """What is asked of one Rasa; `gateway.rasa_process.RasaProcess` is one."""

    url: str

    def start(self) -> None: ...
    def ready(self) -> bool: ...
    def alive(self) -> bool: ...
    def stop(self) -> None: ...


@dataclass
class _Next:
    rasa: Rasa
    model: Path
    since: float


class LiveRasa:
    """`look` often, from one thread: it begins a swap when another model is wanted, and takes each further step when
    its time has come, waiting for none.

    `make` makes a Rasa of a model on a port of its own, `warm` has it read a sentence, `wanted` is the model to serve.
    A swap that fails leaves the old one serving and is told (`live`); it is tried again when another model is wanted.
    """

    def __init__(
        self,
        current: Rasa,
        model: Path,
        *,
        client: RasaClient,
        make: Callable[[Path], Rasa],
        warm: Callable[[str], None],
        wanted: Callable[[], Path],
        say: Callable[[str], None] = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.current = current
        self._model = model
        self._client, self._make, self._warm = client, make, warm
        self._wanted, self._say, self._clock = wanted, say, clock
        self._next: _Next | None = None
        self._leaving: list[_Next] = []
        self._refused: Path | None = None
        self._trouble = ""

    def look(self) -> None:
        """Take the steps whose time has come."""
        self._let_go()
        wanted = self._wanted()
        if self._next is not None:
            if wanted == self._next.model:
                self._go_on(self._next)
            else:
                self._next.rasa.stop()
                self._next = None
        elif wanted == self._model:
            self._refused, self._trouble = None, ""
        elif wanted != self._refused:
            self._begin(wanted)

    def live(self) -> Live:
        """What is served and what is happening to it, for whoever asks, from any thread."""
        state = "swapping" if self._next is not None else "failed" if self._trouble else "serving"
        return Live(self._model.name.removesuffix(".tar.gz"), state, self._trouble)

    @property
    def leaving(self) -> int:
        """How many that served before are not ended yet, since they have turns to answer."""
        return len(self._leaving)

    def stop(self) -> None:
        """End every Rasa there is."""
        waiting = [self._next] if self._next is not None else []
        for each in [*(one.rasa for one in [*self._leaving, *waiting]), self.current]:
            each.stop()
        self._next, self._leaving = None, []

    def _begin(self, model: Path) -> None:
        rasa = self._make(model)
        try:
            rasa.start()
        except (RasaNotReady, OSError) as error:
            self._fail(model, str(error))
            return
        self._say(f"Rasa is loading {model.name} beside the one that serves.")
        self._next = _Next(rasa, model, self._clock())

    def _go_on(self, coming: _Next) -> None:
        if not coming.rasa.alive():
            self._fail(coming.model, "It ended while it was loading (var/rasa_next.log).")
        elif coming.rasa.ready():
            self._warm(coming.rasa.url)
            self._switch(coming)
        elif self._clock() - coming.since > READY_WITHIN_S:
            self._fail(coming.model, f"It was not ready after {READY_WITHIN_S:.0f} s (var/rasa_next.log).")

    def _switch(self, coming: _Next) -> None:
        self._client.move(coming.rasa.url)
        self._leaving.append(_Next(self.current, self._model, self._clock()))
        self.current, self._model, self._next = coming.rasa, coming.model, None
        seconds = self._leaving[-1].since - coming.since
        log.info("model_swapped", model=coming.model.name, seconds=round(seconds, 1))
        self._say(f"Members now talk to {coming.model.name} ({seconds:.0f} s after it was asked for).")

    def _let_go(self) -> None:
        for each in list(self._leaving):
            waited = self._clock() - each.since
            if self._client.under_way(each.rasa.url) == 0 or waited > LAST_TURNS_S:
                each.rasa.stop()
                self._leaving.remove(each)

    def _fail(self, model: Path, why: str) -> None:
        if self._next is not None:
            self._next.rasa.stop()
            self._next = None
        self._refused, self._trouble = model, f"{model.name} could not take over. {why}"[:300]
        log.error("model_not_swapped", model=model.name, reason=why[:300])
        self._say(self._trouble)
