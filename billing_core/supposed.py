"""A copy of one account in a database of its own, on which anything may be tried out without consequences.

Questions of "what if" are answered by doing the thing there, with the same functions as in earnest, so that they
cannot disagree with what would happen. The copy lives in a temporary folder and is gone when the answer is; its empty
database is kept for the next question, because making one and its statements takes as long as answering.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Engine, Table, delete, event, insert, select
from sqlalchemy.orm import Session

from billing_core import accounts, billing_day, payments
from billing_core.billing_page import BillingPage
from billing_core.calendar import Clock
from billing_core.core import Core
from billing_core.processors import Accepted, Answer, Declined, Finding, Unknown
from billing_core.states import UNRESOLVED
from billing_core.store import Store, create_store_engine, metadata

ANY_DECLINE = "insufficient_funds"
MORNING = time(6)


class Supposing:
    """A processor that takes everything, or with `takes_nothing` declines it; what is unknown in earnest stays so."""

    def __init__(self, unresolved: set[str]) -> None:
        self._unresolved = unresolved
        self.takes_nothing = False

    def charge(self, *, attempt_id: str, token: str, amount_cents: int) -> Answer:
        if attempt_id in self._unresolved:
            return Unknown()
        return Declined(ANY_DECLINE) if self.takes_nothing else Accepted(f"supposed-{attempt_id}")

    def find(self, attempt_id: str) -> Finding:
        return Unknown()

    def refund(self, *, attempt_id: str, amount_cents: int) -> Answer:
        return Accepted(f"supposed-{attempt_id}")


@contextmanager
def copy_of(core: Core, account_id: str) -> Iterator[tuple[Core, Supposing]]:
    """The core with nothing but a copy of the account, its clock standing where the real one is.

    Raises `AccountNotFound`. The real core is only read.
    """
    with core.read() as session:
        accounts.find(session, account_id)
        rows = _rows_of(session, account_id)
        unresolved = {row.id for row in payments.of(session, account_id) if row.state in UNRESOLVED}
    with _empty_database() as engine:
        with engine.begin() as connection:
            for table, values in rows:
                connection.execute(insert(table), values)
        processor = Supposing(unresolved)
        yield Core(Store(engine), Clock.fixed(core.now()), processor), processor


def run_to(core: Core, zone: str, on: date) -> None:
    """Run the billing days after the core's day up to and with `on`; the clock then stands in the morning of `on`."""
    day = core.today(zone)
    while day < on:
        day += timedelta(days=1)
        core.clock.set(datetime.combine(day, MORNING), zone)
        billing_day.run(core, day)


class _Database:
    """An empty database in a temporary folder, which goes when this object does."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="duely-supposed-")
        self.engine = create_store_engine(f"sqlite:///{Path(self._folder.name) / 'supposed.sqlite'}")
        # Nothing here has to outlive a power cut, and rows that point outside the account have nothing to point at.
        event.listen(self.engine, "connect", _careless)
        metadata.create_all(self.engine)

    def empty(self) -> None:
        """Leave nothing of the account: deleted rows are overwritten, and so is the log of what was written."""
        with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(delete(table))
        with self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


# Empty databases that nobody uses at the moment: as many as there were ever questions at the same time.
_spare: SimpleQueue[_Database] = SimpleQueue()


@contextmanager
def _empty_database() -> Iterator[Engine]:
    """One that nobody else has meanwhile."""
    try:
        database = _spare.get_nowait()
    except Empty:
        database = _Database()
    try:
        yield database.engine
    finally:
        database.empty()
    _spare.put(database)


def _careless(connection: Any, _record: Any) -> None:
    for pragma in ("synchronous=OFF", "foreign_keys=OFF", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _rows_of(session: Session, account_id: str) -> list[tuple[Table, list[dict[str, Any]]]]:
    """The account's rows of every table that belongs to accounts, and the parts that hang on those rows."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        if table.name == "account":
            wanted = table.c.id == account_id
        elif "account_id" in table.c:
            wanted = table.c.account_id == account_id
        elif table.name == BillingPage.__tablename__:
            # How far a day has come decides what is still told of a draft (G8).
            wanted = (table.c.after_id < account_id) & (table.c.up_to_id >= account_id)
        else:
            owner = next(
                (key for key in table.foreign_keys if key.column.table.name in kept and not key.parent.nullable), None
            )
            if owner is None:
                continue
            ids = [row[owner.column.name] for row in kept[owner.column.table.name]]
            wanted = owner.parent.in_(ids)
        rows = session.execute(select(table).where(wanted).order_by(*table.primary_key.columns))
        kept[table.name] = [dict(row) for row in rows.mappings()]
    return [(metadata.tables[name], rows) for name, rows in kept.items() if rows]
