"""The one way in: the gateway posts a member's message and gets everything the turn produced.

POST /webhooks/duely/turn, `Authorization: Bearer <DUELY_RASA_SECRET>`,
`{"sender", "text", "channel": "sms"|"web", "metadata": {...}}` ->
`{"replies", "intent", "ranking", "entities", "actions", "ms"}`; 401 for a wrong secret, 422 for a body that is not
this, 502 `{"error": "action_failed", "action"}` when a custom action failed, 500 `{"error": "turn_failed"}` for
anything else.
No message text is ever logged: not here, and not by what this raises.
"""

import hmac
import logging
import os
import time
import traceback
from typing import Any, Awaitable, Callable, Dict, List, Tuple

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.runtime import turn as turns
from bot.runtime import wishes

logger = logging.getLogger(__name__)

SECRET = "DUELY_RASA_SECRET"  # noqa: S105 (the name of the setting)
CHANNELS = ("sms", "web")
RANKED = 5


class BadTurn(ValueError):
    """The body is not what the contract says; the message names the field, never its value."""


class Replies(CollectingOutputChannel):
    """Collects the replies of one turn. Its name is the member's channel, so `channel: web` responses are chosen."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self._channel = channel

    def name(self) -> str:  # type: ignore[override]
        return self._channel

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Keeps one reply as one: Rasa's own collector would split text at blank lines and part it from its data."""
        buttons = [
            {"title": button.get("title", ""), "payload": button.get("payload", "")}
            for button in message.get("buttons") or []
        ]
        reply = {"text": message.get("text") or None, "buttons": buttons, "data": message.get("custom") or None}
        if reply["text"] or buttons or reply["data"]:
            self.messages.append(reply)


class DuelyInput(InputChannel):
    """Rasa loads this by the name in `credentials.yml`."""

    @classmethod
    def name(cls) -> str:
        return "duely"

    @classmethod
    def from_credentials(cls, credentials: Dict[str, Any] | None) -> "DuelyInput":
        secret = os.environ.get(SECRET, "")
        if not secret:
            raise RasaException(f"{SECRET} is not set: the conversation channel does not start without its secret.")
        return cls(secret)

    def __init__(self, secret: str) -> None:
        self._expected = f"Bearer {secret}".encode()
        turns.watch()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("duely", __name__)

        @routes.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            start = time.perf_counter()
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, self._expected):
                return response.json({"error": "unauthorized"}, status=401)
            try:
                body = _body(request)
            except BadTurn as bad:
                return response.json({"error": "unprocessable", "detail": str(bad)}, status=422)
            noted = turns.begin()
            replies = Replies(body["channel"])
            try:
                text, metadata = await _completed(request.app.ctx.agent, body["text"], body["metadata"])
                await on_new_message(
                    UserMessage(text, replies, body["sender"], input_channel=body["channel"], metadata=metadata)
                )
            except Exception as error:
                # The exception's own words may quote the member, so only its kind and the code's path are logged.
                where = "".join(traceback.format_tb(error.__traceback__)[-6:])
                logger.error("The turn failed with %s:\n%s", type(error).__name__, where)
                return response.json({"error": "turn_failed"}, status=500)
            if noted.failed_action is not None:
                return response.json({"error": "action_failed", "action": noted.failed_action}, status=502)
            if noted.failed:
                logger.error("The rules ran in a circle: %s", ", ".join(noted.actions))
                return response.json({"error": "turn_failed"}, status=500)
            return response.json(_answer(noted, replies.messages, start))

        return routes


def _body(request: Request) -> Dict[str, Any]:
    try:
        body = request.json
    except Exception:
        raise BadTurn("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadTurn("the body is not a JSON object")
    for name in ("sender", "text"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise BadTurn(f"{name} must be a string that is not empty")
    if body.get("channel") not in CHANNELS:
        raise BadTurn(f"channel must be one of: {', '.join(CHANNELS)}")
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict):
        raise BadTurn("metadata must be an object")
    return {"sender": body["sender"], "text": body["text"], "channel": body["channel"], "metadata": metadata}


async def _completed(agent: Agent, text: str, metadata: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    """The message as Rasa is to take it: the topic it leans on as its intent, or the first of two wishes.

    What was cut off goes along for the actions: `said` (the words that lean on a topic), `next` (the second wish),
    `more` (there was a third) and `whole` (all of it).
    """
    if text.startswith("/"):
        return text, metadata
    topic = wishes.leaning(text, (metadata.get("memory") or {}).get("topic"))
    if topic is not None:
        return f"/{topic}", {**metadata, "said": text}
    parts = wishes.cut(text)
    two = wishes.pair([await agent.parse_message(part) for part in parts]) if len(parts) > 1 else None
    if two is None:
        return text, metadata
    first, second, more = two
    marked: Dict[str, List[str]] = {}
    for entity in second.get("entities") or []:
        marked.setdefault(entity["entity"], []).append(str(entity["value"]))
    after = {"intent": second["intent"]["name"], "text": second["text"], "marked": marked}
    return first["text"], {**metadata, "next": after, "more": more, "whole": text}


def _answer(noted: turns.Turn, replies: List[Dict[str, Any]], start: float) -> Dict[str, Any]:
    parsed = noted.parsed
    return {
        "replies": replies,
        "intent": _scored(parsed.get("intent") or {}),
        "ranking": [_scored(intent) for intent in (parsed.get("intent_ranking") or [])[:RANKED]],
        "entities": [
            {name: entity.get(name) for name in ("entity", "value", "start", "end")}
            for entity in parsed.get("entities") or []
        ],
        "actions": noted.actions,
        "ms": {
            "parse": round(noted.parse_ms, 2),
            "actions": round(noted.actions_ms, 2),
            "total": round((time.perf_counter() - start) * 1000.0, 2),
        },
    }


def _scored(intent: Dict[str, Any]) -> Dict[str, Any]:
    return {"name": intent.get("name"), "confidence": float(intent.get("confidence") or 0.0)}
