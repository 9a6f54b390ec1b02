"""Limits on what reaches any route: how much in one request, and how many requests of one address.

Signed webhooks have no rate here: carriers send in bursts, and a forged one costs a signature check. Counts are kept
in this process; with several in a row behind a balancer each has its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels import problems

# No page or webhook of ours needs more; each webhook has its own, smaller limit.
LARGEST_BODY = 1024 * 1024
SIGNED = ("/twilio/", "/stripe/", "/slack/")
UNLIMITED = (*SIGNED, "/healthz", "/readyz")
# What changes something is worth this many page loads.
CHANGING_COSTS = 5
LONGEST_PATH = 2048
TRY_LATER = 1013


class TooLarge(Exception):
    """More came than any route takes."""


class Limits:
    """ASGI middleware; `per_minute` page loads of one address (0: no limit), `proxies` in front of us add one address
    each to `X-Forwarded-For`, from the right, and everything further left is the caller's own claim."""

    def __init__(self, app: ASGIApp, *, per_minute: int, proxies: int = 0) -> None:
        self.app = app
        self.proxies = proxies
        self.item = RateLimitItemPerMinute(per_minute) if per_minute else None
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and self._too_many(HTTPConnection(scope)):
            await receive()
            await send({"type": "websocket.close", "code": TRY_LATER})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if len(scope["path"]) + len(scope.get("query_string", b"")) > LONGEST_PATH:
            await problems.told(request, 414)(scope, receive, send)
        elif self._too_many(request):
            await problems.told(request, 429, headers={"retry-after": "60"})(scope, receive, send)
        elif _declared(request) > LARGEST_BODY:
            await problems.told(request, 413)(scope, receive, send)
        else:
            await self._within(request, receive, send)

    async def _within(self, request: Request, receive: Receive, send: Send) -> None:
        began = False

        async def sending(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(request.scope, _counting(receive), sending)
        except TooLarge:
            if not began:
                await problems.told(request, 413)(request.scope, receive, send)

    def _too_many(self, request: HTTPConnection) -> bool:
        if self.item is None or request.scope["path"].startswith(UNLIMITED):
            return False
        # A socket stays and looks for news all the time, so it counts for as much as a change.
        cost = 1 if request.scope.get("method") in ("GET", "HEAD") else CHANGING_COSTS
        return not self.limiter.hit(self.item, address(request, self.proxies), cost=cost)


def address(request: HTTPConnection, proxies: int) -> str:
    """The address a request came from, as the last proxy of ours saw it; without proxies what the socket says."""
    claimed = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",") if each.strip()]
    if proxies and len(claimed) >= proxies:
        return claimed[-proxies]
    return request.client.host if request.client else "unknown"


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else LARGEST_BODY + 1


def _counting(receive: Receive) -> Callable[[], Awaitable[Any]]:
    """`receive` that stops a body which says nothing of its length, or says it wrongly."""
    size = 0

    async def counted() -> Any:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            raise TooLarge
        return message

    return counted
