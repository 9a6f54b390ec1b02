"""Reads the training sentences of bot/data/nlu as (intent, annotated sentence) pairs, without Rasa."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
NLU_FOLDER = ROOT / "bot" / "data" / "nlu"

# The only way an entity is written here: [words](entity). Rasa's JSON form in braces is not used.
SPAN = re.compile(r"\[(?P<words>[^\[\]]+)\]\((?P<entity>[a-z_]+)\)")


class Example(NamedTuple):
    """One training sentence: the file and intent it stands under, as written here and as sent."""

    file: str
    intent: str
    written: str

    @property
    def spoken(self) -> str:
        """The sentence with its entity marks taken away."""
        return SPAN.sub(lambda span: span["words"], self.written)


def documents() -> dict[str, dict]:
    """Every training file by name, parsed."""
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(NLU_FOLDER.glob("*.yml"))}


def examples() -> list[Example]:
    """Every training sentence, in file order."""
    found = []
    for file, document in documents().items():
        for entry in document["nlu"]:
            for line in entry.get("examples", "").splitlines():
                if "intent" in entry and line.startswith("- "):
                    found.append(Example(file, entry["intent"], line.removeprefix("- ").strip()))
    return found


def normalised(sentence: str) -> str:
    """The sentence as two writers would agree it is the same: lower case letters, digits, single spaces."""
    plain = re.sub(r"[^a-z0-9$%. ]+", " ", sentence.lower().replace("'", ""))
    return " ".join(plain.replace(". ", " ").strip(" .").split()) or sentence
