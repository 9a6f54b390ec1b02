"""The demo members on the canonical day, for the conversations of every topic."""

from __future__ import annotations

from datetime import datetime

import pytest

from billing_core import Core
from tests import casting


@pytest.fixture
def cast_core(sqlite_core: Core) -> Core:
    """The core with the whole cast, on 2026-12-15 at ten."""
    sqlite_core.clock.set(datetime.fromisoformat("2026-12-15T10:00"))
    casting.load(sqlite_core)
    return sqlite_core
