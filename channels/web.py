"""Web chat: the demo sign-in and the socket that shows a conversation, by `seq`, from the database.

The page says the last `seq` it has and gets what came after, so a reload or a lost connection neither loses nor
doubles a message; its own message identifiers make a resend one message.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from billing_core.errors import AccountNotFound
from channels import inbox, outbox, session
from channels.assembly import Channels
from channels.store import Conversation, Message
from channels.words import say, spoken_in

log = structlog.get_logger(__name__)

LARGEST_FRAME = 16 * 1024
# A greater one is no place in a conversation, and no database's number.
LAST_SEQ = 2**31 - 1
MOST_MESSAGES, WINDOW_SECONDS = 30, 30.0
# How often a page looks by itself: for what another process wrote.
LOOK_SECONDS = 1.0
_CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_STRANGER = "stranger"
_REFUSED, _TOO_LARGE = 4403, 1009


def router(channels: Channels) -> APIRouter:
    """`/chat/ws`, `POST /sign-out`, and outside production `POST /demo/sign-in`."""
    routes = APIRouter(tags=["web"])
    if channels.config.shows_demo:
        _add_sign_in(routes, channels)

    @routes.websocket("/chat/ws")
    async def chat(socket: WebSocket) -> None:
        if socket.headers.get("origin") not in channels.config.origins():
            await socket.close(_REFUSED)
            return
        who = await run_in_threadpool(session.read, channels, socket)
        await socket.accept()
        if who is None:
            await socket.send_json({"type": "error", "text": say("no_session")})
            await socket.close(_REFUSED)
            return
        await _Talk(channels, socket, who).run()

    @routes.post(
        "/sign-out", status_code=303, response_class=Response, responses={403: {"description": "Not our page"}}
    )
    async def sign_out(request: Request) -> Response:
        """End this browser's session."""
        if request.headers.get("origin") not in channels.config.origins():
            return PlainTextResponse("Forbidden.", status_code=403)
        who = await run_in_threadpool(session.read, channels, request)
        if who is not None:
            await run_in_threadpool(session.end, channels, who)
        response = RedirectResponse("/", status_code=303)
        response.delete_cookie(session.COOKIE)
        return response

    return routes


