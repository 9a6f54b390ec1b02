"""The words that belong to the carriers: STOP, START, HELP and their kin, in texts only (DOMAIN 4.1).

Only a message that is the word and nothing else counts: "stop autopay" and "cancel my payment" are about billing.
"""

from __future__ import annotations

import re
from typing import Literal

Keyword = Literal["stop", "start", "help"]

STOP = frozenset(
    ("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "cancel", "remove",
     "arret", "alto", "parar")
)  # fmt: skip
START = frozenset(("start", "unstop"))
HELP = frozenset(("help", "info", "ayuda"))
# YES is "start" to the carriers, but in a conversation it answers a question; so only for who has opted out.
START_WHEN_OUT = START | {"yes"}


def read(text: str, *, opted_out: bool) -> Keyword | None:
    """The carrier keyword a whole message is, or None."""
    word = " ".join(re.sub(r"[^\w\s]|_", " ", text.lower().replace("-", " ")).split())
    if word in STOP:
        return "stop"
    if word in (START_WHEN_OUT if opted_out else START):
        return "start"
    return "help" if word in HELP else None
