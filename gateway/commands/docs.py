"""Documentation drawn from the code, so that it cannot say anything else."""

from __future__ import annotations

from pathlib import Path

from billing_core import states
from gateway.training import ROOT

STATES = ROOT / "docs/states.md"


def states_text() -> str:
    """What docs/states.md holds."""
    return states.drawing().rstrip() + "\n"


def write_states() -> Path:
    """Write docs/states.md and return its path."""
    STATES.parent.mkdir(exist_ok=True)
    STATES.write_text(states_text(), encoding="utf-8")
    return STATES
