"""Programs that nobody of us wrote, run beside the tests: installed from npm by a lock file, started, ended."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from channels.pages.vendor import environment, npm_command
from gateway.probe import probe
from gateway.training import ROOT

START_LIMIT_S = 300.0


def installed(here: Path, name: str) -> Path:
    """The `node_modules` of the lock file in a folder, installed into `var/` once (npm, no install scripts).

    It is put in its place when it is whole, so nobody ever runs half of it, whoever else installs it meanwhile.
    """
    lock = (here / "package-lock.json").read_bytes()
    folder = ROOT / "var" / name / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="installing-", dir=folder.parent) as unfinished:
            work = Path(unfinished) / "whole"
            work.mkdir()
            for each in ("package.json", "package-lock.json"):
                shutil.copy(here / each, work / each)
            install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run([*npm_command(), *install], cwd=work, env=environment(), check=True, timeout=600)
            with contextlib.suppress(OSError):  # somebody else was quicker
                work.rename(folder)
    return folder / "node_modules"


def node() -> str:
    """The `node` that npm runs with."""
    return shutil.which("node", path=environment()["PATH"]) or "node"


@contextmanager
def running(command: list[str], url: str, folder: Path, settings: dict[str, str] | None = None) -> Iterator[str]:
    """A program that answers at `url`, until the block ends; raises RuntimeError with its output if it does not."""
    with (folder / "output").open("wb") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=os.environ | (settings or {}), stdout=output, stderr=subprocess.STDOUT
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
            child.wait(60)


def _answers(url: str) -> bool:
    try:
        return probe().get(url, timeout=1.0).status_code > 0
    except httpx.HTTPError:
        return False
