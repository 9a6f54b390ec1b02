"""A conversation as a file: whole, masked by role, screened once more, written down, and readable in any language."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels import outbox
from channels.store import Message
from console import audit, export, pdf, transcript
from console.sessions import Visit
from tests.console.conftest import LEE, Office
from tests.console.test_roles import CLEAR, SAID
from tests.screening import corpus

ADMIN = Visit("ann", "admin", "", "")
MANY = 10_000 if os.environ.get("DUELY_SOAK") == "1" else 40


def made(office: Office, conversation_id: str, visit: Visit = ADMIN) -> dict[str, Any]:
    found = export.of(office.core, visit, conversation_id)
    assert found is not None
    return found


def fetched(client: TestClient, conversation_id: str, kind: str) -> Any:
    return client.get(f"/console/conversations/{conversation_id}/export.{kind}")


def test_it_has_every_message_with_its_time_and_zone_delivery_and_decisions(office: Office) -> None:
    said = office.says(LEE, "how much do i owe", "You owe $412.10.", do=office.quote)
    office.channels.queue.run()  # type: ignore[attr-defined]
    with office.core.read() as session:
        sid = session.query(Message).filter_by(reply_to=said.id).one().provider_id
    office.core.clock.advance(timedelta(seconds=3))
    outbox.carrier_said(office.channels, str(sid), "delivered", None)
    whole = made(office, said.conversation_id)
    asked, answered = whole["messages"][:2]
    assert (asked["by"], asked["text"], asked["at"]) == ("member", "how much do i owe", "2026-12-15T10:00:00-05:00")
    assert asked["understood"]["decisions"][0]["answer"] == "allowed"
    assert (answered["state"], answered["carrier"]) == (
        "delivered",
        [{"status": "delivered", "error_code": None, "at": "2026-12-15T10:00:03-05:00"}],
    )
    assert [each["kind"] for each in whole["money"] if each["message"] == asked["number"]] == ["Quote"]


def test_no_page_of_it_is_missing(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "PAGE", 4)
    for number in range(7):
        about = sqlite_office.says(LEE, f"number {number}").conversation_id
    numbers = [each["number"] for each in made(sqlite_office, about)["messages"]]
    assert numbers == list(range(1, 15))


@pytest.mark.parametrize(("role", "sees"), [("product", ()), ("support", CLEAR), ("admin", CLEAR)])
def test_it_is_masked_by_role_and_says_so(office: Office, role: str, sees: tuple[str, ...]) -> None:
    about = office.says(
        LEE, SAID, "Thank you Jordan: Visa ending 4242, $412.10.", do=office.quote,
        entities=({"entity": "amount", "value": "412.10"},),
    ).conversation_id  # fmt: skip
    answer = fetched(office.person(role), about, "json")
    assert answer.status_code == 200
    assert {each for each in CLEAR if each in answer.text} == set(sees)
    assert answer.json()["made"]["masked"] == ([] if sees else ["person", "contact", "amount", "last_four"])
    assert bool(answer.json()["money"]) == bool(sees)


@pytest.mark.parametrize("kind", ["json", "pdf"])
def test_it_is_a_file_that_no_cache_keeps_and_the_log_knows(office: Office, kind: str) -> None:
    about = office.says(LEE, "hello").conversation_id
    answer = fetched(office.person("support"), about, kind)
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="conversation-{about[:8]}-2026-12-15.{kind}"'
    )
    assert answer.headers["cache-control"] == "no-store"
    newest = audit.page(office.core)[0][0]
    assert (newest.what, newest.about, newest.details) == ("exported", about, {"kind": kind})


@pytest.mark.parametrize("kind", ["json", "pdf"])
def test_of_what_is_not_there_nothing_is_made(sqlite_office: Office, kind: str) -> None:
    assert fetched(sqlite_office.person("support"), "none", kind).status_code == 404


SECRETS = ["4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "my ssn is 123-45-6789", "cvv 737",
           "routing number 021000021", "my password is Hunter2secret", "four one one one 1111 1111 1111"]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.sampled_from(SECRETS), before=st.text("abc ,.é", max_size=8), after=st.text("xyz ?!ñ", max_size=8))
def test_what_was_stored_before_a_rule_was_better_does_not_leave_either(
    kept: tuple[Office, str, str], secret: str, before: str, after: str
) -> None:
    office, message_id, about = kept
    with office.core.write() as session:
        # As if it had come in before it was screened.
        session.get_one(Message, message_id).text = f"{before} {secret} {after}"
    # An id is drawn from all digits, and may have three of them in this order.
    text = re.sub("[0-9a-f]{32}", "", export.as_json(made(office, about)).decode())
    digits = ("1111 1111", "1111-1111", "378282246310005", "6789", "737", "021000021", "Hunter2")
    assert not any(each in text for each in digits), text


def test_no_spelling_of_a_secret_leaves_in_a_file(kept: tuple[Office, str, str]) -> None:
    office, message_id, about = kept
    left = []
    for secret in corpus.secrets(7, MANY):
        (written,) = secret.texts
        with office.core.write() as session:
            session.get_one(Message, message_id).text = written
        text = re.sub("[0-9a-f]{32}", "", export.as_json(made(office, about)).decode())
        if (len(secret.secret) >= 7 and secret.secret in text) or json.dumps(written, ensure_ascii=False) in text:
            left.append(secret)
    assert left == []


@pytest.fixture
def kept(sqlite_office: Office) -> tuple[Office, str, str]:
    said = sqlite_office.says(LEE, "hello")
    return sqlite_office, said.id, said.conversation_id


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """An export with a message of each kind of line, to put words into."""
    at = "2026-12-15T10:00:00-05:00"
    refused = {"record": 1, "about": "lock", "rule": "S19", "open_from": "2027-01-07", "profile": "x"}
    understood = {"intent": "pay_bill", "confidence_percent": 93, "decisions": [refused]}
    said = {"number": 1, "at": at, "name": None, "text": "", "deleted": False, "taken_out": ["card"]}
    sent = {"state": "not delivered", "sent_at": None, "error_code": "30005", "carrier": []}
    return {
        "made": {"at": at, "by": "ann", "role": "product", "masked": ["person"], "money": True},
        "conversation": {
            "id": "c" * 32, "channel": "sms", "member": "", "address": "+19195550101", "issuer": None, "began_at": at,
            "time_zone": "America/New_York", "ended_texts": True, "words_deleted_through": 2,
        },
        "messages": [
            {**said, "by": "member", "understood": understood},
            {**said, **sent, "by": "agent", "name": "Kim", "deleted": True},
        ],
        "with_people": [], "money": [],
    }  # fmt: skip


NASTY = ["", "\x00\x07", "a\u202eb", "\ud83e".encode("utf-8", "replace").decode(), "x" * 2000, "\n" * 50, "🦄" * 40,
         "{nb} \\ ( ) << >>", "נכון عربي 付款", "**bold** __u__", "\u0301" * 30]  # fmt: skip


def test_a_pdf_is_made_whatever_was_said(whole: dict[str, Any]) -> None:
    one = whole["messages"][0]
    told = {**whole, "messages": [{**one, "number": at, "text": text} for at, text in enumerate(NASTY)]}
    assert pdf.draw(told).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        ("¿Cuánto debo? José Muñoz, Linh Nguyễn, Łukasz", "¿Cuánto debo? José Muñoz, Linh Nguyễn, Łukasz"),
        ("thanks 🦄", "thanks [unicorn face]"),
        ("a bell\x07 rings", "a bell rings"),
    ],
)
def test_letters_are_drawn_and_what_cannot_be_is_named(sheet: pdf.Sheet, words: str, drawn: str) -> None:
    assert sheet.shown(words) == drawn


@given(words=st.text())
def test_nothing_is_drawn_that_has_no_shape(sheet: pdf.Sheet, words: str) -> None:
    assert sheet.shown(sheet.shown(words)) == sheet.shown(words)


@pytest.fixture(scope="module")
def sheet(whole: dict[str, Any]) -> pdf.Sheet:
    return pdf.Sheet(whole)


def test_a_long_conversation_has_numbered_pages(whole: dict[str, Any]) -> None:
    told = {**whole, "messages": [{**whole["messages"][0], "number": each, "text": "word " * 40} for each in range(60)]}
    assert pdf.draw(told).count(b"/Type /Page\n") > 5
