"""The golden years: what docs/golden_years tells is what the core does, and the money of the whole year adds up."""

from __future__ import annotations

import re
from datetime import date

import pytest

from billing_core import cast
from gateway.commands.docs import GOLDEN_YEARS
from gateway.golden.page import pages
from gateway.golden.year import Year, decisions, live

KEYS = [member["key"] for member in cast.MEMBERS]


@pytest.fixture(scope="session")
def year() -> Year:
    return live()


def test_every_member_of_the_cast_has_decisions_and_a_page(year: Year) -> None:
    assert list(decisions()) == list(pages(year)) == KEYS
    assert sorted(file.stem for file in GOLDEN_YEARS.glob("*.md")) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_the_page_tells_what_the_core_does(year: Year, key: str) -> None:
    written = (GOLDEN_YEARS / f"{key}.md").read_text(encoding="utf-8")
    assert written == pages(year)[key], "write them anew with `duely docs golden-years`, and read what changed"


def test_the_ledger_of_the_whole_year_sums_to_zero(year: Year) -> None:
    assert year.ledger_total_cents == 0


@pytest.mark.parametrize("key", KEYS)
def test_days_come_in_order_and_nobody_owes_less_than_nothing(year: Year, key: str) -> None:
    told = year.told[key]
    assert [each.on for each in told] == sorted(each.on for each in told)
    assert year.first_on == date(2026, 12, 15)
    assert all(each.owed_cents >= 0 and each.credit_cents >= 0 for each in told)


@pytest.mark.parametrize("key", KEYS)
def test_no_draft_takes_more_than_the_notice_told_that_it_comes(year: Year, key: str) -> None:
    told_cents = 0
    for line in (line for day in year.told[key] for line in day.lines):
        if announced := re.match(r"Told: a draft is coming \(\$([\d,.]+)\)", line):
            told_cents = _cents(announced[1])
        if taken := re.match(r"Draft of \$([\d,.]+) from", line):
            assert _cents(taken[1]) <= told_cents, line


def _cents(written: str) -> int:
    return int(re.sub("[,.]", "", written))
