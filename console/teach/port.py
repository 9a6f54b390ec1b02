"""What the console asks of whoever keeps the language data and the live model: `gateway` answers, a fake beside this
does in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

# (intent, sentence as it is written in the data)
Written = tuple[str, str]


@dataclass(frozen=True)
class Near:
    """A sentence of the data that means nearly the same: how near (1: the same), under which intent, in which file."""

    written: str
    intent: str
    file: str
    likeness: float


@dataclass(frozen=True)
class Change:
    """A change to the data: the diff to read, and of each sentence where it stands already (None: nowhere)."""

    diff: str
    duplicates: dict[Written, Near] = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """The live model: its name, what is happening to it (`serving`, `swapping`, `failed`), and why it cannot be swapped
    here (empty: it can)."""

    model: str
    state: str = "serving"
    trouble: str = ""
    fixed: str = ""


class Teacher(Protocol):
    """The data and the models of one Duely."""

    def examples(self) -> dict[str, str]:
        """A sentence of each intent, to show what it means."""

    def change(self, sentences: Sequence[Written]) -> Change:
        """What the data would change by."""

    def near(self, sentences: Sequence[Written]) -> dict[Written, list[Near]]:
        """The nearest sentences of the data for each, the nearest first; takes seconds. Raises `TeacherFailed`."""

    def sources(self) -> str:
        """The fingerprint of the data as it lies in the files."""

    def begin(self, candidate_id: int) -> None:
        """Train and compare a candidate whose row is there, beside everything else; returns at once."""

    def live(self) -> Live:
        """The model that members talk to."""


class TeacherFailed(RuntimeError):
    """Something could not be done; the message is for the person who asked."""
