"""Rasa as a child process: started, watched, ended.

The child is in a session of its own (Ctrl-C in the terminal reaches only us, and we end it in order) and holds the
reading end of a pipe from us as its standard input: when this process dies, by `kill -9` too, the child ends
(bot/runtime/lifeline.py).
"""

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import httpx

from gateway.probe import probe
from gateway.training import PYTHON, ROOT, log_tail, model_path, runtime_environment

POLL_S = 0.1
STOP_GRACE_S = 5.0
PROGRESS_EVERY_S = 5.0


class RasaNotReady(RuntimeError):
    """Rasa ended, or did not become ready in time; the message shows the end of its log."""


class RasaProcess:
    """One Rasa server on 127.0.0.1:`port` with one model, its output in `log_path`.

    `secret` guards the turn channel and Rasa's own API; it and `actions_url` (the webhook's full address) are handed
    over in the environment, never on the command line. One thread at a time may use it, any thread.
    """

    def __init__(
        self,
        port: int,
        secret: str,
        actions_url: str,
        log_path: Path,
        *,
        model: Path | None = None,
        minilm_path: str = "",
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._secret = secret
        self._actions_url = actions_url
        self._log_path = log_path
        self._model = model
        self._minilm_path = minilm_path
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child is not None and self.alive() else None

    def start(self) -> None:
        """Start the child and return at once; `wait_ready` tells when it serves. Does nothing when it runs."""
        if self.alive():
            return
        self.stop()
        model = self._model or model_path()
        if not model.is_file():
            raise RasaNotReady(f"The model {model} is missing: run `make setup` or `duely train`.")
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        command = [str(PYTHON), "-m", "bot.runtime.serve", "--model", str(model), "--port", str(self.port)]
        extra = {"DUELY_RASA_SECRET": self._secret, "DUELY_ACTIONS_URL": self._actions_url}
        if self._minilm_path:
            extra["DUELY_MINILM_PATH"] = self._minilm_path
        with self._log_path.open("ab") as log:
            self._child = subprocess.Popen(
                command, cwd=ROOT, env=runtime_environment(**extra), stdin=subprocess.PIPE, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait_ready(self, timeout: float, progress: Callable[[str], None] = lambda line: None) -> None:
        """Return when the model is loaded and the server answers. Raises RasaNotReady after `timeout` seconds, or as
        soon as the child has ended."""
        started = told = time.monotonic()
        while not self.ready():
            now = time.monotonic()
            if not self.alive():
                status = self._child.returncode if self._child is not None else None
                raise RasaNotReady(f"Rasa ended with status {status}. {self._log_end()}")
            if now - started > timeout:
                raise RasaNotReady(f"Rasa was not ready after {timeout:.0f} s. {self._log_end()}")
            if now - told > PROGRESS_EVERY_S:
                told = now
                progress(f"  Rasa is loading the model ({now - started:.0f} s).")
            time.sleep(POLL_S)

    def ready(self) -> bool:
        """Whether the server answers with its model loaded. Never raises."""
        with contextlib.suppress(httpx.HTTPError):
            answer = probe().get(f"{self.url}/status", params={"token": self._secret}, timeout=2.0)
            return answer.status_code == 200
        return False

    def alive(self) -> bool:
        """Whether the child process runs; says nothing about whether it is ready."""
        return self._child is not None and self._child.poll() is None

    def ensure_alive(self) -> bool:
        """Start the child again if it has ended. Returns whether it had to: then wait for it anew."""
        if self.alive():
            return False
        self.start()
        return True

    def stop(self) -> None:
        """End the child, in order if it can within five seconds; safe to call at any time, more than once."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_GRACE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        _close(child.stdin)

    def _log_end(self) -> str:
        return f"The end of {self._log_path}:\n{log_tail(self._log_path)}"


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with contextlib.suppress(OSError):
            pipe.close()
