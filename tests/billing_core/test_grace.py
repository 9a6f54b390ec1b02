"""Grace periods by DOMAIN 2.2: from the first unpaid month to the last day on which paying everything keeps cover."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import grace, profiles
from billing_core.invoices import Invoice, OpenInvoice

SEED = profiles.get("nc_seed")
NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def owed(*months: date, binder: bool = False, cents: int = 9622) -> list[OpenInvoice]:
    return [OpenInvoice(Invoice(coverage_month=month, due_on=month, binder=binder), cents) for month in months]


def test_with_a_tax_credit_it_is_three_months_from_the_first_unpaid_one() -> None:
    found = grace.standing(SEED, owed(NOV, DEC, JAN), date(2026, 12, 15), tax_credit=True)
    assert found == grace.Grace(
        since=NOV,
        past_due_since=NOV,
        last_day=date(2027, 1, 31),
        past_due_cents=19244,
        clears_cents=28866,
        claims_hold_from=DEC,
        ends_back_on=date(2026, 11, 30),
        verified=True,
        three_months=True,
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 12, 1), date(2027, 2, 28)),
        (date(2027, 12, 1), date(2028, 2, 29)),
        (date(2027, 10, 1), date(2027, 12, 31)),
    ],
)
def test_three_months_end_on_the_last_day_of_the_third_whatever_its_length(first: date, last: date) -> None:
    assert grace.last_day_to_pay(SEED, owed(first)[0], tax_credit=True) == last


def test_without_a_tax_credit_it_is_thirty_days_and_nobody_verified_them() -> None:
    found = grace.standing(SEED, owed(DEC, JAN), date(2026, 12, 15), tax_credit=False)
    assert found is not None
    assert (found.since, found.last_day, found.verified) == (DEC, date(2026, 12, 31), False)
    assert (found.claims_hold_from, found.ends_back_on) == (None, date(2026, 11, 30))


@pytest.mark.parametrize(("today", "past_due"), [(date(2027, 1, 1), False), (date(2027, 1, 2), True)])
def test_grace_begins_the_day_after_the_due_date(today: date, past_due: bool) -> None:
    assert (grace.standing(SEED, owed(JAN), today, tax_credit=True) is not None) is past_due


def test_paying_the_newer_month_does_not_move_the_last_day() -> None:
    for months in ([NOV], [NOV, DEC], [NOV, JAN]):
        assert grace.last_day_to_pay(SEED, owed(*months)[0], tax_credit=True) == date(2027, 1, 31)


def test_a_binder_has_no_grace() -> None:
    first = owed(JAN, binder=True)[0]
    assert grace.last_day_to_pay(profiles.get("ma_connector"), first, tax_credit=True) == JAN, "to the day it is due"
    assert grace.last_day_to_pay(SEED, first, tax_credit=True) is None, "nobody knows until when it may come"
    assert grace.standing(SEED, owed(JAN, binder=True), date(2027, 1, 20), tax_credit=True) is None


def test_an_issuers_unknown_rule_gives_no_date() -> None:
    connector = profiles.get("ma_connector")
    assert grace.last_day_to_pay(connector, owed(JAN)[0], tax_credit=False) is None
    assert grace.last_day_to_pay(connector, owed(JAN)[0], tax_credit=True) == date(2027, 3, 31)


def test_nothing_owed_is_no_grace() -> None:
    assert grace.standing(SEED, [], JAN, tax_credit=True) is None


def test_days_from_the_notice_are_unknown_until_the_notice_has_gone_out() -> None:
    california = profiles.get("ca_generic")
    oldest = owed(DEC)[0]
    assert grace.last_day_to_pay(california, oldest, tax_credit=False) is None
    last_day = grace.last_day_to_pay(california, oldest, tax_credit=False, notice_on=date(2026, 12, 3))
    assert last_day == date(2027, 1, 2)
    assert grace.last_day_to_pay(california, oldest, tax_credit=True) == date(2027, 2, 28)


def test_where_nobody_knows_the_days_there_is_no_last_day() -> None:
    for notice_on in (None, date(2026, 12, 3)):
        new_york = profiles.get("ny_generic")
        assert grace.last_day_to_pay(new_york, owed(DEC)[0], tax_credit=False, notice_on=notice_on) is None


def billed(coverage: date, settled_on: date | None = None) -> grace.Billed:
    return grace.Billed(Invoice(coverage_month=coverage, due_on=coverage, binder=False), settled_on)


def test_grace_keeps_its_first_month_while_something_is_past_due_though_that_month_is_paid() -> None:
    history = [billed(NOV, date(2026, 12, 15)), billed(DEC), billed(JAN)]
    assert grace.began_with(history, date(2026, 12, 20)) is history[0].invoice


def test_grace_begins_anew_only_when_all_that_was_past_due_had_been_paid_by_the_next_due_date() -> None:
    paid_in_time, a_day_late = date(2026, 12, 1), date(2026, 12, 2)
    for settled_on, first in ((paid_in_time, DEC), (a_day_late, NOV)):
        found = grace.began_with([billed(NOV, settled_on), billed(DEC)], date(2026, 12, 20))
        assert found is not None
        assert found.due_on == first


def test_a_bill_paid_on_its_due_date_was_never_past_due() -> None:
    assert grace.began_with([billed(NOV, NOV), billed(DEC, date(2026, 12, 5))], date(2026, 12, 20)) is None


@pytest.mark.parametrize(("tax_credit", "since"), [(True, JAN), (False, date(2026, 12, 23))])
def test_where_a_month_is_due_before_it_begins_it_is_past_due_before_its_grace(tax_credit: bool, since: date) -> None:
    """The three months of the tax credit begin with the unpaid month (45 CFR 156.270), not with its due date."""
    bill = OpenInvoice(Invoice(coverage_month=JAN, due_on=date(2026, 12, 23), binder=False), 18500)
    found = grace.standing(profiles.get("ma_connector"), [bill], date(2026, 12, 24), tax_credit=tax_credit)
    assert found is not None
    assert (found.since, found.past_due_since) == (since, date(2026, 12, 23))
