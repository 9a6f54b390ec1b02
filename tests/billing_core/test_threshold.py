"""A small shortfall starts no grace where the issuer says so, and stays owed; grace told as dated facts (2.2, 2.4)."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import accounts, amounts, grace, grace_timeline, notices, profiles, threshold, views
from billing_core.errors import CoverageEnded, ProfileInvalid
from billing_core.grace_timeline import Step
from billing_core.invoices import Invoice, OpenInvoice
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_profiles import SEED
from tests.billing_core.world import JAN, World

NOV, DEC, FEB = date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)


def policy_of(kind: str | None, value: int | None = None, *, binder: bool | None = None) -> profiles.Profile:
    facts = {"threshold_kind": kind, "threshold_value": value, "threshold_for_binder": binder}
    return profiles.get("nc_seed").model_copy(update=facts)


def bill(*, binder: bool = False) -> Invoice:
    return Invoice(coverage_month=JAN, due_on=JAN, premium_cents=50000, tax_credit_cents=40000, binder=binder)


# Net 100.00 of gross 500.00: what may be missing at most.
KINDS = [("fixed", 1000, 1000), ("net_percent", 95, 500), ("gross_percent", 98, 1000)]


@pytest.mark.parametrize(("kind", "value", "short_cents"), KINDS)
def test_a_shortfall_up_to_the_cent_counts_as_paid_and_a_cent_more_does_not(
    kind: str, value: int, short_cents: int
) -> None:
    profile = policy_of(kind, value)
    assert threshold.met(profile, bill(), short_cents)
    assert not threshold.met(profile, bill(), short_cents + 1)


@pytest.mark.parametrize("kind", ["none", None])
def test_without_a_known_policy_not_a_cent_may_be_missing(kind: str | None) -> None:
    assert threshold.met(policy_of(kind), bill(), 0)
    assert not threshold.met(policy_of(kind), bill(), 1)


def test_a_share_of_a_cent_is_not_forgiven() -> None:
    odd = Invoice(coverage_month=JAN, due_on=JAN, premium_cents=9999, tax_credit_cents=0, binder=False)
    assert threshold.met(policy_of("net_percent", 95), odd, 499)
    assert not threshold.met(policy_of("net_percent", 95), odd, 500)


@pytest.mark.parametrize(("said", "met"), [(True, True), (False, False), (None, False)])
def test_a_first_payment_may_be_short_only_where_the_policy_says_so(said: bool | None, met: bool) -> None:
    assert threshold.met(policy_of("fixed", 1000, binder=said), bill(binder=True), 1000) is met


def test_a_bill_of_which_nothing_was_paid_is_not_met_however_small() -> None:
    small = Invoice(coverage_month=JAN, due_on=JAN, premium_cents=800, tax_credit_cents=0, binder=False)
    assert not threshold.met(policy_of("fixed", 1000), small, 800)
    assert threshold.met(policy_of("fixed", 1000), small, 799)


def test_the_shortfall_starts_no_grace_and_is_still_owed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = policy_of("fixed", 1000)
    monkeypatch.setattr(profiles, "get", lambda _: profile)
    world.member(premium_cents=50000, tax_credit_cents=40000)
    world.pay(amount_cents=9000)
    run(world, "2027-01-02")
    view = views.account(world.core, "ada")
    assert (view["grace"], view["owed_cents"]) == (None, 1000)
    assert notices.kinds_since(world.core, "ada", 0) == ["receipt"]


def test_a_cent_more_short_starts_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = policy_of("fixed", 1000)
    monkeypatch.setattr(profiles, "get", lambda _: profile)
    world.member(premium_cents=50000, tax_credit_cents=40000)
    world.pay(amount_cents=8999)
    run(world, "2027-01-02")
    assert views.account(world.core, "ada")["grace"]["past_due_cents"] == 1001


def test_a_shortfall_made_good_later_does_not_make_the_bill_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = policy_of("fixed", 1000)
    monkeypatch.setattr(profiles, "get", lambda _: profile)
    world.member(premium_cents=50000, tax_credit_cents=40000, unpaid=[JAN, FEB])
    world.pay(amount_cents=9000)
    run(world, "2027-02-05")
    world.pay(amount_cents=1000)
    assert views.account(world.core, "ada")["grace"]["since"] == "2027-02-01"


def test_the_threshold_is_told_to_nobody_as_a_discount() -> None:
    open_ = [OpenInvoice(bill(), 10000)]
    assert amounts.minimum_to_keep(policy_of("fixed", 1000), open_, date(2027, 1, 2), None).amount_cents == 10000


@pytest.mark.parametrize(
    "wrong",
    [
        "threshold_kind: net_percent\nthreshold_value: 0",
        "threshold_kind: net_percent\nthreshold_value: 101",
        "threshold_kind: gross_percent\nthreshold_value: unknown",
        "threshold_kind: fixed\nthreshold_value: unknown",
        "threshold_kind: none\nthreshold_value: 5",
        "threshold_kind: some\nthreshold_value: 5",
    ],
)
def test_a_threshold_that_says_nothing_is_refused_by_name(wrong: str) -> None:
    rows = [row for row in SEED.splitlines() if not row.startswith(("threshold_kind", "threshold_value"))]
    with pytest.raises(ProfileInvalid, match="threshold_"):
        profiles.load("\n".join([*rows, wrong]), "mine.yml")


def with_credit(world: World, first_month: date, *unpaid: date, covered_from: date | None = None) -> accounts.Account:
    world.member(premium_cents=50000, tax_credit_cents=40378, unpaid=unpaid)
    with world.core.write() as session:
        held = session.merge(world.policy("ada", "health"))
        held.first_month, held.covered_from = first_month, covered_from
    return accounts.get(world.core, "ada")


@pytest.mark.parametrize(
    ("first_month", "covered_from", "three_months"),
    [
        (NOV, None, True),
        (DEC, None, False),
        (NOV, NOV, True),
        (NOV, date(2026, 11, 2), False),
        (date(2026, 10, 1), date(2026, 10, 31), True),
        (date(2025, 1, 1), None, True),
    ],
)
def test_three_months_need_a_full_month_that_was_paid(
    world: World, first_month: date, covered_from: date | None, three_months: bool
) -> None:
    account = with_credit(world, first_month, DEC, covered_from=covered_from)
    assert account.has_three_months(DEC) is three_months
    found = views.account(world.core, "ada")["grace"]
    assert found["last_day"] == ("2027-02-28" if three_months else "2026-12-31")


def test_where_nobody_prorates_a_part_month_is_a_full_months_premium() -> None:
    full = profiles.get("nc_seed").model_copy(update={"proration": "none"})
    policy = accounts.Policy(first_month=NOV, covered_from=date(2026, 11, 16))
    assert policy.first_full_month(full) == NOV


def test_without_a_full_month_the_claims_are_not_held_and_a_person_ends_it(world: World) -> None:
    with_credit(world, DEC, DEC, JAN)
    run(world, "2027-01-02")
    assert notices.kinds_since(world.core, "ada", 0) == ["grace_start", "termination_review"]
    assert accounts.get(world.core, "ada").coverage_ended_on is None


def test_grace_is_told_in_its_order_with_what_follows_last(world: World) -> None:
    with_credit(world, date(2026, 1, 1), NOV, DEC, JAN)
    told = grace_timeline.of(world.core, "ada")
    assert told is not None
    assert told.steps == (
        Step("paid_through", date(2026, 10, 31)),
        Step("grace_since", NOV, 19244),
        Step("claims_held_from", DEC),
        Step("bill_due", JAN, 9622),
        Step("last_day_to_pay", date(2027, 1, 31), 28866),
        Step("coverage_ends_back_to", date(2026, 11, 30)),
    )
    assert (told.clears_cents, told.least.amount_cents, told.verified, told.three_months) == (28866, 28866, True, True)


def test_paying_a_later_month_moves_no_day_of_it(world: World) -> None:
    with_credit(world, date(2026, 1, 1), NOV, DEC, JAN)
    before = grace_timeline.of(world.core, "ada")
    world.pay(amount_cents=9622)
    after = grace_timeline.of(world.core, "ada")
    assert before is not None
    assert after is not None
    assert (after.last_day, after.ends_back_on, after.past_due_cents) == (before.last_day, before.ends_back_on, 9622)


def test_full_payment_ends_the_timeline_and_an_end_of_coverage_refuses_it(world: World) -> None:
    with_credit(world, date(2026, 1, 1), NOV)
    world.pay()
    assert grace_timeline.of(world.core, "ada") is None
    world.member("bea", ended_on=date(2026, 10, 31))
    with pytest.raises(CoverageEnded):
        grace_timeline.of(world.core, "bea")


def test_a_rule_nobody_knows_has_no_last_day_in_it(world: World) -> None:
    world.member(profile="ny_generic", unpaid=[DEC])
    told = grace_timeline.of(world.core, "ada")
    assert told is not None
    assert [step for step in told.steps if step.on is None] == [Step("last_day_to_pay", None, 41210)]
    assert (told.verified, told.least.amount_cents, told.least.covers) == (False, None, "unknown")


def test_a_shortfall_below_the_threshold_is_in_no_grace() -> None:
    short = [OpenInvoice(bill(), 1000)]
    assert grace.standing(policy_of("fixed", 1000), short, date(2027, 1, 2), tax_credit=True) is None
    assert grace.standing(policy_of("fixed", 999), short, date(2027, 1, 2), tax_credit=True) is not None
