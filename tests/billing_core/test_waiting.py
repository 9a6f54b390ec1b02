"""What a scheduled payment will take is offered and drafted by nobody else, and what it cannot pay is (G6).

One rule for what is told, answered, drafted and charged: each test holds the day's notices and answers against what is
then taken.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import NamedTuple

import pytest
from sqlalchemy import update

from billing_core import autopay, enrolling, invoices, issuing, notices, quotes
from billing_core.billing_day import draft
from billing_core.invoices import Allocation
from billing_core.payments import Payment
from billing_core.waiting import allocate, left_cents, pays
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_draft_outcomes import days, drafts, returned
from tests.billing_core.test_drafts_beside_a_binder import beside_a_binder, left
from tests.billing_core.test_notice_facts import said
from tests.billing_core.world import JAN, World

DEC, FIFTH = date(2026, 12, 1), date(2027, 1, 5)
HEALTH, DENTAL = 1, 2


class Bill(NamedTuple):
    """A bill as the rule sees it."""

    id: int
    policy_id: int
    binder: bool
    open_cents: int


class Waits(NamedTuple):
    """A payment as the rule sees it."""

    policy_id: int | None
    amount_cents: int
    kind: str = "one_time"


ANY, A_DRAFT = Waits(None, 0), Waits(None, 0, "draft")
FOR_HEALTH, FOR_DENTAL = Waits(HEALTH, 0), Waits(DENTAL, 0)
BOTH = [Bill(1, HEALTH, False, 400), Bill(2, DENTAL, False, 40)]
FIRST = [Bill(1, HEALTH, True, 400), Bill(2, DENTAL, False, 40)]
MONTHS = [Bill(1, DENTAL, False, 40), Bill(2, HEALTH, False, 400), Bill(3, DENTAL, False, 40)]


@pytest.mark.parametrize(
    ("bills", "waiting", "payment", "cents"),
    [
        (BOTH, [], A_DRAFT, 440),
        (BOTH, [Waits(HEALTH, 399)], A_DRAFT, 41),
        (BOTH, [Waits(HEALTH, 400)], A_DRAFT, 40),
        # More than its policy owes is nothing off another policy.
        (BOTH, [Waits(HEALTH, 401)], A_DRAFT, 40),
        (BOTH, [Waits(None, 401)], A_DRAFT, 39),
        (BOTH, [Waits(None, 441)], A_DRAFT, 0),
        # A first payment is no draft's, so what is scheduled for it is none of the draft's money.
        (FIRST, [Waits(HEALTH, 400)], A_DRAFT, 40),
        (FIRST, [Waits(None, 400)], A_DRAFT, 40),
        (FIRST, [Waits(None, 401)], A_DRAFT, 39),
        (FIRST, [Waits(None, 440)], A_DRAFT, 0),
        # And a draft that waits takes nothing off a first payment, nor a payment of one policy off another's.
        (FIRST, [Waits(None, 40, "draft")], FOR_HEALTH, 400),
        (FIRST, [Waits(None, 40, "draft")], ANY, 400),
        (BOTH, [Waits(DENTAL, 40)], FOR_HEALTH, 400),
        # One that may pay anything leaves to one policy what it can.
        (BOTH, [Waits(None, 400)], FOR_DENTAL, 40),
        (BOTH, [Waits(None, 401)], FOR_DENTAL, 39),
        (BOTH, [Waits(None, 40)], FOR_HEALTH, 400),
        (BOTH, [Waits(None, 20), Waits(DENTAL, 40)], FOR_HEALTH, 380),
    ],
)
def test_what_is_left_for_a_payment_is_what_the_others_cannot_or_need_not_take(
    bills: list[Bill], waiting: list[Waits], payment: Waits, cents: int
) -> None:
    assert left_cents(bills, waiting, partial(pays, payment)) == cents


@pytest.mark.parametrize(
    ("bills", "waiting", "payment", "amount_cents", "parts", "over_cents"),
    [
        (BOTH, [], ANY, 440, [(1, 400), (2, 40)], 0),
        (BOTH, [], ANY, 441, [(1, 400), (2, 40)], 1),
        (BOTH, [Waits(HEALTH, 400)], ANY, 40, [(2, 40)], 0),
        (BOTH, [Waits(HEALTH, 400)], A_DRAFT, 40, [(2, 40)], 0),
        # More than the others leave goes on to what they wait for: nothing is credit while something is owed.
        (BOTH, [Waits(HEALTH, 400)], ANY, 41, [(1, 1), (2, 40)], 0),
        # The oldest month is still paid first: what waits for the policy is content with its newest.
        (MONTHS, [Waits(DENTAL, 40)], ANY, 440, [(1, 40), (2, 400)], 0),
        (MONTHS, [Waits(DENTAL, 80)], ANY, 400, [(2, 400)], 0),
        (FIRST, [], A_DRAFT, 40, [(2, 40)], 0),
        (FIRST, [], A_DRAFT, 41, [(2, 40)], 1),
    ],
)
def test_a_payment_goes_to_the_oldest_month_that_no_other_waits_to_pay(
    bills: list[Bill],
    waiting: list[Waits],
    payment: Waits,
    amount_cents: int,
    parts: list[tuple[int, int]],
    over_cents: int,
) -> None:
    found = allocate(bills, waiting, payment, amount_cents)
    assert found == ([Allocation(*part) for part in parts], over_cents)


def move(world: World, day: date) -> None:
    """Payments that wait have another day."""
    with world.core.write() as session:
        session.execute(update(Payment).where(Payment.state == "confirmed").values(pay_on=day))


def told_on_the_fifth_day(world: World) -> int | None:
    """The amount of the notice that a draft comes; None where there was none."""
    run(world, "2026-12-27")
    if "autopay_notice" not in notices.kinds_since(world.core, "ada", 0):
        return None
    found = said(world, "autopay_notice")
    return None if found is None else int(found.facts["amount_cents"])


def answered(world: World) -> int:
    draft = autopay.standing(world.core, "ada").next_draft
    assert draft is not None
    return draft.amount_cents if draft.due_on == JAN else 0


@pytest.mark.parametrize(("policy", "taken"), [("health", 4250), (None, 0)])
def test_a_scheduled_first_payment_takes_nothing_off_the_draft_of_another_policy(
    world: World, policy: str | None, taken: int
) -> None:
    beside_a_binder(world)
    world.at("2026-12-20T10:00")
    wish = {} if policy is None else {"policy": policy}
    world.pay(method="visa", pay_on=JAN, **wish)
    assert told_on_the_fifth_day(world) == (taken or None)
    assert answered(world) == taken
    days(world, "2026-12-28", "2027-01-01")
    assert drafts(world) == ([("2027-01-01", "settled", taken)] if taken else [])
    assert left(world) == {}
    assert ("draft_not_needed" in notices.kinds_since(world.core, "ada", 0)) is (taken == 0)


def test_a_draft_pays_the_policy_that_nobody_else_waits_to_pay(world: World) -> None:
    world.member(dental_cents=4250, saved=["visa", "checking"], autopay="checking")
    world.at("2026-12-28T10:00")
    world.pay(method="visa", policy="health", pay_on=FIFTH)
    run(world, "2027-01-01")
    assert drafts(world) == [("2027-01-01", "settled", 4250)]
    assert left(world) == {"health": 41210}
    days(world, "2027-01-02", "2027-01-05")
    assert left(world) == {}
    assert world.taken_cents() == 45460


def test_what_is_left_is_paid_by_hand_while_one_policy_is_scheduled(world: World) -> None:
    world.member(dental_cents=4250)
    world.pay(policy="health", pay_on=date(2026, 12, 20))
    quote = world.quote()
    assert (quote.amount_cents, quote.left_cents, quote.policy_kinds) == (4250, 0, ("dental",))
    world.pay()
    assert left(world) == {"health": 41210}
    run(world, "2026-12-20")
    assert left(world) == {}


@pytest.mark.parametrize(("scheduled_cents", "left_for_dental"), [(41210, 4250), (41211, 4249)])
def test_a_part_that_may_pay_anything_is_no_reason_to_refuse_one_policy(
    world: World, scheduled_cents: int, left_for_dental: int
) -> None:
    world.member(dental_cents=4250)
    world.pay(amount_cents=scheduled_cents, pay_on=date(2026, 12, 20))
    assert world.quote(policy="dental").amount_cents == left_for_dental
    world.pay(policy="dental")
    run(world, "2026-12-20")
    assert left(world) == {}
    assert world.taken_cents() == 45460


def test_a_draft_that_waits_takes_nothing_off_a_first_payment(world: World) -> None:
    beside_a_binder(world)
    method_id = world.method("ada", "checking").id
    with world.core.write() as session:
        session.add(Payment(**draft.row("ada", method_id, 4250, "enrollment:2027-01-01", JAN, world.core.now())))
    assert world.quote(method="visa", policy="health").amount_cents == 41210


def debited_twice(world: World) -> None:
    """Ada's December was debited as often as it may be, and came back each time (G29)."""
    world.member(saved=["checking", "visa"], autopay="checking", unpaid=[DEC])
    run(world, "2026-12-01")
    for day in ("2026-12-01", "2026-12-07"):
        returned(world, "R01", day)
        days(world, day, "2026-12-07")


