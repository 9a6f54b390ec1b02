"""The sandbox's card form, started beside the stack: its own process in `duely up`, a server of its own in a rehearsal.

Its origin differs from ours by the port, so a browser keeps what is typed there from our pages, as with a real
processor's. Card numbers meet no code, log or memory of this process.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from billing_core import Clock
from channels.tokenizer.app import build
from gateway.probe import probe
from gateway.serving import Served, free_port, listen
from gateway.settings import Settings
from gateway.training import ROOT

# Its imports alone take fifteen seconds on a machine with much else to do.
START_LIMIT_S = 90.0


class TokenizerNotReady(RuntimeError):
    """The card form did not start; the message says why."""


def parents(settings: Settings, public_url: str) -> frozenset[str]:
    """The origins of our secure page, the only ones that may hold the form."""
    return settings.for_channels(rasa_url="", twilio_api_url="", public_url=public_url).origins()


@contextlib.contextmanager
def process(settings: Settings, public_url: str, log_path: Path = ROOT / "var/tokenizer.log") -> Iterator[str]:
    """The form in a process of its own, ended with ours; its address, or nothing where Stripe's own form is used.

    Raises `PortTaken` or `TokenizerNotReady`.
    """
    if settings.production or settings.processor != "sandbox":
        yield ""
        return
    port = settings.tokenizer_port or free_port()
    # Bound and let go again, so that a taken port is told by its setting.
    listen("127.0.0.1", port, "TOKENIZER_PORT").close()
    told = {
        "DUELY_ENVIRONMENT": settings.environment,
        "DUELY_TOKENIZER_KEY": settings.entry_key,
        "DUELY_TOKENIZER_PARENTS": " ".join(sorted(parents(settings, public_url))),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUELY_")}
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "channels.tokenizer", str(port)], cwd=ROOT, env=kept | told, stdin=subprocess.PIPE,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(child, url)
        yield url
    finally:
        child.terminate()
        child.wait()
        assert child.stdin is not None
        child.stdin.close()


@contextlib.contextmanager
def served(settings: Settings, public_url: str, clock: Clock) -> Iterator[str]:
    """The form on a port of its own in this process, by the rehearsal's clock."""
    app = build(settings.entry_key, parents(settings, public_url), today=clock.today)
    running = Served(app, listen("127.0.0.1", 0, "TOKENIZER_PORT"), "tokenizer").start()
    try:
        yield running.url
    finally:
        running.stop()


def _wait(child: subprocess.Popen[bytes], url: str) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if probe().get(url, timeout=1.0).status_code == 200:
                return
        if child.poll() is not None or time.monotonic() > limit:
            raise TokenizerNotReady(f"The sandbox's card form did not start at {url}.")
        time.sleep(0.05)
