"""Nothing is lost, doubled, disordered or paid twice, whatever dies when.

`make soak` runs the long form; `DUELY_SOAK=1 DUELY_KILLS=40` a part of it. How far a run has come stands in
`progress` in its folder, of which pytest's `--basetemp` says where it is.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.faults.storm import Storm

pytestmark = pytest.mark.rasa

SOAKING = os.environ.get("DUELY_SOAK") == "1"
SEED = int(os.environ.get("DUELY_SEED", "1"))
KILLS, PEOPLE = (int(os.environ.get("DUELY_KILLS", "200")), 50) if SOAKING else (3, 8)


def test_a_storm_of_kills_loses_doubles_and_disorders_nothing(tmp_path: Path) -> None:
    storm, began = Storm(tmp_path, SEED, KILLS, PEOPLE), time.monotonic()
    storm.run()
    print(f"seed {SEED}: {storm.check()}, {dict(storm.happened)} in {time.monotonic() - began:.0f} s")
