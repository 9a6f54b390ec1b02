"""Asking Rasa what a member wants: one HTTP call with a time limit, and one kind of failure."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog

log = structlog.get_logger(__name__)
TURN = "/webhooks/duely/turn"


class RasaFailed(Exception):
    """Rasa gave no usable answer. `reason` may be logged: timeout, unreachable, action_failed, http_NNN, malformed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class RasaReply:
    """One reply: text, quick replies, and what the action tells the channels (`step_up`, `handoff`, `card`)."""

    text: str | None = None
    buttons: list[dict[str, str]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RasaTurn:
    """What Rasa understood and did; `ms` are its own timings, in milliseconds, and `http`, ours for the whole call."""

    replies: list[RasaReply]
    intent: str | None
    confidence: float | None
    ranking: list[Any]
    entities: list[Any]
    actions: list[str]
    ms: dict[str, float]


class RasaClient:
    """One pooled client to one Rasa at a time. `http` may be any httpx client, such as one that speaks to the fake.

    `limit_seconds` is the longest a turn may wait. A refused connection was never received, so within that time it
    is tried again: after a restart the first messages then wait for Rasa instead of failing.
    """

    def __init__(self, url: str, secret: str, *, limit_seconds: float = 8.0, http: httpx.Client | None = None) -> None:
        self._address = url.rstrip("/")
        self._under_way: Counter[str] = Counter()
        self._moving = threading.Lock()
        self._secret = secret
        self._limit = limit_seconds
        self._http = http or httpx.Client(limits=httpx.Limits(max_keepalive_connections=32))

    def close(self) -> None:
        self._http.close()

    @property
    def address(self) -> str:
        """The Rasa that is asked now."""
        return self._address

    def move(self, url: str) -> None:
        """Ask another Rasa from now on; what was asked of the one before gets its answer there (`under_way`)."""
        with self._moving:
            self._address = url.rstrip("/")

    def under_way(self, url: str) -> int:
        """How many turns this Rasa has not answered yet; after `move` there are only ever fewer."""
        with self._moving:
            return self._under_way[url.rstrip("/")]

    def turn(self, sender: str, text: str, channel: str, metadata: dict[str, Any]) -> RasaTurn:
        """Send one member message; raises `RasaFailed`. Text and answer are never logged."""
        body = {"sender": sender, "text": text, "channel": channel, "metadata": metadata}
        began = time.perf_counter()
        response = self._post(body, began + self._limit)
        if response.status_code == 502:
            raise RasaFailed("action_failed")
        if response.status_code != 200:
            raise RasaFailed(f"http_{response.status_code}")
        try:
            return _read(response.json(), (time.perf_counter() - began) * 1000)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RasaFailed("malformed") from error

    def forget(self, sender: str) -> None:
        """Have Rasa hold nothing of a conversation: what it remembers is replaced by a fresh start, which may be done
        again. Raises `RasaFailed`."""
        try:
            # A Rasa that is on its way out takes what it holds with it.
            response = self._http.put(
                f"{self._address}/conversations/{sender}/tracker/events",
                params={"token": self._secret},
                json=[{"event": "restart"}],
                timeout=self._limit,
            )
        except httpx.HTTPError as error:
            raise RasaFailed("unreachable") from error
        if response.status_code != 200:
            raise RasaFailed(f"http_{response.status_code}")

    def _post(self, body: dict[str, Any], deadline: float) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._secret}"}
        while True:
            left = deadline - time.perf_counter()
            try:
                with self._one_more() as address:
                    return self._http.post(address + TURN, json=body, headers=headers, timeout=max(left, 0.05))
            except httpx.ConnectError as error:
                if deadline - time.perf_counter() <= 0.25:
                    raise RasaFailed("unreachable") from error
                time.sleep(0.2)
            except httpx.TimeoutException as error:
                raise RasaFailed("timeout") from error
            except httpx.HTTPError as error:
                raise RasaFailed("unreachable") from error

    @contextmanager
    def _one_more(self) -> Iterator[str]:
        """The address to ask, counted as under way there until it has answered."""
        with self._moving:
            address = self._address
            self._under_way[address] += 1
        try:
            yield address
        finally:
            with self._moving:
                self._under_way[address] -= 1


def _read(body: dict[str, Any], http_ms: float) -> RasaTurn:
    replies = [
        RasaReply(
            text=each.get("text") or None,
            buttons=[{"title": str(b["title"]), "payload": str(b["payload"])} for b in each.get("buttons") or []],
            data=dict(each.get("data") or {}),
        )
        for each in body["replies"]
    ]
    intent = body.get("intent") or {}
    return RasaTurn(
        replies=replies,
        intent=intent.get("name"),
        confidence=intent.get("confidence"),
        ranking=list(body.get("ranking") or []),
        entities=list(body.get("entities") or []),
        actions=list(body.get("actions") or []),
        ms={**(body.get("ms") or {}), "http": round(http_ms, 1)},
    )
