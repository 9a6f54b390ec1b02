"""Money that goes back: each return and refund once, mirrored in the ledger, and the bill is open again."""

from __future__ import annotations

from datetime import date

import pytest

from billing_core import notices, reversals, summary, views
from billing_core.errors import CodeNotFound, IllegalTransition
from billing_core.processors import Unknown
from billing_core.processors.sandbox import SandboxProcessor
from tests.billing_core.world import JAN, World


def test_a_return_reopens_the_bill_and_a_second_one_changes_nothing(world: World) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    since = notices.last_id(world.core)
    world.at("2026-12-17T10:00")
    for _ in range(2):
        reversals.returned(world.core, payment_id, "R01")
    view = views.account(world.core, "ada")
    assert (view["owed_cents"], view["credit_cents"], view["ledger_total_cents"]) == (41210, 0, 0)
    assert [row["reference"] for row in view["ledger"][1:]] == [
        f"payment:{payment_id}:settled",
        f"payment:{payment_id}:returned",
    ]
    assert view["ledger"][-1]["on"] == "2026-12-17"
    assert notices.kinds_since(world.core, "ada", since) == ["return"]
    payment = world.payment(payment_id)
    assert (payment.state, payment.code, payment.resolved_on) == ("returned", "R01", date(2026, 12, 17))


def test_a_returned_part_goes_back_to_the_months_it_had_paid(world: World) -> None:
    world.member(unpaid=[date(2026, 12, 1), JAN])
    payment_id = world.pay(amount_cents=50000).payment.id
    world.pay(amount_cents=10000)
    reversals.returned(world.core, payment_id, "R01")
    open_ = {row["due_on"]: row["open_cents"] for row in views.account(world.core, "ada")["invoices"]}
    assert open_ == {"2026-12-01": 41210, "2027-01-01": 41210 - 10000}


@pytest.mark.parametrize(
    ("code", "disabled"), [("R01", None), ("R09", None), ("R02", "R02"), ("R10", "R10"), ("R51", "R51")]
)
def test_a_return_disables_the_method_for_the_codes_that_say_so(world: World, code: str, disabled: str | None) -> None:
    world.member(saved=["checking"])
    reversals.returned(world.core, world.pay().payment.id, code)
    assert world.method("ada", "checking").disabled_code == disabled


def test_a_return_with_a_code_nobody_knows_changes_nothing(world: World) -> None:
    world.member(saved=["checking"])
    payment_id = world.pay().payment.id
    with pytest.raises(CodeNotFound):
        reversals.returned(world.core, payment_id, "R99999")
    assert world.payment(payment_id).state == "settled"


def test_after_a_return_the_bill_is_paid_again_by_a_new_payment(world: World) -> None:
    world.member(saved=["checking", "visa"])
    reversals.returned(world.core, world.pay(method="checking").payment.id, "R01")
    assert world.pay(method="visa").left_cents == 0
    assert world.ledger_total_cents() == 0


def test_a_refund_gives_everything_back_once(world: World) -> None:
    world.member()
    payment_id = world.pay().payment.id
    for _ in range(2):
        assert reversals.refund(world.core, payment_id).state == "refunded"
    assert (world.owed_cents(), world.taken_cents(), world.ledger_total_cents()) == (41210, 0, 0)


def test_a_refund_without_an_answer_changes_nothing_and_may_be_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.member()
    payment_id = world.pay().payment.id
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProcessor, "refund", lambda *_, **__: Unknown())
        assert reversals.refund(world.core, payment_id).state == "settled"
    assert world.owed_cents() == 0
    assert reversals.refund(world.core, payment_id).state == "refunded"


def test_money_that_went_back_cannot_go_back_again_another_way(world: World) -> None:
    world.member()
    refunded = world.pay(amount_cents=100).payment.id
    returned = world.pay(amount_cents=200).payment.id
    reversals.refund(world.core, refunded)
    reversals.returned(world.core, returned, "R01")
    with pytest.raises(IllegalTransition):
        reversals.returned(world.core, refunded, "R01")
    with pytest.raises(IllegalTransition):
        reversals.refund(world.core, returned)
    assert world.owed_cents() == 41210


def test_a_declined_payment_cannot_be_refunded(world: World) -> None:
    world.member()
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    payment_id = world.pay().payment.id
    with pytest.raises(IllegalTransition):
        reversals.refund(world.core, payment_id)


def test_the_last_failure_is_the_one_that_happened_last_and_not_the_one_quoted_last(world: World) -> None:
    world.member(saved=["checking", "visa"])
    paid = world.pay(method="checking", amount_cents=100).payment
    world.at("2026-12-16T10:00")
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    declined = world.pay(method="visa", amount_cents=200).payment
    first = summary.last_rejection(world.core, "ada")
    assert first is not None
    assert (first.payment.id, first.bounced) == (declined.id, False)
    world.at("2026-12-17T10:00")
    reversals.returned(world.core, paid.id, "R01")
    second = summary.last_rejection(world.core, "ada")
    assert second is not None
    assert (second.payment.id, second.bounced, second.needs_person) == (paid.id, True, False)
    assert [row.last4 for row in second.other_methods] == ["4242"]


def test_a_failure_that_was_made_good_needs_nobody_and_owes_nothing(world: World) -> None:
    world.member(saved=["visa", "mastercard"])
    assert summary.last_rejection(world.core, "ada") is None
    world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
    world.pay()
    world.pay(method="mastercard")
    found = summary.last_rejection(world.core, "ada")
    assert found is not None
    assert (found.still_owed_cents, found.due_on, found.needs_person) == (0, None, False)


def test_an_unauthorized_return_needs_a_person_while_its_bill_is_open(world: World) -> None:
    world.member(saved=["checking", "visa"])
    reversals.returned(world.core, world.pay(method="checking").payment.id, "R10")
    found = summary.last_rejection(world.core, "ada")
    assert found is not None
    assert found.needs_person
