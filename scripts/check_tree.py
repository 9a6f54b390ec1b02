"""Checks of the tree that no linter makes: file sizes, YAML that loads, links in the docs that lead somewhere.

Part of `make check`; reads only the files git knows, prints one line a fault, exits 1 if there is any.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300
BANNED_NAMES = ("utils", "helpers", "common", "service", "manager")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def tracked(*patterns: str) -> list[Path]:
    """The files git knows, and those it will know with the next `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in sorted(set(listed)) if name and (ROOT / name).is_file()]


def faults() -> Iterator[str]:
    """Every fault, as a line that begins with the file."""
    yield from _python_files()
    yield from _yaml_files()
    yield from _links()
    yield from _drawn()


def _python_files() -> Iterator[str]:
    for path in tracked("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            yield f"{_name(path)}: {lines} lines, {LONGEST_FILE} at most"
        if path.stem in BANNED_NAMES:
            yield f"{_name(path)}: a name that says nothing"


def _yaml_files() -> Iterator[str]:
    for path in tracked("*.yml", "*.yaml"):
        try:
            list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            yield f"{_name(path)}: {str(error).splitlines()[0]}"


def _links() -> Iterator[str]:
    for path in tracked("*.md"):
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                yield f"{_name(path)}: the link to {target} leads nowhere"


def _drawn() -> Iterator[str]:
    from gateway.commands.docs import STATES, states_text

    if not STATES.is_file() or STATES.read_text(encoding="utf-8") != states_text():
        yield f"{_name(STATES)}: not what the tables say; run `duely docs states`"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) if found else "tree: in order")
    sys.exit(1 if found else 0)
