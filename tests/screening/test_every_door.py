"""Secrets sent through every door, and then looked for in every table, every log line and everything Rasa was told."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from channels import inbox
from tests.channels.conftest import filled, make_world  # noqa: F401 - the channels' own world
from tests.screening import corpus

MANY = 10_000 if os.environ.get("DUELY_SOAK") == "1" else 150
SEED = int(os.environ.get("DUELY_SEED", "7"))


@pytest.mark.parametrize("door", ["sms", "web"])
def test_no_secret_is_kept_logged_or_told_to_rasa(door: str, make_world: Callable[..., Any]) -> None:  # noqa: F811
    world = make_world()
    with structlog.testing.capture_logs() as lines:
        sent = [*corpus.secrets(SEED, MANY), *corpus.split(SEED, MANY // 10)]
        for at, secret in enumerate(sent):
            # A number of its own for each, so that parts of one secret never meet those of another.
            address = f"+1919{at:07d}" if door == "sms" else f"visit{at}"
            for part, text in enumerate(secret.texts):
                key = f"SM{at}x{part}"
                inbound = inbox.Inbound(channel=door, address=address, provider_id=key, text=text)
                inbox.claim(world.channels.core, world.queue, inbound)
                world.queue.run()
    kept = _dump(world.channels.core.engine.url.database)
    told = "\n".join([*(str(line) for line in lines), *(str(each) for each in _whole_of(world.rasa.asked, sent))])
    left = [each for each in sent if _readable(each, kept) or _readable(each, told)]
    print(f"{door}: {len(left)} of {len(sent)} secrets found again: {[each.spelling for each in left]}")
    assert not left, [each.texts for each in left[:3]]


def _dump(path: str) -> str:
    """Every table, without the ids that we draw: among so many hexadecimal ones some hold any seven digits."""
    with sqlite3.connect(path) as connection:
        return re.sub(r"\b[0-9a-f]{32}\b", "(id)", "\n".join(connection.iterdump()))


def _whole_of(asked: list[Any], sent: list[corpus.Secret]) -> list[Any]:
    """What Rasa was asked, without the first part of a secret that nobody could know for one yet."""
    unknown = {part for each in sent for part in each.texts[:-1]}
    return [each for each in asked if each["text"] not in unknown]


def _readable(secret: corpus.Secret, text: str) -> bool:
    """Whether the secret stands there as it was written, or in plain digits."""
    plain = secret.secret in text and len(secret.secret) >= 7
    written = any(part in text for part in secret.texts if len(secret.texts) == 1 and len(part) > 12)
    return plain or written
