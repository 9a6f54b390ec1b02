"""People waiting: taken, answered and given back from the console, once, and by one person at a time."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from channels.handoff.store import Handoff
from channels.queue import InlineQueue, Job
from channels.store import Conversation, Message
from console.drawing import waited
from console.store import AuditEntry
from tests.console.conftest import RIVERA, Office, field


@pytest.fixture
def waiting(office: Office) -> tuple[Office, str]:
    office.says(RIVERA, "a person please", "Asking.", intent="request_human", handoff="asked for a person")
    with office.core.read() as session:
        return office, session.scalars(select(Handoff.id)).one()


def texts(office: Office) -> list[str]:
    with office.core.read() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.seq)))


def press(client: TestClient, handoff_id: str, what: str, **more: str) -> int:
    page = client.get(f"/console/live/{handoff_id}").text
    body = {"csrf": field(page, "csrf"), "key": "k", **more}
    return client.post(f"/console/live/{handoff_id}/{what}", data=body).status_code


def test_taken_answered_and_given_back(waiting: tuple[Office, str]) -> None:
    office, handoff_id = waiting
    kim = office.person("support", "kim.park@plan.example")
    assert "Ana Rivera" in kim.get("/console/live").text
    assert press(kim, handoff_id, "take") == 303
    with office.core.read() as session:
        assert session.scalars(select(Conversation.holder)).one() == "person"
    assert press(kim, handoff_id, "say", words="I see your draft is for Jan 1.") == 303
    assert any("I see your draft" in each for each in texts(office))
    assert press(kim, handoff_id, "release") == 303
    with office.core.read() as session:
        assert session.scalars(select(Conversation.holder)).one() == "bot"
        where = select(AuditEntry.what).where(AuditEntry.who == "kim.park@plan.example").order_by(AuditEntry.id)
        done = [each for each in session.scalars(where) if each in ("took", "said", "gave_back")]
    assert done[-3:] == ["took", "said", "gave_back"]
    assert "Nobody is waiting" in kim.get("/console/live/queue").text


def test_what_looks_again_stays_as_it_is_until_there_is_something_new(waiting: tuple[Office, str]) -> None:
    office, handoff_id = waiting
    kim = office.person("support")
    for path, new in ((f"/{handoff_id}", lambda: office.claimed(RIVERA, "are you there")),
                      ("", lambda: office.core.clock.advance(timedelta(minutes=1)))):  # fmt: skip
        again = re.search(r'hx-get="(/console/live/[^"]*seen=[0-9a-f]{8})"', kim.get(f"/console/live{path}").text)
        assert again is not None
        assert (kim.get(again[1]).status_code, kim.get(again[1]).text) == (204, "")
        new()
        assert kim.get(again[1]).status_code == 200


def test_send_pressed_twice_says_it_once(waiting: tuple[Office, str]) -> None:
    office, handoff_id = waiting
    kim = office.person("support")
    assert press(kim, handoff_id, "say", words="Only once.") == 303
    before = len(texts(office))
    assert press(kim, handoff_id, "say", words="Only once.") == 303
    assert len(texts(office)) == before


def test_of_two_who_take_it_one_is_told_who_holds_it(waiting: tuple[Office, str]) -> None:
    office, handoff_id = waiting
    first, second = office.person("support", "ann"), office.person("admin", "bob")
    csrf = field(second.get(f"/console/live/{handoff_id}").text, "csrf")
    assert press(first, handoff_id, "take") == 303
    late = second.post(f"/console/live/{handoff_id}/take", data={"csrf": csrf})
    assert late.status_code == 409
    assert "Ann holds this conversation." in late.text


def test_a_card_number_is_not_passed_on_to_the_member(waiting: tuple[Office, str]) -> None:
    office, handoff_id = waiting
    assert press(office.person("support"), handoff_id, "say", words="Is it 4111 1111 1111 1111?") == 409
    assert not any("4111" in each or "Is it" in each for each in texts(office))


def test_a_page_that_looks_again_by_itself_is_one_view(waiting: tuple[Office, str]) -> None:
    office, handoff_id = waiting
    kim = office.person("support", "dora")

    def views() -> int:
        with office.core.read() as session:
            where = select(AuditEntry.id).where(AuditEntry.who == "dora", AuditEntry.what == "viewed")
            return len(list(session.scalars(where.where(AuditEntry.about == _conversation(office)))))

    for _ in range(5):
        kim.get(f"/console/live/{handoff_id}/talk")
    assert views() == 1


def _conversation(office: Office) -> str:
    with office.core.read() as session:
        return session.scalars(select(Handoff.conversation_id)).one()


@pytest.mark.parametrize("path", ["/console/live/none", "/console/live/none/talk", "/console/conversations/%00",
                                  "/console/conversations/none", "/console/conversations?rule=%00"])  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(office: Office, path: str) -> None:
    assert office.person("support").get(path).status_code == 404


def test_messages_that_could_not_be_handled_are_told_until_an_operator_has_looked(sqlite_office: Office) -> None:
    kim, queue = sqlite_office.person("support"), sqlite_office.channels.queue
    assert isinstance(queue, InlineQueue)
    assert "could not be handled" not in kim.get("/console/live/queue").text
    queue.given_up.append(Job("c", 1, "m"))
    assert "1 message could not be handled" in kim.get("/console/live/queue").text


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 min"), (119, "119 min"), (120, "2 h"), (2879, "47 h"), (2880, "2 days")]
)
def test_a_long_wait_is_told_in_hours_and_days(minutes: int, said: str) -> None:
    assert waited(minutes) == said
