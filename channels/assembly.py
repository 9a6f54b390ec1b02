"""The channels as one value: what every route, turn and sending of the channels works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing_core import Core
from channels.carrier import Carrier
from channels.config import ChannelConfig
from channels.hub import Hub
from channels.queue import Queue
from channels.rasa import RasaClient, RasaReply
from channels.slack.port import Desk

if TYPE_CHECKING:
    from channels.notices import Ways


@dataclass(frozen=True)
class MethodSaved:
    """A method was saved on the secure page, in this conversation; `turn_id` is the message that tells of it."""

    account_id: str
    conversation_id: str
    turn_id: str
    channel: str
    level: str
    method_id: int
    language: str = "en"


# What the assistant says next: the open payment with the new method, or nothing.
GoesOn = Callable[[MethodSaved], list[RasaReply]]


def says_no_more(_saved: MethodSaved) -> list[RasaReply]:
    """For channels without an assistant behind them."""
    return []


@dataclass(frozen=True)
class Channels:
    """Built once by `gateway`. `queue` runs `channels.handle` for each job; `carrier` sends texts; `goes_on` is asked
    when something was saved on the secure page; `desk` is where agents have their threads, if anywhere; `ways` is what
    e-mail leaves by."""

    core: Core
    config: ChannelConfig
    rasa: RasaClient
    queue: Queue
    carrier: Carrier
    hub: Hub = field(default_factory=Hub)
    goes_on: GoesOn = says_no_more
    desk: Desk | None = None
    ways: Ways | None = None
