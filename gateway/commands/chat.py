"""The web chat without a browser: demo sign-in and web socket, for `duely talk` and `duely play`."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from channels.authorities import authorities


class NotSignedIn(RuntimeError):
    """The running stack does not let us in; the message says why."""


class ChatLine:
    """One member's open line to a running stack; `seq` counts what has been seen."""

    def __init__(self, url: str, member: str | None) -> None:
        try:
            answer = httpx.post(
                f"{url}/demo/sign-in", data={"member": member or "stranger"}, timeout=10.0, verify=authorities()
            )
        except httpx.HTTPError as error:
            raise NotSignedIn(f"Nothing answers at {url}: start it with `make up`.") from error
        if answer.status_code != 303:
            raise NotSignedIn(f"The demo sign-in as {member or 'a stranger'} was refused: {answer.text.strip()}")
        cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        self._socket: ClientConnection = connect(
            url.replace("http", "ws", 1) + "/chat/ws",
            origin=url,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            open_timeout=10,
        )
        self._send({"type": "hello", "after": 0})

    def say(self, text: str) -> str:
        """Send what the member types; returns the identifier that its acknowledgement will carry."""
        message_id = uuid.uuid4().hex
        self._send({"type": "say", "id": message_id, "text": text})
        return message_id

    def next(self, seconds: float | None) -> dict[str, Any] | None:
        """The next frame, or None when none came in time. Raises `websockets.ConnectionClosed`."""
        try:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=seconds))
        except TimeoutError:
            return None
        return frame

    def close(self) -> None:
        self._socket.close()

    def _send(self, frame: dict[str, Any]) -> None:
        self._socket.send(json.dumps(frame))
