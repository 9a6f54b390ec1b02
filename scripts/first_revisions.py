"""Writes the initial revisions anew from the tables as they are; for the time before the first release only."""

import tempfile
from pathlib import Path

from sqlalchemy import MetaData

from billing_core.store import NAMING, create_store_engine
from gateway import database

CORE, CHANNELS, GATEWAY, CONSOLE = database.METADATAS
# Written by hand: what no table class can say. It stays the last.
BY_HAND = "0007_search_and_audit.py"
# The core's tables beside accounts and money come with a revision of their own, so that no file grows too long.
BESIDE_MONEY = (
    "authorization",
    "billing_page",
    "decision_record",
    "delivery_choice",
    "notice",
    "processor_event",
    "profile_version",
    "refund",
    "sandbox_",
    "stripe_",
)


# And of the channels' the people's, and what conversations are found by.
OF_PEOPLE = ("conversation_", "handoff", "slack_")


def without(metadata: MetaData, left_out: tuple[str, ...]) -> MetaData:
    """The tables without those whose names begin so."""
    found = MetaData(naming_convention=NAMING)
    for table in metadata.sorted_tables:
        if not table.name.startswith(left_out):
            table.to_metadata(found)
    return found


REVISIONS = {
    "0001": ("billing core", without(CORE, BESIDE_MONEY)),
    "0002": ("channels", without(CHANNELS, OF_PEOPLE)),
    "0003": ("gateway", GATEWAY),
    "0004": ("records and processors", CORE),
    "0005": ("people", CHANNELS),
    "0006": ("console", CONSOLE),
}

if __name__ == "__main__":
    versions = database.MIGRATIONS / "versions"
    by_hand = (versions / BY_HAND).read_text(encoding="utf-8")
    for old in versions.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        engine = create_store_engine(f"sqlite:///{Path(folder) / 'empty.sqlite'}")
        for revision, (what, metadata) in REVISIONS.items():
            database.write_revision(engine, what, revision, [metadata])
            database.migrate_engine(engine)
        engine.dispose()
    (versions / BY_HAND).write_text(by_hand, encoding="utf-8")
