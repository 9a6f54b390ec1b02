"""The queue that outlives the process: DBOS, in the same database as our own rows (reference ENGINE 1.3-1.6).

One partition per conversation, one job of a partition at a time, priority = seq: that is what keeps the order, also
on SQLite where DBOS's own clock counts whole seconds. Jobs left PENDING by a killed process are taken up at the next
start under the same executor id. DBOS is one per process, so there is one started `DurableQueue` at a time.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from channels.queue import Handler, Job

log = structlog.get_logger(__name__)

APPLICATION = "duely"
QUEUE = "conversations"
WORKFLOW = "duely.work"
# Finished jobs are kept for a day, to look into; DBOS keeps them for ever if nobody removes them.
KEPT = timedelta(days=1)
# DBOS's threads need connections beside those of the workers, or they wait for one another (ENGINE 1.6, 3).
_SPARE_CONNECTIONS = 20

_handler: Handler | None = None
_running = 0
_counting = threading.Lock()
_stopping = threading.Event()
_PAUSES_SECONDS = (0.2, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0)


class _Stopping(BaseException):
    """Leaves a job as it is, for the next start: DBOS records as failed only what raises an `Exception`."""


@DBOS.workflow(name=WORKFLOW)
def _work(conversation_id: str, seq: int, message_id: str, attempt: int) -> None:
    # No DBOS steps: a job can be run again as a whole, and each step would cost a commit.
    global _running
    with _counting:
        _running += 1
    try:
        _run(Job(conversation_id, seq, message_id, attempt))
    finally:
        with _counting:
            _running -= 1


def _run(job: Job) -> None:
    """Run a job, and again after a pause when it raises: what raises is the database, and it comes back. Meanwhile
    the conversation waits, which keeps its order; the others go on. A job that still raises after ten minutes has
    failed for good and stays in DBOS's tables as ERROR."""
    for pause in (*_PAUSES_SECONDS, None):
        handler = _handler
        if handler is None:
            raise _Stopping
        try:
            return handler(job)
        except Exception:
            log.exception("job_failed", message=job.message_id, again_in_seconds=pause)
            if pause is None:
                raise
        if _stopping.wait(pause):
            raise _Stopping


class DurableQueue:
    """The `Queue` on DBOS. `start` before the first `enqueue`; jobs run in threads of this process.

    `executor_id` must be the same after a restart and differ between processes; `application_version` changes only
    when jobs of the old version could not be run by the new code.
    """

    def __init__(
        self,
        database_url: str | URL,
        handler: Handler,
        *,
        executor_id: str,
        application_version: str = "1",
        workers: int = 16,
        poll_seconds: float = 0.025,
        synchronous: str = "FULL",
    ) -> None:
        self._url = make_url(database_url)
        self._handler = handler
        self._executor_id = executor_id
        self._version = application_version
        self._workers = workers
        self._poll = poll_seconds
        self._synchronous = synchronous
        self._engine: Engine | None = None
        self._client: DBOSClient | None = None

    def start(self) -> None:
        """Create DBOS's tables if they are not there, take up what a killed process left, and begin to work.

        Raises RuntimeError where DBOS cannot run, naming the way out.
        """
        global _handler
        check_sqlite(self._url)
        self._engine = _engine(self._url, self._workers + _SPARE_CONNECTIONS, self._synchronous)
        _handler = self._handler
        _stopping.clear()
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "executor_id": self._executor_id,
            "application_version": self._version,
            "max_executor_threads": self._workers + 4,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 1.0,
        }
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._workers,
            polling_interval_sec=self._poll,
            on_conflict="always_update",
        )
        self._client = DBOSClient(system_database_engine=self._engine, application_name=APPLICATION)
        self.forget_finished(datetime.now(UTC) - KEPT)
        log.info("queue_started", executor=self._executor_id, version=self._version)

    def stop(self, *, wait_seconds: int = 10) -> None:
        """Take no more jobs, let those under way end for at most `wait_seconds`, and close everything.

        Jobs not finished by then are taken up at the next start."""
        global _handler
        if self._engine is None:
            return
        _stopping.set()
        # DBOS waits in whole seconds, also for nothing; so it is told to only when something runs.
        DBOS.destroy(workflow_completion_timeout_sec=wait_seconds if _running else 0)
        _handler = None
        self._client = None
        self._engine.dispose()
        self._engine = None

    def enqueue(self, session: Session, job: Job, *, delay_seconds: float = 0.0) -> None:
        """Add a job in the caller's transaction; the same job again is the same job."""
        if self._client is None:
            raise RuntimeError("the queue has not been started")
        _enqueue(self._client, session, job, delay_seconds)

    def idle(self) -> bool:
        """Whether nothing waits or runs; for tests and for stopping `duely play`."""
        return not DBOS.list_workflows(
            status=["ENQUEUED", "PENDING", "DELAYED"], queue_name=QUEUE, limit=1, load_input=False, load_output=False
        )

    def forget_finished(self, before: datetime) -> int:
        """Delete jobs that ended before an instant; how many."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            queue_name=QUEUE,
            end_time=before.isoformat(),
            limit=10_000,
            load_input=False,
            load_output=False,
        )
        ids = [each.workflow_id for each in done]
        if ids:
            DBOS.delete_workflows(ids)
        return len(ids)


class QueueDoor:
    """The `Queue` for a process that runs no jobs, such as `duely handoffs`: the stack that runs takes them up."""

    def __init__(self, database_url: str | URL) -> None:
        self._engine = _engine(make_url(database_url), 2, "FULL")
        self._client = DBOSClient(system_database_engine=self._engine, application_name=APPLICATION)

    def enqueue(self, session: Session, job: Job, *, delay_seconds: float = 0.0) -> None:
        """Add a job in the caller's transaction."""
        _enqueue(self._client, session, job, delay_seconds)

    def close(self) -> None:
        self._client.destroy()
        self._engine.dispose()


def _enqueue(client: DBOSClient, session: Session, job: Job, delay_seconds: float) -> None:
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": QUEUE,
        "workflow_id": f"{job.message_id}-{job.attempt}",
        "queue_partition_key": job.conversation_id,
        "priority": job.seq,
    }
    if delay_seconds:
        options["delay_seconds"] = delay_seconds
    client.enqueue_in_transaction(session, options, job.conversation_id, job.seq, job.message_id, job.attempt)


def check_sqlite(
    url: URL, python: tuple[int, ...] = sys.version_info[:2], sqlite: tuple[int, ...] | None = None
) -> None:
    """Refuse the one pairing on which DBOS cannot create its tables (ENGINE 1.6, 2); raises RuntimeError."""
    sqlite = sqlite or sqlite3.sqlite_version_info
    if url.get_backend_name() == "sqlite" and python >= (3, 12) and sqlite < (3, 42):
        version = ".".join(map(str, sqlite))
        raise RuntimeError(
            f"Python {python[0]}.{python[1]} with SQLite {version} cannot run the queue: "
            "use Python 3.11, SQLite 3.42 or later, or PostgreSQL (DUELY_DATABASE_URL)."
        )


def _engine(url: URL, pool_size: int, synchronous: str) -> Engine:
    """DBOS's own engine on our database: WAL and full safety on SQLite, where DBOS would set neither."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=pool_size, max_overflow=0, pool_pre_ping=True)
    engine = create_engine(url, pool_size=pool_size, max_overflow=0, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # What DBOS sets on an engine of its own, and the two pragmas it does not.
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