def test_a_month_that_may_not_be_debited_any_more_and_is_scheduled_takes_nothing_off_the_draft(world: World) -> None:
    debited_twice(world)
    world.at("2026-12-20T10:00")
    # Past the last day of the month's grace the member could not choose.
    world.pay(method="visa", pay_on=date(2026, 12, 31))
    move(world, FIFTH)
    assert told_on_the_fifth_day(world) == 41210
    assert answered(world) == 41210
    days(world, "2026-12-28", "2027-01-05")
    assert drafts(world)[-1] == ("2027-01-01", "settled", 41210)
    assert world.owed_cents() == 0


def test_a_changed_amount_is_told_as_it_will_be_drafted_beside_what_is_scheduled(world: World) -> None:
    world.member(dental_cents=4250, saved=["visa", "checking"], autopay="checking", unpaid=[DEC])
    run(world, "2026-12-01")
    with world.core.write() as session:
        issuing.issue(
            session, world.policy("ada", "health"), coverage_month=JAN, due=JAN, issued_on=date(2026, 12, 13),
            at=world.core.now(), for_autopay=False,
        )  # fmt: skip
    world.at("2026-12-15T10:00")
    world.pay(method="visa", policy="health", pay_on=FIFTH)
    run(world, "2026-12-20")
    changed = said(world, "changed_amount")
    assert changed is not None
    assert changed.facts["amount_cents"] == 4250
    assert told_on_the_fifth_day(world) == 4250
    days(world, "2026-12-28", "2027-01-05")
    assert drafts(world)[-1] == ("2027-01-01", "settled", 4250)
    assert world.owed_cents() == 0


