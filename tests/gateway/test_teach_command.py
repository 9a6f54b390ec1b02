"""`duely nlu …`: reviewing and teaching from a terminal, on the database of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from billing_core import Core
from console import audit, users
from console.teach import candidates, sentences
from console.teach.port_fake import COMPARED, FakeTeacher
from console.teach.store import CandidateState
from gateway.cli import app
from tests.console.conftest import LEE, Office, make_office, sqlite_office  # noqa: F401


@pytest.fixture
def run(sqlite_core: Core, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs a command; its words and its status."""
    monkeypatch.setenv("DUELY_DATABASE_URL", sqlite_url)

    def run(*arguments: str) -> tuple[str, int]:
        result = CliRunner().invoke(app, ["nlu", *arguments])
        return result.output, result.exit_code

    return run


def test_two_reviewers_label_and_the_change_is_shown(run, sqlite_office: Office) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    message = sqlite_office.says(LEE, "this is Jordan, put $61.20 off till friday", confidence=0.4)
    for who in ("ann", "kim"):
        users.add(sqlite_office.core, who, "product", None)
    said, _ = run("queue")
    assert f"{message.id}  unsure  ask_amount_due  this is [name], put [amount] off till friday" in said
    assert run("label", message.id, "change_due_date", "--as", "nobody")[1] == 1
    mark = ("--mark", "date=friday", "--mark", "amount=[amount]")
    assert run("label", message.id, "change_due_date", "--as", "ann", *mark) == ("Waits for a second reviewer.\n", 0)
    assert run("label", message.id, "change_due_date", "--as", "kim", *mark) == ("Settled.\n", 0)
    (row,) = sentences.proposed(sqlite_office.core)
    assert row.written.startswith("this is sam, put [$")
    assert [each.what for each in audit.page(sqlite_office.core, about=message.conversation_id)[0]] == ["labelled"] * 2


def test_a_candidate_is_promoted_rolled_back_and_dropped(run, sqlite_core: Core) -> None:  # type: ignore[no-untyped-def]
    assert "No candidate waits" in run("promote")[0]
    assert "may be a name" in run("add", "tell Linda i paid", "pay_bill")[0]
    assert run("add", "square me up mate", "pay_bill")[1] == 0
    from gateway import training

    teacher = FakeTeacher(fingerprint=training.fingerprint())
    row = candidates.start(sqlite_core, teacher, "kim")
    candidates.finish(sqlite_core, row.id, CandidateState.READY, comparison=COMPARED)
    assert run("promote")[0].startswith("Candidate 1 is promoted.")
    assert "+    - square me up mate" in run("export")[0]
    assert run("rollback")[0] == "The model of the files is live again.\n"
    assert run("rollback")[1] == 1
    row = candidates.start(sqlite_core, teacher, "kim")
    assert run("drop")[0] == f"Candidate {row.id} is dropped.\n"


def test_where_rasa_runs_elsewhere_it_is_said(run, sqlite_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DUELY_RASA_URL", "http://rasa.example")
    assert "Rasa runs elsewhere (DUELY_RASA_URL)" in run("rollback")[0]
