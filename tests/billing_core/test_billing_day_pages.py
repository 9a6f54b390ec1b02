"""Pages of a billing day: any number of workers, a kill at any moment, and a rehearsal that leaves no trace."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from billing_core import Clock, Core, accounts, billing_day, notices, open_core
from billing_core.billing_day.day import do_pages
from billing_core.billing_day.page import do_span
from billing_core.billing_day.pages import Span, left, planned, spans
from billing_core.billing_page import BillingPage
from billing_core.invoices import Invoice
from billing_core.ledger import Entry, Posting
from billing_core.payments import Payment
from billing_core.store import metadata
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import JAN, World

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from bench_billing_day import DRAFT_DAY, ISSUE_DAY, generate

MANY = 20_000


def members(world: World, count: int) -> list[str]:
    return [world.member(f"m{number}", unpaid=[], autopay="visa") for number in range(count)]


def test_pages_cover_every_account_once_whatever_their_size(world: World) -> None:
    keys = members(world, 7)
    with world.core.read() as session:
        for size in (1, 2, 3, 7, 100):
            found = list(spans(session, size=size))
            assert [span.after_id for span in found] == ["", *(span.up_to_id for span in found[:-1])]
            assert len(found) == -(-len(keys) // size)


def test_a_day_in_small_pages_does_what_it_does_in_one(world: World) -> None:
    members(world, 7)
    world.at("2026-12-27T06:00")
    heard: list[tuple[int, int]] = []
    tally = billing_day.run(world.core, ISSUE_DAY, page_size=3, progress=lambda *step: heard.append(step))
    assert (tally["issued"], tally["told"]) == (7, 7)
    assert heard == [(1, 3), (2, 3), (3, 3)]
    assert billing_day.run(world.core, ISSUE_DAY, page_size=3) == Counter(), "the day again finds nothing to do"


def test_a_day_that_was_interrupted_goes_on_with_the_pages_that_are_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    members(world, 6)
    world.at("2026-12-27T06:00")
    done: list[str] = []

    def dies_at_the_second(core: Core, session: object, span: object, on: date, zone: str) -> Counter[str]:
        done.append(span.after_id)  # type: ignore[attr-defined]
        if len(done) == 2:
            raise KeyboardInterrupt
        return do_span(core, session, span, on, zone)  # type: ignore[arg-type]

    monkeypatch.setattr("billing_core.billing_day.day.do_span", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        billing_day.run(world.core, ISSUE_DAY, page_size=2)
    assert billing_day.run(world.core, ISSUE_DAY, page_size=2)["issued"] == 4
    assert done == ["", "m1", "m1", "m3"]


def test_members_who_come_after_the_day_was_planned_are_billed_when_it_is_run_again(world: World) -> None:
    members(world, 2)
    run(world, "2026-12-27")
    world.member("zoe", unpaid=[], autopay="visa")
    world.member("a", unpaid=[], autopay="visa")
    run(world, "2026-12-27", times=2)
    assert [len(world.invoices(key)) for key in ("a", "m0", "m1", "zoe")] == [1, 1, 1, 1]


def test_in_a_page_that_fails_only_the_account_at_fault_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    members(world, 3)
    world.member("bad", unpaid=[])

    def failing(core: Core, session: object, span: Span, on: date, zone: str) -> Counter[str]:
        return 1 / 0 if span.after_id < "bad" <= span.up_to_id else do_span(core, session, span, on, zone)  # type: ignore[arg-type,return-value]

    monkeypatch.setattr("billing_core.billing_day.day.do_span", failing)
    world.at("2026-12-27T06:00")
    with pytest.raises(ExceptionGroup) as failed:
        billing_day.run(world.core, ISSUE_DAY)
    assert [error.__notes__ for error in failed.value.exceptions] == [["account bad, billing day 2026-12-27"]]
    monkeypatch.undo()
    assert [len(world.invoices(f"m{number}")) for number in range(3)] == [1, 1, 1]


def test_the_entry_of_a_bill_is_the_one_that_is_posted_by_hand(world: World) -> None:
    world.member("by_hand", premium_cents=50000, tax_credit_cents=40378, unpaid=[JAN])
    world.member("by_day", premium_cents=50000, tax_credit_cents=40378, unpaid=[])
    run(world, "2026-12-15")
    with world.core.read() as session:
        for key in ("by_hand", "by_day"):
            (entry,) = session.scalars(select(Entry).where(Entry.account_id == key))
            lines = sorted((row.book, row.amount_cents) for row in entry.postings)
            assert lines == [("premium", -50000), ("receivable", 9622), ("tax_credit", 40378)]
            assert {(row.account_id, row.invoice_id) for row in entry.postings} == {(key, world.invoices(key)[0].id)}
            assert entry.reference == f"invoice:{world.invoices(key)[0].id}"


def test_a_rehearsal_says_what_the_day_does_and_changes_nothing(world: World) -> None:
    members(world, 2)
    world.member("paul", unpaid=[JAN], saved=["checking"], autopay="checking")
    world.member("dora", unpaid=[JAN], saved=["dead"], autopay="dead")
    world.member("sam", unpaid=[JAN])
    world.pay("sam", pay_on=JAN)
    world.member("ended", unpaid=[JAN])
    world.pay("ended", pay_on=JAN)
    with world.core.write() as session:
        accounts.find(session, "ended").coverage_ended_on = date(2026, 12, 31)
    world.at("2027-01-01T06:00")
    before = notices.last_id(world.core)
    said = {(item.account_id, item.what, item.amount_cents) for item in billing_day.rehearse(world.core, JAN)}
    assert said == {
        *((key, what, 41210) for key in ("m0", "m1") for what in ("issued", "draft")),
        ("paul", "draft", 41210),
        ("dora", "draft_skipped", None),
        ("sam", "scheduled payment", 41210),
        ("ended", "dropped", 41210),
    }
    assert world.payments("paul") == []
    assert notices.last_id(world.core) == before
    with world.core.read() as session:
        assert session.scalar(select(func.count()).select_from(BillingPage)) == 0
    assert billing_day.run(world.core, JAN)["drafted"] == 3


def test_a_rehearsal_lists_a_second_debit_as_a_retry_and_what_has_no_answer_as_asked_about(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    world.core.processor.script("R01")  # type: ignore[attr-defined]
    run(world, "2027-01-01")
    run(world, "2027-01-02")
    world.at("2027-01-06T06:00")
    said = [(item.what, item.amount_cents) for item in billing_day.rehearse(world.core, date(2027, 1, 6))]
    assert ("retry", 41210) in said
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    run(world, "2027-01-06")
    said = [(item.what, item.amount_cents) for item in billing_day.rehearse(world.core, date(2027, 1, 6))]
    assert ("asked about", 41210) in said


def test_drafts_sent_several_at_a_time_are_each_charged_once(world: World) -> None:
    keys = members(world, 8)
    world.at("2027-01-01T06:00")
    tally = billing_day.run(world.core, JAN, charging_threads=4)
    assert (tally["drafted"], tally["settled"]) == (8, 8)
    assert billing_day.run(world.core, JAN, charging_threads=4) == Counter()
    assert len(world.charges()) == 8
    assert [world.owed_cents(key) for key in keys] == [0] * 8


def _work(url: str, day: date) -> None:
    core = open_core(url, clock=Clock.fixed(datetime(day.year, day.month, day.day, 6)))  # noqa: DTZ001 - issuer's
    failed: list[Exception] = []
    do_pages(core, day, failed, page_size=400)
    os._exit(1 if failed else 0)


def _start(core: Core, day: date) -> SpawnProcess:
    url = core.engine.url.render_as_string(hide_password=False)
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(url, day))
    process.start()
    return process


def _left_after(core: Core, day: date, done: int) -> int:
    """Wait until so many pages of the day are done; returns how many are left."""
    while True:
        with core.read() as session:
            if planned(session, day, "") - left(session, day, "") >= done > 0:
                return left(session, day, "")
        time.sleep(0.01)


@pytest.mark.postgres
def test_a_late_page_reads_no_more_than_an_early_one(postgres_core: Core) -> None:
    with _uncounted(postgres_core):
        _many(postgres_core, 4000)
        with postgres_core.read() as session:
            every = list(spans(session, size=100))
        # What was counted before the first pages is told with them.
        read = [_rows_read(postgres_core, span) for span in every][3:]
    assert max(read) < min(read) * 1.2, read


def _many(core: Core, count: int) -> None:
    """So many accounts. PostgreSQL counted the tables when other tests had emptied them, and would plan for no rows."""
    if core.engine.dialect.name == "postgresql":
        with core.write() as session:
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            session.execute(text(f"TRUNCATE {names} CASCADE"))
    generate(core, count)


@contextmanager
def _uncounted(core: Core) -> Iterator[None]:
    """Without PostgreSQL's own counting, which comes at any moment and has a plan made anew in the midst of a day."""

    def let(counting: bool) -> None:
        with core.write() as session:
            for table in metadata.sorted_tables:
                session.execute(text(f'ALTER TABLE "{table.name}" SET (autovacuum_enabled = {counting})'))

    let(counting=False)
    try:
        yield
    finally:
        let(counting=True)


