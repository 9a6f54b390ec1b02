"""Three Stripes: localstripe and stripe-stateful-mock as processes of their own, and a recorded one in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from billing_core import Clock, Core, open_core
from billing_core.processors.stripe import StripeConfig, StripeProcessor
from gateway import database
from gateway.play.format import CANONICAL_CLOCK
from gateway.serving import free_port
from tests.foreign import installed, node, running
from tests.stripe.paying import Member
from tests.stripe.recorded import Recorded

HERE = Path(__file__).parent

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
    with running(command, f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("localstripe")) as url:
        yield url


@pytest.fixture(scope="session")
def stateful_mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """stripe-stateful-mock's address."""
    port = free_port()
    script = installed(HERE, "stripe-stateful-mock") / "stripe-stateful-mock" / "dist" / "cli.js"
    settings = {"LOG_LEVEL": "silent", "PORT": str(port)}
    folder = tmp_path_factory.mktemp("mock")
    with running([node(), str(script)], f"http://127.0.0.1:{port}", folder, settings) as url:
        yield url
