"""`duely play`: conversation files one after another, a line each, on one Rasa."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from gateway import logs, settings
from gateway.play.player import Played
from gateway.play.player import play as play_file
from gateway.play.rehearsal import Rehearsal
from gateway.rasa_process import RasaNotReady
from gateway.serving import PortTaken
from gateway.training import TrainingFailed

Say = Callable[[str], None]


class CannotPlay(RuntimeError):
    """Why nothing was played, in one sentence."""


def files(paths: Iterable[Path]) -> list[Path]:
    """Every conversation file named or found in a named folder, in order; raises `CannotPlay` when there is none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted([*path.rglob("*.yml"), *path.rglob("*.yaml")])
        elif path.is_file():
            found.append(path)
        else:
            raise CannotPlay(f"There is no file or folder {path}.")
    if not found:
        raise CannotPlay("There are no conversation files (*.yml) there.")
    return list(dict.fromkeys(found))


def play(paths: Iterable[Path], say: Say, *, rasa_url: str = "", actions_port: int = 0, as_json: bool = False) -> bool:
    """Play every file and say how each went; True when all passed. Raises `CannotPlay`."""
    found = files(paths)
    logs.set_up(level="ERROR", as_json=False)
    secret = settings.with_secrets(settings.load()).rasa_secret.get_secret_value() if rasa_url else ""
    try:
        with Rehearsal(rasa_url=rasa_url, rasa_secret=secret, actions_port=actions_port) as world:
            began = time.perf_counter()
            results = []
            for path in found:
                results.append(play_file(world, path))
                say(json_line(results[-1]) if as_json else line(results[-1]))
            seconds = time.perf_counter() - began
    except (PortTaken, RasaNotReady, TrainingFailed, settings.SettingWrong) as error:
        raise CannotPlay(str(error)) from error
    passed = sum(result.passed for result in results)
    if not as_json:
        say(f"{passed} passed, {len(results) - passed} failed in {seconds:.1f} s")
    return passed == len(results)


def json_line(result: Played) -> str:
    """One file's line for a machine: how it went, and all that was said."""
    told = {"title": result.title, "passed": result.passed, "where": result.where, "faults": result.faults}
    return json.dumps({"path": str(result.path), **told, "said": result.said})


def line(result: Played) -> str:
    """One file's line; of a failed one also the step, what was expected, what came, and all that was said."""
    if result.passed:
        return f"ok    {result.path}: {result.title} ({result.seconds:.2f} s)"
    said = "".join(f"\n      {part}" for entry in result.said for part in entry.splitlines())
    faults = "\n  ".join(result.faults)
    return f"FAIL  {result.path}: {result.title}\n  {result.where}: {faults}" + (
        f"\n    the conversation:{said}" if said else ""
    )
