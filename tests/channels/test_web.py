"""The web chat: signed sessions, our own pages only, every message once and in order, also after a reload."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from channels import session
from channels.store import Contact
from channels.web import LAST_SEQ
from channels.words import say, sentences

PUBLIC = "https://duely.example"
OWN = {"origin": PUBLIC}


def sign_in(client: TestClient, member: str = "lee") -> None:
    response = client.post("/demo/sign-in", data={"member": member}, headers=OWN, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/chat")


class Page:
    """A page that is open: says things and reads frames until the one it waits for."""

    def __init__(self, socket: Any, world: Any) -> None:
        self.socket, self.world, self.count = socket, world, 0

    def say(self, text: str, client_id: str | None = None) -> dict[str, Any]:
        self.count += 1
        self.socket.send_json({"type": "say", "id": client_id or f"id-{self.count}", "text": text})
        return self.until("ack")

    def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        while True:
            frame = self.socket.receive_json()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    def hello(self, after: int = 0) -> None:
        self.socket.send_json({"type": "hello", "after": after})


def opened(client: TestClient, **headers: str) -> Any:
    return client.websocket_connect("wss://duely.example/chat/ws", headers=OWN | headers)


def test_what_the_line_itself_says_is_in_the_members_language(world: Any, client: TestClient) -> None:
    sign_in(client, "garcia")
    with opened(client) as socket:
        socket.send_json({"type": "nonsense"})
        assert Page(socket, world).until("error")["text"] == sentences("es")["broken_message"]


def test_a_message_is_acknowledged_answered_and_pushed(world: Any, client: TestClient) -> None:
    sign_in(client)
    card = {"kind": "invoice", "title": "January", "rows": [["Plan", "$412.10"]], "total": ["Total", "$412.10"]}
    buttons = [{"title": "Pay", "payload": "PAY"}]
    world.rasa.on("hi", {"text": "You owe $412.10.", "buttons": buttons, "data": {"card": card}}, "Anything else?")
    with opened(client) as socket:
        page = Page(socket, world)
        page.hello()
        assert page.say("hi") == {"type": "ack", "id": "id-1", "seq": 1, "text": "hi"}
        assert page.until("typing")["on"] is True
        world.queue.run()
        assert page.until("message") == {
            "type": "message", "seq": 2, "role": "bot", "text": "You owe $412.10.", "buttons": buttons, "card": card,
            "name": None,
        }  # fmt: skip
        assert page.until("message")["text"] == "Anything else?"
        assert page.until("typing")["on"] is False
    assert world.rasa.asked[0]["metadata"]["level"] == "L2"
    assert world.rasa.asked[0]["channel"] == "web"
    assert world.carrier.taken == []


def test_a_reload_shows_everything_after_what_was_seen(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        page.hello()
        for text in ("one", "two"):
            page.say(text)
            world.queue.run()
    with opened(client) as socket:
        page = Page(socket, world)
        page.hello(after=1)
        frames = [page.until("message") for _ in range(3)]
        assert [(each["seq"], each["role"], each["text"]) for each in frames] == [
            (2, "bot", "You said: one"),
            (3, "member", "two"),
            (4, "bot", "You said: two"),
        ]


def test_a_message_sent_again_is_one_message(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        assert page.say("pay", "same")["seq"] == page.say("pay", "same")["seq"]
    assert len(world.rows(direction="in")) == 1


def test_two_browsers_may_use_the_same_identifiers(world: Any) -> None:
    for member in ("lee", "patel"):
        with TestClient(world.app(), base_url=PUBLIC) as client:
            sign_in(client, member)
            with opened(client) as socket:
                Page(socket, world).say("hi", "same")
    assert len(world.rows(direction="in")) == 2


def test_a_card_number_is_shown_back_without_itself(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        assert Page(socket, world).say("4111 1111 1111 1111")["text"] == "[card]"


def test_a_code_for_the_chat_goes_to_the_phone_and_in_development_to_the_page(world: Any, client: TestClient) -> None:
    world.rasa.on("stop autopay", "Autopay is off.", needs="L3")
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        page.hello()
        page.say("stop autopay")
        world.queue.run()
        assert "phone ending 0101" in page.until("message", role="bot")["text"]
        shown = re.search(r"\d{6}", page.until("message", role="demo")["text"])
        (texted,) = world.carrier.bodies("+19195550101")
        assert shown is not None
        assert texted.startswith(shown[0])
        page.say(shown[0])
        world.queue.run()
        assert page.until("message", role="bot")["text"] == "Autopay is off."
    assert shown[0] not in str([(row.text, row.data) for row in world.rows()])


def test_a_lock_holds_in_a_new_session_of_the_same_member(world: Any) -> None:
    world.rasa.on("stop autopay", "Autopay is off.", needs="L3")
    texts: list[str] = []
    for _ in range(2):
        with TestClient(world.app(), base_url=PUBLIC) as client:
            sign_in(client)
            with opened(client) as socket:
                page = Page(socket, world)
                for text in ("stop autopay", *(["000000"] * 3)):
                    page.say(text)
                    world.queue.run()
    with TestClient(world.app(), base_url=PUBLIC) as client:
        sign_in(client)
        with opened(client) as socket:
            page = Page(socket, world)
            page.hello()
            page.say("stop autopay")
            world.queue.run()
            texts.append(page.until("message", role="bot")["text"])
    assert texts[0].startswith("For your safety")


def test_a_stranger_may_talk_and_is_nobody(world: Any, client: TestClient) -> None:
    sign_in(client, "stranger")
    with opened(client) as socket:
        Page(socket, world).say("hi")
        world.queue.run()
    assert world.rasa.asked[0]["metadata"]["level"] == "L0"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://duely.example", "null", ""])
def test_other_pages_cannot_open_the_socket(client: TestClient, origin: str) -> None:
    sign_in(client)
    with pytest.raises(WebSocketDisconnect), opened(client, origin=origin):
        pass


def test_a_program_without_an_origin_cannot_open_the_socket(client: TestClient) -> None:
    sign_in(client)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("wss://duely.example/chat/ws"):
        pass


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "ImFiYyI.aaaa.bbbb"])
def test_without_our_signature_there_is_no_session(world: Any, client: TestClient, cookie: str | None) -> None:
    if cookie is not None:
        client.cookies.set(session.COOKIE, cookie)
    with opened(client) as socket:
        assert socket.receive_json() == {"type": "error", "text": say("no_session")}
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 4403


def test_the_cookie_is_only_for_us_and_only_over_https(client: TestClient) -> None:
    response = client.post("/demo/sign-in", data={"member": "lee"}, headers=OWN, follow_redirects=False)
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" in cookie
    assert "lee" not in cookie


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        ({"member": "nobody"}, OWN, 400),
        ({}, OWN, 400),
        ({"member": "lee"}, {"origin": "https://evil.example"}, 403),
        ({"member": "l" * 9000}, OWN, 413),
    ],
)
def test_a_wrong_sign_in_fails(client: TestClient, data: Any, headers: Any, status: int) -> None:
    assert client.post("/demo/sign-in", data=data, headers=headers, follow_redirects=False).status_code == status


def test_in_production_there_is_no_demo_sign_in(make_world: Any) -> None:
    live = make_world(environment="production")
    with TestClient(live.app(), base_url=PUBLIC) as client:
        assert client.post("/demo/sign-in", data={"member": "lee"}, headers=OWN).status_code == 404
    assert live.rows(Contact, channel="web") == []


@pytest.mark.parametrize(
    "raw",
    ["not json", "[]", "1", '{"type":"say"}', '{"type":"say","id":"a b","text":"x"}', '{"type":"hello"}',
     '{"type":"say","id":1,"text":"x"}', '{"type":"hello","after":"1"}', '{"type":"dance"}', "[" * 5000,
     '{"type":"hello","after":2147483648}', '{"type":"hello","after":%s}' % ("9" * 30)],
)  # fmt: skip
def test_what_a_page_would_not_send_gets_a_kind_error(world: Any, client: TestClient, raw: str) -> None:
    sign_in(client)
    with opened(client) as socket:
        socket.send_text(raw)
        assert Page(socket, world).until("error")["text"] == say("broken_message")
    assert world.rows() == []


def test_the_last_place_that_there_can_be_shows_nothing_and_the_line_goes_on(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        page.hello(after=LAST_SEQ)
        page.hello(after=-1)
        page.say("hi")
        world.queue.run()
        assert page.until("message")["seq"] == 2


def test_a_frame_too_large_ends_the_line(client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        socket.send_text(json.dumps({"type": "say", "id": "a", "text": "x" * 20_000}))
        with pytest.raises(WebSocketDisconnect) as closed:
            Page(socket, None).until("never")
    assert closed.value.code == 1009


def test_too_many_at_once_are_put_off(world: Any, client: TestClient) -> None:
    sign_in(client)
    with opened(client) as socket:
        page = Page(socket, world)
        for number in range(30):
            page.say(f"number {number}")
        page.socket.send_json({"type": "say", "id": "late", "text": "one more"})
        assert page.until("error") == {"type": "error", "text": say("too_fast"), "id": "late"}
    assert len(world.rows(direction="in")) == 30


def test_malformed_requests_are_never_repeated_back(world: Any) -> None:
    from fastapi import Body

    app = world.app()

    @app.post("/probe")
    def probe(amount: int = Body(embed=True)) -> int:
        return amount

    with TestClient(app, base_url=PUBLIC) as client:
        response = client.post("/probe", json={"amount": "4111 1111 1111 1111"})
    assert response.status_code == 422
    assert "4111" not in response.text
