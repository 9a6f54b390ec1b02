"""The demo accounts: the facts of DESIGN 7 at the canonical clock, and the same facts on any other day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from billing_core import Core, accounts, autopay, cast, invoices, profiles, summary, views
from billing_core.calendar import first_of_month
from billing_core.errors import CoverageEnded, PersonNeeded, PlanNotServed
from billing_core.quotes import open_payment
from tests.billing_core.world import World

KEYS = [row["key"] for row in cast.MEMBERS]
DATES = [
    "2026-01-01",
    "2026-01-31",
    "2026-02-28",
    "2026-03-31",
    "2026-05-02",
    "2026-06-30",
    "2026-08-10",
    "2026-10-07",
    "2026-11-01",
    "2026-11-26",
    "2026-12-02",
    "2026-12-13",
    "2026-12-22",
    "2026-12-23",
    "2026-12-24",
    "2026-12-27",
    "2026-12-31",
    "2027-01-04",
    "2027-03-15",
    "2028-02-29",
]


def view(core: Core, key: str) -> dict[str, Any]:
    return views.account(core, key)


def owed(core: Core, key: str) -> list[tuple[str, int]]:
    return [(row["coverage_month"], row["open_cents"]) for row in view(core, key)["invoices"]]


@pytest.fixture
def loaded(world: World) -> Core:
    assert cast.load(world.core)
    return world.core


def test_the_cast_is_loaded_into_an_empty_database_only(loaded: Core) -> None:
    assert not cast.load(loaded)
    assert len(KEYS) == 13
    for number, row in enumerate(cast.MEMBERS, start=1):
        found = accounts.by_phone(loaded, row["phone"])
        assert found is not None
        assert (found.id, found.name) == (row["key"], row["name"])
        assert found.date_of_birth == date(1980, 1, 1) + timedelta(days=number)
        assert found.member_id == f"M{row['phone'][-4:]}"
        assert found.zip_code == ("02108" if row["key"] == "smith" else "27601")
    assert [row["key"] for row in cast.MEMBERS if not row["trusted"]] == ["brown"]
    assert accounts.by_phone(loaded, "+19195550199") is None
    assert World(loaded).ledger_total_cents() == 0
    assert World(loaded).charges() == []


def test_the_canonical_day_shows_the_facts_of_the_design(loaded: Core) -> None:
    lee = view(loaded, "lee")
    assert (lee["owed_cents"], lee["due_on"], lee["delivery"], lee["autopay"]) == (
        41210,
        "2027-01-01",
        "paper",
        {"status": "none"},
    )
    assert lee["invoices"][0]["invoice_date"] == "2026-12-13"
    assert lee["methods"] == [{"label": "Visa ending 4242", "kind": "card", "expires": "08/2028", "disabled": False}]
    rivera = view(loaded, "rivera")
    assert (rivera["owed_cents"], rivera["autopay"]["next_draft_on"]) == (0, "2027-01-01")
    assert (rivera["autopay"]["next_draft_cents"], rivera["autopay"]["method"]) == (41340, "checking ending 6789")
    standing = autopay.standing(loaded, "rivera").next_draft
    assert standing is not None
    assert (standing.notice_on, standing.bank_on) == (date(2026, 12, 27), date(2027, 1, 4))
    policy = accounts.get(loaded, "rivera").policies[0]
    assert (policy.premium_cents, policy.tax_credit_cents, policy.people_covered) == (131840, 90500, 4)
    okafor = view(loaded, "okafor")
    assert (okafor["owed_cents"], owed(loaded, "okafor")) == (
        28866,
        [("2026-11", 9622), ("2026-12", 9622), ("2027-01", 9622)],
    )
    assert okafor["grace"] == {
        "since": "2026-11-01",
        "last_day": "2027-01-31",
        "past_due_cents": 19244,
        "clears_cents": 28866,
        "claims_hold_from": "2026-12-01",
    }
    nguyen = autopay.standing(loaded, "nguyen")
    assert not nguyen.method_outlives_draft
    assert nguyen.next_draft is not None
    assert (nguyen.next_draft.due_on, nguyen.next_draft.amount_cents) == (date(2027, 1, 1), 35000)
    assert owed(loaded, "cohen") == [("2027-01", 29800), ("2027-01", 4250)]
    smith = view(loaded, "smith")
    assert (smith["owed_cents"], smith["due_on"], smith["invoices"][0]["coverage_month"]) == (
        18500,
        "2026-12-23",
        "2027-01",
    )
    assert accounts.get(loaded, "garcia").language == "es"
    assert view(loaded, "garcia")["owed_cents"] == 22480


def test_the_failures_of_the_canonical_day_are_dated_and_told(loaded: Core) -> None:
    patel = summary.last_rejection(loaded, "patel")
    assert patel is not None
    assert (patel.payment.code, patel.payment.resolved_on) == ("insufficient_funds", date(2026, 12, 14))
    assert [row.last4 for row in patel.other_methods] == ["5100"]
    assert (patel.still_owed_cents, patel.needs_person) == (28755, False)
    khan = summary.last_rejection(loaded, "khan")
    assert khan is not None
    assert (khan.payment.code, khan.payment.pay_on, khan.payment.resolved_on) == (
        "R01",
        date(2026, 12, 1),
        date(2026, 12, 3),
    )
    assert (khan.bounced, khan.still_owed_cents, khan.needs_person) == (True, 31800, False)
    novak = summary.last_rejection(loaded, "novak")
    assert novak is not None
    assert (novak.payment.code, novak.payment.resolved_on) == ("R10", date(2026, 12, 10))
    assert (novak.needs_person, novak.still_owed_cents, novak.other_methods) == (True, 20115, [])


@pytest.mark.parametrize("moment", ["2026-12-15", *DATES])
def test_the_same_facts_hold_on_any_day(world: World, moment: str) -> None:
    """What a member would notice: owed or not, late or not, enrolled or not; the dates move with the month."""
    core = world.core
    world.at(f"{moment}T10:00")
    cast.load(core)
    today = date.fromisoformat(moment)
    due = invoices.next_due_on(profiles.get("nc_seed"), today)
    before = first_of_month(due, -1)

    def months(key: str) -> list[str]:
        return [month for month, _ in owed(core, key)]

    for key in ("lee", "patel", "cohen", "brown", "garcia"):
        assert set(months(key)) == {due.strftime("%Y-%m")}, key
        assert view(core, key)["grace"] is None, key
    assert view(core, "lee")["invoices"][0]["invoice_date"] <= moment
    assert view(core, "smith")["owed_cents"] == 18500
    assert view(core, "smith")["due_on"] >= moment
    out = due - timedelta(days=5) <= today
    assert view(core, "rivera")["owed_cents"] == (41340 if out else 0)
    assert view(core, "rivera")["autopay"]["next_draft_on"] == due.isoformat()
    assert view(core, "rivera")["autopay"]["next_draft_cents"] == 41340
    okafor = view(core, "okafor")
    assert okafor["owed_cents"] == 28866
    assert okafor["grace"]["since"] == first_of_month(due, -2).isoformat()
    assert okafor["grace"]["past_due_cents"] == 19244
    nguyen = autopay.standing(core, "nguyen")
    assert nguyen.enrollment is not None
    assert nguyen.enrollment.method.expires == before.strftime("%m/%Y")
    assert not nguyen.method_outlives_draft
    assert months("khan")[0] == months("novak")[0] == before.strftime("%Y-%m")
    for key, code in (("patel", "insufficient_funds"), ("khan", "R01"), ("novak", "R10")):
        found = summary.last_rejection(core, key)
        assert found is not None
        assert found.payment.code == code
        assert found.payment.resolved_on is not None
        assert found.payment.resolved_on <= today
    ended = accounts.get(core, "reyes").coverage_ended_on
    assert ended == first_of_month(due, -2) - timedelta(days=1)
    for key in KEYS:
        seen = view(core, key)
        assert seen["ledger_total_cents"] == 0
        assert [row["on"] for row in seen["ledger"] if row["on"] > moment] == [], key
        assert [row["invoice_date"] for row in seen["invoices"] if row["invoice_date"] > moment] == [], key


def test_three_of_the_cast_cannot_pay_here(loaded: Core) -> None:
    for key, refusal in (("jones", PlanNotServed), ("reyes", CoverageEnded), ("novak", PersonNeeded)):
        with pytest.raises(refusal):
            open_payment(loaded, account_id=key, conversation_id=key, turn_id=key)


def test_a_first_payment_is_a_binder_and_khan_can_pay_by_hand(loaded: Core) -> None:
    world = World(loaded)
    assert world.invoices("brown")[-1].binder
    assert view(loaded, "brown")["methods"] == []
    assert world.quote("khan", conversation="khan").amount_cents == 31800
