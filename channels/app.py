"""Putting the channels together: the value they work with, and the routes `gateway` includes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from billing_core import Core
from channels import sms, web, work
from channels.assembly import Channels
from channels.carrier import Carrier
from channels.config import ChannelConfig
from channels.durable_queue import DurableQueue
from channels.hub import Hub
from channels.queue import Job, Queue
from channels.rasa import RasaClient
from channels.twilio_rest import TwilioCarrier

__all__ = ["ChannelConfig", "Channels", "add_channels", "assemble"]


def assemble(
    core: Core,
    config: ChannelConfig,
    *,
    queue: Callable[[Callable[[Job], None]], Queue] | None = None,
    carrier: Carrier | None = None,
    rasa: RasaClient | None = None,
    hub: Hub | None = None,
) -> Channels:
    """The channels over a core. `queue` makes the queue from its handler; left out, the durable one is made, which
    the caller must `start` (once Rasa answers) and `stop`."""
    holder: list[Channels] = []

    def handle(job: Job) -> None:
        work.handle(holder[0], job)

    def durable(handler: Callable[[Job], None]) -> Queue:
        return DurableQueue(
            core.engine.url,
            handler,
            executor_id=config.executor_id,
            application_version=config.application_version,
        )

    channels = Channels(
        core=core,
        config=config,
        rasa=rasa or RasaClient(config.rasa_url, config.rasa_secret, limit_seconds=config.rasa_limit_seconds),
        queue=(queue or durable)(handle),
        carrier=carrier or TwilioCarrier(config),
        hub=hub or Hub(),
    )
    holder.append(channels)
    return channels


def add_channels(app: FastAPI, channels: Channels) -> None:
    """Add the channels' routes to an app, and an answer to malformed requests that repeats nothing of them."""
    app.include_router(sms.router(channels))
    app.include_router(web.router(channels))
    app.add_exception_handler(RequestValidationError, _malformed)


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    """Say where a request is wrong, never what it said: it may be a card number."""
    problems: list[dict[str, Any]] = []
    if isinstance(error, RequestValidationError):
        problems = [{"where": each["loc"], "problem": each["type"]} for each in error.errors()]
    return JSONResponse({"error": "malformed_request", "problems": jsonable_encoder(problems)}, status_code=422)
