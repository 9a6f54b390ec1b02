"""`duely up` from outside: ready, healthy, stopped cleanly, and plain about what keeps it from starting."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.gateway.processes import UpProcess, children, listening, running_in_session


@pytest.fixture
def up(tmp_path: Path) -> Iterator[UpProcess]:
    process = UpProcess(tmp_path)
    yield process
    process.close()


@pytest.mark.rasa
def test_it_gets_ready_outlives_its_rasa_and_leaves_nothing_behind(up: UpProcess) -> None:
    up.start()
    assert up.lines[-1] == f"Ready: {up.url}"
    assert httpx.get(f"{up.url}/healthz").json() == {"status": "ok"}
    ready = httpx.get(f"{up.url}/readyz")
    assert ready.status_code == 200
    assert ready.json()["parts"] == {"database": True, "rasa": True, "queue": True}
    assert "Jordan Lee" in httpx.get(up.url).text

    assert up.child is not None
    pid = up.child.pid
    assert httpx.get(f"http://127.0.0.1:{up.tokenizer_port}/").status_code == 200
    (rasa,) = [each for each in children(pid) if b"bot.runtime" in Path(f"/proc/{each}/cmdline").read_bytes()]
    os.kill(rasa, signal.SIGKILL)
    up.wait_for("/readyz", 503)
    up.wait_for("/readyz", 200)
    assert any(line.startswith("Rasa ended; starting it again") for line in up.lines)
    assert rasa not in children(pid)

    assert up.end(signal.SIGINT) == 0
    assert running_in_session(pid) == []
    assert not any(listening(port) for port in (up.port, up.actions_port, up.rasa_port, up.tokenizer_port))


def test_a_taken_port_is_told_with_its_setting(up: UpProcess) -> None:
    with socket.create_server(("127.0.0.1", up.port)), pytest.raises(TimeoutError, match="set DUELY_PORT"):
        up.start()
    assert up.child is not None
    assert up.child.wait(60) == 1


def test_production_without_secrets_names_what_is_missing(up: UpProcess) -> None:
    up.settings |= {"ENVIRONMENT": "production", "SECRET_KEY": ""}
    with pytest.raises(TimeoutError, match=r"Duely: DUELY_SECRET_KEY is not set"):
        up.start()
    assert up.child is not None
    assert up.child.wait(60) == 1


def test_it_can_be_ended_while_it_waits_for_rasa(up: UpProcess) -> None:
    # An address that answers nothing: the stack waits to be ready, and still hears the signal.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        up.settings["RASA_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        up.start(until="Texts go to a stand-in")
        assert up.end(signal.SIGTERM) == 0