def _add_sign_in(routes: APIRouter, channels: Channels) -> None:
    @routes.post("/demo/sign-in", response_class=Response, responses={400: {"description": "No such demo member"}})
    async def sign_in(request: Request) -> Response:
        """Choose a member of the cast, or "stranger", and go to the chat as them."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in channels.config.origins():
            return PlainTextResponse("Forbidden.", status_code=403)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > 4096:
                return PlainTextResponse("Too large.", status_code=413)
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        member = form.get("member", "").replace("\x00", "")
        try:
            who = await run_in_threadpool(session.start, channels, None if member == _STRANGER else member or "?")
        except AccountNotFound:
            return PlainTextResponse("There is no such demo member.", status_code=400)
        response = RedirectResponse("/chat", status_code=303)
        session.give(channels, response, who)
        return response


class _Talk:
    """One open socket: what the page says goes in, and everything after its last `seq` goes out."""

    def __init__(self, channels: Channels, socket: WebSocket, who: session.WebSession) -> None:
        self.channels = channels
        self.socket = socket
        self.who = who
        self.last_seq: int | None = None
        self.own: set[int] = set()
        self.typing = False
        self.recent: deque[float] = deque()
        self.sending = asyncio.Lock()

    async def run(self) -> None:
        with spoken_in(self.who.language), self.channels.hub.listening(self.who.conversation_id) as news:
            showing = asyncio.create_task(self._show(news))
            try:
                with suppress(WebSocketDisconnect):
                    await self._hear(news)
            finally:
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)

    async def _hear(self, news: asyncio.Event) -> None:
        while True:
            raw = await self.socket.receive_text()
            if len(raw) > LARGEST_FRAME:
                await self.socket.close(_TOO_LARGE)
                return
            said = _parsed(raw)
            after = said.get("after")
            if said.get("type") == "hello" and isinstance(after, int) and after <= LAST_SEQ:
                self.last_seq = max(after, 0)
                self.typing = False
                news.set()
            elif said.get("type") == "say" and isinstance(said.get("text"), str) and _id(said):
                await self._say(said["id"], said["text"], news)
            else:
                await self._send({"type": "error", "text": say("broken_message")})

    async def _say(self, client_id: str, text: str, news: asyncio.Event) -> None:
        now = time.monotonic()
        while self.recent and now - self.recent[0] > WINDOW_SECONDS:
            self.recent.popleft()
        if len(self.recent) >= MOST_MESSAGES:
            await self._send({"type": "error", "text": say("too_fast"), "id": client_id})
            return
        self.recent.append(now)
        if not await run_in_threadpool(self._going_on):
            await self._send({"type": "error", "text": say("no_session"), "id": client_id})
            await self.socket.close(_REFUSED)
            raise WebSocketDisconnect(_REFUSED)
        # The conversation is part of the key, so one browser cannot use up another's identifiers.
        inbound = inbox.Inbound(
            channel="web",
            address=self.who.address,
            provider_id=f"{self.who.conversation_id}:{client_id}",
            text=text,
            caller=session.caller(self.channels, self.socket),
        )
        async with self.sending:
            claim = await run_in_threadpool(inbox.claim, self.channels.core, self.channels.queue, inbound)
            self.own.add(claim.seq)
            await self.socket.send_json({"type": "ack", "id": client_id, "seq": claim.seq, "text": claim.text})
        news.set()

    async def _show(self, news: asyncio.Event) -> None:
        """Send what is new whenever there is a notice, and look about once a second without one."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), LOOK_SECONDS)
            news.clear()
            if self.last_seq is None:
                continue
            async with self.sending:
                try:
                    rows, waiting, over = await run_in_threadpool(self._read, self.last_seq)
                except SQLAlchemyError:
                    log.exception("chat_not_read", conversation=self.who.conversation_id)
                    continue
                if over:
                    await self.socket.send_json({"type": "error", "text": say("no_session")})
                    await self.socket.close(_REFUSED)
                    return
                for row in rows:
                    self.last_seq = row.seq
                    # What the secure page told is for us; the member reads what is said to it.
                    if row.seq not in self.own and "entered" not in row.data:
                        await self.socket.send_json(_frame(self.channels, row))
                if waiting != self.typing:
                    self.typing = waiting
                    await self.socket.send_json({"type": "typing", "on": waiting})

    def _going_on(self) -> bool:
        with self.channels.core.read() as reading:
            return session.going_on(reading, self.who.conversation_id, self.channels.core.clock.now()) is not None

    def _read(self, after: int) -> tuple[list[Message], bool, bool]:
        """The messages after a place, whether one of the member's still waits for the assistant's answer, and whether
        the session is over, after which nothing is shown."""
        mine = Message.conversation_id == self.who.conversation_id
        with self.channels.core.read() as reading:
            if session.going_on(reading, self.who.conversation_id, self.channels.core.clock.now()) is None:
                return [], False, True
            state = select(Conversation.erased_seq, Conversation.holder)
            erased, holder = reading.execute(state.where(Conversation.id == self.who.conversation_id)).tuples().one()
            shown = or_(Message.seq > erased, Message.text != "")
            rows = list(reading.scalars(select(Message).where(mine, shown, Message.seq > after).order_by(Message.seq)))
            # To a person it is passed on, and that the assistant is writing would be untrue.
            queued = select(Message.id).where(mine, Message.direction == "in", Message.state == "queued").limit(1)
            return rows, holder == "bot" and reading.scalar(queued) is not None, False

    async def _send(self, frame: dict[str, Any]) -> None:
        async with self.sending:
            await self.socket.send_json(frame)


def _parsed(raw: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _id(said: dict[str, Any]) -> bool:
    return isinstance(said.get("id"), str) and _CLIENT_ID.fullmatch(said["id"]) is not None


def _frame(channels: Channels, row: Message) -> dict[str, Any]:
    role = "member" if row.direction == "in" else row.data.get("role", "bot")
    return {
        "type": "message",
        "seq": row.seq,
        "role": role,
        "name": row.data.get("name"),
        "text": outbox.shown(channels, row) if row.direction == "out" else row.text,
        "buttons": row.buttons,
        "card": row.data.get("card"),
    }
