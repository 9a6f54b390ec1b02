"""A small stand-in for Twilio's Messages API: what tests, `duely play` and development send texts to.

It lives beside the port it stands in for, speaks the part of the 2010-04-01 API that the official library uses here
(create, list, fetch, Basic auth), keeps what it was given and can be told to fail: see `StandIn.script`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import random
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from channels.authorities import authorities
from channels.loopback import served

_BASE = "/2010-04-01/Accounts/{account}"


@dataclass
class SentText:
    """One text the stand-in took."""

    sid: str
    to: str
    from_: str
    body: str
    status_callback: str | None
    created: datetime


@dataclass
class StandIn:
    """Takes texts for one account.

    `script("500")` makes the next create answer so; "429", "21610" (any Twilio error code, answered with 400),
    "timeout" (no answer in time, not taken), "taken_500" and "taken_timeout" (taken, but the answer is lost), "late"
    (the answer is lost, and the text taken `timeout_seconds` later), "undelivered:30006" (taken, and not delivered in
    the end); `to` says it of one number's texts. Only with `delivers` is anybody told what became of a text:
    at once, or with `scatter` each thing on its own time, in any order and some twice. `went` counts how creates went,
    `told` is what was acknowledged (SID, status).
    `sent` is everything taken, in order; `wait_for` blocks until there are that many. `forgotten` are the SIDs whose
    words were taken out; the next `refuses_to_forget` of such requests fail.
    """

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "standin-token"  # noqa: S105 - the fake's own, opens nothing
    timeout_seconds: float = 2.0
    sent: list[SentText] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    refuses_to_forget: int = 0
    url: str = ""
    delivers: bool = False
    scatter: random.Random | None = None
    went: Counter[str] = field(default_factory=Counter)
    told: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._plans: defaultdict[str | None, deque[str]] = defaultdict(deque)
        self._changed = threading.Condition()
        self.app = Starlette(
            routes=[
                Route(f"{_BASE}/Messages.json", self._create, methods=["POST"]),
                Route(f"{_BASE}/Messages.json", self._list, methods=["GET"]),
                Route(_BASE + "/Messages/{sid}.json", self._fetch, methods=["GET"]),
                Route(_BASE + "/Messages/{sid}.json", self._redact, methods=["POST"]),
                Route(_BASE + "/Messages/{sid}/Media.json", self._media, methods=["GET"]),
            ]
        )

    def script(self, *answers: str, to: str | None = None) -> None:
        """Say how the next creates go, for everybody or for one number; after them they succeed again."""
        self._plans[to].extend(answers)

    def bodies(self, to: str | None = None) -> list[str]:
        """The texts taken so far, for one number or for all."""
        return [each.body for each in self.sent if to in (None, each.to)]

    def wait_for(self, count: int, to: str | None = None, seconds: float = 60.0) -> list[str]:
        """Block until `count` texts were taken; raises TimeoutError with what there is after `seconds`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.bodies(to)) >= count, seconds):
                raise TimeoutError(f"{len(self.bodies(to))} of {count} texts: {self.bodies(to)}")
        return self.bodies(to)

    def _allowed(self, request: Request) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return (
            request.headers.get("authorization") == f"Basic {expected}"
            and request.path_params["account"] == self.account_sid
        )

    async def _create(self, request: Request) -> Response:
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        planned = self._plans[form.get("To")] or self._plans[None]
        plan = planned.popleft() if planned else "ok"
        self.went[plan] += 1
        taken = plan == "ok" or plan.startswith(("taken_", "undelivered:"))
        if taken and not (form.get("To") and form.get("Body")):
            return _error(400, 21602, "A 'To' number and a 'Body' are required.")
        if taken and len(form["Body"]) > 1600:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if plan == "late":
            return _error(500, 20500, "Internal Server Error", background=BackgroundTask(self._take_late, form))
        text = self._take(form) if taken else None
        fate = BackgroundTask(self._call_back, text, plan) if text is not None and self.delivers else None
        if plan.endswith("timeout"):
            await asyncio.sleep(self.timeout_seconds)
        if text is not None and not plan.startswith("taken_"):
            return JSONResponse(_shown(text), status_code=201, background=fate)
        if plan in ("500", "taken_500", "timeout", "taken_timeout"):
            return _error(500, 20500, "Internal Server Error")
        if plan == "429":
            return _error(429, 20429, "Too Many Requests")
        return _error(400, int(plan), "refused")

    async def _call_back(self, text: SentText, plan: str) -> None:
        """Tell whoever sent the text what became of it, signed as Twilio signs."""
        if text.status_callback is None:
            return
        fate = {"MessageSid": text.sid, "MessageStatus": "delivered"}
        if plan.startswith("undelivered:"):
            fate |= {"MessageStatus": "undelivered", "ErrorCode": plan.partition(":")[2]}
        if self.scatter is None:
            await self._tell(text.status_callback, fate)
            return
        said = [{"MessageSid": text.sid, "MessageStatus": "sent"}, fate]
        said += [each for each in said if self.scatter.random() < 0.3]
        waits = [self.scatter.uniform(0, self.timeout_seconds) for _ in said]
        await asyncio.gather(*map(self._tell, [text.status_callback] * len(said), said, waits))

    async def _tell(self, url: str, said: dict[str, str], wait_seconds: float = 0.0) -> None:
        """One callback, to somebody who may just be down: then it is lost."""
        await asyncio.sleep(wait_seconds)
        signature = RequestValidator(self.auth_token).compute_signature(url, said)
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=10.0, verify=authorities()) as client:
                answer = await client.post(url, data=said, headers={"X-Twilio-Signature": signature})
            if answer.is_success:
                self.told.append((said["MessageSid"], said["MessageStatus"]))

    async def _take_late(self, form: dict[str, str]) -> None:
        await asyncio.sleep(self.timeout_seconds)
        text = self._take(form)
        if self.delivers:
            await self._call_back(text, "ok")

    def _take(self, form: dict[str, str]) -> SentText:
        number = next(self._numbers)
        text = SentText(
            sid=f"SM{number:032x}",
            to=form["To"],
            from_=form.get("From", ""),
            body=form["Body"],
            status_callback=form.get("StatusCallback"),
            created=datetime.now(UTC),
        )
        with self._changed:
            self.sent.append(text)
            self._changed.notify_all()
        return text

    async def _list(self, request: Request) -> Response:
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        query = request.query_params
        found = [each for each in reversed(self.sent) if query.get("To") in (None, each.to)]
        after = query.get("DateSent>")
        if after:
            found = [each for each in found if each.created.isoformat() >= after[:10]]
        page = {"messages": [_shown(each) for each in found], "page": 0, "page_size": 50, "next_page_uri": None}
        return JSONResponse(page)

    async def _fetch(self, request: Request) -> Response:
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        for each in self.sent:
            if each.sid == request.path_params["sid"]:
                return JSONResponse(_shown(each))
        return _error(404, 20404, "The requested resource was not found")

    async def _redact(self, request: Request) -> Response:
        """An update with an empty body; the SIDs of texts from members are not known here, and taken as given."""
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        if self.refuses_to_forget:
            self.refuses_to_forget -= 1
            return _error(500, 20500, "Internal Server Error")
        if parse_qs((await request.body()).decode(), keep_blank_values=True).get("Body") != [""]:
            return _error(400, 20001, "Only an empty body is known here")
        sid = request.path_params["sid"]
        self.forgotten.append(sid)
        return JSONResponse(_shown(SentText(sid, "", "", "", None, datetime.now(UTC))))

    async def _media(self, request: Request) -> Response:
        if not self._allowed(request):
            return _error(401, 20003, "Authenticate")
        return JSONResponse({"media_list": [], "page": 0, "page_size": 50, "next_page_uri": None})

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[StandIn]:
        """Serve on loopback from a thread of this process; `url` is then its address."""
        with served(self.app, "twilio-standin", port) as address:
            self.url = address
            yield self


def _shown(text: SentText) -> dict[str, Any]:
    created = format_datetime(text.created)
    return {
        "sid": text.sid,
        "to": text.to,
        "from": text.from_,
        "body": text.body,
        "status": "queued",
        "direction": "outbound-api",
        "date_created": created,
        "date_updated": created,
        "date_sent": created,
        "num_segments": "1",
        "num_media": "0",
        "error_code": None,
        "error_message": None,
    }


def _error(status: int, code: int, message: str, *, background: BackgroundTask | None = None) -> JSONResponse:
    said = {"status": status, "code": code, "message": message}
    return JSONResponse(said, status_code=status, background=background)
