"""A gateway of canned answers, so that the page's own behaviour can be tested fast and its bad days on purpose.

It speaks the web-socket protocol and nothing else: no core, no Rasa. What the assistant really answers is tested
against the real stack in `test_member_pays.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Form, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import RedirectResponse

from channels.loopback import KEPT_SECONDS
from channels.pages import SecurityHeaders, add_pages

CAST = [
    {"key": "lee", "name": "Jordan Lee", "phone": "+19195550101", "about": "Owes $412.10 for January, pays by hand."},
    {"key": "rivera", "name": "Ana Rivera", "phone": "+19195550102", "about": "Family of four with a tax credit."},
    {"key": "okafor", "name": "Sam Okafor", "phone": "+19195550103", "about": "Two months behind, in grace."},
    {"key": "eve", "name": "<b>Eve</b> O'Neil", "phone": "+19195550199", "about": "<script>alert(1)</script>"},
]
PAY = [{"title": "Pay $412.10", "payload": "PAY"}, {"title": "Change it", "payload": "CHANGE"}]
INVOICE = {
    "kind": "invoice",
    "title": "January 2027",
    "rows": [["Silver plan", "$412.10"], ["Issued", "December 13"], ["Due", "January 1"]],
    "total": ["To pay", "$412.10"],
}
RECEIPT = {
    "kind": "receipt",
    "title": "Payment received",
    "rows": [["Confirmation", "7F3K-9QXM"], ["Paid from", "Visa ending 4242"], ["Date", "December 15, 2026"]],
    "total": ["Paid", "$412.10"],
}


# How long an answer takes, so that the page sees that one is being written.
THINK_SECONDS = 0.05


@dataclass
class Person:
    """Whoever is signed in."""

    name: str
    account_id: str | None
    language: str = "en"


@dataclass
class Script:
    """What the stub remembers and how it is to misbehave. Tests read and set these."""

    record: list[dict[str, Any]] = field(default_factory=list)
    said: list[dict[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    refuse: bool = False  # close every line at once, as a server going down does
    swallow_acks: int = 0  # take this many texts in and close before acknowledging
    echo: bool = False  # send the member's own message back as the record has it; the gateway does not
    held: bool = False  # write no answer until this is put back
    echo_first: bool = False  # and do so before acknowledging it
    url: str = ""  # our own address, for what is linked

    def put(self, role: str, text: str | None, **more: Any) -> dict[str, Any]:
        """Add a message to the record and return it as the wire carries it."""
        message = {"type": "message", "seq": len(self.record) + 1, "role": role, "text": text}
        message |= {"buttons": [], "card": None} | more
        self.record.append(message)
        return message


def answers(script: Script, text: str) -> list[dict[str, Any]]:
    """The canned replies to a text."""
    match text.lower():
        case "how much do i owe" | "how much do i owe?" | "pay it" | "pay my bill":
            words = "Your January premium is $412.10, due January 1. Pay it with Visa ending 4242?"
            return [script.put("bot", words, buttons=PAY, card=INVOICE)]
        case "pay":
            words = "Paid $412.10. Confirmation 7F3K-9QXM. You owe nothing until February 1."
            return [script.put("bot", words, card=RECEIPT)]
        case "add a card":
            return [script.put("bot", f"Here is a secure page: {script.url}/pay#{'x' * 43}")]
        case "a person please":
            return [script.put("agent", "Hello, how can I help?", name="<b>Kim</b>")]
        case "code":
            first = script.put("bot", "I sent a code to your phone. What is it?")
            return [first, script.put("demo", "Demo: the code is 123456.")]
        case "tricks":
            words = (
                "<img src=x onerror=alert(1)> **bold** [click](javascript:alert(1)) javascript:alert(1) "
                "http://evil.example/a https://plan.example/pay?a=1&b=2. <script>alert(2)</script>"
            )
            card = {"kind": 'x" onload="alert(3)', "title": "<b>T</b>", "rows": [["<i>a</i>", "<u>b</u>"]]}
            button = {"title": "<b>Go</b>", "payload": '"><script>alert(4)</script>'}
            return [script.put("bot", words, card=card, buttons=[button])]
        case _:
            return [script.put("bot", f"You said: {text}")]


def build(stub: Stub) -> FastAPI:
    """The app: our real pages around a made-up conversation."""
    app = FastAPI()
    names = {each["key"]: each["name"] for each in CAST}

    def signed_in(request: Request) -> Person | None:
        key = request.cookies.get("who")
        if key == "stranger":
            return Person("Guest", None)
        return Person(names[key], key, request.cookies.get("language", "en")) if key in names else None

    add_pages(app, environment="test", signed_in=signed_in, cast=lambda: CAST)

    @app.post("/demo/sign-in")
    def sign_in(request: Request, member: str = Form()) -> RedirectResponse:
        # As the gateway does: a form from elsewhere, or one whose page hid where it came from, is refused.
        if request.headers.get("origin") != stub.url:
            raise HTTPException(403)
        answer = RedirectResponse("/chat", status_code=303)
        answer.set_cookie("who", member, httponly=True, samesite="lax")
        return answer

    @app.websocket("/chat/ws")
    async def line(socket: WebSocket) -> None:
        if stub.script.refuse:
            await socket.close(1012)
            return
        await socket.accept()
        if socket.cookies.get("who") is None:
            await socket.send_json({"type": "error", "text": "Please sign in again."})
            await socket.close(4403)
            return
        stub.lines.add(socket)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await talk(socket, stub.script)
        stub.lines.discard(socket)

    app.add_middleware(SecurityHeaders)
    return app


async def talk(socket: WebSocket, script: Script) -> None:
    """One line, until it closes."""
    while True:
        heard = await socket.receive_json()
        if heard["type"] == "hello":
            for message in script.record[heard["after"] :]:
                await socket.send_json(message)
            continue
        script.said.append({"id": heard["id"], "text": heard["text"]})
        if script.swallow_acks:
            script.swallow_acks -= 1
            await socket.close(1011)
            return
        if heard["text"] == "too fast":
            words = "That was a lot at once. Wait a moment."
            await socket.send_json({"type": "error", "text": words, "id": heard["id"]})
            continue
        text = heard["text"].replace("4111 1111 1111 1111", "[card]")
        again = heard["id"] in script.ids
        message = {"seq": 0} if again else script.put("member", text)
        script.ids.add(heard["id"])
        acknowledgement = {"type": "ack", "id": heard["id"], "seq": message["seq"], "text": text}
        first, second = (message, acknowledgement) if script.echo_first else (acknowledgement, message)
        for each in (first, second) if script.echo and not again else (acknowledgement,):
            await socket.send_json(each)
        if again:
            continue
        await socket.send_json({"type": "typing", "on": True})
        await asyncio.sleep(THINK_SECONDS)
        while script.held:
            await asyncio.sleep(THINK_SECONDS)
        for reply in answers(script, text):
            await socket.send_json(reply)
        await socket.send_json({"type": "typing", "on": False})


class Stub:
    """The running stub: `url`, and `script` to read and steer it."""

    def __init__(self) -> None:
        self.script = Script()
        self.lines: set[WebSocket] = set()
        config = uvicorn.Config(
            build(self), port=0, log_level="warning", timeout_keep_alive=KEPT_SECONDS, ws="websockets-sansio"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    @property
    def url(self) -> str:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def reset(self) -> None:
        """Forget everything said. A line of an earlier test goes on with the script it began with."""
        self.script = Script(url=self.url)

    def send(self, message: dict[str, Any]) -> None:
        """Put a message on every open line."""
        self._on_each(lambda socket: socket.send_json(message))

    def cut(self) -> None:
        """Close every open line, as a restart of the gateway does."""
        self._on_each(lambda socket: socket.close(1012))

    def _on_each(self, act: Callable[[WebSocket], Coroutine[Any, Any, None]]) -> None:
        loop = self.server.servers[0].get_loop()
        for socket in list(self.lines):
            # A page of an earlier test may have gone without its line having noticed.
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                asyncio.run_coroutine_threadsafe(act(socket), loop).result(5)


@contextlib.contextmanager
def running() -> Iterator[Stub]:
    stub = Stub()
    stub.thread.start()
    limit = time.monotonic() + 60
    while not stub.server.started:
        if time.monotonic() > limit:
            raise TimeoutError("the stub gateway did not start in 60 s")
        time.sleep(0.02)
    yield stub
    stub.server.should_exit = True
    stub.thread.join(10)


if __name__ == "__main__":
    with running() as here:
        print(here.url, flush=True)
        here.thread.join()
