"""Every conversation file in this folder, played as `duely play` plays it, one test a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.commands.play import line
from gateway.play.player import play
from gateway.play.rehearsal import Rehearsal

HERE = Path(__file__).parent
FILES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.yml"))


@pytest.mark.rasa
@pytest.mark.parametrize("name", FILES)
def test_the_conversation_goes_as_written(rehearsal: Rehearsal, name: str) -> None:
    played = play(rehearsal, HERE / name)
    if not played.passed:
        pytest.fail(line(played), pytrace=False)
