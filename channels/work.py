"""What the queue runs for each job: answer the message, send what waits in its conversation, forget what must be."""

from __future__ import annotations

from channels import forget, outbox, turn
from channels.assembly import Channels
from channels.queue import Job


def handle(channels: Channels, job: Job) -> None:
    """Run one job; running it again, after a kill or by mistake, answers nothing twice and sends nothing twice."""
    turn.answer(channels, job.message_id)
    outbox.flush(channels, job)
    if not forget.at_carrier(channels, job):
        outbox.again_later(channels, job)
