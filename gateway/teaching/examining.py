"""Putting one model to the test in processes of its own: sentences in a Rasa, conversations by `duely play`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gateway.commands.nlu import Understood, understood
from gateway.teaching.comparing import Played
from gateway.training import BEHIND, ROOT

Progress = Callable[[str], bool]
CONVERSATIONS = "tests/conversations"
PLAY = "from gateway.cli import app; app()"
TELL_EVERY = 20
END_WITHIN_S = 15.0


class Ended(RuntimeError):
    """The examination was ended before its time, or could not be made; the message says why."""


def read(model: Path, said: Sequence[tuple[str, str]], name: str, progress: Progress) -> list[Understood]:
    """Each (sentence, intent meant) as the model understands it. Raises `Ended`, `RasaNotReady`."""
    _go_on(progress, f"Reading {len(said)} sentences with {name}")
    found: list[Understood] = []
    with contextlib.closing(understood(said, model)) as each_read:
        for number, each in enumerate(each_read, 1):
            found.append(each)
            if number % 100 == 0:
                _go_on(progress, f"Reading sentences with {name}: {number} of {len(said)}")
    return found


def play(model: Path, files: Sequence[Path], name: str, progress: Progress, root: Path = ROOT) -> dict[str, Played]:
    """Each conversation file as it goes with the model, by path. Raises `Ended`."""
    if not files:
        return {}
    _go_on(progress, f"Playing {len(files)} conversations with {name}")
    found: dict[str, Played] = {}
    for line in _lines(model, files, root):
        told = json.loads(line)
        path = Path(told["path"]).relative_to(root).as_posix()
        fault = " ".join(" ".join(told["faults"]).split())
        found[path] = Played(path, told["title"], told["passed"], told["where"], fault, tuple(told["said"]))
        if len(found) % TELL_EVERY == 0:
            _go_on(progress, f"Playing conversations with {name}: {len(found)} of {len(files)}")
    if len(found) < len(files):
        raise Ended(f"Conversations could not be played: {log_end(root)}")
    return found


def _lines(model: Path, files: Sequence[Path], root: Path) -> Iterator[str]:
    """What `duely play` writes; the child is ended when nobody reads on."""
    log = root / "var/teaching/play.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "DUELY_MODEL_PATH": str(model)}
    with log.open("w") as errors:
        child = subprocess.Popen(
            [sys.executable, "-c", PLAY, "play", "--json", *map(str, files)], cwd=root, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
        )  # fmt: skip
        os.setpriority(os.PRIO_PROCESS, child.pid, BEHIND)
        assert child.stdout is not None
        try:
            yield from (line for line in child.stdout if line.startswith("{"))
        finally:
            child.stdout.close()
            # As Ctrl-C, so that it ends its own Rasa and takes its folder away.
            child.send_signal(signal.SIGINT)
            try:
                child.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def log_end(root: Path) -> str:
    lines = (root / "var/teaching/play.log").read_text(errors="replace").splitlines()
    return lines[-1] if lines else "no reason was given"


def conversation_files(root: Path = ROOT) -> list[Path]:
    """Every conversation file there is; none where the tests were not brought along."""
    return sorted((root / CONVERSATIONS).rglob("*.yml"))


def _go_on(progress: Progress, step: str) -> None:
    if not progress(step):
        raise Ended("The candidate was dropped.")
