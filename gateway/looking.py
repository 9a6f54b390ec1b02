"""What is done by itself: a thread that looks every few seconds for what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

EVERY_S = 5.0


class Looker:
    """Looks at once and then every `every_s` seconds, until it is stopped; several processes may each have one.

    `look` does what is due and says how much, by kind; a failure is logged as `NAME_failed` and looked past.
    """

    def __init__(self, name: str, look: Callable[[], Mapping[str, int]], *, every_s: float = EVERY_S) -> None:
        self._name = name
        self._look = look
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _look_on(self) -> None:
        while not self._stopping.is_set():
            try:
                done = self._look()
            except Exception:
                log.exception(f"{self._name}_failed", again_in_seconds=self._every_s)
            else:
                if done:
                    log.info(f"{self._name}_done", **done)
            self._stopping.wait(self._every_s)
