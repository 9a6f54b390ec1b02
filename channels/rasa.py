"""Asking Rasa what a member wants: one HTTP call with a time limit, and one kind of failure."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog

log = structlog.get_logger(__name__)


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
    """One pooled client to one Rasa. `http` may be any httpx client, such as one that speaks to the fake.

    `limit_seconds` is the longest a turn may wait. A refused connection was never received, so within that time it
    is tried again: after a restart the first messages then wait for Rasa instead of failing.
    """

    def __init__(self, url: str, secret: str, *, limit_seconds: float = 8.0, http: httpx.Client | None = None) -> None:
        self._url = url.rstrip("/") + "/webhooks/duely/turn"
        self._conversations = url.rstrip("/") + "/conversations"
        self._secret = secret
        self._limit = limit_seconds
        self._http = http or httpx.Client(limits=httpx.Limits(max_keepalive_connections=32))

    def close(self) -> None:
        self._http.close()

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
            response = self._http.put(
                f"{self._conversations}/{sender}/tracker/events",
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
                return self._http.post(self._url, json=body, headers=headers, timeout=max(left, 0.05))
            except httpx.ConnectError as error:
                if deadline - time.perf_counter() <= 0.25:
                    raise RasaFailed("unreachable") from error
                time.sleep(0.2)
            except httpx.TimeoutException as error:
                raise RasaFailed("timeout") from error
            except httpx.HTTPError as error:
                raise RasaFailed("unreachable") from error


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