def _rows_read(core: Core, span: Span) -> int:
    """Do a page, and say how many rows PostgreSQL fetched for it by its indexes."""
    with core.write() as session:
        do_span(core, session, span, ISSUE_DAY)
        fetched = session.scalar(text("SELECT sum(idx_tup_fetch) FROM pg_stat_xact_user_tables"))
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    assert fetched is not None
    return int(fetched)


def test_killed_five_times_in_the_middle_not_one_draft_is_missing_or_doubled(core: Core) -> None:
    _many(core, MANY)
    workers = 2 if core.engine.dialect.name == "postgresql" else 1
    for day, kills in ((ISSUE_DAY, 2), (DRAFT_DAY, 3)):
        running = [_start(core, day) for _ in range(workers)]
        for number in range(kills):
            assert _left_after(core, day, 3 + 5 * number) > 0, "killed in the middle"
            victim = running.pop(0)
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            assert victim.exitcode == -signal.SIGKILL
            running.append(_start(core, day))
        for process in running:
            process.join()
        assert {process.exitcode for process in running} == {0}
    with core.read() as session:
        autopay = text("SELECT count(*) FROM enrollment")
        drafts = session.execute(select(func.count(), func.count(Payment.draft_key.distinct()))).one()
        assert tuple(drafts) == (session.scalar(autopay),) * 2 == (MANY // 2, MANY // 2)
        assert session.scalar(select(func.count()).select_from(Invoice)) == MANY
        assert session.scalar(select(func.count()).select_from(Entry)) == MANY
        assert session.scalar(select(func.sum(Posting.amount_cents))) == 0
        owed = select(func.count()).where(Posting.book == "receivable", Posting.amount_cents > 0)
        assert session.scalar(owed) == MANY
