"""A billing day from its first page to its last payment, by one worker among any number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from billing_core import refunding
from billing_core.billing_day import pages
from billing_core.billing_day.charge import charge_due, settle_open
from billing_core.billing_day.page import do_span
from billing_core.billing_day.pages import PAGE_SIZE, Span
from billing_core.billing_day.tally import Tally
from billing_core.billing_day.updater import ask_updater
from billing_core.core import Core

Progress = Callable[[int, int], None]


def run(
    core: Core,
    on: date,
    *,
    zone: str = "",
    again: bool = True,
    page_size: int = PAGE_SIZE,
    charging_threads: int = 1,
    progress: Progress | None = None,
) -> Tally:
    """Do what `on` calls for, for every account, and return what this worker did, counted.

    With a `zone`, for the accounts of the issuers whose civil day it is there. Pages that are done are done `again`,
    which changes nothing but costs time, unless another worker may be in the middle of the same day.
    What got no answer is asked about first, so that a draft knows what was paid. An account that fails does not hold
    up the others; the failures are raised together at the end (`ExceptionGroup`), and the day may then be run again.
    `progress` hears how many pages are done and how many there are.
    """
    failed: list[Exception] = []
    settle_open(core, failed)
    try:
        refunding.resolve_open(core)
    except Exception as error:
        failed.append(error)
    ask_updater(core, on, zone, failed)
    tally = do_pages(core, on, failed, zone=zone, again=again, page_size=page_size, progress=progress)
    tally += charge_due(core, on, failed, charging_threads, zone=zone)
    if failed:
        raise ExceptionGroup(f"billing day {on} is not done", failed)
    return tally


def do_pages(
    core: Core,
    on: date,
    failed: list[Exception],
    *,
    zone: str = "",
    again: bool = True,
    page_size: int = PAGE_SIZE,
    progress: Progress | None = None,
) -> Tally:
    """Take and do pages until none of the day is left undone, other workers' pages included."""
    with core.write() as session:
        pages.plan(session, on, zone, page_size, again=again)
    with core.read() as session:
        total, left = pages.planned(session, on, zone), pages.left(session, on, zone)
    tally: Tally = Tally()
    broken: list[str] = []
    while True:
        done = _do_next(core, on, zone, broken, wait=False) or _do_next(core, on, zone, broken, wait=True)
        if done is None:
            return tally
        page_tally, errors = done
        tally += page_tally
        failed += errors
        left -= 1
        if progress is not None:
            progress(min(total, total - left), total)


def _do_next(core: Core, on: date, zone: str, broken: list[str], *, wait: bool) -> tuple[Tally, list[Exception]] | None:
    """Do one page in one transaction; a page that fails is done account by account, to find who it is."""
    span = None
    try:
        with core.write() as session:
            page = pages.take(session, on, zone, broken, wait=wait)
            if page is None:
                return None
            span = Span(page.after_id, page.up_to_id)
            tally = do_span(core, session, span, on, zone)
            page.done_at = core.now()
        return tally, []
    except Exception:
        if span is None:
            raise
    broken.append(span.after_id)
    return _one_by_one(core, on, zone, span)


def _one_by_one(core: Core, on: date, zone: str, span: Span) -> tuple[Tally, list[Exception]]:
    tally: Tally = Tally()
    errors: list[Exception] = []
    with core.read() as session:
        alone = []
        for one in pages.spans(session, span.after_id, 1):
            alone.append(one)
            if one.up_to_id == span.up_to_id:
                break
    for one in alone:
        try:
            with core.write() as session:
                tally += do_span(core, session, one, on, zone)
        except Exception as error:
            error.add_note(f"account {one.up_to_id}, billing day {on}")
            errors.append(error)
    return tally, errors
