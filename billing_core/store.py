"""The database behind the core: one engine, a reader and a writer, and column types.

SQLite is the default and PostgreSQL is production; both run the same tables and the same tests. A write is one
transaction that holds the write lock from its first statement, so a balance is never read, judged and written back
in separate steps.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    Engine,
    Integer,
    MetaData,
    SelectBase,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware on the Python side, UTC in the database; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The core's tables; each noun's table stands in the noun's own module."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON}


metadata = Base.metadata


def create_store_engine(database_url: str, **options: Any) -> Engine:
    """An engine with the settings money needs; raises `sqlalchemy.exc.ArgumentError` for an address it cannot read.

    SQLite gets WAL and synchronous=FULL (a committed payment survives a power cut) and explicit transactions: a
    session of `writer` begins with BEGIN IMMEDIATE, so two writers wait for one another instead of failing halfway.
    """
    url = make_url(database_url)
    # A database error in a log must not repeat what a member wrote.
    options = {"hide_parameters": True, **options}
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=20, **options)
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=20, max_overflow=20, connect_args={"timeout": 30}, **options)
    # A rehearsal database (`duely play`, tests) may trade the power-cut guarantee for speed.
    synchronous = os.environ.get("DUELY_SQLITE_SYNCHRONOUS", "FULL")

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("duely_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


class Store:
    """Opens read and write sessions on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing_engine = engine.execution_options(duely_writes=True)
        # SQLite's readers see one moment by themselves (WAL); PostgreSQL's have to ask for it.
        is_sqlite = engine.dialect.name == "sqlite"
        asked = {} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reading_engine = engine.execution_options(**asked)
        # SQLite has one writer, and who waits for it sleeps and looks again: threads of one process queue here instead.
        self._turn: AbstractContextManager[Any] = threading.RLock() if is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and changes nothing."""
        with Session(self._reading_engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back when it raises."""
        with self._turn, Session(self._writing_engine, expire_on_commit=False) as session, session.begin():
            yield session


def insert_or_leave(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, leaving out each one whose unique key already stands."""
    if rows:
        session.execute(insert_into(session, table).on_conflict_do_nothing(), rows)


def insert_selected(session: Session, table: type[Base], names: Sequence[str], rows: SelectBase) -> int:
    """Insert what a query selects, in one statement, leaving out what already stands; returns how many rows are new.

    The query needs a WHERE: without one SQLite reads the conflict clause as part of a join.
    """
    # An INSERT's count is forgotten with its cursor unless it is asked for.
    found: Any = session.execute(_selected(session, table, names, rows), execution_options={"preserve_rowcount": True})
    return int(found.rowcount)


def insert_selected_ids(session: Session, table: type[Base], names: Sequence[str], rows: SelectBase) -> list[Any]:
    """The same, and returns the new rows' ids, which for a page of accounts costs about as much as a read of them."""
    (key,) = table.__table__.primary_key
    return list(session.scalars(_selected(session, table, names, rows).returning(key)))


def among(session: Session, column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether the column is one of these ids, which travel as a single parameter however many they are.

    An IN with a parameter for each id is written, read and planned anew by its length, which for a page of accounts
    costs more than finding the rows.
    """
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(list(ids), postgresql.ARRAY(Integer)))
    return column.in_(select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value))


def unindexed(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The text column as an expression that no index serves, for queries that must go by the account instead.

    Without statistics SQLite takes an equal state for the better key, and reads every confirmed payment for a page.
    """
    return column + literal("")


def insert_into(session: Session, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what to do when the row is there, on either database."""
    return insert_on(session.get_bind().dialect.name, table)


def insert_on(dialect: str, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """The same for a database named by its dialect, so that a statement can be written once and kept."""
    made = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return made(table.__table__)  # type: ignore[arg-type]


def _selected(
    session: Session, table: type[Base], names: Sequence[str], rows: SelectBase
) -> sqlite.Insert | postgresql.Insert:
    statement = insert_into(session, table).from_select(names, rows, include_defaults=False)
    return statement.on_conflict_do_nothing()
