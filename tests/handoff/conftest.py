"""The channels' world with people in it: a stand-in for Slack, agents who type there, and what they read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from channels.handoff.store import Handoff
from channels.slack.standin import SlackStandIn
from channels.slack.store import SlackPost
from tests.channels.conftest import PUBLIC, World, filled, make_world, world  # noqa: F401 - the channels' own world

LEE, PATEL, NOVAK, STRANGER = "+19195550101", "+19195550104", "+19195550112", "+19195550199"
PERSON = {"text": "A person can help you.", "data": {"handoff": {"reason": "asked for a person"}}}
DISPUTE = {"text": "Here is the charge.", "data": {"handoff": {"reason": "disputed charge"}}}


@pytest.fixture(scope="session")
def slack_serving() -> Iterator[SlackStandIn]:
    with SlackStandIn(timeout_seconds=3).serving() as running:
        yield running


@pytest.fixture
def slack(slack_serving: SlackStandIn) -> SlackStandIn:
    """An empty channel."""
    slack_serving.posts.clear()
    slack_serving.changed.clear()
    slack_serving._plans.clear()
    slack_serving.looked = 0
    return slack_serving


@dataclass
class People:
    """A world in which `slack` is where agents are: `agent` types in the thread, `asks` brings a member there."""

    world: World
    slack: SlackStandIn
    http: TestClient

    def asks(self, phone: str = LEE, reply: dict[str, Any] = PERSON) -> list[str]:
        """The member asks for a person."""
        self.world.rasa.on("a person please", reply)
        return self.world.text(phone, "a person please")

    @property
    def handoff(self) -> Handoff:
        """The newest hand-off."""
        return max(self.world.rows(Handoff), key=lambda each: each.opened_at)

    @property
    def thread(self) -> str:
        found = self.handoff.thread
        assert found is not None
        return found

    def agent(self, text: str, *, user: str = "U0KIM", run: bool = True, **more: Any) -> dict[str, Any]:
        """An agent types in the newest thread; the event, to send it again."""
        event = self.slack.word(text, thread=more.pop("thread", None) or self.thread, user=user, **more)
        assert self.deliver(event).status_code == 200
        if run:
            self.world.queue.run()
        return event

    def deliver(self, event: dict[str, Any]) -> Any:
        body = json.dumps(event).encode()
        headers = {"content-type": "application/json", **self.slack.signed(body)}
        return self.http.post("/slack/events", content=body, headers=headers)

    def press(self, *, user: str = "U0KIM") -> Any:
        body = self.slack.press(self.handoff.id, user=user)
        headers = {"content-type": "application/x-www-form-urlencoded", **self.slack.signed(body)}
        answer = self.http.post("/slack/events", content=body, headers=headers)
        self.world.queue.run()
        return answer

    def read(self) -> list[str]:
        """What stands in the newest thread under its opening."""
        return self.slack.texts(self.thread)

    def states(self) -> list[str]:
        return [row.state for row in sorted(self.world.rows(SlackPost), key=lambda each: each.number)]


@pytest.fixture
def make_people(make_world: Callable[..., World], slack: SlackStandIn) -> Iterator[Callable[..., People]]:  # noqa: F811
    opened: list[TestClient] = []

    def make(**config: Any) -> People:
        made = make_world(
            **{
                "slack_bot_token": slack.bot_token,
                "slack_signing_secret": slack.signing_secret,
                "slack_channel": slack.channel,
                "slack_api_url": slack.url,
                **config,
            }
        )
        opened.append(TestClient(made.app(), base_url=PUBLIC))
        return People(made, slack, opened[-1])

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def people(make_people: Callable[..., People]) -> People:
    return make_people()
