"""The tables of every room in one database: made and moved on by Alembic, emptied and refilled for rehearsals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, delete, func, inspect, select

from billing_core import store as core_store
from billing_core.store import create_store_engine
from channels import consent as _consent  # noqa: F401 - these modules' tables are the channels' too
from channels import day_counts as _day_counts  # noqa: F401
from channels import finding as _finding  # noqa: F401
from channels import marks as _marks  # noqa: F401
from channels import store as channels_store
from channels import tallies as _tallies  # noqa: F401
from channels.handoff import store as _handoff_store  # noqa: F401
from channels.privacy import store as _privacy_store  # noqa: F401
from channels.slack import store as _slack_store  # noqa: F401
from console import store as console_store
from console.review import store as _review_store  # noqa: F401
from console.teach import store as _teach_store  # noqa: F401
from gateway import billing_days

MIGRATIONS = Path(__file__).with_name("migrations")
METADATAS: list[MetaData] = [
    core_store.metadata,
    channels_store.metadata,
    billing_days.metadata,
    console_store.metadata,
]
# The database itself refuses to change or delete their rows, so rehearsals leave them.
APPEND_ONLY = frozenset(("audit_entry",))
# Indexes of revision 0007 that no table class can say.
BY_HAND = frozenset(("ix_message_text_search",))


def migrate(database_url: str) -> None:
    """Bring the database to the newest revision; does nothing when it is there."""
    engine = create_store_engine(database_url)
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()


def migrate_engine(engine: Engine) -> None:
    """The same, on an engine that is open already."""
    with engine.connect() as connection:
        command.upgrade(alembic(connection), "head")


def write_revision(engine: Engine, message: str, revision: str, metadatas: list[MetaData] = METADATAS) -> None:
    """Write the revision that takes the engine's database to the tables as the code has them."""
    with engine.connect() as connection:
        config = alembic(connection)
        config.attributes["metadatas"] = metadatas
        command.revision(config, message=message, rev_id=revision, autogenerate=True)


def differences(engine: Engine) -> list[Any]:
    """What autogenerate would change in the database; nothing, when the revisions are complete."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": ours})
        return list(compare_metadata(context, METADATAS))  # type: ignore[arg-type]


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether a table or index is one that the code describes: the queue keeps its own in the same database."""
    return name not in BY_HAND if kind == "index" else kind != "table" or name in table_names()


def table_names() -> set[str]:
    return {table.name for table in tables()}


def tables() -> list[Table]:
    """Every table of ours, those that others point at first."""
    return [table for metadata in METADATAS for table in metadata.sorted_tables]


def rehearsed() -> list[Table]:
    """The tables whose rows a rehearsal may take away and put back, in the same order."""
    return [table for table in tables() if table.name not in APPEND_ONLY]


def is_current(engine: Engine) -> bool:
    """Whether the tables are there; cheap enough for a readiness check."""
    return table_names() <= set(inspect(engine).get_table_names())


Rows = dict[str, list[dict[str, Any]]]


def copy_rows(engine: Engine) -> Rows:
    """Every row that `put_rows` can put back."""
    with engine.connect() as connection:
        return {table.name: _rows_of(connection, table) for table in rehearsed()}


def _rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    # In the order of the key, so that a row which points at an earlier one of its own table is put back after it.
    rows = connection.execute(select(table).order_by(*table.primary_key.columns))
    return [dict(row._mapping) for row in rows]


def put_rows(engine: Engine, rows: Rows) -> None:
    """Replace what `copy_rows` copies by these rows, in one transaction. For rehearsals only."""
    writing = engine.execution_options(duely_writes=True)
    with writing.begin() as connection:
        for table in reversed(rehearsed()):
            connection.execute(delete(table))
        for table in rehearsed():
            if rows.get(table.name):
                connection.execute(table.insert(), rows[table.name])
                _count_on(connection, table)


def _count_on(connection: Connection, table: Table) -> None:
    """On PostgreSQL the next number comes from a sequence, which does not hear of rows that bring theirs."""
    key = table.autoincrement_column
    if key is not None and connection.dialect.name == "postgresql":
        newest = select(func.max(key)).scalar_subquery()
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, key.name), newest)))


def alembic(connection: Connection) -> Config:
    """What Alembic's commands need to work on this connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
