"""`duely jobs`: messages that could not be handled. Each was tried for ten minutes, and waits for an operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import typer

jobs_app = typer.Typer(no_args_is_help=True, help="Jobs that failed for good.")


@jobs_app.command("list")
def list_() -> None:
    """Which jobs failed, by the ids that the log has (`job_failed_for_good`); exits 1 if there are any."""
    with _opened() as (_core, door):
        failed = door.failed()
    for job in failed:
        print(f"conversation {job.conversation_id}  message {job.message_id}  try {job.attempt}")
    if failed:
        print(f"{len(failed)} failed. When the cause is gone: duely jobs retry")
        raise typer.Exit(1)
    print("No job has failed.")


@jobs_app.command("retry")
def retry() -> None:
    """Have all of them run once more by the running stack; what was done already is not done twice."""
    with _opened() as (core, door):
        with core.write() as session:
            jobs = door.run_again(session)
        door.forget_failed(jobs)
    print(f"{len(jobs)} to be run again.")


@contextmanager
def _opened() -> Iterator[Any]:
    from channels.dbos_client import QueueDoor
    from gateway import settings
    from gateway.commands.account import opened

    try:
        loaded = settings.load()
        with opened(loaded) as core, closing(QueueDoor(core.engine.url)) as door:
            yield core, door
    except settings.SettingWrong as error:
        typer.echo(f"Duely: {error}", err=True)
        raise typer.Exit(1) from None
