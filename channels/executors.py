"""Which processes are alive and run jobs, on PostgreSQL: each holds its executor id by a lock of its own connection.

DBOS takes up what a killed process left only in a process that starts under the same id (reference ENGINE 1.6, 4). The
database drops a session's advisory lock with its connection, so an id whose lock can be taken has nobody behind it,
and no two processes ever run under one id. The connection must be the database's own: no transaction-mode pgbouncer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import structlog
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

log = structlog.get_logger(__name__)

# A machine that lost its power says nothing: the server asks after it, and gives up after half a minute.
_KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"
MOST_EXECUTORS = 64


class NoExecutorId(RuntimeError):
    """Every executor id is taken: so many processes do not run at once."""


class Executors:
    """This process among all that run jobs; `executor_id` is its own: the first free of `name-1`, `name-2`, …"""

    def __init__(self, url: URL, name: str) -> None:
        self._engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"options": _KEEPALIVE}
        )
        self._connection: Connection = self._engine.connect()
        self._silent: set[str] = set()
        ids = (f"{name}-{number}" for number in range(1, MOST_EXECUTORS + 1))
        found = next((each for each in ids if self._lock(each)), None)
        if found is None:
            self.close()
            raise NoExecutorId(f"{MOST_EXECUTORS} processes already run jobs as {name}")
        self.executor_id = found

    def dead(self, at_work: Iterable[str]) -> list[str]:
        """Those of the ids with jobs under way that nobody holds, locked for the caller, who gives each back by `free`.

        An id must be found free twice in a row: a process that lost its connection has until then to take it again.
        Raises RuntimeError while this process itself cannot hold its own.
        """
        self._hold()
        found = [each for each in sorted(set(at_work) - {self.executor_id}) if self._lock(each)]
        sure = [each for each in found if each in self._silent]
        self._silent = set(found)
        for each in self._silent - set(sure):
            self.free(each)
        return sure

    def free(self, executor_id: str) -> None:
        """Give an id back."""
        self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(executor_id)})

    def close(self) -> None:
        """Give up this process's id and its connection."""
        self._connection.close()
        self._engine.dispose()

    def _hold(self) -> None:
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            # The lock went with the connection.
            self._connection.invalidate()
            self._connection.close()
            self._connection = self._engine.connect()
            self._silent.clear()
            if not self._lock(self.executor_id):
                self._connection.close()
                raise RuntimeError(f"another process runs jobs as {self.executor_id}") from None
            log.warning("executor_connected_again", executor=self.executor_id)

    def _lock(self, executor_id: str) -> bool:
        key = {"key": _key(executor_id)}
        return bool(self._connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))


def _key(executor_id: str) -> int:
    digest = hashlib.sha256(f"duely executor {executor_id}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
