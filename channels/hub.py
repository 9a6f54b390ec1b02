"""Telling open pages that a conversation has something new; what is new, they read from the database.

So nothing is lost when a notice is: a page also looks by itself about once a second, which is how it hears of what
another process wrote.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Hub:
    """In-process notices by conversation, safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(list)

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at every notice for the conversation; for use inside a running event loop."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting[conversation_id].append(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                self._waiting[conversation_id].remove(entry)
                if not self._waiting[conversation_id]:
                    del self._waiting[conversation_id]

    def notify(self, conversation_id: str) -> None:
        """Wake every page that shows the conversation."""
        with self._lock:
            entries = list(self._waiting.get(conversation_id, ()))
        for loop, event in entries:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
