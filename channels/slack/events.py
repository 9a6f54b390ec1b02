"""`POST /slack/events`: what agents do in the threads, signed by Slack, kept once, worked on by the queue.

A request counts only when Slack signed it within the last five minutes; without a signing secret none does. Words are
screened before they are kept. Everything that is not an agent's doing in a thread of ours is thanked for and dropped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from channels.assembly import Channels
from channels.handoff.store import Handoff
from channels.inbox import storable
from channels.queue import Job
from channels.screening import screen
from channels.slack import thread
from channels.slack.store import SlackEvent
from channels.store import Conversation, insert_once

log = structlog.get_logger(__name__)

LARGEST_BODY = 256 * 1024
LONGEST_KEPT = 4000
_STAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_CHALLENGE = re.compile(r"[A-Za-z0-9._-]{1,200}")
_NOTHING = ("bot_message", "message_replied")
_ANSWERS: dict[int | str, dict[str, object]] = {
    400: {"description": "Signed, but not what Slack sends"},
    403: {"description": "Not signed by Slack in the last five minutes"},
    413: {"description": "Larger than any request of Slack's"},
}
_BODY = {
    "requestBody": {
        "content": {
            "application/json": {"schema": {"type": "object", "properties": {"type": {"type": "string"}}}},
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "properties": {"payload": {"type": "string"}}}
            },
        }
    }
}


@dataclass(frozen=True)
class Done:
    """One thing an agent did: `kind` is word, edit, delete or release; `about` the thread's stamp or the hand-off."""

    key: str
    kind: str
    about: str
    agent: str
    ts: str
    text: str = ""
    files: int = 0


def router(channels: Channels) -> APIRouter:
    """`POST /slack/events`, for events and for pressed buttons."""
    routes = APIRouter(tags=["slack"])

    @routes.post("/slack/events", response_class=Response, responses=_ANSWERS, openapi_extra=_BODY)
    async def events(request: Request) -> Response:
        """Something happened in Slack."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return PlainTextResponse("Too large.", status_code=413)
        if not signed(channels.config.slack_signing_secret, bytes(body), request):
            log.warning("webhook_refused", path="/slack/events")
            return PlainTextResponse("Forbidden.", status_code=403)
        try:
            told = _told(bytes(body), request.headers.get("content-type", ""))
        except (ValueError, RecursionError):
            return PlainTextResponse("This is no event.", status_code=400)
        if told.get("type") == "url_verification":
            challenge = str(told.get("challenge", ""))
            return PlainTextResponse(challenge if _CHALLENGE.fullmatch(challenge) else "")
        done = read(told, channels.config.slack_channel)
        if done is not None:
            await run_in_threadpool(claim, channels, done)
        return JSONResponse({})

    return routes


def signed(secret: str, body: bytes, request: Request) -> bool:
    """Whether Slack signed this body, not more than five minutes ago; without a secret nobody did."""
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not secret or not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
        return False
    try:
        return SignatureVerifier(secret).is_valid(body, stamp, signature)
    except UnicodeDecodeError:
        return False


def read(told: dict[str, Any], channel: str) -> Done | None:
    """What an agent did in a thread of our channel; None for everything else, our own posts among it."""
    if told.get("type") == "block_actions":
        return _pressed(told, channel)
    event = told.get("event")
    if told.get("type") != "event_callback" or not isinstance(event, dict) or event.get("type") != "message":
        return None
    key = str(told.get("event_id", ""))
    if event.get("channel") != channel or not _ID.fullmatch(key):
        return None
    subtype = event.get("subtype")
    if subtype in ("message_changed", "message_deleted"):
        was = event.get("previous_message")
        now = event.get("message") if subtype == "message_changed" else was
        if not isinstance(was, dict) or not isinstance(now, dict) or was.get("bot_id"):
            return None
        # Slack also says "changed" when it adds the preview of a link.
        if subtype == "message_changed" and was.get("text") == now.get("text"):
            return None
        return _done(key, "edit" if subtype == "message_changed" else "delete", was, text="")
    if event.get("bot_id") or subtype in _NOTHING:
        return None
    files = event.get("files")
    return _done(key, "word", event, str(event.get("text") or ""), len(files) if isinstance(files, list) else 0)


def claim(channels: Channels, done: Done) -> bool:
    """Keep it once and queue the work on it, in the order of its conversation; False where it was kept before, or is
    about no thread of ours."""
    screened = screen(storable(thread.plain(done.text)))
    where = Handoff.id == done.about if done.kind == "release" else Handoff.thread == done.about
    with channels.core.write() as session:
        handoff = session.scalars(select(Handoff).where(where)).first()
        if handoff is None:
            return False
        conversation = session.get_one(Conversation, handoff.conversation_id, with_for_update=True)
        fresh = insert_once(
            session,
            SlackEvent,
            id=done.key,
            conversation_id=conversation.id,
            handoff_id=handoff.id,
            kind=done.kind,
            agent=done.agent,
            ts=done.ts,
            text=screened.text[:LONGEST_KEPT],
            found=sorted(screened.found),
            files=done.files,
            state="queued",
            at=channels.core.now(),
        )
        if fresh:
            channels.queue.enqueue(session, Job(conversation.id, conversation.last_seq, f"slack-{done.key}"))
    log.info("slack_in", kind=done.kind, handoff=handoff.id, fresh=fresh)
    return fresh


def _pressed(told: dict[str, Any], channel: str) -> Done | None:
    actions, user, container = told.get("actions"), told.get("user"), told.get("container")
    if not isinstance(actions, list) or not isinstance(user, dict) or not isinstance(container, dict):
        return None
    action = actions[0] if actions and isinstance(actions[0], dict) else {}
    if action.get("action_id") != thread.RELEASE or container.get("channel_id") != channel:
        return None
    agent, stamp, about = (str(each) for each in (user.get("id"), action.get("action_ts"), action.get("value")))
    if not all(_ID.fullmatch(each) for each in (agent, stamp, about)):
        return None
    return Done(f"press:{stamp[:32]}:{agent[:32]}", "release", about[:32], agent[:32], stamp[:32])


def _done(key: str, kind: str, message: dict[str, Any], text: str, files: int = 0) -> Done | None:
    agent, stamp, about = (str(message.get(name) or "") for name in ("user", "ts", "thread_ts"))
    if stamp == about or not all(_ID.fullmatch(each) for each in (agent, stamp, about)):
        return None
    return Done(key, kind, about[:32], agent[:32], stamp[:32], text, files)


def _told(body: bytes, content_type: str) -> dict[str, Any]:
    """The body as what Slack says in it; raises ValueError."""
    text = body.decode("utf-8")
    if "x-www-form-urlencoded" in content_type:
        text = parse_qs(text).get("payload", [""])[-1]
    told = json.loads(text)
    if not isinstance(told, dict):
        raise ValueError("not an object")
    return told
