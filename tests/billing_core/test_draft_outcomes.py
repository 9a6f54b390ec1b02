"""What follows a draft: a second debit or none, a skipped one, and the notices of the member's month, each once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from billing_core import autopay, billing_day, debits, notices, profiles, reversals
from billing_core.caps import Tried
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_notice_facts import said
from tests.billing_core.world import JAN, World

DEC = date(2026, 12, 1)


def days(world: World, first: str, last: str) -> None:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        run(world, day.isoformat())
        day += timedelta(days=1)


def drafts(world: World) -> list[tuple[str, str, int]]:
    return [(str(row.pay_on), row.state, row.amount_cents) for row in world.payments() if row.kind == "draft"]


def returned(world: World, code: str, day: str) -> None:
    world.at(f"{day}T09:00")
    reversals.returned(world.core, next(row.id for row in world.payments() if row.state == "settled"), code)


def told(world: World) -> list[str]:
    return notices.kinds_since(world.core, "ada", 0)


@pytest.mark.parametrize("code", ["R01", "R09"])
def test_a_draft_that_came_back_for_money_is_tried_once_more_after_five_days_and_a_notice(
    world: World, code: str
) -> None:
    world.member(saved=["checking"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, code, "2027-01-04")
    days(world, "2027-01-04", "2027-01-08")
    assert len(drafts(world)) == 1
    assert told(world).count("retry") == 1
    run(world, "2027-01-09")
    assert drafts(world) == [("2027-01-01", "returned", 41210), ("2027-01-09", "settled", 41210)]
    days(world, "2027-01-09", "2027-01-12")
    assert len(world.charges()) == 2


def test_there_is_no_third_debit_for_a_month_not_even_with_the_next_draft(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, "R01", "2027-01-04")
    days(world, "2027-01-04", "2027-01-09")
    returned(world, "R01", "2027-01-11")
    days(world, "2027-01-11", "2027-01-31")
    assert [state for _, state, _ in drafts(world)] == ["returned", "returned"]
    told_before = autopay.standing(world.core, "ada").next_draft
    assert told_before is not None
    assert told_before.amount_cents == 41210
    run(world, "2027-02-01")
    assert drafts(world)[2:] == [("2027-02-01", "settled", 41210)], "February's premium and no more"
    assert world.owed_cents() == 41210


@pytest.mark.parametrize("code", ["R02", "R08", "R16", "R10", "R51"])
def test_no_other_return_is_followed_by_a_second_debit(world: World, code: str) -> None:
    world.member(saved=["checking"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, code, "2027-01-04")
    days(world, "2027-01-04", "2027-01-31")
    assert len(world.charges()) == 1
    assert "retry" not in told(world)
    disabled = world.method("ada", "checking").disabled_code
    assert (disabled == code) == (code in {"R02", "R10", "R16", "R51"})


def test_a_card_declined_for_a_passing_trouble_is_tried_three_times_in_all_each_told_before(world: World) -> None:
    world.member(autopay="visa")
    for _ in range(4):
        world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    days(world, "2027-01-01", "2027-01-31")
    assert [(on, state) for on, state, _ in drafts(world)] == [
        ("2027-01-01", "rejected"),
        ("2027-01-03", "rejected"),
        ("2027-01-06", "rejected"),
    ]
    assert told(world).count("retry") == 2
    world.core.processor.forget_script()  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["expired_card", "incorrect_cvc", "security_violation", "stolen_card"])
def test_a_card_declined_with_a_code_that_is_hard_or_asks_for_a_change_is_not_tried_again(
    world: World, code: str
) -> None:
    world.member(autopay="visa")
    world.core.processor.script(code)  # type: ignore[attr-defined]
    days(world, "2027-01-01", "2027-01-20")
    assert [state for _, state, _ in drafts(world)] == ["rejected"]
    assert "retry" not in told(world)


def test_two_missed_days_made_up_at_once_do_not_try_a_card_twice_inside_24_hours(world: World) -> None:
    world.member(autopay="visa")
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    run(world, "2027-01-01")
    world.at("2027-01-01T09:00")
    for day in (2, 3):
        billing_day.run(world.core, date(2027, 1, day))
    assert [state for _, state, _ in drafts(world)] == ["rejected", "confirmed"]
    run(world, "2027-01-03")
    assert [state for _, state, _ in drafts(world)] == ["rejected", "settled"]


def test_a_retry_that_could_not_be_told_before_waits_a_day_after_it_is_told(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, "R01", "2027-01-04")
    run(world, "2027-01-15")
    assert len(drafts(world)) == 1
    run(world, "2027-01-16")
    assert len(drafts(world)) == 2


@pytest.mark.parametrize(("back", "retry_on"), [(12, "2027-01-13"), (30, "2027-01-31"), (31, None)])
def test_a_retry_of_days_made_up_late_is_told_for_the_day_after_it_is_told_or_not_at_all(
    world: World, back: int, retry_on: str | None
) -> None:
    world.member(saved=["checking"], autopay="checking")
    world.core.processor.script("R01")  # type: ignore[attr-defined]
    run(world, "2027-01-01")
    world.at(f"2027-01-{back}T10:00")
    for day in range(2, back + 1):
        billing_day.run(world.core, date(2027, 1, day))
    assert len(drafts(world)) == 1
    facts = None if retry_on is None else said(world, "retry").facts  # type: ignore[union-attr]
    assert (facts and facts["retry_on"], told(world).count("retry")) == (retry_on, retry_on is not None)
    days(world, (retry_on or "2027-01-31"), "2027-01-31")
    assert [day for day, _, _ in drafts(world)[1:]] == ([retry_on] if retry_on else [])


def test_what_is_paid_by_hand_meanwhile_is_not_debited_again(world: World) -> None:
    world.member(saved=["checking", "visa"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, "R01", "2027-01-04")
    run(world, "2027-01-05")
    world.pay(method="visa", amount_cents=41000)
    days(world, "2027-01-06", "2027-01-09")
    assert drafts(world)[1:] == [("2027-01-09", "settled", 210)]


def test_a_retry_against_a_method_that_died_is_skipped_and_told(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, "R01", "2027-01-04")
    run(world, "2027-01-05")
    with world.core.write() as session:
        session.merge(world.method("ada", "checking")).disabled_code = "R02"
    days(world, "2027-01-09", "2027-01-11")
    assert len(drafts(world)) == 1
    assert told(world).count("draft_skipped") == 1


def test_a_scheduled_payment_of_everything_leaves_no_draft_and_a_notice_says_so(world: World) -> None:
    world.member(saved=["visa", "checking"], autopay="checking")
    world.pay(method="visa", pay_on=date(2027, 1, 2))
    days(world, "2027-01-01", "2027-01-02")
    assert drafts(world) == []
    assert told(world) == ["draft_not_needed", "grace_start", "receipt"]


def test_a_first_payment_is_never_drafted(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", binder=True)
    run(world, "2027-01-01")
    assert drafts(world) == []


@pytest.mark.parametrize(
    ("profile", "tries", "answer"),
    [
        ("nc_seed", [], JAN),
        ("nc_seed", [("R01", JAN, date(2027, 1, 4))], date(2027, 1, 9)),
        ("nc_seed", [("R01", DEC, date(2026, 12, 3))], JAN),
        ("nc_seed", [("R03", JAN, date(2027, 1, 4))], None),
        ("nc_seed", [("R01", JAN, date(2027, 1, 4)), ("R01", date(2027, 1, 9), date(2027, 1, 11))], None),
        ("ma_connector", [("R01", JAN, date(2027, 1, 4))], None),
    ],
)
def test_the_next_debit_follows_from_what_was_tried(
    profile: str, tries: list[tuple[str, date, date]], answer: date | None
) -> None:
    sent = datetime(2026, 12, 1, tzinfo=UTC)
    failed = [Tried("p", "ada", 1, True, "e:k", 1, sent, debited, known, code) for code, debited, known in tries]
    assert debits.next_debit_on(profiles.get(profile), JAN, failed) == answer


def test_an_autopay_month_is_told_five_days_before_and_when_it_is_paid(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[], first_draft_on=JAN)
    days(world, "2026-12-16", "2026-12-26")
    assert told(world) == []
    run(world, "2026-12-27", times=2)
    assert told(world) == ["autopay_notice"]
    days(world, "2026-12-28", "2027-01-01")
    assert told(world) == ["autopay_notice", "receipt"]


def test_with_nothing_to_take_no_draft_is_announced(world: World) -> None:
    world.member(saved=["visa", "checking"], autopay="checking")
    world.pay(method="visa", pay_on=date(2026, 12, 30))
    days(world, "2026-12-26", "2026-12-31")
    assert told(world) == ["receipt"]


@pytest.mark.parametrize(("premium_cents", "kinds"), [(41210, []), (41211, ["changed_amount"])])
def test_an_amount_that_differs_from_the_last_draft_is_told_ten_days_before(
    world: World, premium_cents: int, kinds: list[str]
) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[DEC])
    run(world, "2026-12-01")
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).premium_cents = premium_cents
    since = notices.last_id(world.core)
    run(world, "2026-12-19")
    assert notices.kinds_since(world.core, "ada", since) == []
    days(world, "2026-12-20", "2026-12-22")
    assert notices.kinds_since(world.core, "ada", since) == kinds


def test_a_changed_amount_is_not_told_when_it_is_too_late_for_the_member_to_act(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[DEC])
    run(world, "2026-12-01")
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).premium_cents = 50000
    since = notices.last_id(world.core)
    run(world, "2026-12-23")
    assert notices.kinds_since(world.core, "ada", since) == []


def test_a_card_that_dies_before_the_draft_is_told_at_45_30_and_16_days(world: World) -> None:
    world.member(saved=["dying"], autopay="dying", unpaid=[], first_draft_on=DEC)
    found = {}
    day = date(2026, 11, 10)
    while day <= date(2026, 12, 20):
        before = notices.last_id(world.core)
        run(world, day.isoformat())
        if "card_expiring" in notices.kinds_since(world.core, "ada", before):
            found[(JAN - day).days] = True
        day += timedelta(days=1)
    assert list(found) == [45, 30, 16]


def test_a_saved_change_that_applies_itself_is_told(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[])
    with world.core.write() as session:
        enrollment = session.merge(world.enrollment())
        enrollment.pending, enrollment.pending_on, enrollment.state = "cancel", date(2026, 12, 16), "ending"
    run(world, "2026-12-15")
    assert told(world) == []
    run(world, "2026-12-16", times=2)
    assert told(world) == ["pending_applied"]
    assert world.enrollment().state == "ended"


def test_no_draft_is_promised_from_a_card_that_will_be_dead_and_the_month_says_so_instead(world: World) -> None:
    world.member(saved=["dying"], autopay="dying", unpaid=())
    days(world, "2026-12-16", "2027-01-01")
    assert "autopay_notice" not in told(world)
    assert told(world).count("card_expiring") == 2
    assert told(world)[-1] == "draft_skipped"
    days(world, "2027-01-27", "2027-02-01")
    assert "autopay_notice" not in told(world)
    assert told(world).count("card_expiring") == 3


def test_a_draft_is_promised_from_a_card_that_is_good_on_its_last_day(world: World) -> None:
    world.at("2026-11-01T10:00")
    world.member(saved=["dying"], autopay="dying", unpaid=())
    run(world, "2026-11-26")
    assert "autopay_notice" in told(world)
