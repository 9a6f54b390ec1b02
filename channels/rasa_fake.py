"""The fake beside the port to Rasa: answers what a test says, through the real client, and keeps what it was asked."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

Script = dict[str, Any] | int | type[Exception]


class FakeRasa:
    """Answers every turn with "You said: …" unless `on(text, …)` or `next(…)` has something for it.

    An answer is a list of replies (or a whole body), an HTTP status, or an httpx exception class to raise.
    """

    def __init__(self, secret: str = "fake-rasa-secret") -> None:  # noqa: S107
        self.secret = secret
        self.asked: list[dict[str, Any]] = []
        self.forgot: list[str] = []
        self.away = False
        self._by_text: dict[str, Callable[[dict[str, Any]], Script]] = {}
        self._next: deque[Script] = deque()

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def on(self, text: str, *replies: str | dict[str, Any], intent: str = "fake", needs: str = "L0") -> None:
        """Answer a text. Below the level `needs`, ask for a code instead, as an action would."""

        def answer(asked: dict[str, Any]) -> Script:
            if asked["metadata"]["level"] < needs:
                return body({"data": {"step_up": {"level": needs, "purpose": "autopay"}}}, intent=intent)
            return body(*replies, intent=intent)

        self._by_text[text] = answer

    def next(self, *answers: Script) -> None:
        """Give these answers first, whatever is asked."""
        self._next.extend(answers)

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return self._forget(request)
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            return httpx.Response(401)
        asked = json.loads(request.content)
        self.asked.append(asked)
        if self._next:
            script: Script = self._next.popleft()
        elif asked["text"] in self._by_text:
            script = self._by_text[asked["text"]](asked)
        else:
            script = body(f"You said: {asked['text']}")
        if isinstance(script, int):
            return httpx.Response(script, json={"error": "scripted"})
        if isinstance(script, dict):
            return httpx.Response(200, json=script)
        raise script("scripted", request=request)  # type: ignore[call-arg]

    def _forget(self, request: httpx.Request) -> httpx.Response:
        """The engine's own `PUT /conversations/ID/tracker/events`; fails while `away`."""
        if request.url.params.get("token") != self.secret:
            return httpx.Response(401)
        if self.away:
            return httpx.Response(503)
        self.forgot.append(request.url.path.split("/")[2])
        return httpx.Response(200, json={})


def body(*replies: str | dict[str, Any], intent: str = "fake") -> dict[str, Any]:
    """A whole answer of Rasa's from its replies: texts, or mappings with text, buttons and data."""
    shaped = [{"text": each} if isinstance(each, str) else each for each in replies]
    return {
        "replies": [{"text": None, "buttons": [], "data": None, **each} for each in shaped],
        "intent": {"name": intent, "confidence": 0.97},
        "ranking": [{"name": intent, "confidence": 0.97}],
        "entities": [],
        "actions": ["action_fake"],
        "ms": {"parse": 1.0, "actions": 2.0, "total": 3.0},
    }
