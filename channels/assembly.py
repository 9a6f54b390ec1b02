"""The channels as one value: what every route, turn and sending of the channels works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from billing_core import Core
from channels.carrier import Carrier
from channels.config import ChannelConfig
from channels.hub import Hub
from channels.queue import Queue
from channels.rasa import RasaClient


@dataclass(frozen=True)
class Channels:
    """Built once by `gateway`. `queue` runs `channels.handle` for each job; `carrier` sends texts."""

    core: Core
    config: ChannelConfig
    rasa: RasaClient
    queue: Queue
    carrier: Carrier
    hub: Hub = field(default_factory=Hub)
