"""Twilio's webhooks: texts in, and what became of texts out (DOMAIN 4.6, USER_ASKS 2-7).

A request counts only when its signature fits the configured public address; without an auth token nothing does. The
answer is an empty TwiML at once: the reply leaves through the outbox.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MultiDict
from twilio.request_validator import RequestValidator

from channels import inbox, outbox
from channels.assembly import Channels

log = structlog.get_logger(__name__)

LARGEST_BODY = 64 * 1024
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_SID = re.compile(r"[A-Za-z0-9]{2,64}")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f]{1,64}")
_STATUS = re.compile(r"[a-z_]{1,16}")
_CODE = re.compile(r"[0-9]{1,16}")


def router(channels: Channels) -> APIRouter:
    """`POST /twilio/sms` and `POST /twilio/status`."""
    routes = APIRouter(tags=["twilio"])

    @routes.post("/twilio/sms", response_class=Response, responses=_ANSWERS, openapi_extra=_form("Body", "NumMedia"))
    async def sms(request: Request) -> Response:
        """A text from a member."""
        form = await _signed(channels, request)
        if isinstance(form, Response):
            return form
        sid, sender = form.get("MessageSid", ""), form.get("From", "")
        if not _SID.fullmatch(sid) or not _ADDRESS.fullmatch(sender):
            return PlainTextResponse("MessageSid and From are required.", status_code=400)
        media = form.get("NumMedia", "0")
        inbound = inbox.Inbound(
            channel="sms",
            address=sender,
            provider_id=sid,
            text=form.get("Body", ""),
            media=int(media[:4]) if media.isascii() and media.isdigit() else 0,
            opt_out_type=form.get("OptOutType", "")[:16] or None,
        )
        claim = await run_in_threadpool(inbox.claim, channels.core, channels.queue, inbound)
        log.info("text_in", message=claim.message_id, conversation=claim.conversation_id, fresh=claim.fresh)
        return Response(EMPTY_TWIML, media_type="text/xml")

    @routes.post(
        "/twilio/status", response_class=Response, responses=_ANSWERS, openapi_extra=_form("MessageStatus", "ErrorCode")
    )
    async def status(request: Request) -> Response:
        """What became of a text of ours."""
        form = await _signed(channels, request)
        if isinstance(form, Response):
            return form
        sid = form.get("MessageSid") or form.get("SmsSid", "")
        state, code = form.get("MessageStatus") or form.get("SmsStatus", ""), form.get("ErrorCode", "")
        if not _SID.fullmatch(sid) or not _STATUS.fullmatch(state):
            return PlainTextResponse("MessageSid and MessageStatus are required.", status_code=400)
        error = code if _CODE.fullmatch(code) and code != "0" else None
        await run_in_threadpool(outbox.carrier_said, channels, sid, state, error)
        return Response(status_code=204)

    return routes


def _form(*fields: str) -> dict[str, Any]:
    """How the API's description tells a webhook's form; Twilio sends more, and all of it is signed."""
    names = ("MessageSid", "AccountSid", "From", "To", *fields)
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


_ANSWERS: dict[int | str, dict[str, object]] = {
    400: {"description": "Signed, but without what makes it a message"},
    403: {"description": "Not signed by Twilio for our public address"},
    413: {"description": "Larger than any webhook of Twilio's"},
}


async def _signed(channels: Channels, request: Request) -> MultiDict | Response:
    """The parameters of a request that Twilio signed, or the answer to one it did not."""
    config = channels.config
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return PlainTextResponse("Too large.", status_code=413)
    try:
        # Every parameter received is signed, also the empty ones and those we do not know.
        form = MultiDict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except ValueError:
        return PlainTextResponse("Forbidden.", status_code=403)
    query = f"?{request.url.query}" if request.url.query else ""
    url = config.url(request.url.path) + query
    signature = request.headers.get("x-twilio-signature", "")
    if not config.twilio_auth_token or not signature:
        return PlainTextResponse("Forbidden.", status_code=403)
    if not RequestValidator(config.twilio_auth_token).validate(url, form, signature):
        log.warning("webhook_refused", path=request.url.path)
        return PlainTextResponse("Forbidden.", status_code=403)
    return form
