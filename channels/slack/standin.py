"""A small stand-in for Slack: what tests, `duely play` and development post to, and who presses and types there.

It lives beside the port it stands in for, speaks the part of the Web API that the official SDK uses here, keeps what
it was given and can be told to fail (`script`). `word`, `press` and `signed` are the requests that Slack makes of us.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from slack_sdk.signature import Clock, SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.loopback import served

BOT_USER = "U0DUELY"


@dataclass
class Posted:
    """One post the stand-in took."""

    ts: str
    thread: str | None
    text: str
    key: str
    blocks: list[Any]


@dataclass
class SlackStandIn:
    """Takes posts for one channel.

    `script("500")` makes the next post answer so; "429:7" (with Retry-After), "timeout" (no answer, not taken),
    "taken_500" and "taken_timeout" (taken, but the answer is lost), or any error code of Slack's ("not_in_channel").
    `posts` is everything taken, in order, with later changes in it; `names` are the agents.
    """

    bot_token: str = "xoxb-standin"  # noqa: S105 - the fake's own, opens nothing
    signing_secret: str = "slack-standin-secret"  # noqa: S105
    channel: str = "C0PEOPLE"
    timeout_seconds: float = 2.0
    names: dict[str, str] = field(default_factory=lambda: {"U0KIM": "Kim", "U0ALEX": "Alex"})
    posts: list[Posted] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    looked: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._plans: deque[str] = deque()
        routes = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.replies": self._list,
            "conversations.history": self._list,
            "users.info": self._user,
        }
        self.app = Starlette(routes=[Route(f"/api/{name}", do, methods=["POST"]) for name, do in routes.items()])

    def script(self, *answers: str) -> None:
        """Say how the next posts go; after them they succeed again."""
        self._plans.extend(answers)

    def texts(self, thread: str | None = None) -> list[str]:
        """The words of a thread's replies, or of every post."""
        return [each.text for each in self.posts if thread is None or each.thread == thread]

    def word(self, text: str, *, thread: str | None, user: str = "U0KIM", **more: Any) -> dict[str, Any]:
        """The event of a message in a thread; `more` goes into it (`subtype`, `files`, `bot_id`)."""
        ts = more.pop("ts", None) or self._stamp()
        said = {"type": "message", "channel": self.channel, "user": user, "text": text, "ts": ts, "thread_ts": thread}
        number = next(self._numbers)
        return {"type": "event_callback", "event_id": f"Ev{number:010d}", "event": said | more}

    def press(self, handoff_id: str, *, user: str = "U0KIM") -> bytes:
        """The body of a press on "Give back"."""
        action = {"action_id": "handoff_release", "value": handoff_id, "action_ts": self._stamp()}
        container = {"channel_id": self.channel}
        payload = {"type": "block_actions", "user": {"id": user}, "actions": [action], "container": container}
        return urlencode({"payload": json.dumps(payload)}).encode()

    def signed(self, body: bytes, *, secret: str = "", at: float | None = None) -> dict[str, str]:
        """The headers of a request that Slack makes of us."""
        stamp = str(int(time.time() if at is None else at))
        signature = SignatureVerifier(secret or self.signing_secret, Clock()).generate_signature(
            timestamp=stamp, body=body
        )
        return {"x-slack-request-timestamp": stamp, "x-slack-signature": signature or ""}

    def _stamp(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"

    async def _post(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        form = await _form(request)
        plan = self._plans.popleft() if self._plans else "ok"
        if plan == "ok" or plan.startswith("taken_"):
            key = json.loads(form["metadata"])["event_payload"]["key"] if form.get("metadata") else ""
            blocks = json.loads(form["blocks"]) if form.get("blocks") else []
            taken = Posted(self._stamp(), form.get("thread_ts"), form["text"], key, blocks)
            self.posts.append(taken)
            if plan == "ok":
                return JSONResponse({"ok": True, "channel": self.channel, "ts": taken.ts})
        if plan.endswith("timeout"):
            await asyncio.sleep(self.timeout_seconds)
        if plan.startswith("429"):
            headers = {"retry-after": plan.partition(":")[2] or "1"}
            return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)
        if plan.endswith(("500", "timeout")):
            return Response("oops", status_code=500)
        return JSONResponse({"ok": False, "error": plan})

    async def _update(self, request: Request) -> Response:
        form = await _form(request)
        for each in self.posts:
            if each.ts == form.get("ts"):
                each.text = form["text"]
                self.changed.append(each.ts)
                return JSONResponse({"ok": True, "ts": each.ts})
        return JSONResponse({"ok": False, "error": "message_not_found"})

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        form = await _form(request)
        self.looked += 1
        thread = form.get("ts")
        there = [each for each in self.posts if (each.thread or each.ts) == thread or (not thread and not each.thread)]
        shown = [{"ts": each.ts, "text": each.text, "metadata": _metadata(each.key)} for each in there]
        return JSONResponse({"ok": True, "messages": shown, "response_metadata": {"next_cursor": ""}})

    async def _user(self, request: Request) -> Response:
        user = (await _form(request)).get("user", "")
        if user not in self.names:
            return JSONResponse({"ok": False, "error": "user_not_found"})
        return JSONResponse({"ok": True, "user": {"profile": {"display_name": self.names[user]}}})

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.bot_token}":
            return None
        return JSONResponse({"ok": False, "error": "invalid_auth"})

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[SlackStandIn]:
        """Serve on loopback from a thread of this process; `url` is then the Web API's address."""
        with served(self.app, "slack-standin", port) as address:
            self.url = f"{address}/api"
            yield self


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": "duely_post", "event_payload": {"key": key}}


async def _form(request: Request) -> dict[str, str]:
    """What the SDK sends: a form, or JSON whose values may be structures, as a form would hold them."""
    raw = (await request.body()).decode()
    if "json" in request.headers.get("content-type", ""):
        sent = json.loads(raw or "{}")
        return {name: each if isinstance(each, str) else json.dumps(each) for name, each in sent.items()}
    return {name: values[-1] for name, values in parse_qs(raw).items()}
