"""What a draft may take when its amount changes: told in time, inside the range, or no more than before (G8)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import autopay, enrolling, notices
from billing_core.authorization import Range
from billing_core.notices import Notice
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import JAN, World

DEC = date(2026, 12, 1)


def drafted_in_december(world: World) -> None:
    """A member whose draft of December took $412.10."""
    world.member(saved=["checking"], autopay="checking", unpaid=[DEC])
    run(world, "2026-12-01")


def premium(world: World, cents: int) -> None:
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).premium_cents = cents


def january(world: World) -> list[int]:
    return [row.amount_cents for row in world.payments() if row.pay_on == JAN]


@pytest.mark.parametrize(("day", "taken"), [("2026-12-22", 50_000), ("2026-12-23", 41_210)])
def test_a_change_that_is_told_on_the_tenth_day_before_is_taken_and_a_day_later_it_is_not(
    world: World, day: str, taken: int
) -> None:
    drafted_in_december(world)
    premium(world, 50_000)
    run(world, day)
    run(world, "2026-12-27")
    run(world, "2027-01-01")
    assert january(world) == [taken]
    assert world.owed_cents() == 50_000 - taken
    told = notices.kinds_since(world.core, "ada", 0)
    assert ("draft_capped" in told) is (taken < 50_000)
    assert ("changed_amount" in told) is (taken == 50_000)


def test_what_was_left_is_told_with_its_amounts(world: World) -> None:
    drafted_in_december(world)
    premium(world, 50_000)
    run(world, "2026-12-27")
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    assert draft.amount_cents == 41_210, "the answer to 'when is my draft' is what the draft will take"
    run(world, "2027-01-01", times=2)
    with world.core.read() as session:
        told = session.query(Notice).filter(Notice.kind == "draft_capped").one()
    assert told.facts == {
        "amount_cents": 41_210,
        "left_cents": 8_790,
        "due_on": "2027-01-01",
        "method": "checking ending 6789",
    }


def test_a_lower_amount_is_taken_although_nobody_could_be_told(world: World) -> None:
    drafted_in_december(world)
    premium(world, 30_000)
    run(world, "2026-12-27")
    run(world, "2027-01-01")
    assert january(world) == [30_000]


@pytest.mark.parametrize(("told_cents", "then_cents", "taken"), [(50_000, 60_000, 50_000), (50_000, 45_000, 45_000)])
def test_what_changes_again_after_it_was_told_is_taken_up_to_what_was_told(
    world: World, told_cents: int, then_cents: int, taken: int
) -> None:
    drafted_in_december(world)
    premium(world, told_cents)
    run(world, "2026-12-22")
    premium(world, then_cents)
    run(world, "2026-12-27")
    run(world, "2027-01-01")
    assert january(world) == [taken]


def enroll(world: World, agreed: Range | None) -> str:
    world.member(saved=["checking"], unpaid=[])
    terms = enrolling.offer(
        world.core,
        account_id="ada",
        conversation_id="conv",
        turn_id=world.turn(),
        method_id=None,
        agreed=agreed,
    )
    enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms")
    return terms.text


@pytest.mark.parametrize(
    ("cents", "told"), [(39_999, True), (40_000, False), (41_211, False), (45_000, False), (45_001, True)]
)
def test_inside_the_range_nothing_is_told_and_a_cent_outside_it_is(world: World, cents: int, told: bool) -> None:
    text = enroll(world, Range(40_000, 45_000))
    assert "$400.00-$450.00" in text
    for day in ("2026-12-27", "2027-01-01"):
        run(world, day)
    premium(world, cents)
    since = notices.last_id(world.core)
    run(world, "2027-01-21")
    assert ("changed_amount" in notices.kinds_since(world.core, "ada", since)) is told


@pytest.mark.parametrize(("cents", "taken"), [(45_000, 45_000), (45_001, 45_000)])
def test_a_change_inside_the_range_is_taken_at_any_time_and_above_it_up_to_its_top(
    world: World, cents: int, taken: int
) -> None:
    enroll(world, Range(40_000, 45_000))
    premium(world, cents)
    for day in ("2026-12-27", "2027-01-01"):
        run(world, day)
    assert january(world) == [taken]


def test_the_first_draft_takes_no_more_than_was_authorized_for_it(world: World) -> None:
    enroll(world, None)
    premium(world, 50_000)
    for day in ("2026-12-27", "2027-01-01"):
        run(world, day)
    assert january(world) == [41_210]


def test_the_range_is_kept_with_the_authorization(world: World) -> None:
    enroll(world, Range(40_000, 45_000))
    assert world.enrollment().range == Range(40_000, 45_000)
    assert world.enrollment().first_amount_cents == 41_210
