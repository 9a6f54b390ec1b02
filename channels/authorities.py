"""The certificate authorities we trust, read once for all clients that are made for a request or two."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """For the `verify` of an httpx client, which otherwise reads them anew each time: 30 ms of a core."""
    return httpx.create_ssl_context()
