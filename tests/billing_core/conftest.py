"""The members of one test, on SQLite and on PostgreSQL in turn.

The databases are the session's own, made by the migrations (`tests/conftest.py`). The core is kept open between
tests, which halves the time that its several hundred small tests take; its own tables are emptied before each.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing_core import Clock, Core, open_core, store
from tests.billing_core.world import CANONICAL, World


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kept_core(request: pytest.FixtureRequest) -> Iterator[Core]:
    opened = open_core(request.getfixturevalue(f"{request.param}_url"), clock=Clock.fixed(CANONICAL))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def world(kept_core: Core) -> World:
    """An empty core at the canonical instant."""
    kept_core.clock.set(CANONICAL)
    with kept_core.write() as session:
        for table in reversed(store.metadata.sorted_tables):
            session.execute(table.delete())
    return World(kept_core)
