"""What the chat page shows while a person holds the conversation."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from channels.handoff import desk
from tests.channels.conftest import client  # noqa: F401 - the page's own
from tests.channels.test_web import Page, opened, sign_in
from tests.handoff.conftest import PERSON

KIM = desk.Agent("cli:kim", "Kim")


def test_that_the_assistant_is_writing_is_not_shown_while_a_person_holds_the_conversation(
    world: Any,
    client: TestClient,  # noqa: F811
) -> None:
    sign_in(client)
    world.rasa.on("a person please", PERSON)
    with opened(client) as socket:
        page = Page(socket, world)
        page.hello()
        page.say("a person please")
        assert page.until("typing")["on"] is True
        world.queue.run()
        assert page.until("typing")["on"] is False
        (asked,) = desk.waiting(world.channels)
        desk.say(world.channels, asked.id, KIM, "Hello.", "first")
        page.until("message", text="Hello.")
        page.say("are you there?")
        # Two words later the page has looked at least once since, and the member's is still on its way to the person.
        seen = []
        for key in ("second", "third"):
            desk.say(world.channels, asked.id, KIM, key, key)
            while (frame := socket.receive_json()).get("text") != key:
                seen.append(frame["type"])
        assert "typing" not in seen
        desk.release(world.channels, asked.id, KIM)
        assert page.until("typing")["on"] is True
