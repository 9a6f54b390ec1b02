"""The billing day: bills go out, drafts run once, saved changes apply, and any day may be run again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from billing_core import Core, accounts, attempts, autopay, billing_day, notices, views
from billing_core.payments import Payment
from billing_core.processors import Answer
from billing_core.states import AutopayEvent
from tests.billing_core.world import JAN, World


def run(world: World, day: str, *, times: int = 1) -> None:
    world.at(f"{day}T06:00")
    for _ in range(times):
        billing_day.run(world.core, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("enrolled", "eve", "day"), [(None, "2026-12-12", "2026-12-13"), ("visa", "2026-12-26", "2026-12-27")]
)
def test_a_bill_goes_out_on_its_day_and_not_before_and_once(
    world: World, enrolled: str | None, eve: str, day: str
) -> None:
    world.member(unpaid=[], autopay=enrolled, dental_cents=4250)
    run(world, eve)
    assert world.invoices() == []
    run(world, day, times=2)
    found = world.invoices()
    assert [(row.policy_kind, row.coverage_month, row.due_on) for row in found] == [
        ("health", JAN, JAN),
        ("dental", JAN, JAN),
    ]
    assert {(row.invoice_date.isoformat(), row.for_autopay) for row in found} == {(day, enrolled is not None)}
    assert world.owed_cents() == 41210 + 4250


@pytest.mark.parametrize(
    ("moment", "dated", "locked_to"),
    [("2026-12-27T23:59", "2026-12-27", "2027-01-06"), ("2026-12-28T00:00", "2026-12-28", "2027-01-07")],
)
def test_a_bill_of_a_day_made_up_later_is_dated_when_it_is_sent_and_the_lock_counts_from_there(
    world: World, moment: str, dated: str, locked_to: str
) -> None:
    world.member(unpaid=[], autopay="visa")
    world.at(moment)
    billing_day.run(world.core, date(2026, 12, 27))
    assert [(str(row.invoice_date), row.due_on) for row in world.invoices()] == [(dated, JAN)]
    shown = views.account(world.core, "ada")
    assert [entry["on"] for entry in shown["ledger"]] == [dated]
    assert shown["lock_window"]["last_on"] == locked_to


def test_a_bill_that_goes_out_late_is_dated_when_it_was_sent(world: World) -> None:
    world.member(unpaid=[], autopay="visa")
    run(world, "2026-12-29")
    assert world.invoices()[0].invoice_date == date(2026, 12, 29)
    window = views.account(world.core, "ada")["lock_window"]
    assert (window["first_on"], window["last_on"]) == ("2026-12-19", "2027-01-08")


def test_a_draft_runs_on_its_due_date_and_once(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    run(world, "2026-12-31")
    assert world.payments() == []
    run(world, "2027-01-01", times=3)
    assert [(row.kind, row.state, row.amount_cents) for row in world.payments()] == [("draft", "settled", 41210)]
    assert len(world.charges()) == 1
    run(world, "2027-01-02")
    assert len(world.payments()) == 1


def test_a_draft_takes_past_months_too_and_nothing_that_is_not_due_yet(world: World) -> None:
    world.member(unpaid=[date(2026, 12, 1), JAN, date(2027, 2, 1)], autopay="visa")
    run(world, "2027-01-01")
    assert world.taken_cents() == 82420
    assert [row["due_on"] for row in views.account(world.core, "ada")["invoices"]] == ["2027-02-01"]


def test_a_draft_takes_only_what_a_payment_by_hand_left(world: World) -> None:
    world.member(autopay="visa")
    world.pay(amount_cents=41209)
    run(world, "2027-01-01")
    assert sorted(row.amount_cents for row in world.charges()) == [1, 41209]


def test_with_nothing_owed_there_is_no_draft(world: World) -> None:
    world.member(autopay="visa")
    world.pay()
    run(world, "2027-01-01")
    assert [row.kind for row in world.payments()] == ["one_time"]


def test_an_enrollment_drafts_from_its_first_date_on(world: World) -> None:
    world.member(autopay="visa", first_draft_on=date(2027, 2, 1))
    run(world, "2027-01-01")
    assert world.payments() == []
    run(world, "2027-01-27")
    run(world, "2027-02-01")
    assert [row.amount_cents for row in world.payments()] == [82420]


@pytest.mark.parametrize("method", ["dying", "disabled"])
def test_a_draft_that_cannot_succeed_is_skipped_and_told_once(world: World, method: str) -> None:
    world.member(saved=[method], autopay=method)
    since = notices.last_id(world.core)
    run(world, "2027-01-01", times=2)
    assert world.payments() == []
    assert notices.kinds_since(world.core, "ada", since) == ["draft_skipped"]
    assert world.owed_cents() == 41210


def test_a_suspended_autopay_takes_nothing_and_a_resumed_one_does(world: World) -> None:
    world.member(autopay="visa")
    for event, day, drafts in ((AutopayEvent.SUSPEND, "2027-01-01", 0), (AutopayEvent.RESUME, "2027-02-01", 1)):
        with world.core.write() as session:
            found = autopay.on(session, "ada")
            assert found is not None
            autopay.change(found, event)
        run(world, day)
        assert len(world.payments()) == drafts


def test_a_declined_draft_leaves_the_bill_open_and_is_not_tried_again_the_same_day(world: World) -> None:
    world.member(saved=["checking"], autopay="checking")
    since = notices.last_id(world.core)
    world.core.processor.script("R01")  # type: ignore[attr-defined]
    run(world, "2027-01-01", times=2)
    run(world, "2027-01-02")
    assert [(row.state, row.code) for row in world.payments()] == [("rejected", "R01")]
    assert notices.kinds_since(world.core, "ada", since) == ["rejection", "retry", "grace_start"]
    assert world.owed_cents() == 41210


def test_a_timed_out_draft_is_asked_about_the_next_day_and_not_charged_again(world: World) -> None:
    world.member(autopay="visa")
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    run(world, "2027-01-01", times=2)
    assert [row.state for row in world.payments()] == ["unknown"]
    run(world, "2027-01-02")
    assert [row.state for row in world.payments()] == ["settled"]
    assert len(world.charges()) == 1


@pytest.mark.parametrize("facts", [{"plan_type": "employer"}, {"ended_on": date(2026, 10, 31)}])
def test_an_account_that_is_not_served_is_neither_billed_nor_drafted(world: World, facts: dict[str, object]) -> None:
    world.member(autopay="visa", **facts)  # type: ignore[arg-type]
    run(world, "2026-12-27")
    run(world, "2027-01-01")
    assert world.payments() == []
    assert len(world.invoices()) == 1


def test_coverage_that_ends_meanwhile_drops_what_was_scheduled(world: World) -> None:
    world.member()
    later = world.pay(pay_on=date(2026, 12, 20)).payment
    with world.core.write() as session:
        accounts.hold(session, "ada").coverage_ended_on = date(2026, 12, 18)
    run(world, "2026-12-20")
    assert world.payment(later.id).state == "cancelled"
    assert world.charges() == []


def test_old_quotes_expire_and_young_ones_stay(world: World) -> None:
    world.member()
    old = world.quote(conversation="a")
    world.core.clock.advance(timedelta(minutes=30, seconds=1))
    young = world.quote(conversation="b")
    billing_day.run(world.core, date(2026, 12, 15))
    assert {row.id: row.state for row in world.payments()} == {old.payment_id: "expired", young.payment_id: "proposed"}


@pytest.mark.parametrize("step", ["submit_all", "ask", "resolve_all"])
def test_one_account_that_fails_does_not_hold_up_the_others_and_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for key in ("ada", "bea", "cy"):
        world.member(key, autopay="visa")
    world.at("2027-01-01T06:00")
    real = getattr(attempts, step)

    def failing(core: Core, these: Any) -> Any:
        of_bea = {row.id for row in world.payments("bea")}
        if of_bea & ({these.id} if step == "ask" else set(these)):
            raise RuntimeError("the processor's client broke")
        return real(core, these)

    with monkeypatch.context() as patch:
        patch.setattr(attempts, step, failing)
        with pytest.raises(ExceptionGroup, match="2027-01-01 is not done") as failed:
            billing_day.run(world.core, JAN)
    assert [error.__notes__ for error in failed.value.exceptions] == [["account bea, billing day 2027-01-01"]]
    assert [world.owed_cents(key) for key in ("ada", "bea", "cy")] == [0, 41210, 0]
    world.at("2027-01-01T06:03")
    billing_day.run(world.core, JAN)
    assert world.owed_cents("bea") == 0
    assert len(world.charges()) == 3


def test_of_two_payments_of_an_account_the_second_is_sent_when_the_first_is_through(world: World) -> None:
    world.member(saved=["visa", "checking"], autopay="checking")
    for cents in (10000, 31210):
        world.pay(amount_cents=cents, pay_on=JAN, method="visa")
    world.at("2027-01-01T06:00")
    assert billing_day.run(world.core, JAN)["settled"] == 2
    assert (world.owed_cents(), world.taken_cents()) == (0, 41210)


def test_nothing_is_asked_of_the_processor_while_a_transaction_is_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written down and committed first: another connection sees each attempt as submitted while it is sent."""
    for number in range(5):
        world.member(f"m{number}", autopay="visa")
    world.at("2027-01-01T06:00")
    seen: list[str] = []
    real = attempts.ask

    def looking(core: Core, payment: Payment) -> Answer:
        with core.write() as session:
            seen.append(session.get_one(Payment, payment.id).state)
        return real(core, payment)

    monkeypatch.setattr(attempts, "ask", looking)
    billing_day.run(world.core, JAN, charging_threads=3)
    assert seen == ["submitted"] * 5


def test_every_day_run_for_months_bills_and_drafts_each_month_once(world: World) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[], first_draft_on=JAN)
    day = date(2026, 12, 16)
    while day <= date(2027, 4, 30):
        run(world, day.isoformat())
        day += timedelta(days=1)
    drafts = world.payments()
    assert [row.pay_on for row in drafts] == [date(2027, month, 1) for month in range(1, 5)]
    assert {(row.state, row.amount_cents) for row in drafts} == {("settled", 41210)}
    assert [row.invoice_date.day for row in world.invoices()] == [27, 27, 24, 27, 26]
    assert world.owed_cents() == 41210, "May was billed on April 26"
    assert world.ledger_total_cents() == 0


def test_massachusetts_drafts_on_the_23rd_of_the_month_before(world: World) -> None:
    due = date(2026, 12, 23)
    world.member(profile="ma_connector", saved=["checking"], autopay="checking", unpaid=[due], first_draft_on=due)
    run(world, "2026-12-22")
    assert world.payments() == []
    run(world, "2026-12-23")
    assert [row.state for row in world.payments()] == ["settled"]
