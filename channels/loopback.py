"""Serving an app on loopback from a thread of this process: how the stand-ins for Twilio and Slack are reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

# How long a server of ours keeps an idle connection: longer than any client or proxy of it does (browsers aside, which
# ask again), since a request sent while the server closes is lost.
KEPT_SECONDS = 75


@contextmanager
def served(app: Any, name: str, port: int = 0) -> Iterator[str]:
    """The app's address while it is served (port 0: any free one); raises RuntimeError when it does not start."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            log_level="error",
            lifespan="off",
            timeout_keep_alive=KEPT_SECONDS,
        )
    )
    thread = threading.Thread(target=server.run, name=name, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError(f"{name} could not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
