"""Documentation drawn from the code, so that it cannot say anything else."""

from __future__ import annotations

from pathlib import Path

from billing_core import states
from billing_core.processors import sandbox_outcomes
from gateway.golden.page import pages
from gateway.golden.year import live
from gateway.training import ROOT

STATES = ROOT / "docs/states.md"
SANDBOX = ROOT / "docs/sandbox.md"
GOLDEN_YEARS = ROOT / "docs/golden_years"


def states_text() -> str:
    """What docs/states.md holds."""
    return states.drawing().rstrip() + "\n"


def write_states() -> Path:
    """Write docs/states.md and return its path."""
    STATES.parent.mkdir(exist_ok=True)
    STATES.write_text(states_text(), encoding="utf-8")
    return STATES


def write_sandbox() -> Path:
    """Write docs/sandbox.md and return its path."""
    SANDBOX.write_text(sandbox_outcomes.drawing(), encoding="utf-8")
    return SANDBOX


def write_golden_years() -> Path:
    """Write a page for each member of the cast, and return their folder."""
    GOLDEN_YEARS.mkdir(exist_ok=True)
    for key, text in pages(live()).items():
        (GOLDEN_YEARS / f"{key}.md").write_text(text, encoding="utf-8")
    return GOLDEN_YEARS
