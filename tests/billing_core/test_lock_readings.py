"""The five readings of "within 10 days of the invoice date" as data, and what holds under each of them (DOMAIN 1.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core import lock, profiles
from billing_core.calendar import Clock
from billing_core.decisions import Allowed, Refused
from billing_core.invoices import Invoice
from billing_core.lock import LockWindow, StartedDraft
from billing_core.profiles import Profile

SEED = profiles.get("nc_seed")
CURRENT = profiles.get("bcbsnc_current")
DAY = timedelta(days=1)
JAN = date(2027, 1, 1)
READINGS: dict[str, dict[str, Any]] = {
    "A": {},
    "B": {"lock_days_after": 0},
    "C": {"lock_days_before": 0},
    "D": {"invoice_lead_days_autopay": 19},
    "E": {"lock_days_before": 0, "lock_days_after": 0, "lock_until_draft_resolved": True},
}
# Days before (-) and after (+) the due date; under E the end is the outcome's day, here the due date itself.
SPAN = {"A": (-15, 5), "B": (-15, -5), "C": (-5, 5), "D": (-29, -9), "E": (-5, 0)}
# A leap year's end of February, the 1st on a Saturday and a Sunday, New Year, a month after each clock change.
DUES = [date.fromisoformat(day) for day in ("2028-03-01", "2027-05-01", "2027-08-01", "2027-01-01", "2027-04-01")]
ZONES = ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu"]


def reading(letter: str, **more: Any) -> Profile:
    return SEED.model_copy(update=READINGS[letter] | more)


def settled(due: date, known_on: date | None = None) -> list[StartedDraft]:
    return [StartedDraft(due, known_on or due)]


def drafts_before(day: date, *, of: list[date]) -> list[StartedDraft]:
    """The drafts that a civil day knows of: each settled on its due date."""
    return [StartedDraft(due, due) for due in of if due <= day]


@pytest.mark.parametrize("due", DUES, ids=str)
@pytest.mark.parametrize("letter", READINGS)
def test_a_reading_locks_from_its_first_to_its_last_day_and_not_a_day_more(letter: str, due: date) -> None:
    profile = reading(letter)
    first_on, last_on = (due + days * DAY for days in SPAN[letter])

    def may(day: date) -> Allowed | Refused:
        return lock.may_cancel(profile, day, [], None, drafts_before(day, of=[due]))

    assert may(first_on - DAY)
    assert not may(first_on)
    assert not may(last_on)
    assert may(last_on + DAY)


@pytest.mark.parametrize("due", DUES, ids=str)
@pytest.mark.parametrize("letter", ["A", "B", "C", "D"])
def test_every_refusal_by_distance_names_the_first_open_day_and_that_day_is_open(letter: str, due: date) -> None:
    profile = reading(letter)
    first_on, last_on = (due + days * DAY for days in SPAN[letter])
    for step in range((last_on - first_on).days + 1):
        answer = lock.may_cancel(profile, first_on + step * DAY, [])
        assert isinstance(answer, Refused)
        assert (answer.rule, answer.until) == ("S19", last_on + DAY)
    assert lock.may_cancel(profile, last_on + DAY, [])


@pytest.mark.parametrize("due", DUES, ids=str)
def test_until_the_draft_is_resolved_the_first_open_day_is_not_known_yet(due: date) -> None:
    for step in range(-5, 1):
        answer = lock.may_cancel(CURRENT, due + step * DAY, [])
        assert isinstance(answer, Refused)
        window = answer.facts["window"]
        assert (answer.rule, answer.until, window.last_on) == ("G25", None, None)
        assert window.at_least_to == due
    assert lock.may_cancel(CURRENT, due - 6 * DAY, [])


def test_the_day_of_the_outcome_is_locked_to_its_end_and_the_next_is_open() -> None:
    """The same question on one civil date has one answer, before and after the draft has run that morning."""
    before = lock.may_cancel(CURRENT, JAN, [])
    after = lock.may_cancel(CURRENT, JAN, [], None, settled(JAN))
    assert not before
    assert isinstance(after, Refused)
    assert after.until == JAN + DAY
    assert lock.may_cancel(CURRENT, JAN + DAY, [], None, settled(JAN))


@pytest.mark.parametrize("letter", READINGS)
def test_a_started_draft_without_an_outcome_keeps_every_lock_shut(letter: str) -> None:
    waiting = [StartedDraft(JAN, None)]
    for days in (0, 6, 40, 200):
        answer = lock.may_cancel(reading(letter), JAN + days * DAY, [], None, waiting)
        assert isinstance(answer, Refused), days
        assert answer.until is None
        assert answer.facts["window"].due_on == JAN


@pytest.mark.parametrize("letter", READINGS)
@pytest.mark.parametrize("late", [0, 5, 6, 9])
def test_a_late_outcome_moves_the_end_and_an_early_one_does_not(letter: str, late: int) -> None:
    known_on = JAN + late * DAY
    window = lock.window(reading(letter), JAN, (), settled(JAN, known_on), known_on)
    assert window is not None
    assert window.last_on == max(JAN + SPAN[letter][1] * DAY, known_on)


def test_a_due_date_that_passed_without_a_draft_has_nothing_to_wait_for() -> None:
    assert not lock.may_cancel(CURRENT, JAN, [])
    assert lock.may_cancel(CURRENT, JAN + DAY, [])


def test_where_the_lead_is_unknown_the_issued_invoice_begins_the_lock() -> None:
    profile = CURRENT.model_copy(update={"invoice_lead_days_autopay": None})
    issued = Invoice(policy_id=1, due_on=JAN, invoice_date=date(2026, 12, 22), for_autopay=True)
    assert lock.may_cancel(profile, date(2026, 12, 22), [])
    assert lock.may_cancel(profile, date(2026, 12, 21), [issued])
    assert not lock.may_cancel(profile, date(2026, 12, 22), [issued])


def test_a_distance_from_an_unknown_invoice_date_is_an_unknown_lock() -> None:
    profile = SEED.model_copy(update={"invoice_lead_days_autopay": None})
    assert lock.may_cancel(profile, JAN, []) == Refused("unknown", None, {"profile": "nc_seed"})


@pytest.mark.parametrize(("sent", "opens_on"), [(True, date(2027, 1, 9)), (False, date(2027, 1, 7))])
def test_an_invoice_issued_again_moves_the_lock_only_if_it_was_sent(sent: bool, opens_on: date) -> None:
    dates = [date(2026, 12, 27), *([date(2026, 12, 29)] if sent else [])]
    issued = [Invoice(policy_id=1, due_on=JAN, invoice_date=day, for_autopay=True) for day in dates]
    for order in (issued, issued[::-1]):
        answer = lock.may_cancel(SEED, date(2026, 12, 30), order)
        assert isinstance(answer, Refused)
        assert answer.until == opens_on
        assert lock.may_cancel(SEED, opens_on, order)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("due", "changed_on"),
    # The night the clocks go forward (March 14, 2027) and back (November 7, 2027), with a window that ends on it.
    [(date(2027, 3, 9), date(2027, 3, 14)), (date(2027, 11, 2), date(2027, 11, 7))],
)
def test_a_lock_opens_at_the_issuers_midnight_also_when_the_clocks_change(
    zone: str, due: date, changed_on: date
) -> None:
    profile = reading("A", time_zone=zone, due_day=due.day)
    assert due + 5 * DAY == changed_on
    for moment, locked in (
        (datetime(changed_on.year, changed_on.month, changed_on.day, 0, 0), True),  # noqa: DTZ001
        (datetime(changed_on.year, changed_on.month, changed_on.day, 23, 59), True),  # noqa: DTZ001
        (datetime(changed_on.year, changed_on.month, changed_on.day + 1, 0, 0), False),  # noqa: DTZ001
    ):
        clock = Clock.fixed(moment.replace(tzinfo=ZoneInfo(zone)))
        assert bool(lock.may_cancel(profile, clock.today(profile.time_zone), [])) is not locked


def test_a_member_in_another_zone_gets_the_issuers_day() -> None:
    """At 05:00 UTC it is December 17 in New York, and still the 16th where a member in California asks."""
    clock = Clock.fixed(datetime(2026, 12, 17, 5, 0, tzinfo=UTC))
    assert clock.today("America/Los_Angeles") == date(2026, 12, 16)
    assert not lock.may_cancel(SEED, clock.today(SEED.time_zone), [])
    clock.advance(timedelta(minutes=-1))
    assert lock.may_cancel(SEED, clock.today(SEED.time_zone), [])


@pytest.mark.parametrize(("asked_on", "opens_on"), [("2027-01-28", "2027-02-08"), ("2027-02-28", "2027-04-08")])
def test_locks_without_a_gap_are_told_as_one_and_the_day_after_is_really_open(asked_on: str, opens_on: str) -> None:
    """Thirty days around each 23rd: January's leave February 8 open; February's run into March's."""
    profile = SEED.model_copy(update={"due_day": 28, "lock_days_before": 14, "lock_days_after": 15})
    answer = lock.may_cancel(profile, date.fromisoformat(asked_on), [])
    assert isinstance(answer, Refused)
    assert answer.until == date.fromisoformat(opens_on)
    assert lock.may_cancel(profile, answer.until, [])


