"""Twilio as its own OpenAPI says it is, played by Prism, which holds every request to it, and our stand-in's answers.

To install that (415 packages, 226 MB, about a minute) is more than `make test` may cost, so `make soak` does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from channels.config import ChannelConfig
from channels.twilio_rest import TwilioCarrier
from channels.twilio_standin import StandIn
from gateway.serving import free_port
from tests.foreign import installed, node, running

HERE = Path(__file__).parent
SPEC = Path("@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json")

Carrier = Callable[..., TwilioCarrier]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("DUELY_SOAK") != "1":
        for item in items:
            if item.path.parent == HERE:
                item.add_marker(pytest.mark.skip(reason="installing Prism takes a minute: `make soak`"))


@pytest.fixture(scope="session")
def modules() -> Path:
    return installed(HERE, "twilio-prism")


@pytest.fixture(scope="session")
def prism(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Answers with the examples of Twilio's own description; a request that is not as described gets 422.

    Without `--errors`, which finds fault with Twilio's own examples."""
    yield from _prism(modules, tmp_path_factory.mktemp("prism"), "mock")


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    with StandIn(timeout_seconds=3).serving() as running_:
        yield running_


@pytest.fixture(scope="session")
def between(modules: Path, standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Stands before our stand-in, and makes an error of a request or an answer that is not as described."""
    yield from _prism(modules, tmp_path_factory.mktemp("between"), "proxy", standin.url, "--errors")


@pytest.fixture
def carrier_at() -> Iterator[Carrier]:
    made: list[TwilioCarrier] = []

    def at(url: str, *, account_sid: str, auth_token: str = "token") -> TwilioCarrier:
        config = ChannelConfig(
            public_url="https://duely.example", environment="test", secret_key="a-secret-key-for-tests-only",
            twilio_from="+19195550000", twilio_api_url=url,
            twilio_account_sid=account_sid, twilio_auth_token=auth_token,
        )  # fmt: skip
        made.append(TwilioCarrier(config))
        return made[-1]

    yield at
    for each in made:
        each.close()


def _prism(modules: Path, folder: Path, *how: str) -> Iterator[str]:
    port = free_port()
    script = [node(), str(modules / ".bin" / "prism"), how[0], str(modules / SPEC), *how[1:]]
    command = [*script, "--host", "127.0.0.1", "--port", str(port)]
    with running(command, f"http://127.0.0.1:{port}", folder) as url:
        yield url
