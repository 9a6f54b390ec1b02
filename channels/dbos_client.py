"""What every process may ask of the durable queue, also one that runs no jobs: add one, and look after those that
failed for good (reference ENGINE 1.3)."""

from __future__ import annotations

import sqlite3
from uuid import uuid4

from dbos import DBOSClient, EnqueueOptions
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from channels.queue import Job

APPLICATION = "duely"
QUEUE = "conversations"
WORKFLOW = "duely.work"


class QueueDoor:
    """The `Queue` for a process that runs no jobs, such as `duely handoffs`: the stack that runs takes them up."""

    def __init__(self, database_url: str | URL) -> None:
        self._engine = engine(make_url(database_url), 2, "FULL")
        self._client = client(self._engine)

    def enqueue(self, session: Session, job: Job, *, delay_seconds: float = 0.0) -> None:
        """Add a job in the caller's transaction."""
        enqueue(self._client, session, job, delay_seconds)

    def failed(self) -> list[Job]:
        """Jobs that failed for good, oldest first."""
        return failed(self._client)

    def run_again(self, session: Session) -> list[Job]:
        """Have every job that failed for good run once more, in the caller's transaction; those jobs.

        `forget_failed` afterwards takes them off the list; killed between the two, they run again, which does no harm.
        """
        again = failed(self._client)
        for job in again:
            enqueue(self._client, session, job, 0.0, fresh=True)
        return again

    def forget_failed(self, jobs: list[Job]) -> None:
        """Take jobs off the list of those that failed."""
        gone = set(jobs)
        self._client.delete_workflows([each for each, job in _failed(self._client) if job in gone])

    def close(self) -> None:
        self._client.destroy()
        self._engine.dispose()


def client(on: Engine) -> DBOSClient:
    """DBOS's client on our database."""
    return DBOSClient(system_database_engine=on, application_name=APPLICATION)


def enqueue(client: DBOSClient, session: Session, job: Job, delay_seconds: float = 0.0, *, fresh: bool = False) -> None:
    """Add a job in the caller's transaction. The same job again is the same job, unless it is a `fresh` one."""
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": QUEUE,
        "workflow_id": f"{job.message_id}-{job.attempt}" + (f"-{uuid4().hex}" if fresh else ""),
        "queue_partition_key": job.conversation_id,
        "priority": job.seq,
    }
    if delay_seconds:
        options["delay_seconds"] = delay_seconds
    client.enqueue_in_transaction(session, options, job.conversation_id, job.seq, job.message_id, job.attempt)


def may_take(on: Engine) -> bool:
    """Whether a job waits whose conversation has none under way, so that looking for work would find some.

    Spelled as DBOS's own indexes are, which hold nothing but what waits and runs.
    """
    table = "dbos.workflow_status" if on.dialect.name == "postgresql" else "workflow_status"
    in_flight = f"queue_name = '{QUEUE}' AND status IN ('ENQUEUED', 'PENDING')"
    under_way = f"SELECT 1 FROM {table} WHERE {in_flight} AND status = 'PENDING' AND queue_partition_key"
    waiting = f"SELECT 1 FROM {table} AS waiting WHERE {in_flight} AND status = 'ENQUEUED'"
    with on.connect() as connection:
        found = f"{waiting} AND NOT EXISTS ({under_way} = waiting.queue_partition_key) LIMIT 1"
        return connection.exec_driver_sql(found).first() is not None


def failed(client: DBOSClient) -> list[Job]:
    """Jobs that failed for good and that nobody has had run again, oldest first."""
    return [job for _, job in _failed(client)]


def _failed(client: DBOSClient) -> list[tuple[str, Job]]:
    found = client.list_workflows(status="ERROR", name=WORKFLOW, queue_name=QUEUE, load_output=False)
    return [(each.workflow_id, Job(*each.input["args"])) for each in found if each.input is not None]


def engine(url: URL, pool_size: int, synchronous: str) -> Engine:
    """DBOS's own engine on our database: WAL and full safety on SQLite, where DBOS would set neither."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=pool_size, max_overflow=0, pool_pre_ping=True)
    made = create_engine(url, pool_size=pool_size, max_overflow=0, connect_args={"timeout": 30})

    @event.listens_for(made, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # What DBOS sets on an engine of its own, and the two pragmas it does not.
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return made
