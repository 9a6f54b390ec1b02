"""What tests of several commands share: a database that the command line takes for its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from billing_core import Clock, Core, cast, open_core
from channels.store import Contact, Conversation
from gateway import database
from tests.billing_core.world import CANONICAL


@pytest.fixture(scope="session")
def cast_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database by the migrations with the cast at the canonical moment, made once and copied for each test."""
    path = tmp_path_factory.mktemp("gateway") / "cast.sqlite"
    database.migrate(f"sqlite:///{path}")
    core = open_core(f"sqlite:///{path}", clock=Clock.fixed(CANONICAL))
    cast.load(core)
    with core.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    core.engine.dispose()
    return path


@pytest.fixture
def cast_core(tmp_path: Path, cast_file: Path, monkeypatch: pytest.MonkeyPatch) -> Core:
    """The cast at the canonical moment."""
    address = f"sqlite:///{shutil.copy(cast_file, tmp_path / 'duely.sqlite')}"
    monkeypatch.setenv("DUELY_DATABASE_URL", address)
    monkeypatch.setenv("DUELY_CLOCK", CANONICAL.isoformat())
    return open_core(address, clock=Clock.fixed(CANONICAL))


@pytest.fixture
def texting(cast_core: Core) -> Core:
    """The same with Lee's conversation `v` by text, in which nothing is said yet."""
    with cast_core.write() as session:
        session.add(Contact(id="c", channel="sms", address="+19195550101", account_id="lee"))
        session.flush()
        session.add(Conversation(id="v", contact_id="c", channel="sms", last_seq=1, created_at=cast_core.now()))
    return cast_core
