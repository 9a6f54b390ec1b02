"""The sandbox: every code by script, token and amount, answers that are late or lost, and what banks say afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from billing_core import attempts, billing_day, codes, events, methods, notices, summary, updating
from billing_core.errors import CodeNotFound
from billing_core.processors import Accepted, Declined, NeverArrived, Unknown, sandbox_outcomes
from billing_core.processors.news import Event, ForPerson
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import JAN, World

CARD_CODES = [row.code for row in codes.table().values() if row.rail == "card"]
DRAWN = Path(__file__).parents[2] / "docs" / "sandbox.md"


def sandbox(world: World) -> Any:
    return world.core.processor


def token(world: World, name: str, scripted: str) -> None:
    with world.core.write() as session:
        session.merge(world.method("ada", name)).token = f"tok_{name}_then_{scripted}"


@pytest.mark.parametrize("code", CARD_CODES)
def test_every_card_code_is_scripted_by_its_name_in_the_token(world: World, code: str) -> None:
    answer = sandbox(world).charge(attempt_id="a", token=f"tok_visa_then_{code}", amount_cents=100)
    assert answer == Declined(code, "ch_sbx_a")


def test_every_code_has_an_amount_of_its_own_and_every_amount_does_what_the_table_says(world: World) -> None:
    for cents, word in sandbox_outcomes.amounts().items():
        outcome = sandbox_outcomes.read(word)
        answer = sandbox(world).charge(attempt_id=str(cents), token="tok", amount_cents=cents)
        if outcome.answer in codes.table() and not outcome.asks:
            assert answer == Declined(outcome.answer, f"ch_sbx_{cents}")
        elif outcome.asks or outcome.answer in ("timeout", "lost"):
            assert answer == Unknown()
        else:
            assert answer == Accepted(f"ch_sbx_{cents}")
    named = {outcome.removeprefix("return_") for outcome in sandbox_outcomes.amounts().values()}
    assert set(codes.table()) <= named


def test_a_cent_beside_the_table_is_accepted(world: World) -> None:
    for cents in (900_000, 900_001 + len(codes.table())):
        answer = sandbox(world).charge(attempt_id=str(cents), token="tok", amount_cents=cents)
        assert isinstance(answer, Accepted)


def test_a_script_goes_before_the_token_and_the_token_before_the_amount(world: World) -> None:
    box = sandbox(world)
    box.script("stolen_card")
    given = [box.charge(attempt_id=name, token="tok_then_lost_card", amount_cents=900_001) for name in "ab"]
    assert given == [Declined("stolen_card", "ch_sbx_a"), Declined("lost_card", "ch_sbx_b")]


@pytest.mark.parametrize("word", ["no_such_code", "late_0_accepted", "return_R99", "noc_C99", "late_2_nothing"])
def test_what_is_no_outcome_is_refused_when_it_is_scripted(world: World, word: str) -> None:
    with pytest.raises(CodeNotFound):
        sandbox(world).script(word)


@pytest.mark.parametrize(("word", "state"), [("late_2_accepted", "settled"), ("late_2_insufficient_funds", "rejected")])
def test_a_late_answer_comes_after_it_was_asked_for_in_vain_twice(world: World, word: str, state: str) -> None:
    world.member()
    sandbox(world).script(word)
    payment = world.pay().payment
    seen = [payment.state]
    for _ in range(3):
        attempts.resolve_open(world.core, "ada")
        seen.append(world.payment(payment.id).state)
    assert seen == ["unknown", "unknown", "unknown", state]
    assert world.taken_cents() == (41210 if state == "settled" else 0)


def test_a_lost_request_charges_nothing_and_is_told_as_not_received(world: World) -> None:
    world.member()
    sandbox(world).script("lost")
    payment = world.pay().payment
    assert payment.state == "unknown"
    assert sandbox(world).find(payment.id) == NeverArrived()
    attempts.resolve_open(world.core, "ada")
    assert (world.payment(payment.id).state, world.owed_cents()) == ("rejected", 41210)


def test_money_that_arrived_after_it_was_given_up_is_counted_and_what_is_over_is_the_members_credit(
    world: World,
) -> None:
    world.member()
    sandbox(world).script("lost")
    lost = world.pay().payment
    attempts.resolve_open(world.core, "ada")
    assert world.pay().payment.state == "settled"
    for _ in range(2):
        events.take(world.core, Event("evt-late", "late", lost.id, Accepted("ch_late")))
    assert world.payment(lost.id).state == "settled"
    assert [row.for_person for row in events.for_person(world.core)] == [ForPerson.ACCEPTED_LATE]
    assert (world.owed_cents(), world.ledger_total_cents()) == (0, 0)


def test_a_real_decline_is_not_overruled_by_an_acceptance_but_shown_to_a_person(world: World) -> None:
    world.member()
    sandbox(world).script("processing_error")
    declined = world.pay().payment
    events.take(world.core, Event("evt", "late", declined.id, Accepted("ch_x")))
    assert world.payment(declined.id).state == "rejected"
    assert [row.for_person for row in events.for_person(world.core)] == [ForPerson.CHARGED_UNEXPECTEDLY]


def test_a_return_arrives_by_itself_on_its_day_and_counts_once(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    token(world, "checking", "return_R01_after_2")
    run(world, "2027-01-01")
    run(world, "2027-01-02")
    assert world.owed_cents() == 0
    run(world, "2027-01-03", times=2)
    assert [row.state for row in world.payments()] == ["returned"]
    assert world.owed_cents() == 41210
    assert notices.kinds_since(world.core, "ada", 0).count("return") == 1
    assert sandbox(world).news() == []


def test_what_was_told_but_not_written_down_is_told_again(world: World) -> None:
    sandbox(world).charge(attempt_id="x", token="tok_then_return_R02_after_1", amount_cents=100)
    world.core.clock.advance(timedelta(days=1))
    assert len(sandbox(world).news()) == len(sandbox(world).news()) == 1
    events.fetch(world.core)
    assert sandbox(world).news() == []


@pytest.mark.parametrize(("days", "state"), [(60, "returned"), (61, "settled")])
def test_a_debit_comes_back_on_the_last_day_of_its_60_and_after_that_goes_to_a_person(
    world: World, days: int, state: str
) -> None:
    world.member(saved=["checking"])
    payment = world.pay().payment
    # Sent on Tuesday December 15, it settles on the 16th.
    world.at(f"{date(2026, 12, 16) + timedelta(days=days)}T09:00")
    events.take(world.core, Event("evt", "return", payment.id, Declined("R10")))
    assert world.payment(payment.id).state == state
    told = [row.for_person for row in events.for_person(world.core)]
    assert told == ([] if state == "returned" else [ForPerson.RETURNED_AFTER_FINAL])


@pytest.mark.parametrize(("code", "person"), [("R51", True), ("R99", True), ("R34", False)])
def test_a_return_that_is_unauthorized_or_that_nobody_listed_ends_the_method_and_waits_for_a_person(
    world: World, code: str, person: bool
) -> None:
    world.member(saved=["checking"], autopay="checking")
    payment = world.pay().payment
    events.take(world.core, Event("evt", "return", payment.id, Declined(code)))
    assert (world.payment(payment.id).code, world.method("ada", "checking").disabled_code) == (code, code)
    found = summary.last_rejection(world.core, "ada")
    assert found is not None
    assert found.needs_person is person
    run(world, "2027-01-01")
    assert len(world.charges()) == 1


def test_a_notice_of_change_corrects_the_account_before_the_next_draft_and_is_recorded(world: World) -> None:
    world.member(saved=["checking"])
    token(world, "checking", "noc_C06")
    assert world.pay().payment.state == "settled"
    run(world, "2026-12-16")
    with world.core.read() as session:
        (method,) = methods.of(session, "ada")
    assert (method.last4, method.kind) == ("1006", "savings")
    (update,) = updating.of(world.core, "ada")
    assert (update.what, update.before, update.after) == ("C06", "checking ending 6789", "savings ending 1006")
    assert (update.applied_on, update.apply_by) == (date(2026, 12, 16), date(2026, 12, 24))
    assert world.owed_cents() == 0


@pytest.mark.parametrize("day", ["2026-11-17", "2026-12-02", "2026-12-16", "2027-01-01"])
def test_a_card_that_would_be_dead_on_its_draft_is_renewed_by_the_updater(world: World, day: str) -> None:
    world.member(saved=["dying"], autopay="dying", unpaid=[JAN] if day == "2027-01-01" else [], first_draft_on=JAN)
    token(world, "dying", "card_renewed")
    run(world, day, times=2)
    (update,) = updating.of(world.core, "ada")
    assert (update.what, update.before) == ("renewed", "Visa ending 1881 12/2026")
    assert "Visa ending 4343" in update.after
    assert notices.kinds_since(world.core, "ada", 0).count("method_updated") == 1
    if day == "2027-01-01":
        assert [row.state for row in world.payments()] == ["settled"]


def test_a_card_is_not_asked_about_before_45_days_nor_while_it_is_good(world: World) -> None:
    world.member(saved=["dying", "visa"], autopay="dying", unpaid=[], first_draft_on=JAN)
    token(world, "dying", "card_renewed")
    run(world, "2026-11-16")
    assert updating.of(world.core, "ada") == []
    with world.core.write() as session:
        session.merge(world.enrollment()).method_id = world.method("ada", "visa").id
    run(world, "2026-11-17")
    assert updating.of(world.core, "ada") == []


def test_a_closed_card_is_disabled_and_the_member_hears_of_it(world: World) -> None:
    world.member(saved=["dying"], autopay="dying", unpaid=[], first_draft_on=JAN)
    token(world, "dying", "card_closed")
    run(world, "2026-12-16", times=2)
    assert world.method("ada", "dying").disabled_code == "invalid_account"
    assert notices.kinds_since(world.core, "ada", 0).count("method_closed") == 1


def test_the_document_is_drawn_from_the_outcomes() -> None:
    assert DRAWN.read_text(encoding="utf-8") == sandbox_outcomes.drawing(), "run `duely docs sandbox`"


def test_the_billing_day_hears_news_before_it_drafts(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[date(2026, 12, 1)])
    token(world, "checking", "return_R02_after_2")
    run(world, "2026-12-01")
    billing_day.settle_open(world.core)
    run(world, "2027-01-01")
    assert [row.state for row in world.payments()] == ["returned"], "R02 disabled the account before January's draft"
