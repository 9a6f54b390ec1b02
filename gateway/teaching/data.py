"""The training sentences in their files, and what the files would be with more: a change that a developer can read.

Files are changed line by line, never written anew, so that comments and order stay and the diff shows sentences alone.
"""

from __future__ import annotations

import difflib
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from channels import language
from console.teach.port import Near, Written
from console.teach.writing import normalised, spoken
from gateway.training import ROOT

_INTENT = re.compile(r"^\s*-?\s*intent: (?P<name>\w+)\s*$")
_SENTENCE = re.compile(r"^(?P<before>\s+- )\S")
# Files of Spanish sentences begin so.
SPANISH = "es_"
NEW_FILE = "taught.yml"


@dataclass(frozen=True)
class Sentence:
    """One training sentence: the file it stands in, what it means, and how it is written there."""

    file: str
    intent: str
    written: str


def sentences(root: Path = ROOT) -> Iterator[Sentence]:
    """Every training sentence, in the order of the files."""
    for path in _files(root):
        file = path.relative_to(root).as_posix()
        for intent, written in _read(path, path.stat().st_mtime_ns):
            yield Sentence(file, intent, written)


@lru_cache(maxsize=500)
def _read(path: Path, _changed_ns: int) -> tuple[Written, ...]:
    """The sentences of one file, read again when it changes."""
    entries = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("nlu") or []
    return tuple(
        (str(entry["intent"]), line.removeprefix("- ").strip())
        for entry in entries
        if "intent" in entry
        for line in entry.get("examples", "").splitlines()
        if line.startswith("- ")
    )


def duplicates(wanted: Sequence[Written], root: Path = ROOT) -> dict[Written, Near]:
    """Those that stand in the data already, in the same words but for capitals, marks and signs, under any intent."""
    known: dict[str, Sentence] = {}
    for each in sentences(root):
        known.setdefault(normalised(spoken(each.written)), each)
    found: dict[Written, Near] = {}
    for intent, text in wanted:
        same = known.get(normalised(spoken(text)))
        if same is not None:
            found[intent, text] = Near(same.written, same.intent, same.file, 1.0)
    return found


def changed(wanted: Sequence[Written], root: Path = ROOT) -> dict[Path, tuple[str, str]]:
    """What each file says now and would say, of those that change; duplicates are left out."""
    known = duplicates(wanted, root)
    before = {path: path.read_text(encoding="utf-8") for path in _files(root)}
    after = dict(before)
    homes = _homes(root)
    for intent, text in wanted:
        if (intent, text) in known:
            continue
        path = _home(homes, intent, text, root)
        after[path] = _with(after.get(path, ""), intent, text)
    return {path: (before.get(path, ""), text) for path, text in after.items() if text != before.get(path, "")}


def diff(wanted: Sequence[Written], root: Path = ROOT) -> str:
    """The change as `git diff` shows it."""
    lines: list[str] = []
    for path, (before, after) in sorted(changed(wanted, root).items()):
        name = path.relative_to(root).as_posix()
        old = f"a/{name}" if before else "/dev/null"
        lines += difflib.unified_diff(before.splitlines(), after.splitlines(), old, f"b/{name}", lineterm="", n=2)
    return "\n".join(lines)


def export(wanted: Sequence[Written], root: Path = ROOT) -> list[Path]:
    """Write the sentences into the files; those that changed."""
    found = changed(wanted, root)
    for path, (_, after) in found.items():
        path.write_text(after, encoding="utf-8")
    return sorted(found)


def copy_with(wanted: Sequence[Written], folder: Path, root: Path = ROOT) -> Path:
    """A copy of the whole data with the sentences in it, for a training; the copy's folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "bot/data", folder)
    for path, (_, after) in changed(wanted, root).items():
        (folder / path.relative_to(root / "bot/data")).write_text(after, encoding="utf-8")
    return folder


def _files(root: Path) -> list[Path]:
    return sorted((root / "bot/data").rglob("*.yml"))


def _homes(root: Path) -> dict[tuple[str, bool], Path]:
    """The file in which most sentences of an intent stand, in Spanish and otherwise."""
    counted = Counter((each.file, each.intent) for each in sentences(root))
    homes: dict[tuple[str, bool], Path] = {}
    for (file, intent), _count in counted.most_common():
        path = root / file
        homes.setdefault((intent, path.name.startswith(SPANISH)), path)
    return homes


def _home(homes: dict[tuple[str, bool], Path], intent: str, text: str, root: Path) -> Path:
    spanish = language.of(spoken(text)) == "es"
    found = homes.get((intent, spanish)) or homes.get((intent, not spanish))
    return found or next(iter(homes.values())).parent / NEW_FILE


def _with(content: str, intent: str, text: str) -> str:
    """The file with one more sentence, after the last of its intent."""
    lines = content.splitlines() or ['version: "3.1"', "", "nlu:"]
    inside, after, before = False, None, "    - "
    for number, line in enumerate(lines):
        if named := _INTENT.match(line):
            inside = named["name"] == intent
        elif inside and (found := _SENTENCE.match(line)):
            after, before = number + 1, found["before"]
    if after is None:
        return "\n".join([*lines, f"- intent: {intent}", "  examples: |", f"    - {text}", ""])
    return "\n".join([*lines[:after], f"{before}{text}", *lines[after:], ""])
