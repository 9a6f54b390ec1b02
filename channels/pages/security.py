"""The security headers every page leaves with, and the one content security policy they all share.

The chat library renders what members and the assistant write, and this policy is what keeps
a link or an image inside a message from running or loading anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(frame_ancestors: Iterable[str] = ("'self'",)) -> str:
    """The policy of our own pages: everything from this origin, nothing inline, nothing evaluated.

    `frame_ancestors` are the origins that may show us in a frame (a plan's portal); our own by default.
    `connect-src 'self'` covers the WebSocket of the same host and port.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            f"frame-ancestors {' '.join(frame_ancestors)}",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


class SecurityHeaders:
    """ASGI middleware that sets the headers on every HTTP answer which has not set them itself.

    A route that needs another policy (the processor's page) writes its own header, and that one stands.
    """

    def __init__(self, app: ASGIApp, *, frame_ancestors: Iterable[str] = ("'self'",)) -> None:
        self.app = app
        self.headers = {
            "content-security-policy": content_security_policy(frame_ancestors),
            "x-content-type-options": "nosniff",
            # Nothing is said to other sites. Not `no-referrer`: under it browsers send `Origin: null` with our own
            # forms, and the sign-in checks where a form came from.
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)
