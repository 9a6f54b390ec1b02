"""Issuer profiles: data that is checked when it is loaded, and unknown stays unknown (G17, G25)."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_core import profiles
from billing_core.errors import ProfileInvalid, ProfileNotFound

SHIPPED = Path(profiles.__file__).parent
SEED = (SHIPPED / "nc_seed.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yml")), ids=lambda path: path.stem)
def test_every_shipped_profile_loads_under_its_own_name(path: Path) -> None:
    assert profiles.load_file(path).id == path.stem
    assert profiles.get(path.stem) is profiles.get(path.stem)


def test_the_seed_profile_holds_the_seeds_rules() -> None:
    seed = profiles.get("nc_seed")
    assert (seed.due_day, seed.invoice_lead_days_autopay, seed.lock_days_before, seed.lock_days_after) == (1, 5, 10, 10)
    assert seed.convenience_fee_cents == 0
    assert seed.max_debit_attempts == 2


def test_what_nobody_verified_is_unknown_and_not_zero() -> None:
    connector = profiles.get("ma_connector")
    assert connector.lock_days_before is None
    assert connector.convenience_fee_cents is None
    assert connector.partial_payment is None


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ("due_day: 1", "due_day: 29", "due_day"),
        ("due_day: 1", "due_day: 0", "due_day"),
        ("lock_days_before: 10 ", "lock_days_before: -1 ", "lock_days_before"),
        ("lock_days_before: 10 ", "lock_days_before: ten ", "lock_days_before"),
        ("partial_payment: accepted_no_guarantee", "partial_payment: maybe", "partial_payment"),
        ("time_zone: America/New_York", "time_zone: America/NewYork", "time_zone"),
        ("plan_types: [individual, family]", "plan_types: [individual, medicare]", "plan_types"),
        ("pending_changes_allowed: true", "pending_changes_alowed: true", "pending_changes_alowed"),
    ],
)
def test_a_wrong_field_is_named_with_its_file_and_line(right: str, wrong: str, field: str) -> None:
    text = SEED.replace(right, wrong)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith(f"{field}:"))
    with pytest.raises(ProfileInvalid, match=rf"(?m)^mine\.yml:{line}: {field}"):
        profiles.load(text, "mine.yml")


def test_a_missing_field_is_named() -> None:
    text = "\n".join(row for row in SEED.splitlines() if not row.startswith("due_day:"))
    with pytest.raises(ProfileInvalid, match=r"mine\.yml:1: due_day: Field required"):
        profiles.load(text, "mine.yml")


@pytest.mark.parametrize("due_day", [1, 28])
def test_the_due_day_may_be_any_day_that_every_month_has(due_day: int) -> None:
    assert profiles.load(SEED.replace("due_day: 1", f"due_day: {due_day}"), "mine.yml").due_day == due_day


@pytest.mark.parametrize("text", ["", "- a list", "just words", "a: [1", "id: x\n  bad: indent"])
def test_a_file_that_is_no_mapping_is_refused_by_name(text: str) -> None:
    with pytest.raises(ProfileInvalid, match=r"mine\.yml"):
        profiles.load(text, "mine.yml")


@pytest.mark.parametrize("name", ["no_such", "../nc_seed", "nc_seed.yml", ""])
def test_a_profile_nobody_ships_is_not_found(name: str) -> None:
    with pytest.raises(ProfileNotFound):
        profiles.get(name)


def test_the_seed_takes_the_four_brands_and_no_other_card() -> None:
    seed = profiles.get("nc_seed")
    assert all(seed.takes("card", brand) for brand in ("visa", "mastercard", "amex", "discover"))
    assert not seed.takes("card", "jcb")
    assert not seed.takes("card", None)
    assert seed.takes("checking")


def test_a_kind_taken_only_by_post_cannot_be_charged_online() -> None:
    assert not profiles.get("nc_seed").takes("check")


def test_massachusetts_takes_no_card_of_any_kind() -> None:
    connector = profiles.get("ma_connector")
    assert not any(connector.takes("card", brand) for brand in (None, "visa", "mastercard", "amex", "discover"))
    assert connector.takes("checking")
    assert connector.autopay_takes("savings")
    assert not connector.autopay_takes("card")


def test_methods_are_listed_in_an_order_that_steers_nobody() -> None:
    labels = [method.label.removeprefix("credit or debit ") for method in profiles.get("nc_seed").methods]
    kinds = [label for label in labels if not label.startswith("card")]
    assert kinds == sorted(kinds)
