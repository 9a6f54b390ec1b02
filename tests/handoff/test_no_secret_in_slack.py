"""Secrets of every spelling sent while a person holds the conversation, and by agents: none stands in any post."""

from __future__ import annotations

import os
from typing import Any

import pytest

from channels.slack.store import SlackEvent, SlackPost
from tests.handoff.conftest import LEE, STRANGER
from tests.screening import corpus

MANY = 10_000 if os.environ.get("DUELY_SOAK") == "1" else 60
SEED = 7


@pytest.mark.parametrize("held", [False, True])
def test_no_secret_of_a_members_is_posted(people: Any, held: bool) -> None:
    people.asks(STRANGER)
    if held:
        people.agent("Hello")
    sent = [*corpus.secrets(SEED, MANY), *corpus.split(SEED, MANY // 10)]
    for secret in sent:
        for text in secret.texts:
            people.world.text(STRANGER, text)
        # Ordinary words between them, so that parts of one never meet those of another.
        for _ in range(3):
            people.world.text(STRANGER, "thank you")
    posted = "\n".join(people.slack.texts())
    assert len(people.slack.posts) > len(sent)
    found = [each for each in sent if len(each.secret) >= 7 and each.secret in posted]
    found += [each for each in sent if len(each.texts) == 1 and len(each.texts[0]) > 12 and each.texts[0] in posted]
    assert found == []


def test_no_secret_of_an_agents_is_sent_or_kept(people: Any) -> None:
    people.asks(LEE)
    for secret in corpus.secrets(SEED + 1, MANY):
        people.agent(secret.texts[0])
    kept = str(people.world.carrier.bodies()) + "\n".join(people.slack.texts())
    kept += str([row.text for row in [*people.world.rows(SlackEvent), *people.world.rows(SlackPost)]])
    left = [each for each in corpus.secrets(SEED + 1, MANY) if len(each.secret) >= 7 and each.secret in kept]
    assert left == []
