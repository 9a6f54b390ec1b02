"""What privacy does by itself: once a day words whose time is over go, and every minute what was left over is tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

from billing_core import Core
from channels import work
from channels.assembly import Channels
from channels.privacy import over, retention
from console import sessions
from console.review import labels
from gateway.looking import Looker

EVERY_S = 60.0


def lookers(channels: Channels, retention_days: int) -> list[Looker]:
    """All of them, to be started; several processes may each have them, since all of it is safe to repeat."""
    return [
        Looker("retention", once_a_day(channels, retention_days), every_s=EVERY_S),
        Looker("privacy", lambda: work.look_after_privacy(channels), every_s=EVERY_S),
        Looker("labels", lambda: {"forgotten": labels.forget(channels.core)}, every_s=EVERY_S),
    ]


def once_a_day(channels: Channels, retention_days: int) -> Callable[[], Counter[str]]:
    """A look that takes out what is too old, on the first look of a day and again after a failure."""
    looked: list[date] = []

    def look() -> Counter[str]:
        today = channels.core.clock.today()
        if looked and looked[-1] == today:
            return Counter()
        done = forget_old(channels.core, retention_days)
        looked[:] = [today]
        return done

    return look


def forget_old(core: Core, retention_days: int) -> Counter[str]:
    """Everything whose time is over: words, and with them codes, links, tries and sessions; how many of each."""
    done = retention.run(core, retention_days) + over.run(core, retention_days)
    return +(done + Counter(console_sessions=sessions.forget(core, retention_days)))
