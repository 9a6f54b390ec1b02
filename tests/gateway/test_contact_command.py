"""`duely contact`: what the plan's people pass on of a member's contacts, and who agreed to texts; each is audited."""

from __future__ import annotations

import csv
import io

import pytest
from typer.testing import CliRunner

from billing_core import Core, accounts
from channels import consent
from channels.inbox import contact_for
from console import audit
from gateway.cli import app


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["contact", *words])
    return found.exit_code, found.output.strip()


def test_a_changed_phone_is_on_file_with_its_day_and_an_entry_in_the_audit_log(core: Core) -> None:
    assert run("change", "lee", "--phone", "+19195550199") == (0, "Changed: phone.")
    account = accounts.get(core, "lee")
    assert account.phone == "+19195550199"
    assert account.phone_changed_at is not None
    assert account.email_changed_at is None
    newest = audit.page(core)[0][0]
    assert (newest.what, newest.about, newest.details) == ("contact_changed", "lee", {"what_changed": "phone"})


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["lee"], "Say what changes"),
        (["nobody", "--phone", "+19195550199"], "There is no account 'nobody'"),
        (["lee", "--phone", "919-555-0199"], "with its country"),
        (["lee", "--phone", "+19195550102"], "on file for another account"),
        (["lee", "--email", "lee at example"], "name@example.com"),
    ],
)
def test_what_cannot_be_put_on_file_is_told_and_changes_nothing(core: Core, words: list[str], why: str) -> None:
    before = accounts.get(core, "lee").phone
    code, told = run("change", *words)
    assert code == 1
    assert why in told
    assert accounts.get(core, "lee").phone == before


def test_consents_since_a_day_are_listed_with_how_far_each_reaches(core: Core) -> None:
    with core.write() as session:
        contact = contact_for(session, "sms", "+19195550101")
        consent.keep(session, contact, "in", "remember", core.now(), shown="Remember this phone?")
        consent.keep(session, contact, "out", "keyword", core.now(), scope="all")
    code, told = run("consents", "--since", f"{core.now():%Y-%m-%d}")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert code == 0
    assert [(row["kind"], row["scope"], row["source"], row["shown"]) for row in rows] == [
        ("in", "program", "remember", "Remember this phone?"),
        ("out", "all", "keyword", ""),
    ]
    _, told = run("consents", "--since", f"{core.now():%Y-%m-%d}", "--scope", "all")
    assert [row["kind"] for row in csv.DictReader(io.StringIO(told))] == ["out"]
    assert run("consents", "--since", "2099-01-01")[1].count("\n") == 0
    assert audit.page(core)[0][0].what == "exported_consents"
