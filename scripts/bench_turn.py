"""`make bench`: how long a whole turn takes at the gateway, from the webhook's first byte to the queued reply.

Everything is real (SQLite on disk with full safety, the durable queue, Rasa, the actions); only Twilio is a stand-in.
Prints the parts side by side with Rasa's own time, measured in the same run, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from typing import Any

from sqlalchemy import select

from channels.store import Message, Turn
from gateway import logs
from gateway.play.rehearsal import Rehearsal

PHONE = "+19195550101"
SAID = ("how much do i owe", "when is my bill due", "what can you do", "pay my bill", "never mind")
WARM_UP = 10


class Answered:
    """Hears when a turn's reply has been queued, from the same notice that wakes an open page."""

    def __init__(self, world: Rehearsal) -> None:
        self._event = threading.Event()
        notify = world.channels.hub.notify

        def heard(conversation_id: str) -> None:
            self._event.set()
            notify(conversation_id)

        world.channels.hub.notify = heard  # type: ignore[method-assign]

    def wait(self) -> None:
        if not self._event.wait(10):
            raise TimeoutError("no reply within 10 s")
        self._event.clear()


def measure(world: Rehearsal, turns: int) -> list[dict[str, float]]:
    """Milliseconds of each turn: `whole`, `webhook` (until Twilio has its answer), `turn`, and Rasa's parts of it."""
    answered = Answered(world)
    rows = []
    for number in range(turns):
        sid = f"SMbench{number:025x}"
        began = time.perf_counter()
        world.sms(PHONE, SAID[number % len(SAID)], sid=sid).raise_for_status()
        webhook = time.perf_counter()
        answered.wait()
        whole = time.perf_counter()
        message, turn = _wait_for(world, sid)
        world.wait_settled(message.conversation_id)
        rows.append(
            {
                "whole": (whole - began) * 1000,
                "webhook": (webhook - began) * 1000,
                "turn": turn.ms["turn"],
                "rasa_http": turn.ms["http"],
                "rasa_own": turn.ms["total"],
                "parse": turn.ms["parse"],
                "actions": turn.ms["actions"],
            }
        )
    return rows


def _wait_for(world: Rehearsal, sid: str) -> tuple[Message, Turn]:
    with world.core.read() as session:
        message: Any = session.scalars(select(Message).where(Message.provider_id == sid)).one()
        return message, session.get_one(Turn, message.id)


def report(rows: list[dict[str, float]]) -> str:
    """The table, the ratio to Rasa's own time, and how much dearer the last turns are than the first."""
    lines = [f"{'ms':<12}{'p50':>8}{'p95':>8}"]
    for name in rows[0]:
        values = sorted(row[name] for row in rows)
        lines.append(f"{name:<12}{statistics.median(values):8.1f}{values[int(len(values) * 0.95)]:8.1f}")
    ratio = statistics.median(row["whole"] for row in rows) / statistics.median(row["rasa_own"] for row in rows)
    edge = max(len(rows) // 10, 5)
    first, last = (statistics.median(row["whole"] for row in part) for part in (rows[:edge], rows[-edge:]))
    lines.append(f"whole / Rasa's own time: {ratio:.2f}")
    lines.append(f"last {edge} turns / first {edge} turns: {last / first:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=200)
    given = arguments.parse_args()
    logs.set_up(level="ERROR", as_json=False)
    with Rehearsal(on_disk=True) as running:
        running.reset()
        print(report(measure(running, given.turns + WARM_UP)[WARM_UP:]))
