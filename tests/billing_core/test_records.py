"""Decision records: every answer and refusal can be asked again from its record and comes out the same."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from billing_core import enrolling, errors, profiles, quotes, records
from billing_core.records import DecisionRecord
from tests.billing_core.world import World


def cancel(world: World) -> None:
    enrolling.cancel(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn())


def the_only(world: World) -> DecisionRecord:
    (record,) = records.of(world.core, "ada")
    return record


def replays(world: World, record: DecisionRecord) -> bool:
    answer = records.replay(world.core, record)
    return answer is not None and records.told(answer) == record.computed


@pytest.mark.parametrize("profile", ["nc_seed", "bcbsnc_current"])
@pytest.mark.parametrize(("moment", "allowed"), [("2026-12-16T10:00", True), ("2026-12-28T10:00", False)])
def test_the_locks_answer_is_kept_and_comes_out_the_same_again(
    world: World, profile: str, moment: str, allowed: bool
) -> None:
    world.member(profile=profile, saved=["checking"], autopay="checking", unpaid=[])
    world.at(moment)
    if allowed:
        cancel(world)
    else:
        with pytest.raises(errors.AutopayLocked):
            cancel(world)
    record = the_only(world)
    assert (record.about, record.computed["allowed"]) == (records.LOCK, allowed)
    assert record.at == world.core.now()
    assert replays(world, record)


@pytest.mark.parametrize(
    ("wish", "rule"),
    [
        ({}, None),
        ({"share": Fraction(1, 3)}, None),
        ({"amount_cents": 41210}, None),
        ({"amount_cents": 41211}, "AmountAboveOwed"),
        ({"amount_cents": 0}, "AmountNotPositive"),
        ({"pay_on": date(2026, 12, 14)}, "PayDatePast"),
        ({"pay_on": date(2027, 1, 31)}, None),
        ({"pay_on": date(2027, 2, 1)}, "PayDateTooLate"),
    ],
)
def test_an_amounts_answer_is_kept_with_its_rule_and_comes_out_the_same_again(
    world: World, wish: dict[str, Any], rule: str | None
) -> None:
    world.member()
    if rule is None:
        quote = world.quote(**wish)
        assert the_only(world).computed["facts"]["amount_cents"] == quote.amount_cents
    else:
        with pytest.raises(errors.PaymentRefused):
            world.quote(**wish)
    record = the_only(world)
    assert (record.about, record.rule) == (records.AMOUNT, rule)
    assert replays(world, record)


def test_a_refusal_is_kept_although_everything_else_of_it_is_rolled_back(world: World) -> None:
    world.member()
    with pytest.raises(errors.AmountAboveOwed):
        world.quote(amount_cents=99999)
    assert world.payments() == []
    assert the_only(world).computed["facts"] == {"asked_cents": 99999, "owed_cents": 41210}


def test_the_record_outlives_what_it_was_about(world: World) -> None:
    world.member()
    world.pay(amount_cents=20000)
    first = records.of(world.core, "ada")[0]
    assert world.owed_cents() == 21210
    assert replays(world, first)
    assert first.computed["facts"]["owed_cents"] == 41210


def test_asking_twice_in_one_turn_is_one_decision(world: World) -> None:
    world.member()
    world.quote(turn="T")
    world.quote(turn="T")
    assert the_only(world).about == records.AMOUNT


def test_a_profile_that_has_changed_is_replayed_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member(saved=["checking"], autopay="checking", unpaid=[])
    world.at("2026-12-17T10:00")
    with pytest.raises(errors.AutopayLocked):
        cancel(world)
    before = the_only(world)
    changed = profiles.get("nc_seed").model_copy(update={"lock_days_before": 3})
    monkeypatch.setattr(profiles, "get", lambda _id: changed)
    cancel(world)
    _, after = records.of(world.core, "ada")
    assert before.profile_version != after.profile_version == records.version(changed)
    assert (before.computed["allowed"], after.computed["allowed"]) == (False, True)
    assert replays(world, before)
    assert replays(world, after)


@pytest.mark.parametrize("field", ["lock_days_after", "grace_other_days"])
def test_any_changed_value_makes_another_version_and_the_same_values_the_same(field: str) -> None:
    seed = profiles.get("nc_seed")
    assert records.version(seed) == records.version(seed.model_copy())
    assert records.version(seed) != records.version(seed.model_copy(update={field: 7}))


def test_a_refusal_of_another_rule_is_kept_by_name_and_not_asked_again(world: World) -> None:
    world.member(binder=True)
    with pytest.raises(errors.BinderUnpaid):
        enrolling.offer(world.core, account_id="ada", conversation_id="c", turn_id="t", method_id=None)
    record = the_only(world)
    assert (record.about, record.rule, record.computed["facts"]) == (records.OTHER, "G28", {"amount_cents": 41210})
    assert records.replay(world.core, record) is None


def test_leaving_an_amount_and_then_failing_on_the_method_keeps_both(world: World) -> None:
    world.member(saved=["dead"])
    with pytest.raises(errors.MethodExpired):
        world.quote(method="dead")
    kept = records.of(world.core, "ada")
    assert [(row.about, row.rule) for row in kept] == [(records.AMOUNT, None), (records.OTHER, "G12")]


def test_nothing_a_member_wrote_and_no_token_is_in_a_record(world: World) -> None:
    world.member(saved=["checking", "visa"], autopay="checking")
    world.quote()
    world.at("2026-12-20T10:00")
    with pytest.raises(errors.AutopayLocked):
        cancel(world)
    for record in records.of(world.core, "ada"):
        text = f"{record.inputs}{record.computed}"
        assert not any(secret in text for secret in ("tok_", "6789", "4242", "Ada", "ada@"))


def test_a_refusal_for_nobody_keeps_nothing(world: World) -> None:
    with pytest.raises(errors.AccountNotFound):
        quotes.open_payment(world.core, account_id="nobody", conversation_id="c", turn_id="t")
    assert records.of(world.core, "nobody") == []
