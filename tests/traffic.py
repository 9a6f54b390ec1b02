"""Some demo traffic, played once for a process and put back from a copy, as the cast is."""

from __future__ import annotations

from billing_core import Core
from channels.config import ChannelConfig
from gateway import database
from gateway.traffic.playing import play
from tests import casting

DAYS, CONVERSATIONS, SEED = 14, 40, 7
CONFIG = ChannelConfig(public_url="https://duely.example", environment="test", secret_key="a-secret-key-for-tests")
_copy: list[database.Rows] = []


def load(core: Core) -> None:
    """Bring the cast and two weeks of conversations into an empty database; nobody has an account at the console."""
    if _copy:
        database.put_rows(core.engine, _copy[0])
        return
    casting.load(core)
    play(core, CONFIG, days=DAYS, conversations=CONVERSATIONS, seed=SEED)
    _copy.append(database.copy_rows(core.engine))
