"""`duely what-if`: every thing that can happen has its words, and one question is asked at a time."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from billing_core import Clock, cast, open_core
from billing_core import what_if as supposing
from gateway import database
from gateway.cli import app
from gateway.commands.what_if import WORDS
from tests.billing_core.world import CANONICAL

Ask = Callable[..., Result]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    address = f"sqlite:///{tmp_path_factory.mktemp('what_if') / 'duely.sqlite'}"
    database.migrate(address)
    core = open_core(address, clock=Clock.fixed(CANONICAL))
    cast.load(core)
    core.engine.dispose()
    return address


@pytest.fixture
def ask(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    monkeypatch.setenv("DUELY_DATABASE_URL", address)
    monkeypatch.setenv("DUELY_CLOCK", CANONICAL.isoformat())

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["what-if", *words])

    return run


def test_everything_that_can_happen_has_words() -> None:
    named = set(re.findall(r'"([a-z]+(?:_[a-z]+)*)"', inspect.getsource(supposing)))
    assert set(WORDS) <= named
    assert {name for name in named if name not in WORDS} <= {"window", "paid"}


def test_a_lock_is_told_with_its_first_open_day_and_what_can_be_saved(ask: Ask) -> None:
    said = ask("rivera", "--cancel-autopay", "--on", "2026-12-17").output
    assert "refused (S19). The first open day is January 7, 2027." in said
    assert "The next draft takes $413.40 from checking ending 6789 on January 1, 2027." in said


def test_half_is_half_and_a_method_is_named_by_its_last_four(ask: Ask) -> None:
    assert "$206.05 is left, due January 1, 2027." in ask("lee", "--pay", "half").output
    assert "$312.10 is left" in ask("lee", "--pay", "$100").output
    assert "ends in 0000" in ask("rivera", "--move-autopay", "0000").output


def test_the_answer_is_there_for_machines_too(ask: Ask) -> None:
    said = json.loads(ask("okafor", "--miss-next", "--json").output)
    assert said["allowed"] is True
    assert said["follows"][0]["what"] == "missed"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["lee"], "Ask for one thing"),
        (["lee", "--miss-next", "--cancel-autopay"], "Ask for one thing"),
        (["nobody", "--miss-next"], "There is no account 'nobody'"),
        (["jones", "--miss-next"], "billed elsewhere"),
        (["lee", "--pay", "lots"], "'lots' is no amount"),
        (["lee", "--pay", "1.005"], "no amount in dollars and cents"),
        (["lee", "--pay", "all", "--on", "2026-12-14"], "That day is over"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(ask: Ask, words: list[str], told: str) -> None:
    result = ask(*words)
    assert result.exit_code == 1
    assert told in result.output
