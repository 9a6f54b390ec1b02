"""Who works on a candidate, and whether they still do: so that none is stuck when its process ends in any way."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

# How often a worker says that it is there, and after how long without a word it is taken for gone.
BEAT_EVERY = timedelta(seconds=2)
GONE_AFTER = timedelta(seconds=60)


def me() -> str:
    """This process, by host, number and the moment it began: numbers are given out again."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{_began(os.getpid())}"


def now() -> datetime:
    """The machine's own time: processes with a clock set by hand would not agree on a beat."""
    return datetime.now(UTC)


def gone(owner: str, beat_at: datetime) -> bool:
    """Whether the owner has ended, if it ran on this host, or has been silent for too long, wherever it ran."""
    host, pid, began = owner.rsplit(":", 2)
    if host == socket.gethostname()[:60] and _began(int(pid)) != began:
        return True
    return now() - beat_at > GONE_AFTER


def _began(pid: int) -> str:
    try:
        # The 22nd field, counted after the command's name, which may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
