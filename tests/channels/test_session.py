"""When a browser's session ends: without use, by its member, and never for one that holds nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from starlette.requests import Request

from channels import session
from channels.store import Conversation
from channels.words import say
from tests.channels.test_web import OWN, Page, opened, sign_in


def test_a_session_that_is_idle_for_half_an_hour_is_over(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        page.say("hi")
        world.clock.advance(timedelta(minutes=30) - timedelta(seconds=1))
        page.say("hi")
        world.clock.advance(timedelta(minutes=30))
        socket.send_json({"type": "say", "id": "late", "text": "how much do i owe"})
        assert page.until("error") == {"type": "error", "text": say("no_session"), "id": "late"}
    assert len(world.rows(direction="in")) == 2
    with opened(client) as socket:
        assert socket.receive_json() == {"type": "error", "text": say("no_session")}


def test_an_open_page_is_told_when_its_session_is_over_and_shown_nothing_more(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        page.say("hi")
        world.clock.advance(timedelta(minutes=30))
        page.hello()
        assert page.until("error")["text"] == say("no_session")


def test_a_strangers_page_holds_nothing_that_an_idle_hour_could_show(world: Any, client: TestClient) -> None:
    sign_in(client, "stranger")
    with opened(client) as socket:
        page = Page(socket, world)
        page.say("hi")
        world.clock.advance(timedelta(hours=1))
        page.say("hi")


def test_a_strangers_page_speaks_their_browsers_language_until_they_have_written(
    world: Any, client: TestClient
) -> None:
    sign_in(client, "stranger")
    cookie = f"{session.COOKIE}={client.cookies[session.COOKIE]}".encode()
    asked = Request({"type": "http", "headers": [(b"cookie", cookie), (b"accept-language", b"es-US,es;q=0.9")]})
    who = session.read(world.channels, asked)
    assert who is not None
    assert who.language == "es"
    with world.channels.core.write() as writing:
        writing.get_one(Conversation, who.conversation_id).language = "en"
    now = session.read(world.channels, asked)
    assert now is not None
    assert now.language == "en"


def test_loading_the_page_keeps_a_session_going_and_a_web_socket_does_not(world: Any, client: TestClient) -> None:
    sign_in(client)
    cookie = f"{session.COOKIE}={client.cookies[session.COOKIE]}".encode()
    request = Request({"type": "http", "headers": [(b"cookie", cookie)]})
    for look, still in ((session.visit, True), (session.read, True), (session.read, False)):
        world.clock.advance(timedelta(minutes=20))
        assert (look(world.channels, request) is not None) is still


def test_after_signing_out_no_cookie_opens_the_conversation(world: Any, client: TestClient) -> None:
    sign_in(client)
    kept = client.cookies[session.COOKIE]
    with opened(client) as socket:
        Page(socket, world).say("hi")
    assert client.post("/sign-out", headers={"origin": "https://evil.example"}).status_code == 403
    response = client.post("/sign-out", headers=OWN, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    client.cookies.set(session.COOKIE, kept)
    with opened(client) as socket:
        assert socket.receive_json() == {"type": "error", "text": say("no_session")}


def test_signing_out_without_a_session_does_no_harm(client: TestClient) -> None:
    assert client.post("/sign-out", headers=OWN, follow_redirects=False).status_code == 303
