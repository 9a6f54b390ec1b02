"""From an unpaid month to the end of coverage, by each issuer's rule, and never by a rule that nobody has verified."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from billing_core import accounts, ledger, notices, profiles, views
from billing_core.invoices import Invoice
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import JAN, World

NOV, DEC, FEB = date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)


def told(world: World) -> list[str]:
    return notices.kinds_since(world.core, "ada", 0)


def ended_on(world: World) -> date | None:
    return accounts.get(world.core, "ada").coverage_ended_on


def with_credit(world: World, *unpaid: date, **facts: object) -> None:
    world.member(premium_cents=50000, tax_credit_cents=40378, unpaid=unpaid, **facts)  # type: ignore[arg-type]


def without_credit_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = profiles.get("nc_seed").model_copy(update={"grace_other_verified": True})
    monkeypatch.setattr(profiles, "get", lambda _: verified)


def test_grace_begins_the_day_after_the_due_date_and_is_told_once(world: World) -> None:
    with_credit(world, JAN)
    run(world, "2027-01-01")
    assert told(world) == []
    run(world, "2027-01-02", times=2)
    run(world, "2027-01-03")
    assert told(world) == ["grace_start"]


def test_with_a_tax_credit_the_last_days_are_told_and_coverage_ends_back_to_the_first_month(world: World) -> None:
    with_credit(world, NOV, DEC, JAN)
    run(world, "2027-01-23")
    assert told(world) == ["grace_start"]
    run(world, "2027-01-24", times=2)
    assert told(world) == ["grace_start", "grace_last_days"]
    run(world, "2027-01-31")
    assert ended_on(world) is None
    run(world, "2027-02-01", times=2)
    assert ended_on(world) == date(2026, 11, 30)
    assert told(world) == ["grace_start", "grace_last_days", "termination"]


def test_after_the_end_only_the_covered_month_is_owed_and_the_ledger_is_whole(world: World) -> None:
    with_credit(world, NOV, DEC, JAN)
    run(world, "2027-02-01", times=2)
    found = {row.id: row.coverage_month for row in world.invoices()}
    assert list(found.values()) == [NOV, DEC, JAN], "nothing is billed any more"
    with world.core.read() as session:
        assert {found[key]: cents for key, cents in ledger.open_cents_by_invoice(session, "ada").items()} == {NOV: 9622}
        assert ledger.total_cents(session) == 0


def test_a_month_paid_after_the_end_is_kept_as_credit(world: World) -> None:
    with_credit(world, NOV, DEC, JAN)
    run(world, "2027-01-15")
    world.pay(amount_cents=9622 * 2)
    run(world, "2027-02-01")
    assert ended_on(world) == date(2026, 11, 30)
    with world.core.read() as session:
        assert ledger.open_cents_by_invoice(session, "ada") == {}
        assert ledger.balance_cents(session, "ada", ledger.MEMBER_CREDIT) == -9622
        assert ledger.total_cents(session) == 0


def test_an_end_switches_autopay_off_and_drafts_nothing(world: World) -> None:
    with_credit(world, NOV, DEC, JAN, autopay="visa")
    run(world, "2027-02-01")
    assert world.enrollment().state == "ended"
    assert world.payments() == []


def test_full_payment_on_the_last_day_ends_grace(world: World) -> None:
    with_credit(world, NOV, DEC, JAN)
    world.at("2027-01-31T23:50")
    world.pay()
    run(world, "2027-02-01")
    assert ended_on(world) is None


def test_paying_one_month_of_three_does_not_move_the_end(world: World) -> None:
    with_credit(world, NOV, DEC, JAN)
    run(world, "2026-12-20")
    world.pay(amount_cents=9622)
    run(world, "2027-02-01")
    assert ended_on(world) == date(2026, 11, 30), "grace ends by full payment only, not by paying its first month"


def test_paying_all_that_is_past_due_ends_grace_and_a_later_month_begins_its_own(world: World) -> None:
    with_credit(world, NOV, DEC, JAN)
    run(world, "2026-12-20")
    world.pay(amount_cents=9622 * 2)
    run(world, "2027-02-01")
    assert ended_on(world) is None
    assert views.account(world.core, "ada")["grace"]["since"] == "2027-01-01"


def test_without_a_tax_credit_and_with_an_unverified_rule_a_person_is_asked(world: World) -> None:
    world.member(unpaid=[JAN])
    run(world, "2027-01-31")
    assert told(world) == ["grace_start"]
    run(world, "2027-02-01", times=2)
    run(world, "2027-03-15")
    assert told(world).count("termination_review") == 1
    assert "termination" not in told(world)
    assert ended_on(world) is None


def test_without_a_tax_credit_a_verified_rule_ends_coverage_with_the_last_paid_month(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_credit_verified(monkeypatch)
    world.member(unpaid=[JAN])
    world.pay(amount_cents=10000)
    run(world, "2027-01-31")
    assert ended_on(world) is None
    run(world, "2027-02-01", times=2)
    assert ended_on(world) == date(2026, 12, 31)
    assert told(world) == ["receipt", "grace_start", "grace_last_days", "termination"]
    with world.core.read() as session:
        assert ledger.open_cents_by_invoice(session, "ada") == {}
        assert ledger.balance_cents(session, "ada", ledger.MEMBER_CREDIT) == -10000, "paid for a month not covered"
        assert ledger.total_cents(session) == 0


def test_one_unpaid_policy_of_two_ends_nothing_by_itself(world: World) -> None:
    with_credit(world, NOV, DEC, JAN, dental_cents=4250)
    world.pay(policy="health")
    run(world, "2027-02-01")
    assert ended_on(world) is None
    assert told(world)[-1] == "termination_review"


def test_while_a_payment_made_in_time_has_no_answer_nothing_ends(world: World) -> None:
    with_credit(world, NOV, DEC, JAN, saved=["checking"])
    world.at("2027-01-31T12:00")
    world.core.processor.script("timeout")  # type: ignore[attr-defined]
    world.pay()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("billing_core.attempts.resolve_open", lambda *_: None)
        run(world, "2027-02-01")
    assert ended_on(world) is None
    run(world, "2027-02-02")
    assert ended_on(world) is None
    assert "termination" not in told(world)


@pytest.mark.parametrize("credit_cents", [0, 40378])
def test_an_unpaid_first_payment_is_cancelled_without_grace_and_was_never_effective(
    world: World, credit_cents: int
) -> None:
    due = date(2026, 12, 23)
    facts = {"profile": "ma_connector", "premium_cents": 50000, "tax_credit_cents": credit_cents}
    world.member(unpaid=[due], binder=True, saved=[], **facts)  # type: ignore[arg-type]
    run(world, "2026-12-23")
    assert ended_on(world) is None
    run(world, "2026-12-24", times=2)
    assert ended_on(world) == date(2026, 12, 31)
    assert told(world) == ["termination"]
    with world.core.read() as session:
        assert ledger.open_cents_by_invoice(session, "ada") == {}


@pytest.mark.parametrize("profile", ["nc_seed", "ca_generic", "ny_generic", "bcbsnc_current"])
def test_where_nobody_knows_until_when_a_first_payment_may_come_a_person_is_asked(world: World, profile: str) -> None:
    world.member(profile=profile, binder=True, saved=["checking"])
    run(world, "2027-01-01")
    assert told(world) == []
    run(world, "2027-01-02", times=2)
    run(world, "2027-02-15")
    assert ended_on(world) is None
    assert told(world) == ["termination_review"]
    assert world.pay().payment.state == "settled"


@pytest.mark.parametrize(("on", "ended"), [("2027-01-11", None), ("2027-01-12", date(2026, 12, 31))])
def test_a_first_payment_may_come_until_its_deadline_and_not_a_day_later(
    world: World, monkeypatch: pytest.MonkeyPatch, on: str, ended: date | None
) -> None:
    known = profiles.get("nc_seed").model_copy(update={"binder_deadline_days": 10})
    monkeypatch.setattr(profiles, "get", lambda _: known)
    world.member(binder=True)
    run(world, on)
    assert ended_on(world) == ended


def test_an_unpaid_first_payment_takes_no_grace_and_no_end_from_another_policy(world: World) -> None:
    with_credit(world, NOV, dental_cents=4250)
    with world.core.write() as session:
        for bill in session.scalars(select(Invoice).where(Invoice.policy_kind == "dental")):
            bill.binder = True
    run(world, "2026-12-16")
    assert told(world) == ["termination_review", "grace_start"]
    run(world, "2027-01-24")
    run(world, "2027-01-31")
    assert told(world) == ["termination_review", "grace_start", "grace_last_days"]
    run(world, "2027-02-01", times=2)
    assert told(world)[3:] == ["termination_review"], "a first payment beside it leaves the end to a person"
    assert ended_on(world) is None


def test_a_first_payment_made_in_time_takes_effect(world: World) -> None:
    world.member(binder=True)
    world.pay()
    run(world, "2027-01-02")
    assert ended_on(world) is None


def test_the_first_month_of_a_policy_is_billed_as_a_first_payment(world: World) -> None:
    world.member(unpaid=[])
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).first_month = FEB
    run(world, "2026-12-20")
    assert world.invoices() == [], "January is before the coverage"
    run(world, "2027-01-20")
    assert [(row.coverage_month, row.binder) for row in world.invoices()] == [(FEB, True)]


def test_three_months_of_days_age_an_account_by_themselves(world: World) -> None:
    with_credit(world, saved=[])
    day = date(2026, 12, 15)
    while day <= date(2027, 4, 2):
        run(world, day.isoformat())
        day += timedelta(days=1)
    assert told(world) == ["grace_start", "grace_last_days", "termination"]
    assert ended_on(world) == date(2027, 1, 31)
    assert views.account(world.core, "ada")["owed_cents"] == 9622
    assert world.ledger_total_cents() == 0
