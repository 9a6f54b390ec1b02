"""What the queue runs for each job: do what agents did, answer the message, send what waits in its conversation, bring
it to those who help, and forget what must be."""

from __future__ import annotations

from collections import Counter

from structlog.contextvars import bound_contextvars

from channels import forget, outbox, record, turn
from channels.assembly import Channels
from channels.handoff import desk, reasons
from channels.outcome import Outcome
from channels.privacy import copies, requests
from channels.queue import Job
from channels.slack import handling, mirror
from channels.store import Conversation, Message


def handle(channels: Channels, job: Job) -> None:
    """Run one job; running it again, after a kill or by mistake, answers nothing twice and sends nothing twice."""
    # Whatever is logged meanwhile says which conversation and which message it was for.
    with bound_contextvars(conversation=job.conversation_id, turn=job.message_id):
        handling.answer(channels, job)
        turn.answer(channels, job.message_id)
        outbox.flush(channels, job)
        wait_seconds = mirror.follow(channels, job)
        if wait_seconds is not None:
            outbox.again_later(channels, job, least_seconds=wait_seconds)
        forget.at_carrier(channels, job)


def give_up(channels: Channels, job: Job) -> None:
    """A job failed for good: its member is not left in silence, and a person is brought in (`trouble`)."""
    with channels.core.read() as session:
        message = session.get(Message, job.message_id)
        language = session.get_one(Conversation, job.conversation_id).language
    if message is not None and message.direction == "in":
        outcome = Outcome("trouble", failed=True, handoff=reasons.TROUBLE, language=language)
        record.write(channels, message.id, outcome, total_ms=0.0)
    outbox.flush(channels, job)


def look_after_people(channels: Channels) -> Counter[str]:
    """Give back what agents have left, and take up threads that lag behind; how many of each."""
    done = Counter(given_back=desk.give_back_silent(channels))
    jobs = mirror.behind(channels, channels.core.now()) if channels.desk is not None else []
    for job in jobs:
        with channels.core.write() as session:
            channels.queue.enqueue(session, job)
    done["taken_up"] = len(jobs)
    return +done


def look_after_privacy(channels: Channels) -> Counter[str]:
    """Go on with deletions that were asked for, and have copies elsewhere forgotten; how many of each."""
    done = Counter(deletions_finished=requests.go_on(channels.core))
    return +(done + copies.forget(channels))
