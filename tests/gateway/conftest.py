"""What tests of several commands share: a database that the command line takes for its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_core import Clock, Core, cast, open_core
from channels.store import Contact, Conversation
from gateway import database
from tests.billing_core.world import CANONICAL


@pytest.fixture
def cast_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Core:
    """The cast at the canonical moment."""
    address = f"sqlite:///{tmp_path / 'duely.sqlite'}"
    monkeypatch.setenv("DUELY_DATABASE_URL", address)
    monkeypatch.setenv("DUELY_CLOCK", CANONICAL.isoformat())
    database.migrate(address)
    core = open_core(address, clock=Clock.fixed(CANONICAL))
    cast.load(core)
    return core


@pytest.fixture
def texting(cast_core: Core) -> Core:
    """The same with Lee's conversation `v` by text, in which nothing is said yet."""
    with cast_core.write() as session:
        session.add(Contact(id="c", channel="sms", address="+19195550101", account_id="lee"))
        session.flush()
        session.add(Conversation(id="v", contact_id="c", channel="sms", last_seq=1, created_at=cast_core.now()))
    return cast_core
