"""In place of Rasa: what the model read, as it was recorded, and the real action that the rules have for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
from rasa_sdk.executor import CollectingDispatcher

from billing_core import Core
from bot.actions.rules import action_of
from bot.actions.turn import Turn
from bot.actions.webhook import STEPS
from channels.rasa import RasaClient
from gateway.traffic.stories import heard

_SECRET = "asked-in-this-process-only"  # noqa: S105 - there is no address behind it


class NotRecorded(KeyError):
    """A text that heard.yml does not have: `scripts/record_traffic.py` was not run after it was written."""


class Understanding:
    """Answers turns as bot/runtime/channel.py does. `trouble` makes the next one fail; `took` says how long one takes.

    Words, amounts and decisions are the actions' own; only the reading of the sentence is from the record.
    """

    def __init__(self, core: Core, took: Callable[[], float]) -> None:
        self.trouble = False
        self._steps = {step.action: step(core) for step in STEPS}
        self._took = took

    def client(self) -> RasaClient:
        """The channels' own client, speaking to this."""
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        return RasaClient("http://recorded.invalid", _SECRET, http=http)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if self.trouble:
            self.trouble = False
            return httpx.Response(500, json={"error": "turn_failed"})
        read = _read(asked["text"])
        action = action_of()[read["intent"]["name"]]
        latest = {
            "text": asked["text"], "intent": read["intent"], "intent_ranking": read["ranking"],
            "entities": read["entities"], "metadata": asked["metadata"],
        }  # fmt: skip
        turn = Turn.of(SimpleNamespace(latest_message=latest, sender_id=asked["sender"]))
        said, step = CollectingDispatcher(), self._steps[action]
        step.tell(said, turn, step.speak(turn))
        replies = [
            {"text": each["text"], "buttons": each["buttons"], "data": each["custom"] or None} for each in said.messages
        ]
        took = self._took()
        ms = {"parse": round(took * 0.6, 2), "actions": round(took * 0.3, 2), "total": round(took, 2)}
        return httpx.Response(200, json={**read, "replies": replies, "actions": [action], "ms": ms})


def _read(text: str) -> dict[str, Any]:
    if text.startswith("/"):
        certain = {"name": text[1:], "confidence": 1.0}
        return {"intent": certain, "ranking": [certain], "entities": []}
    if text not in heard():
        raise NotRecorded(text)
    return heard()[text]
