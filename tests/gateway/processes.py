"""`duely up` as a real process of its own, for tests that end it in ways no fixture can."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from twilio.request_validator import RequestValidator

from gateway.probe import probe
from gateway.serving import free_port
from gateway.settings_fields import STANDIN_FROM, STANDIN_TOKEN
from gateway.training import ROOT

DUELY = Path(sys.executable).with_name("duely")
SECRET = "a-secret-of-the-tests-alone"
# Only what fails waits so long, also on a machine with much else to do.
LIMIT_S = 300.0


@dataclass
class UpProcess:
    """One `duely up` on ports and a database of its own; `start` and `kill` may take turns."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    actions_port: int = field(default_factory=free_port)
    rasa_port: int = field(default_factory=free_port)
    tokenizer_port: int = field(default_factory=free_port)
    lines: list[str] = field(default_factory=list)
    child: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'duely.sqlite'}"

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}/webhook"

    def start(self, *, until: str = "Ready:") -> UpProcess:
        """Start it and wait for a line that begins so; raises TimeoutError with what it said instead."""
        given = {
            "ENVIRONMENT": "test",
            "DATABASE_URL": self.database_url,
            "CLOCK": "2026-12-15T10:00",
            "POST_FOLDER": str(self.folder / "post"),
            "SECRET_KEY": SECRET,
            "RASA_SECRET": SECRET,
            "PORT": str(self.port),
            "ACTIONS_PORT": str(self.actions_port),
            "RASA_PORT": str(self.rasa_port),
            "TOKENIZER_PORT": str(self.tokenizer_port),
            **self.settings,
        }
        outer = {name: value for name, value in os.environ.items() if not name.startswith("DUELY_")}
        model = {"DUELY_MODEL_PATH": os.environ["DUELY_MODEL_PATH"]} if "DUELY_MODEL_PATH" in os.environ else {}
        self.child = subprocess.Popen(
            [DUELY, "up"], cwd=ROOT, env=outer | model | {f"DUELY_{name}": value for name, value in given.items()},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            # A kill may cut a line in the middle of a letter.
            errors="replace",
            start_new_session=True,
        )  # fmt: skip
        heard: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.child, heard), daemon=True).start()
        limit = time.monotonic() + LIMIT_S
        while True:
            try:
                line = heard.get(timeout=max(limit - time.monotonic(), 0.01))
            except queue.Empty:
                line = None
            if line is None:
                raise TimeoutError(f"`duely up` did not say {until!r}:\n" + "\n".join(self.lines[-30:]))
            if line.startswith(until):
                return self

    def wait_for(self, path: str, status: int) -> None:
        """Ask until the answer has a status; raises TimeoutError with the last one after a while."""
        limit = time.monotonic() + LIMIT_S
        while (answer := probe().get(f"{self.url}{path}", timeout=60)).status_code != status:
            if time.monotonic() > limit:
                raise TimeoutError(f"{path} still answers {answer.status_code}: {answer.text}")
            time.sleep(0.1)

    def text_in(self, frm: str, body: str, sid: str) -> httpx.Response:
        """Post a signed text, as Twilio does."""
        form = {"MessageSid": sid, "From": frm, "To": STANDIN_FROM, "Body": body}
        signed = RequestValidator(STANDIN_TOKEN).compute_signature(f"{self.url}/twilio/sms", form)
        return probe().post(f"{self.url}/twilio/sms", data=form, headers={"X-Twilio-Signature": signed}, timeout=60)

    def kill(self) -> None:
        """`kill -9`."""
        assert self.child is not None
        self.child.kill()
        self.child.wait(LIMIT_S)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, in the way of a signal, and return its exit status."""
        assert self.child is not None
        self.child.send_signal(number)
        return self.child.wait(LIMIT_S)

    def close(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.kill()

    def _listen(self, child: subprocess.Popen[str], heard: queue.Queue[str | None]) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            self.lines.append(line.rstrip())
            heard.put(line.rstrip())
        heard.put(None)


def running_in_session(pid: int) -> list[int]:
    """The processes that still run in the session which a child was started in, by /proc."""
    return [number for number, (_, _, session) in _running() if session == pid]


def children(pid: int) -> list[int]:
    """The processes whose parent this is."""
    return [number for number, (parent, _, _) in _running() if parent == pid]


def _running() -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Each process that has not ended, with its parent, group and session."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, group, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if state != "Z":
            yield int(folder.name), (int(parent), int(group), int(session))


def listening(port: int) -> bool:
    """Whether anything answers on a loopback port."""
    try:
        probe().get(f"http://127.0.0.1:{port}/", timeout=20)
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        return True
    return True
