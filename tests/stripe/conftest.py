"""Three Stripes: localstripe and stripe-stateful-mock as processes of their own, and a recorded one in this process."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from billing_core import Clock, Core, open_core
from billing_core.processors.stripe import StripeConfig, StripeProcessor
from channels.pages.vendor import environment, npm_command
from gateway import database
from gateway.play.format import CANONICAL_CLOCK
from gateway.serving import free_port
from gateway.training import ROOT
from tests.stripe.paying import Member
from tests.stripe.recorded import Recorded

HERE = Path(__file__).parent
START_LIMIT_S = 20.0

MemberAt = Callable[..., Member]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """Our own small Stripe, empty."""
    fake = Recorded()
    yield fake
    fake.stop()


@pytest.fixture
def member_at(sqlite_url: str) -> Iterator[MemberAt]:
    """Opens the core on a Stripe at an address, with one member whose saved method is a given token."""
    opened: list[Core] = []

    def open_(url: str, token: str = "card:cus_1:pm_good", *, kind: str = "card", read_s: float = 3.0) -> Member:
        config = StripeConfig("sk_test_of_no_account", url, connect_s=1.0, read_s=read_s, retry_within_s=read_s / 2)
        core = open_core(
            sqlite_url, clock=Clock.fixed(CANONICAL_CLOCK), processor=partial(StripeProcessor, config=config)
        )
        database.put_rows(core.engine, {})
        opened.append(core)
        return Member(core, token, kind=kind)

    yield open_
    for core in opened:
        core.engine.dispose()


@pytest.fixture
def member(recorded: Recorded, member_at: MemberAt) -> Member:
    """A member with a good card, at the recorded Stripe."""
    return member_at(recorded.url)


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """localstripe's address; its licence is the GPL, so it is a process and never imported."""
    port = free_port()
    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    folder = tmp_path_factory.mktemp("localstripe")
    yield from _running(command, port, folder, {})


@pytest.fixture(scope="session")
def stateful_mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """stripe-stateful-mock's address, installed by its lock file into `var/` (npm, no install scripts)."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = ROOT / "var" / "stripe-stateful-mock" / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "installed").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*npm_command(), *install], cwd=folder, env=environment(), check=True, timeout=300)
        (folder / "installed").touch()
    port = free_port()
    node = shutil.which("node", path=environment()["PATH"]) or "node"
    script = folder / "node_modules" / "stripe-stateful-mock" / "dist" / "cli.js"
    yield from _running([node, str(script)], port, tmp_path_factory.mktemp("mock"), {"PORT": str(port)})


def _running(command: list[str], port: int, folder: Path, settings: dict[str, str]) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with (folder / "output").open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"LOG_LEVEL": "silent"} | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            limit = time.monotonic() + START_LIMIT_S
            while not _answers(url):
                if child.poll() is not None or time.monotonic() > limit:
                    raise RuntimeError(f"{command[1:3]} did not start: {(folder / 'output').read_text()[-2000:]}")
                time.sleep(0.05)
            yield url
        finally:
            child.terminate()
            child.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/customers", timeout=1.0).status_code > 0
    except httpx.HTTPError:
        return False
