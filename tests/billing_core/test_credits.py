"""Credit pays the next bill, corrections move nobody's payment, and part months cost by their days (2.1, 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from billing_core import correcting, ledger, notices, profiles, proration, records, refunds, reversals, summary, views
from billing_core.accounts import Policy, hold
from billing_core.errors import RefusedByRule
from billing_core.termination import end_coverage
from tests.billing_core.test_billing_day import run
from tests.billing_core.world import JAN, World

DEC, FEB, MAR = date(2026, 12, 1), date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture(autouse=True)
def whole_ledger(world: World) -> Iterator[None]:
    yield
    assert world.ledger_total_cents() == 0


def open_(world: World) -> dict[date, int]:
    with world.core.read() as session:
        owed = ledger.open_cents_by_invoice(session, "ada")
    return {row.coverage_month: owed[row.id] for row in world.invoices() if owed.get(row.id)}


def credit(world: World) -> int:
    cents: int = views.account(world.core, "ada")["credit_cents"]
    return cents


def correct(world: World, cents: int, *, sent: bool = True, tax_credit_cents: int = 0) -> None:
    (invoice,) = [row for row in world.invoices() if row.coverage_month == JAN]
    correcting.correct(
        world.core, invoice.id, premium_cents=cents, tax_credit_cents=tax_credit_cents, sent=sent, by="kim"
    )


def overpaid(world: World, over_cents: int, **facts: object) -> str:
    """January is paid, then corrected downwards: the difference is credit."""
    world.member(**facts)  # type: ignore[arg-type]
    payment_id = world.pay().payment.id
    correct(world, 41210 - over_cents)
    return payment_id


def test_credit_is_shown_and_taken_off_the_next_bill_when_it_is_issued(world: World) -> None:
    overpaid(world, 10000)
    assert (credit(world), world.owed_cents()) == (10000, 0)
    assert summary.of(world.core, "ada").next_invoice.amount_cents == 31210
    run(world, "2027-01-13", times=2)
    assert open_(world) == {FEB: 31210}
    assert credit(world) == 0


@pytest.mark.parametrize(("over_cents", "february_cents", "left_cents"), [(41209, 1, 0), (41210, 0, 0)])
def test_credit_up_to_the_cent_of_the_bill(world: World, over_cents: int, february_cents: int, left_cents: int) -> None:
    overpaid(world, over_cents)
    run(world, "2027-01-13")
    assert (open_(world).get(FEB, 0), credit(world)) == (february_cents, left_cents)


def test_what_is_left_of_credit_pays_the_bill_after(world: World) -> None:
    overpaid(world, 41210)
    with world.core.write() as session:
        session.merge(world.policy("ada", "health")).premium_cents = 30000
    run(world, "2027-01-13")
    assert (open_(world), credit(world)) == ({}, 11210)
    run(world, "2027-02-10")
    assert open_(world) == {MAR: 18790}


def test_a_draft_takes_what_credit_leaves_and_is_told_so_before(world: World) -> None:
    overpaid(world, 10000, autopay="visa", first_draft_on=FEB)
    draft = summary.of(world.core, "ada").autopay.next_draft
    assert draft is not None
    assert (draft.due_on, draft.amount_cents) == (FEB, 31210)
    run(world, "2027-01-27")
    run(world, "2027-02-01")
    assert [row.amount_cents for row in world.payments() if row.kind == "draft"] == [31210]


def test_credit_for_months_ahead_finds_the_first_draft_that_takes_anything(world: World) -> None:
    overpaid(world, 41210, autopay="visa", first_draft_on=FEB)
    draft = summary.of(world.core, "ada").autopay.next_draft
    assert draft is not None
    assert (draft.due_on, draft.amount_cents) == (MAR, 41210)


def test_credit_that_is_asked_back_pays_no_bill(world: World) -> None:
    overpaid(world, 10000)
    refunds.request(world.core, account_id="ada", turn_id="t1")
    run(world, "2027-01-13")
    assert open_(world) == {FEB: 41210}


def test_when_the_money_behind_a_credit_comes_back_so_does_what_it_paid(world: World) -> None:
    payment_id = overpaid(world, 10000, saved=["checking"])
    run(world, "2027-01-13")
    reversals.returned(world.core, payment_id, "R01")
    assert open_(world) == {JAN: 31210, FEB: 41210}
    assert credit(world) == 0


def test_a_return_after_the_end_leaves_no_month_owed_that_was_not_covered(world: World) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    with world.core.write() as session:
        end_coverage(session, hold(session, "ada"), date(2026, 12, 31), DEC, datetime(2026, 12, 15, 15, tzinfo=UTC))
    assert credit(world) == 41210
    reversals.returned(world.core, payment_id, "R01")
    assert (open_(world), credit(world)) == ({}, 0)


def test_a_bill_corrected_upwards_owes_the_difference_and_keeps_its_payment(world: World) -> None:
    world.member()
    world.pay()
    correct(world, 45000)
    assert open_(world) == {JAN: 3790}
    (invoice,) = world.invoices()
    assert (invoice.revision, invoice.reissued_on, invoice.invoice_date) == (1, date(2026, 12, 15), date(2026, 12, 15))


def test_a_correction_that_was_not_sent_moves_no_invoice_date(world: World) -> None:
    world.member()
    correct(world, 45000, sent=False)
    (invoice,) = world.invoices()
    assert (invoice.invoice_date, invoice.reissued_on) == (date(2026, 12, 13), date(2026, 12, 15))


@pytest.mark.parametrize(("sent", "locked"), [(True, True), (False, False)])
def test_the_later_date_of_a_reissued_bill_locks_only_if_it_was_sent(world: World, sent: bool, locked: bool) -> None:
    world.member(autopay="visa")
    world.at("2027-01-07T10:00")
    assert not views.account(world.core, "ada")["locked"], "the first open day"
    correct(world, 45000, sent=sent)
    assert views.account(world.core, "ada")["locked"] is locked


def test_a_tax_credit_that_grew_is_corrected_in_its_own_book(world: World) -> None:
    world.member(premium_cents=50000, tax_credit_cents=40000)
    correct(world, 50000, tax_credit_cents=45000)
    with world.core.read() as session:
        balances = [ledger.balance_cents(session, "ada", book) for book in (ledger.TAX_CREDIT, ledger.PREMIUM)]
    assert balances == [45000, -50000]
    assert open_(world) == {JAN: 5000}


def test_correcting_twice_and_to_the_same_amounts_is_kept_apart(world: World) -> None:
    world.member()
    for cents in (45000, 45000, 40000):
        correct(world, cents)
    (invoice,) = world.invoices()
    assert (invoice.revision, open_(world)) == (2, {JAN: 40000})
    assert [row.computed["facts"]["by"] for row in records.of(world.core, "ada")] == ["kim", "kim"]


def test_whoever_is_on_autopay_is_owed_the_notice_of_the_changed_amount_and_others_are_not(world: World) -> None:
    world.member(autopay="visa")
    correct(world, 45000)
    world.member("bea")
    assert notices.kinds_since(world.core, "ada", 0) == ["changed_amount"]
    world.member("cid")
    (invoice,) = world.invoices("cid")
    correcting.correct(world.core, invoice.id, premium_cents=1, tax_credit_cents=0, sent=True, by="kim")
    assert notices.kinds_since(world.core, "cid", 0) == []


def test_a_paid_bill_corrected_later_makes_nobody_late(world: World) -> None:
    world.member(unpaid=[DEC, JAN])
    world.pay(amount_cents=41210)
    run(world, "2027-01-14")
    (december, *_) = world.invoices()
    for cents in (40000, 45000):
        correcting.correct(world.core, december.id, premium_cents=cents, tax_credit_cents=0, sent=True, by="kim")
    assert views.account(world.core, "ada")["grace"]["since"] == "2027-01-01", "of January's own bill"
    assert {row.due_on for row in world.invoices()} == {JAN, FEB}, "what it adds is due with the next bill"


def test_a_bill_that_was_taken_back_is_not_corrected(world: World) -> None:
    world.member()
    with world.core.write() as session:
        end_coverage(session, hold(session, "ada"), date(2026, 12, 31), DEC, datetime(2026, 12, 15, 15, tzinfo=UTC))
    with pytest.raises(RefusedByRule):
        correct(world, 45000)


def policy(covered_from: date | None = None, covered_to: date | None = None, **cents: int) -> Policy:
    amounts = {"premium_cents": 31000, "tax_credit_cents": 0} | cents
    return Policy(first_month=JAN, covered_from=covered_from, covered_to=covered_to, **amounts)


DAILY = profiles.get("nc_seed").model_copy(update={"proration": "daily"})
FULL = profiles.get("nc_seed").model_copy(update={"proration": "none"})


@pytest.mark.parametrize(
    ("first", "last", "days", "cents"),
    [
        (None, None, None, 31000),
        (date(2027, 1, 1), date(2027, 1, 31), None, 31000),
        (date(2027, 1, 2), None, 30, 30000),
        (date(2027, 1, 31), None, 1, 1000),
        (None, date(2027, 1, 30), 30, 30000),
        (None, date(2027, 1, 1), 1, 1000),
        (date(2027, 1, 10), date(2027, 1, 12), 3, 3000),
        (date(2027, 2, 1), None, 0, 0),
        (None, date(2026, 12, 31), 0, 0),
    ],
)
def test_a_part_month_costs_by_its_days(first: date | None, last: date | None, days: int | None, cents: int) -> None:
    price = proration.price(DAILY, policy(first, last), JAN)
    assert price == proration.MonthsPrice(cents, 0, days)


@pytest.mark.parametrize(
    ("monthly", "days", "of_days", "cents"), [(1, 1, 2, 1), (1, 14, 31, 0), (41210, 10, 31, 13294)]
)
def test_half_a_cent_goes_up(monthly: int, days: int, of_days: int, cents: int) -> None:
    assert proration.part_of(monthly, days, of_days) == cents


def test_premium_and_tax_credit_are_each_rounded_so_that_they_stay_apart() -> None:
    price = proration.price(DAILY, policy(date(2027, 1, 22), premium_cents=41210, tax_credit_cents=30555), JAN)
    assert price == proration.MonthsPrice(13294, 9856, 10)


def test_an_issuer_that_does_not_prorate_bills_the_month_and_an_unknown_one_bills_nothing() -> None:
    part = policy(date(2027, 1, 22))
    assert proration.price(FULL, part, JAN) == proration.MonthsPrice(31000, 0, 10)
    assert proration.price(profiles.get("nc_seed"), part, JAN) is None


def starting(world: World, monkeypatch: pytest.MonkeyPatch, profile: profiles.Profile, **days: date) -> None:
    monkeypatch.setattr(profiles, "get", lambda _: profile)
    world.member(unpaid=[], premium_cents=31000)
    with world.core.write() as session:
        held = session.merge(world.policy("ada", "health"))
        held.first_month = JAN
        for name, day in days.items():
            setattr(held, name, day)


def test_a_month_that_begins_in_its_middle_is_billed_by_its_days_as_the_first_payment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting(world, monkeypatch, DAILY, covered_from=date(2027, 1, 22))
    run(world, "2026-12-15", times=2)
    (bill,) = world.invoices()
    assert (bill.net_cents, bill.days_covered, bill.binder) == (10000, 10, True)


def test_the_last_month_is_billed_by_its_days_and_none_after_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    starting(world, monkeypatch, DAILY, covered_to=date(2027, 2, 10))
    run(world, "2026-12-15")
    world.pay()
    run(world, "2027-01-15")
    world.pay()
    run(world, "2027-02-15")
    assert [row.net_cents for row in world.invoices()] == [31000, 11071]


def test_where_nobody_knows_a_person_bills_the_part_month(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    starting(world, monkeypatch, profiles.get("nc_seed"), covered_from=date(2027, 1, 22))
    run(world, "2026-12-15", times=2)
    assert world.invoices() == []
    assert notices.kinds_since(world.core, "ada", 0) == ["part_month_review"]


def test_no_month_is_billed_before_the_first_payment_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    late = profiles.get("nc_seed").model_copy(update={"invoice_lead_days_manual": 40})
    starting(world, monkeypatch, late)
    run(world, "2026-12-01")
    run(world, "2026-12-31")
    assert [row.coverage_month for row in world.invoices()] == [JAN]
    world.at("2027-01-01T09:00")
    world.pay()
    run(world, "2027-01-02")
    assert [row.coverage_month for row in world.invoices()] == [JAN, FEB]
