"""Writes the initial revisions anew from the tables as they are; for the time before the first release only."""

import tempfile
from pathlib import Path

from billing_core.store import create_store_engine
from gateway import database

ROOMS = {"0001": ("billing core", 0), "0002": ("channels", 1), "0003": ("gateway", 2)}

if __name__ == "__main__":
    versions = database.MIGRATIONS / "versions"
    for old in versions.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        engine = create_store_engine(f"sqlite:///{Path(folder) / 'empty.sqlite'}")
        for revision, (room, index) in ROOMS.items():
            database.write_revision(engine, room, revision, [database.METADATAS[index]])
            database.migrate_engine(engine)
        engine.dispose()
