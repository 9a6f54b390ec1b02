"""Rasa as a child process: how it starts, refuses to start, and ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from gateway.rasa_process import RasaNotReady, RasaProcess
from gateway.serving import free_port
from gateway.training import ROOT
from tests.runtime.conftest import run_in_rasas_environment

pytestmark = pytest.mark.rasa

# Starts Rasa from a thread that ends at once, as the gateway's worker threads may, then waits to be killed.
PARENT = """
import sys, threading
from pathlib import Path
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
rasa = RasaProcess(int(sys.argv[1]), "secret", "http://127.0.0.1:9/webhook", Path(sys.argv[2]), model=Path(sys.argv[3]))
thread = threading.Thread(target=rasa.start)
thread.start()
thread.join()
if sys.argv[4] == "ready":
    rasa.wait_ready(300)
print(rasa.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("moment", ["starting", "ready"])
def test_rasa_ends_with_a_parent_that_is_killed(tiny_model, tmp_path, moment):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(free_port()), str(tmp_path / "rasa.log"), str(tiny_model), moment],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        rasa = os.pidfd_open(int(parent.stdout.readline()))
        try:
            assert select.select([rasa], [], [], 0)[0] == [], "Rasa must still run"
            parent.send_signal(signal.SIGKILL)
            assert select.select([rasa], [], [], 120)[0] == [rasa], "Rasa must end with its parent"
        finally:
            os.close(rasa)


def test_a_child_that_was_killed_is_started_again(tiny_model, tmp_path):
    rasa = RasaProcess(free_port(), "secret", "http://127.0.0.1:9/webhook", tmp_path / "rasa.log", model=tiny_model)
    rasa.start()
    try:
        first = rasa.pid
        assert first is not None
        assert rasa.ensure_alive() is False
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert rasa.ensure_alive() is True
        assert rasa.pid not in (None, first)
        rasa.wait_ready(300)
    finally:
        rasa.stop()
    assert not rasa.alive()
    assert not rasa.ready()


def test_a_model_that_is_not_there_is_said_at_the_start(tmp_path):
    rasa = RasaProcess(free_port(), "secret", "http://127.0.0.1:9", tmp_path / "log", model=tmp_path / "none.tar.gz")
    with pytest.raises(RasaNotReady, match=r"none\.tar\.gz is missing: run `make setup`"):
        rasa.start()


def test_a_wrong_sentence_model_ends_rasa_with_the_reason(tiny_model, tmp_path):
    rasa = RasaProcess(
        free_port(), "secret", "http://127.0.0.1:9", tmp_path / "log", model=tiny_model, minilm_path=str(tmp_path)
    )
    rasa.start()
    try:
        with pytest.raises(RasaNotReady, match=r"(?s)model\.onnx is missing.*DUELY_MINILM_PATH"):
            rasa.wait_ready(300)
    finally:
        rasa.stop()


@pytest.mark.parametrize("missing", ["DUELY_RASA_SECRET", "DUELY_ACTIONS_URL"])
def test_rasa_does_not_start_without_its_settings(tiny_model, missing):
    settings = {"DUELY_RASA_SECRET": "secret", "DUELY_ACTIONS_URL": "http://127.0.0.1:9", missing: ""}
    ended = run_in_rasas_environment(
        "-m", "bot.runtime.serve", "--model", str(tiny_model), "--port", str(free_port()), **settings
    )
    assert ended.returncode == 2
    assert f"{missing} is not set" in ended.stderr
