"""What an account looks like: the summary the bot speaks from, and the plain data that conversation files check."""

from __future__ import annotations

import json
from datetime import date

import pytest

from billing_core import notices, summary, views
from billing_core.errors import AccountNotFound, PlanNotServed
from tests.billing_core.world import JAN, World

DEC = date(2026, 12, 1)


def test_the_view_is_plain_data_with_every_amount_in_cents(world: World) -> None:
    world.member(unpaid=[DEC, JAN], saved=["visa", "dead"])
    world.pay(amount_cents=41211)
    view = json.loads(json.dumps(views.account(world.core, "ada")))
    assert (view["key"], view["as_of"], view["owed_cents"], view["due_on"]) == (
        "ada",
        "2026-12-15",
        41209,
        "2027-01-01",
    )
    assert view["invoices"] == [
        {
            "policy": "health",
            "coverage_month": "2027-01",
            "invoice_date": "2026-12-13",
            "due_on": "2027-01-01",
            "net_cents": 41210,
            "open_cents": 41209,
            "past_due": False,
        }
    ]
    (payment,) = view["payments"]
    assert (payment["amount_cents"], payment["status"], payment["method"]) == (41211, "settled", "Visa ending 4242")
    assert view["receivable_cents"] == 41209
    assert view["ledger_total_cents"] == 0
    assert (view["locked"], view["lock_window"], view["grace"]) == (False, None, None)


def test_quotes_that_led_nowhere_are_no_payments(world: World) -> None:
    world.member()
    world.quote()
    world.quote()
    assert views.account(world.core, "ada")["payments"] == []


def test_payments_are_listed_oldest_first(world: World) -> None:
    world.member()
    for minute, cents in enumerate((100, 200, 300)):
        world.at(f"2026-12-15T10:0{minute}")
        world.pay(amount_cents=cents)
    assert [row["amount_cents"] for row in views.account(world.core, "ada")["payments"]] == [100, 200, 300]


@pytest.mark.parametrize(("due", "past_due"), [(date(2026, 12, 15), False), (date(2026, 12, 14), True)])
def test_a_bill_is_past_due_the_day_after_it_was_due(world: World, due: date, past_due: bool) -> None:
    world.member(profile="ma_connector", saved=["checking"], unpaid=[due])
    assert views.account(world.core, "ada")["invoices"][0]["past_due"] is past_due


def test_nobody_has_no_view(world: World) -> None:
    with pytest.raises(AccountNotFound):
        views.account(world.core, "nobody")


def test_the_summary_is_for_plans_served_here(world: World) -> None:
    world.member(plan_type="employer")
    with pytest.raises(PlanNotServed):
        summary.of(world.core, "ada")


def test_the_next_bill_is_the_first_month_that_was_not_billed(world: World) -> None:
    world.member(dental_cents=4250)
    found = summary.of(world.core, "ada").next_invoice
    assert (found.on, found.due_on, found.amount_cents) == (date(2027, 1, 13), date(2027, 2, 1), 45460)


def test_a_bill_that_should_be_out_is_next_today_and_an_unknown_day_stays_unknown(world: World) -> None:
    world.member(unpaid=[])
    late = summary.of(world.core, "ada").next_invoice
    assert (late.on, late.due_on) == (date(2026, 12, 15), JAN)
    world.member("bea", profile="ma_connector", unpaid=[], saved=["checking"])
    unknown = summary.of(world.core, "bea").next_invoice
    assert (unknown.on, unknown.due_on) == (None, date(2026, 12, 23))


def test_the_summary_tells_what_is_scheduled_what_waits_and_what_can_be_used(world: World) -> None:
    world.member(saved=["visa", "dead", "disabled"])
    world.pay(amount_cents=100, pay_on=date(2026, 12, 20))
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    world.pay(amount_cents=200)
    found = summary.of(world.core, "ada")
    assert [row.amount_cents for row in found.scheduled] == [100]
    assert found.unresolved is not None
    assert found.unresolved.amount_cents == 200
    assert [row.last4 for row in found.methods] == ["4242", "1880", "8888"]
    assert [row.last4 for row in found.usable] == ["4242"]
    assert found.owed_cents == 41210


def test_with_everything_paid_the_newest_bill_is_shown(world: World) -> None:
    world.member(unpaid=[DEC, JAN], dental_cents=4250)
    world.pay()
    found, rows = summary.last_invoices(world.core, "ada")
    assert found.owed_cents == 0
    assert [(row.coverage_month, row.policy_kind, cents) for row, cents in rows] == [
        (JAN, "health", 0),
        (JAN, "dental", 0),
    ]


def test_a_notice_is_written_once_under_its_key(world: World) -> None:
    world.member()
    since = notices.last_id(world.core)
    for kind in ("receipt", "receipt", "return"):
        with world.core.write() as session:
            notices.record(session, "ada", kind, f"key:{kind}", world.core.now())
    assert notices.kinds_since(world.core, "ada", since) == ["receipt", "return"]
    assert notices.kinds_since(world.core, "ada", notices.last_id(world.core)) == []
