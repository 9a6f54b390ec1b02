"""The port between what came in and what works on it: a job is three identifiers, never a word of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import event
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Job:
    """Work on one message of one conversation; `attempt` tells a later try from the first."""

    conversation_id: str
    seq: int
    message_id: str
    attempt: int = 0


Handler = Callable[[Job], None]
# Told of a job that failed for good, which will not be run again by itself.
GaveUp = Callable[[Job], None]


class Queue(Protocol):
    """Jobs of one conversation run one at a time and in `seq` order; conversations run side by side.

    A job runs at least once, so its handler must be able to run again on a message it has already answered.
    """

    def enqueue(self, session: Session, job: Job, *, delay_seconds: float = 0.0) -> None:
        """Add the job inside the caller's transaction: it exists if, and only if, that transaction commits."""

    def failed(self) -> list[Job]:
        """Jobs that failed for good, so that somebody must look, oldest first."""


class InlineQueue:
    """The fake beside the port: keeps committed jobs and runs them, in order, when the test says so."""

    def __init__(self, handler: Handler | None = None) -> None:
        self.handler = handler
        self.jobs: list[Job] = []
        self.delayed: list[tuple[float, Job]] = []
        self.given_up: list[Job] = []

    def failed(self) -> list[Job]:
        return self.given_up

    def enqueue(self, session: Session, job: Job, *, delay_seconds: float = 0.0) -> None:
        def committed(_session: Session) -> None:
            if delay_seconds:
                self.delayed.append((delay_seconds, job))
            else:
                self.jobs.append(job)

        event.listen(session, "after_commit", committed, once=True)

    def run(self) -> int:
        """Run what is waiting, and what that adds; the number of jobs run. Delayed jobs wait for `run_delayed`."""
        if self.handler is None:
            raise RuntimeError("this queue was given no handler")
        ran = 0
        while self.jobs:
            job = min(self.jobs, key=lambda each: (each.conversation_id != self.jobs[0].conversation_id, each.seq))
            self.jobs.remove(job)
            self.handler(job)
            ran += 1
        return ran

    def run_delayed(self) -> int:
        """Let the waiting time of delayed jobs pass, and run them."""
        self.jobs += [job for _, job in sorted(self.delayed, key=lambda each: each[0])]
        self.delayed.clear()
        return self.run()
