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
        ("methods_unknown: []", "methods_unknown: [card]", "methods_unknown"),
        ("grace_start: due ", "grace_start: birth ", "grace_start"),
        ("grace_start: due ", "grace_start: next_month ", "grace_start"),
    ],
)
def test_a_wrong_field_is_named_with_its_file_and_line(right: str, wrong: str, field: str) -> None:
    text = SEED.replace(right, wrong)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith(f"{field}:"))
    with pytest.raises(ProfileInvalid, match=rf"(?m)^mine\.yml:{line}: {field}"):
        profiles.load(text, "mine.yml")


def test_a_wrong_field_of_a_method_is_named_with_the_methods_own_line() -> None:
    text = SEED.replace("kind: money_order", "kind: seashells")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "seashells" in row)
    with pytest.raises(ProfileInvalid, match=rf"(?m)^mine\.yml:{line}: methods\.4\.kind: Input should be"):
        profiles.load(text, "mine.yml")


@pytest.mark.parametrize("wrong", ["{kind: card, label: a card, canal: online}", "{kind: card, label: a card}"])
def test_a_field_that_a_method_lacks_or_should_not_have_is_named_with_the_methods_line(wrong: str) -> None:
    text = SEED.replace("methods_unknown", f"  - {wrong}\nmethods_unknown")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if wrong in row)
    with pytest.raises(ProfileInvalid, match=rf"(?m)^mine\.yml:{line}: methods\.7\.channel: Field required"):
        profiles.load(text, "mine.yml")


def test_every_fault_of_a_file_is_told_at_once() -> None:
    text = SEED.replace("due_day: 1", "due_day: 0").replace("plan_types: [individual", "plan_types: [dragon")
    with pytest.raises(ProfileInvalid) as refused:
        profiles.load(text, "mine.yml")
    assert len(str(refused.value).splitlines()) == 2


def test_a_field_given_twice_is_refused_where_it_is_given_again() -> None:
    text = SEED + "due_day: 2\n"
    with pytest.raises(ProfileInvalid, match=rf"mine\.yml:{len(text.splitlines())}: due_day: given a second time"):
        profiles.load(text, "mine.yml")


def test_a_lock_until_the_outcome_must_say_how_it_begins() -> None:
    text = SEED.replace("lock_until_draft_resolved: false", "lock_until_draft_resolved: true")
    assert profiles.load(text, "mine.yml").lock_until_draft_resolved
    with pytest.raises(ProfileInvalid, match="lock_until_draft_resolved: needs lock_days_before"):
        profiles.load(text.replace("lock_days_before: 10 ", "lock_days_before: unknown "), "mine.yml")


def test_an_unknown_grace_cannot_be_verified() -> None:
    text = SEED.replace("grace_other_verified: false", "grace_other_verified: true")
    assert profiles.load(text, "mine.yml").grace_other_verified
    with pytest.raises(ProfileInvalid, match="grace_other_verified: unknown grace_other_days"):
        profiles.load(text.replace("grace_other_days: 30", "grace_other_days: unknown"), "mine.yml")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ProfileInvalid, match=r"no_such\.yml"):
        profiles.load_file(Path("no_such.yml"))


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


def test_the_page_of_today_locks_from_the_invoice_until_the_outcome() -> None:
    current = profiles.get("bcbsnc_current")
    assert (current.lock_days_before, current.lock_days_after, current.lock_until_draft_resolved) == (0, 0, True)
    assert current.autopay_notice_days is None
    assert current.takes("card", "visa")


@pytest.mark.parametrize("profile_id", ["ca_generic", "ny_generic"])
def test_what_a_plan_decides_by_itself_is_unknown(profile_id: str) -> None:
    generic = profiles.get(profile_id)
    assert generic.takes("card", "visa") is None
    assert generic.takes("checking") is True
    assert generic.autopay_takes("checking") is None
    assert generic.autopay_takes("card") is None
    assert generic.autopay_takes("check") is False
    assert not generic.due_verified
    assert generic.grace_aptc_months == 3


def test_a_telephone_nobody_knows_is_told_as_where_to_find_it() -> None:
    assert profiles.get("nc_seed").reached_at() == ("1-800-555-0100", "weekdays 8-6 Eastern")
    assert profiles.get("ny_generic").reached_at() == ("the number on your ID card", "hours not known to me")


def test_the_five_profiles_are_shipped() -> None:
    assert profiles.shipped() == ["bcbsnc_current", "ca_generic", "ma_connector", "nc_seed", "ny_generic"]
