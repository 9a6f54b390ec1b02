"""The shadow-lock drill: whose next draft is known to fail, told while its lock has not opened yet."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import billing_day, lock, profiles
from billing_core.billing_day import KnownToFail
from billing_core.billing_day.drill import next_open_draft
from tests.billing_core.world import JAN, World

FEB = date(2027, 2, 1)


def drill(world: World, on: str, page_size: int = 1000) -> list[KnownToFail]:
    return list(billing_day.drill(world.core, date.fromisoformat(on), page_size))


def test_a_card_that_expires_before_the_draft_is_told_with_its_first_locked_day(world: World) -> None:
    world.member(saved=["dying"], autopay="dying", unpaid=[])
    assert drill(world, "2026-12-15") == [
        KnownToFail("ada", JAN, date(2026, 12, 17), 2, 41210, "Visa ending 1881", "card expired by then")
    ]


@pytest.mark.parametrize(
    ("on", "due", "days_left"), [("2026-12-16", JAN, 1), ("2026-12-17", FEB, 31), ("2027-01-16", FEB, 1)]
)
def test_on_the_last_day_before_the_lock_there_is_one_day_left_and_then_it_is_the_next_draft(
    world: World, on: str, due: date, days_left: int
) -> None:
    world.member(saved=["dying"], autopay="dying", unpaid=[])
    (found,) = drill(world, on)
    assert (found.due_on, found.days_left) == (due, days_left)


def test_a_card_good_through_the_month_of_the_draft_is_not_told_until_it_no_longer_is(world: World) -> None:
    world.member(saved=["visa"], autopay="visa", unpaid=[])
    assert drill(world, "2028-07-07") == [], "the draft of August 1 is paid by a card good through August"
    (found,) = drill(world, "2028-08-07")
    assert (found.due_on, found.why) == (date(2028, 9, 1), "card expired by then")


def test_a_disabled_method_is_told_with_the_code_that_disabled_it(world: World) -> None:
    world.member(saved=["disabled"], autopay="disabled", unpaid=[])
    (found,) = drill(world, "2026-12-15")
    assert (found.why, found.code) == ("method disabled", "R02")


def test_a_method_that_the_issuer_does_not_take_is_told(world: World) -> None:
    world.member(profile="ma_connector", saved=["visa"], autopay="visa", unpaid=[])
    (found,) = drill(world, "2026-12-15")
    assert found.why == "method not taken"


def test_a_month_with_no_debit_attempts_left_is_told_with_what_the_draft_will_leave(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[JAN], first_draft_on=JAN)
    for day in ("2027-01-01", "2027-01-02", "2027-01-06", "2027-01-07"):
        world.at(f"{day}T06:00")
        world.core.processor.script("R01")  # type: ignore[attr-defined]
        billing_day.run(world.core, date.fromisoformat(day))
        world.core.processor.forget_script()  # type: ignore[attr-defined]
    assert [row.state for row in world.payments()] == ["rejected", "rejected"]
    (found,) = drill(world, "2027-01-10")
    assert (found.due_on, found.why, found.amount_cents) == (FEB, "no debit attempts left", 41210)


@pytest.mark.parametrize("fine", ["visa", "checking"])
def test_a_draft_that_will_go_through_is_not_told(world: World, fine: str) -> None:
    world.member(saved=[fine], autopay=fine, unpaid=[])
    assert drill(world, "2026-12-15") == []


def test_who_is_not_drafted_is_not_told(world: World) -> None:
    world.member("by_hand", saved=["dead"], unpaid=[])
    world.member("over", saved=["dead"], autopay="dead", unpaid=[], ended_on=date(2026, 11, 30))
    world.member("later", saved=["dead"], autopay="dead", unpaid=[], first_draft_on=FEB)
    world.member("employer", saved=["dead"], autopay="dead", unpaid=[], plan_type="employer")
    assert drill(world, "2026-12-15") == []


def test_a_saved_change_counts_with_the_method_it_changes_to(world: World) -> None:
    for key, saved, new in (("to_good", ["dying", "visa"], "visa"), ("to_bad", ["visa", "dying"], "dying")):
        world.member(key, saved=saved, autopay=saved[0], unpaid=[])
        with world.core.write() as session:
            enrollment = session.merge(world.enrollment(key))
            enrollment.pending = "change_method"
            enrollment.pending_method_id = world.method(key, new).id
            enrollment.pending_on = date(2027, 1, 7)
    assert [(item.account_id, item.due_on) for item in drill(world, "2026-12-20")] == [("to_bad", FEB)]


def test_pages_change_nothing_of_it(world: World) -> None:
    for number in range(7):
        world.member(f"m{number}", saved=["dying"], autopay="dying", unpaid=[])
    alone = drill(world, "2026-12-15", page_size=2)
    assert [item.account_id for item in alone] == [f"m{number}" for number in range(7)]
    assert alone == drill(world, "2026-12-15")


@pytest.mark.parametrize("profile_id", profiles.shipped())
def test_on_every_day_of_a_year_the_named_draft_is_the_first_whose_lock_is_still_shut(profile_id: str) -> None:
    profile = profiles.get(profile_id)
    for ordinal in range(date(2027, 12, 1).toordinal(), date(2028, 12, 1).toordinal()):
        day = date.fromordinal(ordinal)
        due, first_locked_on = next_open_draft(profile, day)
        assert due >= day
        if first_locked_on is None:
            assert lock.window(profile, due) is None
        else:
            assert day < first_locked_on <= due
