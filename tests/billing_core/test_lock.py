"""The lock window: the table of DOMAIN 1.4 as data, and its edges (S19, S20, G1-G4). Dates only, no database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing_core import lock, profiles
from billing_core.decisions import Allowed, Refused
from billing_core.invoices import Invoice, invoice_date

SEED = profiles.get("nc_seed")
TABLE = [
    # due, invoice date, locked from, locked to, bank shows it, last day for a stop order
    ("2026-12-01", "2026-11-26", "2026-11-16", "2026-12-06", "2026-12-01", "2026-11-25"),
    ("2027-01-01", "2026-12-27", "2026-12-17", "2027-01-06", "2027-01-04", "2026-12-29"),
    ("2027-02-01", "2027-01-27", "2027-01-17", "2027-02-06", "2027-02-01", "2027-01-27"),
    ("2027-03-01", "2027-02-24", "2027-02-14", "2027-03-06", "2027-03-01", "2027-02-24"),
    ("2027-05-01", "2027-04-26", "2027-04-16", "2027-05-06", "2027-05-03", "2027-04-28"),
    ("2027-08-01", "2027-07-27", "2027-07-17", "2027-08-06", "2027-08-02", "2027-07-28"),
    ("2028-03-01", "2028-02-25", "2028-02-15", "2028-03-06", "2028-03-01", "2028-02-25"),  # a leap year
]
DAYS = [tuple(date.fromisoformat(part) for part in row) for row in TABLE]
DAY = timedelta(days=1)


def invoice(due: date, issued_on: date, *, for_autopay: bool = True, policy_id: int = 1) -> Invoice:
    return Invoice(policy_id=policy_id, due_on=due, invoice_date=issued_on, for_autopay=for_autopay)


def may(today: date, *issued: Invoice, first_draft_on: date | None = None) -> Allowed | Refused:
    return lock.may_cancel(SEED, today, issued, first_draft_on)


@pytest.mark.parametrize(("due", "invoice_on", "first_on", "last_on", "bank_on", "stop_by"), DAYS)
def test_the_window_is_the_one_of_the_table(
    due: date, invoice_on: date, first_on: date, last_on: date, bank_on: date, stop_by: date
) -> None:
    window = lock.window(SEED, due)
    assert window is not None
    assert (window.invoice_on, window.first_on, window.last_on) == (invoice_on, first_on, last_on)
    assert (window.bank_date, window.stop_order_by) == (bank_on, stop_by)
    assert invoice_date(SEED, due, autopay=True) == invoice_on


@pytest.mark.parametrize(("due", "invoice_on"), [row[:2] for row in DAYS])
def test_ten_days_before_is_locked_and_eleven_is_open(due: date, invoice_on: date) -> None:
    assert not may(invoice_on - 10 * DAY)
    assert may(invoice_on - 11 * DAY)


@pytest.mark.parametrize(("due", "invoice_on"), [row[:2] for row in DAYS])
def test_ten_days_after_is_locked_and_eleven_is_open(due: date, invoice_on: date) -> None:
    assert not may(invoice_on + 10 * DAY)
    assert may(invoice_on + 11 * DAY)


@pytest.mark.parametrize("due", [row[0] for row in DAYS])
def test_every_locked_day_names_the_same_first_open_day_and_the_open_days_are_from_the_seventh(due: date) -> None:
    window = lock.window(SEED, due)
    assert window is not None
    day = window.first_on
    while day <= window.last_on:
        answer = may(day)
        assert isinstance(answer, Refused)
        assert (answer.rule, answer.until) == ("S19", due.replace(day=7))
        day += DAY
    assert isinstance(may(day), Allowed)


@pytest.mark.parametrize(
    ("month", "last_open"),
    [("2026-12", 16), ("2027-01", 16), ("2027-02", 13), ("2028-02", 14), ("2027-04", 15), ("2027-07", 16)],
)
def test_the_last_open_day_depends_on_the_length_of_the_month(month: str, last_open: int) -> None:
    day = date.fromisoformat(f"{month}-{last_open}")
    assert may(day)
    assert not may(day + DAY)


def test_leap_day_is_an_ordinary_locked_day() -> None:
    answer = may(date(2028, 2, 29))
    assert isinstance(answer, Refused)
    assert answer.until == date(2028, 3, 7)


def test_the_stored_invoice_date_rules_once_the_invoice_is_out() -> None:
    late = invoice(date(2027, 1, 1), date(2026, 12, 29))
    answer = may(date(2027, 1, 8), late)
    assert isinstance(answer, Refused)
    assert answer.until == date(2027, 1, 9)
    assert may(date(2027, 1, 9), late)
    assert may(date(2026, 12, 18), late)
    assert not may(date(2026, 12, 19), late)


def test_an_invoice_sent_to_someone_who_pays_by_hand_does_not_move_the_lock() -> None:
    by_hand = invoice(date(2027, 1, 1), date(2026, 12, 13), for_autopay=False)
    assert may(date(2026, 12, 16), by_hand)
    assert not may(date(2026, 12, 17), by_hand)


def test_two_policies_with_different_invoice_dates_lock_from_the_first_to_the_last() -> None:
    health = invoice(date(2027, 1, 1), date(2026, 12, 29), policy_id=1)
    dental = invoice(date(2027, 1, 1), date(2026, 12, 27), policy_id=2)
    for order in ((health, dental), (dental, health)):
        assert may(date(2026, 12, 16), *order)
        assert not may(date(2026, 12, 17), *order)
        answer = may(date(2027, 1, 5), *order)
        assert isinstance(answer, Refused)
        assert answer.until == date(2027, 1, 9)
        assert may(date(2027, 1, 9), *order)


def test_an_enrollment_made_inside_the_lock_is_not_locked_by_a_draft_that_is_not_its_own() -> None:
    inside = date(2026, 12, 20)
    assert not may(inside, first_draft_on=date(2027, 1, 1))
    assert may(inside, first_draft_on=date(2027, 2, 1))
    assert not may(date(2027, 1, 17), first_draft_on=date(2027, 2, 1))


def test_an_issuer_whose_lock_is_unknown_refuses_without_a_date() -> None:
    connector = profiles.get("ma_connector")
    answer = lock.may_cancel(connector, date(2026, 12, 15), [])
    assert answer == Refused("unknown", None, {"profile": "ma_connector"})
    assert lock.window(connector, date(2026, 12, 23)) is None
    assert lock.locked_window(connector, date(2026, 12, 15), []) is None


@pytest.mark.parametrize(
    ("before", "after", "first_on", "last_on"),
    [(10, 0, "2026-12-17", "2026-12-27"), (0, 10, "2026-12-27", "2027-01-06"), (0, 0, "2026-12-27", "2026-12-27")],
)
def test_other_readings_of_the_seed_are_a_matter_of_data(before: int, after: int, first_on: str, last_on: str) -> None:
    reading = SEED.model_copy(update={"lock_days_before": before, "lock_days_after": after})
    window = lock.window(reading, date(2027, 1, 1))
    assert window is not None
    assert (window.first_on.isoformat(), window.last_on.isoformat()) == (first_on, last_on)
