"""`duely privacy`: files of a member's conversations, and their deletion, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from billing_core import Core
from channels.store import Message
from console import audit
from gateway.cli import app


@pytest.fixture
def core(texting: Core) -> Core:
    """Lee has said something."""
    with texting.write() as session:
        session.add(
            Message(id="m", conversation_id="v", seq=1, direction="in", channel="sms", text="my knee hurts",
                    state="answered", at=texting.now())
        )  # fmt: skip
    return texting


def run(*words: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["privacy", *words], input=typed)
    return result.exit_code, result.output


def said(core: Core) -> str:
    with core.read() as session:
        return session.get_one(Message, "m").text


def test_a_members_conversations_are_written_to_files_that_only_the_owner_reads(core: Core, tmp_path: Path) -> None:
    assert run("export", "lee", "--as", "json", "--to", str(tmp_path / "out"))[0] == 0
    (file,) = (tmp_path / "out").iterdir()
    assert json.loads(file.read_text())["messages"][0]["text"] == "my knee hurts"
    assert file.stat().st_mode & 0o077 == 0
    assert run("export", "lee", "--to", str(tmp_path / "out"))[0] == 0
    assert next((tmp_path / "out").glob("*.pdf")).read_bytes().startswith(b"%PDF")
    assert [each.what for each in audit.page(core)[0][:2]] == ["exported", "exported"]


def test_what_goes_and_stays_is_told_and_only_the_word_deletes(core: Core) -> None:
    code, told = run("delete", "lee", typed="no\n")
    assert (code, said(core)) == (1, "my knee hurts")
    assert "Goes: the words of 1 messages" in told
    assert "Ledger entries" in told
    assert run("delete", "lee", typed="DELETE\n")[0] == 0
    assert said(core) == ""
    assert audit.page(core)[0][0].what == "erased"
    assert run("delete", "lee", "--confirm", "DELETE")[0] == 0


def test_somebody_unknown_is_told_so(core: Core) -> None:
    assert run("delete", "nobody") == (
        1,
        "Duely: There is no such account, and no stranger's conversation of that id.\n",
    )


def test_what_is_not_old_stays(core: Core) -> None:
    assert run("run") == (0, "Nothing is older.\n")
    assert said(core) == "my knee hurts"
