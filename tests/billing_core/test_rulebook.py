"""The rulebook is whole: every seed rule and every settled gap has its row, and what a row names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in (ROOT / "docs/rulebook.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [SG]\d", line)
]
STATES = ("built", "answered", "refused", "part", "open")


def test_every_seed_rule_and_every_gap_has_one_row_in_order() -> None:
    assert [row[0] for row in ROWS] == [f"S{n}" for n in range(1, 41)] + [f"G{n}" for n in range(1, 31)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_filled_and_names_files_that_exist(row: list[str]) -> None:
    assert len(row) == 6
    _, does, state, where, held, source = row
    assert does
    assert source
    assert state.split(":")[0] in STATES
    for path in re.findall(r"`([^`]+)`", f"{where} {held}"):
        assert (ROOT / path).exists(), path
    if state != "open":
        assert "`" in held
