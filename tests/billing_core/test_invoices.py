"""When a month is due, when it is billed, and which month a payment goes to (S11, G2, DOMAIN 2.1, 2.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from billing_core import accounts, invoices, issuing, ledger, profiles
from billing_core.invoices import Allocation, Invoice, OpenInvoice
from tests.billing_core.world import JAN, World

SEED = profiles.get("nc_seed")
CONNECTOR = profiles.get("ma_connector")
NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)


def test_the_seed_is_due_on_the_first_of_the_month_it_covers() -> None:
    assert invoices.due_on(SEED, JAN) == JAN
    assert invoices.coverage_month_of(SEED, JAN) == JAN


def test_massachusetts_is_due_on_the_23rd_of_the_month_before() -> None:
    assert invoices.due_on(CONNECTOR, JAN) == date(2026, 12, 23)
    assert invoices.coverage_month_of(CONNECTOR, date(2026, 12, 23)) == JAN


@pytest.mark.parametrize(
    ("today", "seed", "connector"),
    [
        ("2026-12-01", "2026-12-01", "2026-12-23"),
        ("2026-12-02", "2027-01-01", "2026-12-23"),
        ("2026-12-23", "2027-01-01", "2026-12-23"),
        ("2026-12-24", "2027-01-01", "2027-01-23"),
        ("2026-12-31", "2027-01-01", "2027-01-23"),
        ("2028-02-29", "2028-03-01", "2028-03-23"),
    ],
)
def test_the_next_due_date_is_today_or_later(today: str, seed: str, connector: str) -> None:
    day = date.fromisoformat(today)
    assert invoices.next_due_on(SEED, day) == date.fromisoformat(seed)
    assert invoices.next_due_on(CONNECTOR, day) == date.fromisoformat(connector)


def test_a_bill_goes_out_19_days_before_due_by_hand_and_5_on_autopay_and_unknown_stays_unknown() -> None:
    assert invoices.invoice_date(SEED, JAN, autopay=False) == date(2026, 12, 13)
    assert invoices.invoice_date(SEED, JAN, autopay=True) == date(2026, 12, 27)
    assert invoices.invoice_date(CONNECTOR, JAN, autopay=True) is None


def open_(*cents: int) -> list[OpenInvoice]:
    return [OpenInvoice(Invoice(id=number), amount) for number, amount in enumerate(cents, start=1)]


@pytest.mark.parametrize(
    ("amount_cents", "parts", "left_cents"),
    [
        (1, [(1, 1)], 0),
        (100, [(1, 100)], 0),
        (101, [(1, 100), (2, 1)], 0),
        (350, [(1, 100), (2, 200), (3, 50)], 0),
        (351, [(1, 100), (2, 200), (3, 50)], 1),
        (0, [], 0),
    ],
)
def test_a_payment_fills_the_oldest_month_before_the_next(
    amount_cents: int, parts: list[tuple[int, int]], left_cents: int
) -> None:
    assert invoices.allocate(open_(100, 200, 50), amount_cents) == ([Allocation(*part) for part in parts], left_cents)


def test_open_invoices_come_oldest_month_first_whatever_the_order_of_issue(world: World) -> None:
    world.member(unpaid=[JAN, NOV, DEC], dental_cents=4250)
    with world.core.read() as session:
        found = invoices.open_invoices(session, "ada")
        dental = invoices.open_invoices(session, "ada", world.policy("ada", "dental").id)
    assert [(item.invoice.coverage_month, item.invoice.policy_kind) for item in found] == [
        (month, kind) for month in (NOV, DEC, JAN) for kind in ("health", "dental")
    ]
    assert {item.open_cents for item in dental} == {4250}
    assert len(dental) == 3


def test_one_policys_month_is_billed_once(world: World) -> None:
    world.member(premium_cents=131840, tax_credit_cents=90500)
    with world.core.write() as session:
        policy = accounts.find(session, "ada").policies[0]
        again = issuing.issue(
            session, policy, coverage_month=JAN, due=JAN, issued_on=JAN, at=datetime(2027, 1, 1, 12, tzinfo=UTC)
        )
    assert [row.id for row in world.invoices()] == [again.id]
    assert again.invoice_date == date(2026, 12, 13)
    assert world.owed_cents() == 41340


def test_the_tax_credit_is_owed_by_the_treasury_and_not_by_the_member(world: World) -> None:
    world.member(premium_cents=131840, tax_credit_cents=90500)
    with world.core.read() as session:
        balances = [
            ledger.balance_cents(session, "ada", book)
            for book in (ledger.RECEIVABLE, ledger.TAX_CREDIT, ledger.PREMIUM)
        ]
    assert balances == [41340, 90500, -131840]


def test_a_premium_covered_wholly_by_the_tax_credit_leaves_nothing_owed(world: World) -> None:
    world.member(premium_cents=50000, tax_credit_cents=50000)
    assert world.owed_cents() == 0
    assert world.ledger_total_cents() == 0
