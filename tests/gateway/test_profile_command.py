"""`duely profile`: files are checked with field and line, and issuers are told and compared in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from billing_core import profiles
from gateway.cli import app

SEED = Path(profiles.__file__).parent / "nc_seed.yml"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["profile", *words], env={"COLUMNS": "200"})


def test_a_profile_in_order_is_told_with_what_it_does_not_know() -> None:
    result = run("check", str(SEED))
    assert result.exit_code == 0
    assert (
        "nc_seed is in order. Not known: binder_deadline_days, mail_address, proration, reinstatement_self_service."
        in result.output
    )


def test_a_wrong_profile_is_told_with_field_and_line_and_fails(tmp_path: Path) -> None:
    wrong = tmp_path / "mine.yml"
    wrong.write_text(SEED.read_text().replace("due_day: 1", "due_day: 40"))
    result = run("check", str(wrong))
    assert result.exit_code == 1
    assert f"{wrong}:7: due_day: Input should be less than or equal to 28" in result.output


def test_a_profile_is_explained_for_a_day() -> None:
    result = run("explain", "nc_seed", "--on", "2026-12-17")
    assert result.exit_code == 0
    assert "The first open day is January 7, 2027." in result.output


def test_a_profile_of_ones_own_is_explained_too(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yml"
    mine.write_text(SEED.read_text().replace("lock_days_after: 10", "lock_days_after: 3"))
    assert "The first open day is December 31, 2026." in run("explain", str(mine), "--on", "2026-12-17").output


def test_two_profiles_are_compared_and_what_differs_is_marked() -> None:
    result = run("compare", "nc_seed", "bcbsnc_current", "--on", "2026-12-17")
    assert result.exit_code == 0
    assert "* Cancel autopay, or move it to another method" in result.output
    assert "* The fee for paying" not in result.output
    assert "answers differ." in result.output


@pytest.mark.parametrize("words", [("explain", "no_such"), ("compare", "nc_seed", "no_such")])
def test_a_profile_nobody_ships_is_told_with_those_that_are(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert "shipped are bcbsnc_current, ca_generic, ma_connector, nc_seed, ny_generic" in result.output
