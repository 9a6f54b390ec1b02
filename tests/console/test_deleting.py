"""Deleting from the console: told beforehand, confirmed by a word, written down, safe to press twice."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from channels.store import Message
from console import audit
from tests.console.conftest import LEE, Office, field

STRANGER = "+19195550199"


@pytest.fixture
def said(office: Office) -> tuple[Office, str]:
    office.says(LEE, "pay my bill", "Pay $412.10? Reply PAY.", do=office.quote)
    office.says(LEE, "pay", "Paid $412.10.", do=office.pay)
    about = office.says(LEE, "my knee hurts", "I am sorry to hear it.").conversation_id
    office.channels.queue.run()  # type: ignore[attr-defined]
    return office, about


def press(client: TestClient, about: str, word: str) -> int:
    page = client.get(f"/console/conversations/{about}/delete").text
    body = {"csrf": field(page, "csrf"), "confirmed": word}
    return client.post(f"/console/conversations/{about}/delete", data=body).status_code


def words(office: Office) -> list[str]:
    with office.core.read() as session:
        return list(session.scalars(select(Message.text).where(Message.text != "").order_by(Message.seq)))


def test_what_goes_and_what_stays_is_told_before_anything_is_done(said: tuple[Office, str]) -> None:
    office, about = said
    page = office.person("admin").get(f"/console/conversations/{about}/delete").text
    assert "The words of 2 messages" in page
    assert "Decision records: which rule allowed or refused what" in page
    assert "my knee hurts" in words(office)


@pytest.mark.parametrize("word", ["", "yes", "DELET"])
def test_without_the_word_nothing_is_deleted(said: tuple[Office, str], word: str) -> None:
    office, about = said
    assert press(office.person("admin"), about, word) == 409
    assert "my knee hurts" in words(office)


def test_what_was_deleted_is_shown_as_that_and_logged_without_a_word_of_it(said: tuple[Office, str]) -> None:
    office, about = said
    ann = office.person("admin", "ann")
    assert press(ann, about, "delete") == 303
    assert words(office) == ["pay my bill", "Pay $412.10? Reply PAY.", "pay", "Paid $412.10."]
    page = ann.get(f"/console/conversations/{about}").text
    assert page.count("(deleted)") == 2
    entry = next(each for each in audit.page(office.core, who="ann")[0] if each.what == "erased")
    assert (entry.about, entry.details) == (about, {"account": "lee", "messages": 2, "finished": True})
    assert "There are no words left to delete." in ann.get(f"/console/conversations/{about}/delete").text


def test_pressed_twice_it_does_no_harm(said: tuple[Office, str]) -> None:
    office, about = said
    ann = office.person("admin")
    csrf = field(ann.get(f"/console/conversations/{about}/delete").text, "csrf")
    for _ in range(2):
        body = {"csrf": csrf, "confirmed": "DELETE"}
        assert ann.post(f"/console/conversations/{about}/delete", data=body).status_code == 303
    assert len(words(office)) == 4


def test_a_strangers_conversation_goes_alone(said: tuple[Office, str]) -> None:
    office, _ = said
    about = office.says(STRANGER, "who are you", "Duely.").conversation_id
    office.channels.queue.run()  # type: ignore[attr-defined]
    assert press(office.person("admin"), about, "DELETE") == 303
    assert "my knee hurts" in words(office)
    assert "who are you" not in words(office)
