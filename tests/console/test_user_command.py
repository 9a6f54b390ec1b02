"""`duely user` and `duely reindex`: who may sign in, from the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from billing_core import open_core
from console import users
from gateway.cli import app

runner = CliRunner()


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path / 'users.sqlite'}"
    monkeypatch.setenv("DUELY_DATABASE_URL", address)
    return address


def test_a_user_is_added_listed_and_disabled(url: str) -> None:
    added = runner.invoke(app, ["user", "add", "kim", "--role", "support", "--generate"])
    assert added.exit_code == 0, added.output
    password = added.output.rsplit(": ", 1)[1].strip()
    core = open_core(url)
    assert users.by_password(core, "kim", password).role == "support"
    assert "kim\tsupport\tpassword" in runner.invoke(app, ["user", "list"]).output
    assert runner.invoke(app, ["user", "disable", "kim"]).exit_code == 0
    with pytest.raises(users.SignInRefused):
        users.by_password(core, "kim", password)
    core.engine.dispose()


def test_a_password_is_asked_twice_and_not_shown(url: str) -> None:
    asked = runner.invoke(app, ["user", "add", "kim", "--role", "admin"], input="long enough here\nlong enough here\n")
    assert asked.exit_code == 0
    assert "long enough" not in asked.output


@pytest.mark.parametrize(
    "arguments",
    [["add", "kim", "--role", "boss", "--generate"], ["disable", "nobody"], ["password", "nobody", "--generate"]],
)
def test_what_cannot_be_is_said_in_a_sentence(url: str, arguments: list[str]) -> None:
    said = runner.invoke(app, ["user", *arguments])
    assert said.exit_code == 1
    assert said.output.startswith("Duely: ")


def test_reindex_tells_what_it_made(url: str) -> None:
    assert "0 marks made again" in runner.invoke(app, ["reindex"]).output
