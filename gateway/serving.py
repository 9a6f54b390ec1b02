"""One ASGI app on one port, served from a thread of its own, so that neither app's work holds up the other's."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import Any

import uvicorn

from channels.loopback import KEPT_SECONDS
from channels.web import LARGEST_FRAME

START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
_KEPT_PORTS: list[socket.socket] = []


class PortTaken(RuntimeError):
    """Another process listens there; the message says which port and setting."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A bound and listening socket (port 0: any free one); raises `PortTaken`."""
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise PortTaken(f"Port {port} is not free ({why}): end what listens there, or set DUELY_{setting}.") from error


def free_port() -> int:
    """A loopback port that nobody listens on, and that no other program is given while this process runs.

    It stays bound here, which keeps nobody from listening on it who is told its number."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _KEPT_PORTS.append(kept)
    return int(kept.getsockname()[1])


class Served:
    """A running server; `stop` ends it in order and may be called twice."""

    def __init__(self, app: Any, listening: socket.socket, name: str) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=LARGEST_FRAME,
            timeout_keep_alive=KEPT_SECONDS,
            timeout_graceful_shutdown=3,
            server_header=False,
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        self._socket = listening
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name=name, daemon=True)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def start(self) -> Served:
        """Serve; returns when requests are answered."""
        self._thread.start()
        limit = time.monotonic() + START_LIMIT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > limit:
                raise RuntimeError(f"The server {self._thread.name} did not start.")
            time.sleep(0.005)
        return self

    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_LIMIT_S)
        self._socket.close()
