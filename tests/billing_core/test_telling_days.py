"""The last day for telling a changed amount: what is answered before and after its run is what is then drafted (G8)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import autopay
from billing_core.what_if import CancelAutopay, what_if
from tests.billing_core.test_agreed import drafted_in_december, january, premium
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_draft_outcomes import days
from tests.billing_core.test_notice_facts import said
from tests.billing_core.world import JAN, World

FEB = date(2027, 2, 1)


def answered(world: World) -> int:
    coming = autopay.standing(world.core, "ada").next_draft
    assert coming is not None
    return coming.amount_cents


@pytest.mark.parametrize(
    ("run_first", "moment", "cents"),
    [
        (None, "2026-12-21T23:59", 50_000),
        # The day's own run tells it, whenever it comes.
        (None, "2026-12-22T05:00", 50_000),
        (None, "2026-12-22T23:59", 50_000),
        # Once it was here, nothing is told any more of what changes after it, so no answer promises it.
        ("2026-12-22", "2026-12-22T10:00", 41_210),
        (None, "2026-12-23T00:00", 41_210),
        # After an earlier day's run there is still one to come.
        ("2026-12-21", "2026-12-21T10:00", 50_000),
        ("2026-12-21", "2026-12-22T05:00", 50_000),
    ],
)
def test_a_change_is_answered_as_the_draft_will_take_it_before_and_after_the_last_telling(
    world: World, run_first: str | None, moment: str, cents: int
) -> None:
    drafted_in_december(world)
    if run_first is not None:
        run(world, run_first)
    premium(world, 50_000)
    world.at(moment)
    assert answered(world) == cents
    if moment < "2026-12-23":
        # The days that have not been run yet, this one too where it has not.
        days(world, "2026-12-22" if run_first != "2026-12-22" else "2026-12-23", "2027-01-01")
    else:
        days(world, "2026-12-23", "2027-01-01")
    assert january(world) == [cents]


@pytest.mark.parametrize(("then_cents", "cents"), [(49_999, 49_999), (60_000, 50_000)])
def test_a_second_change_is_answered_up_to_what_was_told_of_the_first(
    world: World, then_cents: int, cents: int
) -> None:
    drafted_in_december(world)
    premium(world, 50_000)
    run(world, "2026-12-20")
    premium(world, then_cents)
    assert answered(world) == cents
    told = said(world, "changed_amount")
    assert told is not None
    assert told.facts["amount_cents"] == cents
    days(world, "2026-12-21", "2027-01-01")
    assert january(world) == [cents]


@pytest.mark.parametrize(
    ("method", "moment", "due_on"),
    [
        ("dead", "2026-12-31T23:59", JAN),
        ("dead", "2027-01-01T05:00", JAN),
        # The run has left it out (G5): nothing is drafted any more today, so today is no answer.
        ("dead", "2027-01-01T10:00", FEB),
        ("dead", "2027-01-02T00:00", FEB),
        ("checking", "2027-01-01T05:00", JAN),
        ("checking", "2027-01-01T10:00", FEB),
    ],
)
def test_on_its_day_the_next_draft_is_that_of_the_day_until_the_run_was_here(
    world: World, method: str, moment: str, due_on: date
) -> None:
    world.member(saved=[method], autopay=method)
    if moment > "2027-01-01T06:00":
        run(world, "2027-01-01")
    world.at(moment)
    coming = autopay.standing(world.core, "ada").next_draft
    assert coming is not None
    assert coming.due_on == due_on


def test_what_if_answers_a_change_on_the_last_telling_day_like_the_question_itself(world: World) -> None:
    drafted_in_december(world)
    run(world, "2026-12-22")
    premium(world, 50_000)
    supposed = what_if(world.core, "ada", CancelAutopay())
    assert {item.what: item.amount_cents for item in supposed.follows}["next_draft"] == answered(world) == 41_210