def test_a_lock_that_never_opens_promises_no_day() -> None:
    profile = SEED.model_copy(update={"lock_days_before": 20, "lock_days_after": 20})
    answer = lock.may_cancel(profile, JAN, [])
    assert isinstance(answer, Refused)
    assert answer.until is None


@given(
    today=st.dates(date(2026, 1, 1), date(2032, 12, 31)),
    before=st.integers(0, 45),
    after=st.integers(0, 45),
    lead=st.integers(0, 45),
    due_day=st.integers(1, 28),
    resolved=st.booleans(),
    late=st.integers(0, 50) | st.none(),
)
def test_no_lock_ends_before_an_outcome_and_every_named_day_is_open(
    today: date, before: int, after: int, lead: int, due_day: int, resolved: bool, late: int | None
) -> None:
    profile = SEED.model_copy(
        update={
            "lock_days_before": before,
            "lock_days_after": after,
            "invoice_lead_days_autopay": lead,
            "due_day": due_day,
            "lock_until_draft_resolved": resolved,
        }
    )
    due = today.replace(day=due_day)
    known_on = None if late is None else due + late * DAY
    # On a day before the outcome, nobody knew it yet.
    seen = [StartedDraft(due, known_on if known_on is not None and known_on <= today else None)] if due <= today else []
    answer = lock.may_cancel(profile, today, [], None, seen)
    if seen and (known_on is None or known_on >= today):
        assert isinstance(answer, Refused)
    if isinstance(answer, Refused):
        assert isinstance(answer.facts["window"], LockWindow)
        assert answer.facts["window"].contains(today)
        if answer.until is not None:
            assert answer.until > today
            assert lock.may_cancel(profile, answer.until, [], None, seen)
