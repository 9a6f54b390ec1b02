"""Letters: one file each in an outbox folder, from where the print house takes them.

A letter is written beside its place, forced to the disk and moved there in one step, so a reader never sees half of
one; its name comes from the notice, so writing it again after a crash is the same letter.
"""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path


class Letterbox:
    """A folder of finished files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Write a file under its name, whole or not at all; one that is there stays as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / name
        if place.exists():
            return
        beside = self.folder / f".{name}.{os.getpid()}"
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def name_of(written_on: date, kind: str, key: str) -> str:
    """A letter's file name: its day, its kind and its notice's key, shortened; nothing of the member."""
    return f"{written_on.isoformat()}-{kind}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.txt"


def enveloped(account_id: str, body: str) -> bytes:
    """The letter with a first line for the print house, which knows the account's address."""
    return f"Account: {account_id}\n\n{body}".encode()
