"""The real Rasa with a tiny model, and a small server in the place of our actions."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from channels.authorities import authorities
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from gateway.training import PYTHON, ROOT, runtime_environment

TINY = Path(__file__).parent / "tiny"
SECRET = "a secret of the tests"


def run_in_rasas_environment(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs Rasa's Python from the repository's root, as the gateway does, and waits for its end."""
    return subprocess.run(
        [str(PYTHON), *arguments], cwd=ROOT, env=runtime_environment(**environment), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


# Reads scripts, a JSON line each, and answers with what they printed and what went wrong.
ANSWERING = """
import contextlib, io, json, os, sys, traceback
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    asked, said, wrong = json.loads(line), io.StringIO(), ""
    os.environ.update(asked["environment"])
    try:
        with contextlib.redirect_stdout(said):
            exec(asked["script"], {})
    except Exception:
        wrong = traceback.format_exc()
    for name in asked["environment"]:
        del os.environ[name]
    print(json.dumps([said.getvalue(), wrong]), file=answers, flush=True)
"""


class RasasPython:
    """One process of Rasa's Python for many scripts: importing Rasa takes longer than any of them.

    Each script has names of its own, and its settings are taken away after it; what it imports stays.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), "-c", ANSWERING], cwd=ROOT, env=runtime_environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def run(self, script: str, **environment: str) -> tuple[str, str]:
        """What the script printed, and the end of the traceback that ended it, if one did."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"script": script, "environment": environment}), file=self._process.stdin, flush=True)
        said, wrong = json.loads(self._process.stdout.readline())
        return said, wrong

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture(scope="session")
def rasas_python() -> Iterator[RasasPython]:
    python = RasasPython()
    yield python
    python.close()


class ActionServer(ThreadingHTTPServer):
    """Answers every action with its name; `answer` replaces the answer, `calls` are the requests' bodies."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ActionHandler)
        self.calls: list[dict] = []
        self.answer: tuple[int, object] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhook"


class ActionHandler(BaseHTTPRequestHandler):
    server: ActionServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls.append(call)
        reply = {
            "text": f"Did {call['next_action']}.",
            "buttons": [{"title": "Pay", "payload": "PAY"}],
            "custom": {"card": {"kind": "receipt"}},
        }
        status, answer = self.server.answer or (200, {"events": [], "responses": [reply]})
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="session")
def action_server() -> Iterator[ActionServer]:
    server = ActionServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def actions(action_server: ActionServer) -> Iterator[ActionServer]:
    """The action server as new for each test."""
    action_server.calls.clear()
    yield action_server
    action_server.answer = None


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A repository of its own with the tiny bot."""
    shutil.copytree(TINY, tmp_path / "bot")
    shutil.copytree(ROOT / "bot/runtime", tmp_path / "bot/runtime", ignore=shutil.ignore_patterns(".venv"))
    (tmp_path / "bot/__init__.py").touch()
    shutil.copy(ROOT / "config.yml", tmp_path / "config.yml")
    return tmp_path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    trained = run_in_rasas_environment(
        "-m", "bot.runtime.train", "--name", "tiny", "--output", str(folder),
        "--domain", str(TINY / "domain.yml"), "--data", str(TINY / "data"),
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr[-3000:]
    return folder / "tiny.tar.gz"


@pytest.fixture(scope="session")
def rasa(
    tiny_model: Path, action_server: ActionServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RasaProcess]:
    log = tmp_path_factory.mktemp("log") / "rasa.log"
    process = RasaProcess(free_port(), SECRET, action_server.url, log, model=tiny_model)
    process.start()
    try:
        process.wait_ready(300)
        yield process
    finally:
        process.stop()


@pytest.fixture
def gateway(rasa: RasaProcess) -> Iterator[httpx.Client]:
    """Speaks to Rasa as the gateway does, with the right secret."""
    with httpx.Client(
        base_url=rasa.url, headers={"Authorization": f"Bearer {SECRET}"}, timeout=60, verify=authorities()
    ) as client:
        yield client
