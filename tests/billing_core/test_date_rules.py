"""Every date rule as a table over the hard days of DOMAIN 1.4, for issuers in three zones and members in a fourth.

The hard days: February 29, a 1st on Saturday and on Sunday, January 1, and the months in which the clocks change.
`test_lock.py` and `test_lock_readings.py` have the lock's own tables.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing_core import accounts, debits, grace, invoices, lock, payments, profiles
from billing_core.billing_day import notify
from billing_core.calendar import Clock, banking_day_on_or_after, banking_days_before
from billing_core.caps import Tried
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.profiles import Profile
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import World

SEED = profiles.get("nc_seed")
DAY = timedelta(days=1)
ZONES = ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu"]
TABLE = [
    # due, paper bill, autopay bill and notice, changed amount by, draft at the bank, stop order by, second debit after
    # R01 known on the due date, grace without tax credit to (30 days), grace with tax credit to (three months)
    "2027-01-01 2026-12-13 2026-12-27 2026-12-22 2027-01-04 2026-12-29 2027-01-06 2027-01-31 2027-03-31",  # January 1
    "2027-03-01 2027-02-10 2027-02-24 2027-02-19 2027-03-01 2027-02-24 2027-03-06 2027-03-31 2027-05-31",  # clocks on
    "2027-04-01 2027-03-13 2027-03-27 2027-03-22 2027-04-01 2027-03-29 2027-04-06 2027-05-01 2027-06-30",
    "2027-05-01 2027-04-12 2027-04-26 2027-04-21 2027-05-03 2027-04-28 2027-05-06 2027-05-31 2027-07-31",  # Saturday
    "2027-08-01 2027-07-13 2027-07-27 2027-07-22 2027-08-02 2027-07-28 2027-08-06 2027-08-31 2027-10-31",  # Sunday
    "2027-11-01 2027-10-13 2027-10-27 2027-10-22 2027-11-01 2027-10-27 2027-11-06 2027-12-01 2028-01-31",  # clocks back
    "2027-12-01 2027-11-12 2027-11-26 2027-11-21 2027-12-01 2027-11-26 2027-12-06 2027-12-31 2028-02-29",  # to Feb 29
    "2028-02-01 2028-01-13 2028-01-27 2028-01-22 2028-02-01 2028-01-27 2028-02-06 2028-03-02 2028-04-30",
    "2028-03-01 2028-02-11 2028-02-25 2028-02-20 2028-03-01 2028-02-25 2028-03-06 2028-03-31 2028-05-31",  # leap
]
ROWS = [tuple(date.fromisoformat(part) for part in row.split()) for row in TABLE]
DUES = [row[0] for row in ROWS]


def bill(due: date) -> OpenInvoice:
    month = invoices.coverage_month_of(SEED, due)
    return OpenInvoice(Invoice(id=1, due_on=due, coverage_month=month, binder=False), 41210)


def returned(due: date) -> Tried:
    """The draft of a due date, come back on that day for not enough money."""
    at = datetime.combine(due, time(11), UTC)
    return Tried("p", "ada", 1, True, f"e:{due}", 41210, at, due, due, "R01")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_every_date_of_a_due_date_is_the_one_of_the_table(row: tuple[date, ...]) -> None:
    due, paper, autopay, changed, bank, stop, second, other_to, credit_to = row
    window = lock.window(SEED, due)
    assert window is not None
    found = (
        invoices.invoice_date(SEED, due, autopay=False),
        invoices.invoice_date(SEED, due, autopay=True),
        due - timedelta(days=SEED.changed_amount_notice_days),
        banking_day_on_or_after(due),
        window.stop_order_by,
        debits.next_debit_on(SEED, due, [returned(due)]),
        grace.last_day_to_pay(SEED, bill(due), tax_credit=False),
        grace.last_day_to_pay(SEED, bill(due), tax_credit=True),
    )
    assert found == (paper, autopay, changed, bank, stop, second, other_to, credit_to)
    assert window.bank_date == bank
    assert banking_days_before(due, lock.STOP_ORDER_BANKING_DAYS) == stop


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_the_last_day_of_grace_is_in_and_the_day_after_is_told_as_over(row: tuple[date, ...]) -> None:
    due, last = row[0], row[8]
    for on in (due + DAY, last, last + DAY):
        found = grace.standing(SEED, [bill(due)], on, tax_credit=True)
        assert found is not None
        assert (found.since, found.last_day) == (due, last)
    assert grace.standing(SEED, [bill(due)], due, tax_credit=True) is None, "on the due date nothing is past due"


@pytest.mark.parametrize("due", DUES, ids=str)
def test_a_second_debit_waits_the_last_day_and_goes_on_the_first(due: date) -> None:
    tries = [returned(due)]
    assert not debits.may_debit(SEED, due, tries, due + 4 * DAY)
    assert debits.may_debit(SEED, due, tries, due + 5 * DAY)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [day for row in ROWS for day in row[:3]], ids=str)
def test_a_date_begins_and_ends_at_the_issuers_midnight_wherever_the_member_is(zone: str, day: date) -> None:
    """One second before midnight it is still the day before; that holds on nights when the clocks change, too."""
    midnight = datetime.combine(day, time(0), ZoneInfo(zone))
    clock = Clock.fixed(midnight)
    assert clock.today(zone) == day
    clock.set(midnight.astimezone(UTC) - timedelta(seconds=1))
    assert clock.today(zone) == day - DAY
    clock.set(datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)))
    assert clock.today(zone) == day
    clock.set(clock.now() + timedelta(seconds=1))
    assert clock.today(zone) == day + DAY


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("changed_on", ["2027-03-14", "2027-11-07"])
def test_a_day_on_which_the_clocks_change_is_one_day_in_every_zone(zone: str, changed_on: str) -> None:
    day = date.fromisoformat(changed_on)
    start = datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(day + DAY, time(0), ZoneInfo(zone)).astimezone(UTC)
    changes = zone != "Pacific/Honolulu"
    assert (end - start) / timedelta(hours=1) == 24 + changes * (-1 if day.month == 3 else 1)
    halves = [
        Clock.fixed(start + step * timedelta(minutes=30)).today(zone)
        for step in range(int((end - start) / timedelta(minutes=30)))
    ]
    assert set(halves) == {day}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("due", DUES, ids=str)
def test_an_issuers_dates_are_the_same_in_whatever_zone_it_lives(zone: str, due: date) -> None:
    """Rules compare civil dates, so a zone moves the instant of a date and never the date (G7)."""
    elsewhere: Profile = SEED.model_copy(update={"time_zone": zone})
    assert lock.window(elsewhere, due) == lock.window(SEED, due)
    for day in (due - 16 * DAY, due - 15 * DAY, due, due + 5 * DAY, due + 6 * DAY):
        assert lock.may_cancel(elsewhere, day, []) == lock.may_cancel(SEED, day, [])
        assert invoices.next_due_on(elsewhere, day) == invoices.next_due_on(SEED, day)
        assert lock.first_draft_due(elsewhere, day) == lock.first_draft_due(SEED, day)


@pytest.mark.parametrize("due", DUES, ids=str)
def test_cards_are_checked_on_their_days_before_the_draft_the_last_one_the_eve_of_the_lock(due: date) -> None:
    window = lock.window(SEED, due)
    assert window is not None
    days = [due - timedelta(days=days) for days in notify.CARD_CHECK_DAYS if days]
    assert max(days) == window.first_on - DAY


@pytest.mark.parametrize(
    ("asked_at", "today", "due"),
    [
        # Just before and after New York's midnight; for a member in California the second is still the evening before.
        ("2027-01-01T04:59:59+00:00", date(2026, 12, 31), date(2027, 1, 1)),
        ("2027-01-01T05:00:00+00:00", date(2027, 1, 1), date(2027, 1, 1)),
        ("2027-03-14T06:59:59+00:00", date(2027, 3, 14), date(2027, 4, 1)),
        ("2027-03-15T03:59:59+00:00", date(2027, 3, 14), date(2027, 4, 1)),
        ("2027-03-15T04:00:00+00:00", date(2027, 3, 15), date(2027, 4, 1)),
        ("2027-11-08T04:59:59+00:00", date(2027, 11, 7), date(2027, 12, 1)),
        ("2027-11-08T05:00:00+00:00", date(2027, 11, 8), date(2027, 12, 1)),
        ("2028-02-29T05:00:00+00:00", date(2028, 2, 29), date(2028, 3, 1)),
        ("2028-03-01T04:59:59+00:00", date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_a_quote_carries_the_issuers_today_and_pays_on_it(world: World, asked_at: str, today: date, due: date) -> None:
    world.core.clock.set(datetime.fromisoformat(asked_at))
    world.member(saved=["mastercard"], unpaid=[due])
    quote = world.quote()
    assert (quote.today, quote.pay_on, quote.due_on) == (today, today, due)


@pytest.mark.parametrize("hour", ["17:59", "18:00", "23:59"])
def test_on_the_last_day_a_payment_counts_until_midnight_whatever_hour_the_books_close(world: World, hour: str) -> None:
    for paying in ("ada", "bo"):
        world.member(paying, tax_credit_cents=10000, unpaid=[date(2026, 11, 1)], saved=["checking"])
    world.at(f"2027-01-31T{hour}")
    paid = world.pay(method="checking").payment
    assert payments.made_on(paid, SEED.time_zone) == date(2027, 1, 31)
    run(world, "2027-02-01")
    ended = [accounts.get(world.core, key).coverage_ended_on for key in ("ada", "bo")]
    assert ended == [None, date(2026, 11, 30)]