def test_no_draft_is_needed_only_where_what_is_scheduled_pays_for_it(world: World) -> None:
    """Dental is paid and only the first payment waits: the scheduled payment is of nothing that a draft would take."""
    beside_a_binder(world)
    world.at("2026-12-28T10:00")
    world.pay(method="visa", policy="dental")
    world.pay(method="visa", policy="health", pay_on=JAN)
    move(world, FIFTH)
    run(world, "2027-01-01")
    assert drafts(world) == []
    assert "draft_not_needed" not in notices.kinds_since(world.core, "ada", 0)


@pytest.mark.parametrize(("part_cents", "told_cents"), [(41209, 1), (41210, None)])
def test_a_retry_and_a_skipped_draft_tell_what_the_scheduled_payment_leaves(
    world: World, part_cents: int, told_cents: int | None
) -> None:
    world.member(saved=["checking", "visa"], autopay="checking")
    run(world, "2027-01-01")
    returned(world, "R01", "2027-01-04")
    run(world, "2027-01-04")
    world.pay(method="visa", amount_cents=part_cents, pay_on=date(2027, 1, 20))
    retry = said(world, "retry")
    assert (None if retry is None else retry.facts["amount_cents"]) == told_cents
    days(world, "2027-01-05", "2027-01-09")
    assert [cents for _, _, cents in drafts(world)[1:]] == ([] if told_cents is None else [told_cents])


def test_bills_to_pay_by_hand_are_told_less_what_is_scheduled_for_them(world: World) -> None:
    world.member(saved=["checking"])
    world.at("2026-12-28T10:00")
    world.pay(pay_on=date(2026, 12, 31), amount_cents=10000)
    terms = enrolling.offer(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn(), method_id=None)
    assert terms.first_draft_on == date(2027, 2, 1)
    assert (terms.pay_by_hand_cents, terms.first_amount_cents) == (31210, 41210)


def test_a_first_draft_is_told_without_the_months_that_may_not_be_debited_any_more(world: World) -> None:
    debited_twice(world)
    days(world, "2026-12-08", "2026-12-16")
    world.at("2026-12-16T10:00")
    ended = enrolling.cancel(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn())
    # Autopay is off, so that month is the first to be paid by hand.
    assert (ended.by_hand_due_on, ended.by_hand_cents) == (DEC, 41210)
    terms = enrolling.offer(
        world.core, account_id="ada", conversation_id="conv", turn_id=world.turn(),
        method_id=world.method("ada", "visa").id,
    )  # fmt: skip
    assert (terms.first_draft_on, terms.pay_by_hand_cents, terms.first_amount_cents) == (JAN, 41210, 41210)


def test_the_guest_and_the_member_are_offered_the_same(world: World) -> None:
    from billing_core import guests

    world.member(dental_cents=4250)
    world.pay(policy="health", pay_on=date(2026, 12, 20))
    assert guests.payable_cents(world.core, "ada") == 4250
    assert quotes.read_back(world.core, world.quote().payment_id).amount_cents == 4250
    with world.core.read() as session:
        assert len(invoices.open_invoices(session, "ada")) == 2
