"""The port to whoever carries texts: send one, and ask what became of one whose sending was cut short."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class SendRefused(Exception):
    """The carrier will not take this message, now or later; `code` is its error code ("21610")."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SendLater(Exception):
    """The carrier certainly did not take the message (too many requests, connection refused); it may be sent again."""


class SendUnknown(Exception):
    """The carrier may have taken the message (no answer in time, server error); ask before sending again."""


class Carrier(Protocol):
    """Sending texts."""

    def send(self, to: str, body: str) -> str:
        """Hand over one text and return its SID; raises `SendRefused`, `SendLater` or `SendUnknown`."""

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        """SIDs of texts with this body taken for this number since an instant by the machine's clock; oldest first.

        Raises `SendLater` when the carrier cannot be asked."""

    def forget(self, sid: str) -> None:
        """Take the words, pictures and files of a text out of the carrier's own records; one it does not know is
        forgotten already. Raises `SendLater` when it could not be done now."""
