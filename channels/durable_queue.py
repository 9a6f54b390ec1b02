"""The queue that outlives the process: DBOS, in the same database as our own rows (reference ENGINE 1.3-1.6).

One partition per conversation, one job of a partition at a time, priority = seq: that is what keeps the order, also
on SQLite where DBOS's own clock counts whole seconds. Jobs left PENDING by a killed process are taken up at the next
start under the same executor id, and on PostgreSQL by whoever lives (`channels.executors`). DBOS is one per process, so
there is one started `DurableQueue` at a time.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from channels import dbos_client
from channels.dbos_client import APPLICATION, QUEUE, WORKFLOW
from channels.executors import Executors
from channels.queue import GaveUp, Handler, Job

log = structlog.get_logger(__name__)

# Finished jobs are kept for a day, to look into; DBOS keeps them for ever if nobody removes them.
KEPT = timedelta(days=1)
# DBOS's threads need connections beside those of the workers, or they wait for one another (ENGINE 1.6, 3).
_SPARE_CONNECTIONS = 20

_handler: Handler | None = None
_gave_up: GaveUp | None = None
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
    failed for good: it is told to `gave_up` and stays in DBOS's tables as ERROR until somebody has it run again."""
    for pause in (*_PAUSES_SECONDS, None):
        handler = _handler
        if handler is None:
            raise _Stopping
        try:
            return handler(job)
        except Exception:
            log.exception("job_failed", message=job.message_id, again_in_seconds=pause)
            if pause is None:
                _tell_given_up(job)
                raise
        if _stopping.wait(pause):
            raise _Stopping


def _tell_given_up(job: Job) -> None:
    log.error("job_failed_for_good", conversation=job.conversation_id, message=job.message_id, attempt=job.attempt)
    try:
        if _gave_up is not None:
            _gave_up(job)
    except Exception:
        # What failed the job may fail this too; the job is kept, and told of, all the same.
        log.exception("giving_up_failed", message=job.message_id)


class DurableQueue:
    """The `Queue` on DBOS. `start` before the first `enqueue`; jobs run in threads of this process.

    `executor` must be the same after a restart: DBOS knows this process as `executor-1`, and on PostgreSQL, where
    several may run jobs, by the first such number that is free. `application_version` changes only when jobs of the old
    version could not be run by the new code. `gave_up` is called with a job that failed for good.
    """

    def __init__(
        self,
        database_url: str | URL,
        handler: Handler,
        *,
        executor: str,
        application_version: str = "1",
        workers: int = 16,
        poll_seconds: float = 0.01,
        synchronous: str = "FULL",
        gave_up: GaveUp | None = None,
    ) -> None:
        self._url = make_url(database_url)
        self._handler = handler
        self._gave_up = gave_up
        self._executor = executor
        self._version = application_version
        self._workers = workers
        self._poll = poll_seconds
        self._synchronous = synchronous
        self._engine: Engine | None = None
        self._client: DBOSClient | None = None
        self._executors: Executors | None = None

    def start(self) -> None:
        """Create DBOS's tables if they are not there, take up what a killed process left, and begin to work.

        Raises RuntimeError where DBOS cannot run, naming the way out.
        """
        global _handler, _gave_up
        check_sqlite(self._url)
        if self._url.get_backend_name() == "postgresql":
            self._executors = Executors(self._url, self._executor)
        executor_id = self._executors.executor_id if self._executors else f"{self._executor}-1"
        self._engine = dbos_client.engine(self._url, self._workers + _SPARE_CONNECTIONS, self._synchronous)
        _handler, _gave_up = self._handler, self._gave_up
        _stopping.clear()
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "executor_id": executor_id,
            "application_version": self._version,
            "max_executor_threads": self._workers + 4,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 1.0,
        }
        started = DBOS(config=config)
        DBOS.launch()
        # Private in DBOS 3.4: what it asks at each look for work (see docs/decisions).
        started._sys_db.dequeue_scopes = self._where_to_look  # type: ignore[method-assign]
        DBOS.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._workers,
            polling_interval_sec=self._poll,
            on_conflict="always_update",
        )
        self._client = dbos_client.client(self._engine)
        self.forget_finished(datetime.now(UTC) - KEPT)
        log.info("queue_started", executor=executor_id, version=self._version)

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
        if self._executors is not None:
            # Last: until here this process may have been at work.
            self._executors.close()
            self._executors = None

    def _where_to_look(self, queue_name: str) -> list[str | None]:
        """Everywhere, or nowhere while our queue has nothing to take: DBOS's own look costs forty times this one."""
        look = queue_name != QUEUE or (self._engine is not None and dbos_client.may_take(self._engine))
        return [None] if look else []

    def enqueue(self, session: Session, job: Job, *, delay_seconds: float = 0.0) -> None:
        """Add a job in the caller's transaction; the same job again is the same job."""
        if self._client is None:
            raise RuntimeError("the queue has not been started")
        dbos_client.enqueue(self._client, session, job, delay_seconds)

    def adopt(self) -> Counter[str]:
        """Take up the jobs of processes that died; how many. To be called every few seconds, in every process.

        Does nothing on SQLite, where one process runs jobs and takes up its own when it starts."""
        adopted: Counter[str] = Counter()
        if self._executors is None:
            return adopted
        pending = DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False, load_output=False)
        for executor_id in self._executors.dead(each.executor_id for each in pending if each.executor_id):
            try:
                # Private in DBOS 3.4, which offers it to its paid conductor alone; a test holds it.
                taken = DBOS._recover_pending_workflows([executor_id])
            finally:
                self._executors.free(executor_id)
            log.warning("jobs_adopted", executor=executor_id, jobs=len(taken))
            adopted["jobs_adopted"] += len(taken)
        return adopted

    def failed(self) -> list[Job]:
        """Jobs that failed for good and wait for somebody to look (`duely jobs`), oldest first."""
        return dbos_client.failed(self._client) if self._client is not None else []

    def idle(self) -> bool:
        """Whether nothing waits or runs; for tests and for stopping `duely play`."""
        return not DBOS.list_workflows(
            status=["ENQUEUED", "PENDING", "DELAYED"], queue_name=QUEUE, limit=1, load_input=False, load_output=False
        )

    def busy(self) -> bool:
        """Whether a job runs in this process at this moment, or pauses before it is tried again."""
        return _running > 0

    def forget_finished(self, before: datetime) -> int:
        """Delete jobs that were done before an instant; how many. Those that failed stay until they were run again."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "CANCELLED"],
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
