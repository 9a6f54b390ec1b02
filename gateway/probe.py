"""One client for every question whether a part of Duely is up.

Making a client reads all certificate authorities, 40 ms of a core; a loop that asks ten times a second would take half
a core from the very process it waits for.
"""

from __future__ import annotations

from functools import cache

import httpx


@cache
def probe() -> httpx.Client:
    """The client; it keeps no connection, since what it asks may have been started anew since it was asked last."""
    return httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
