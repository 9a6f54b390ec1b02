"""Putting the channels together: the value they work with, and the routes `gateway` includes."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from billing_core import Core
from channels import entry, portal, sms, web, work
from channels.assembly import Channels, GoesOn, says_no_more
from channels.carrier import Carrier
from channels.config import ChannelConfig
from channels.durable_queue import DurableQueue
from channels.hub import Hub
from channels.notices import Ways
from channels.problems import add_problems
from channels.queue import Job, Queue
from channels.rasa import RasaClient
from channels.slack import events as slack_events
from channels.slack.port import Desk
from channels.slack.web_api import SlackDesk
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
    goes_on: GoesOn = says_no_more,
    desk: Desk | None = None,
    ways: Ways | None = None,
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
            executor=config.executor,
            application_version=config.application_version,
            gave_up=lambda job: work.give_up(holder[0], job),
        )

    channels = Channels(
        core=core,
        config=config,
        rasa=rasa or RasaClient(config.rasa_url, config.rasa_secret, limit_seconds=config.rasa_limit_seconds),
        queue=(queue or durable)(handle),
        carrier=carrier or TwilioCarrier(config),
        hub=hub or Hub(),
        goes_on=goes_on,
        desk=desk or (SlackDesk(config) if config.slack_bot_token else None),
        ways=ways,
    )
    holder.append(channels)
    return channels


def add_channels(app: FastAPI, channels: Channels) -> None:
    """Add the channels' routes to an app, and answers to what cannot be served that repeat nothing of it."""
    app.include_router(sms.router(channels))
    app.include_router(web.router(channels))
    app.include_router(portal.router(channels))
    app.include_router(entry.router(channels))
    app.include_router(slack_events.router(channels))
    add_problems(app)
