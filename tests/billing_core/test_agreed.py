"""What a draft may take when its amount changes: told in time, inside the range, or no more than before (G8)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import autopay, enrolling, notices
from billing_core.authorization import Range
from billing_core.billing_day import draft
from billing_core.notice_facts.about import Said
from billing_core.notices import Notice
from billing_core.payments import Payment
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_draft_outcomes import days, returned
from tests.billing_core.test_notice_facts import said
from tests.billing_core.world import JAN, World

DEC = date(2026, 12, 1)
CHECKING = "checking ending 6789"


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


@pytest.mark.parametrize(("june_cents", "taken"), [(41_209, 41_209), (41_210, 41_210), (41_211, 41_210)])
def test_april_drafted_and_may_by_hand_june_takes_as_much_as_april(world: World, june_cents: int, taken: int) -> None:
    world.at("2027-03-01T10:00")
    world.member(saved=["checking", "visa"], autopay="checking", unpaid=[], first_draft_on=date(2027, 4, 1))
    with world.core.write() as session:
        session.merge(world.enrollment()).first_amount_cents = 30_000
    for day in ("2027-03-20", "2027-03-27", "2027-04-01", "2027-04-27"):
        run(world, day)
    world.pay(method="visa")
    run(world, "2027-05-01")
    # It changes when it is too late to tell it.
    premium(world, june_cents)
    for day in ("2027-05-27", "2027-06-01"):
        run(world, day)
    drafted = {row.pay_on.month: row.amount_cents for row in world.payments() if row.kind == "draft"}
    assert drafted == {4: 41_210, 6: taken}
    assert world.owed_cents() == june_cents - taken


def test_a_draft_that_was_dropped_is_not_the_last_one(world: World) -> None:
    drafted_in_december(world)
    with world.core.write() as session:
        session.merge(world.enrollment()).first_amount_cents = 30_000
        session.query(Payment).one().state = "cancelled"
    with world.core.read() as session:
        assert autopay.last_draft_cents(session, world.enrollment(), JAN) is None


def test_a_debit_that_was_tried_again_is_not_the_last_draft_but_the_one_it_repeats(world: World) -> None:
    drafted_in_december(world)
    with world.core.write() as session:
        first = session.query(Payment).one()
        again = draft.row("ada", first.method_id, 1_000, f"{first.draft_key}:2", date(2026, 12, 5), world.core.now())
        session.add(Payment(**again))
    with world.core.read() as session:
        assert autopay.last_draft_cents(session, world.enrollment(), JAN) == 41_210
        assert autopay.last_draft_cents(session, world.enrollment(), DEC) is None


@pytest.mark.parametrize(("cents", "told"), [(41_209, True), (41_210, False), (41_211, True)])
def test_a_first_draft_that_differs_from_what_was_authorized_is_told_and_then_taken(
    world: World, cents: int, told: bool
) -> None:
    enroll(world, None)
    premium(world, cents)
    run(world, "2026-12-20")
    kinds = notices.kinds_since(world.core, "ada", 0)
    assert ("changed_amount" in kinds) is told
    if told:
        facts = {"amount_cents": cents, "before_cents": 41_210, "due_on": "2027-01-01", "method": CHECKING}
        assert said(world, "changed_amount") == Said("first", facts)
    days(world, "2026-12-21", "2027-01-01")
    assert january(world) == [cents]
    assert world.owed_cents() == 0


def test_where_nothing_is_known_to_have_been_authorized_no_change_is_told(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[])
    days(world, "2026-12-20", "2026-12-22")
    assert notices.kinds_since(world.core, "ada", 0) == []


@pytest.mark.parametrize(("day", "cents"), [("2026-12-22", 50_000), ("2026-12-23", 41_210)])
def test_the_notice_that_a_draft_comes_tells_the_amount_that_it_will_take(world: World, day: str, cents: int) -> None:
    drafted_in_december(world)
    premium(world, 50_000)
    run(world, day)
    run(world, "2026-12-27")
    announced = said(world, "autopay_notice")
    assert announced is not None
    assert announced.facts["amount_cents"] == cents
    run(world, "2027-01-01")
    assert january(world) == [cents]


def test_a_month_that_may_not_be_debited_any_more_is_not_in_the_amount_that_is_told(world: World) -> None:
    drafted_in_december(world)
    for day in ("2026-12-01", "2026-12-07"):
        returned(world, "R01", day)
        days(world, day, "2026-12-07")
    premium(world, 41_211)
    run(world, "2026-12-20")
    with world.core.read() as session:
        told = session.query(Notice).filter(Notice.kind == "changed_amount").one()
    assert told.facts == {"amount_cents": 41_211}


@pytest.mark.parametrize(("outcome", "taken"), [("moot", 41_210), ("told", 50_000), (None, 50_000)])
def test_a_notice_that_was_never_said_because_it_was_not_true_any_more_has_told_nothing(
    world: World, outcome: str | None, taken: int
) -> None:
    drafted_in_december(world)
    premium(world, 50_000)
    run(world, "2026-12-22")
    with world.core.write() as session:
        session.query(Notice).filter(Notice.kind == "changed_amount").one().outcome = outcome
    run(world, "2026-12-27")
    run(world, "2027-01-01")
    assert january(world) == [taken]


@pytest.mark.parametrize(("last_day", "kinds"), [(15, []), (31, ["changed_amount"])])
def test_a_part_month_whose_price_nobody_knows_is_not_told_as_a_whole_one(
    world: World, last_day: int, kinds: list[str]
) -> None:
    drafted_in_december(world)
    premium(world, 50_000)
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).covered_to = date(2027, 1, last_day)
    since = notices.last_id(world.core)
    run(world, "2026-12-20")
    assert notices.kinds_since(world.core, "ada", since) == kinds
