"""What Stripe says, in our three answers: every shape of a yes, a no and a neither, at the recorded Stripe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing_core import codes, reversals
from billing_core.processors import NeverArrived
from billing_core.processors.stripe_codes import ACH_RETURNS, code_of
from billing_core.processors.stripe_entry import token_of
from tests.stripe.conftest import MemberAt
from tests.stripe.paying import OWED_CENTS, Member
from tests.stripe.recorded import Recorded, card_error


def test_a_saved_card_is_charged_off_session_once_with_our_attempt_on_it(member: Member, recorded: Recorded) -> None:
    payment = member.pays()
    assert payment.state == "settled"
    assert recorded.taken() == [OWED_CENTS]
    (intent,) = recorded.intents.values()
    assert (intent["metadata"]["attempt_id"], payment.processor_reference) == (payment.id, intent["id"])
    assert (intent["customer"], intent["payment_method_types"]) == ("cus_1", ["card"])
    (asked,) = recorded.asked
    assert (asked["confirm"], asked["off_session"], asked["currency"]) == ("true", "true", "usd")
    assert (member.owes(), member.heard()) == (0, ["receipt"])


def test_a_bank_debit_that_is_processing_is_accepted(recorded: Recorded, member_at: MemberAt) -> None:
    kind = "us_bank_account"
    member = member_at(recorded.url, token_of("us_bank_account", "cus_1", "pm_bank"), kind=kind)
    payment = member.pays()
    (intent,) = recorded.intents.values()
    assert (payment.state, intent["status"], intent["payment_method_types"]) == ("settled", "processing", [kind])
    assert member.owes() == 0


@pytest.mark.parametrize(
    ("told", "kept", "disabled"),
    [
        ("insufficient_funds", "insufficient_funds", False),
        ("lost_card", "lost_card", True),
        ("code=expired_card", "expired_card", True),
        ("code=incorrect_cvc", "incorrect_cvc", False),
        ("authentication_required", "authentication_required", False),
        ("a_reason_of_tomorrow", "generic_decline", False),
        ("code=card_declined", "generic_decline", False),
    ],
)
def test_a_decline_is_told_with_its_reason(
    member: Member, recorded: Recorded, told: str, kept: str, disabled: bool
) -> None:
    member.saves(f"card:cus_1:pm_declines_{told}")
    payment = member.pays()
    assert (payment.state, payment.code) == ("rejected", kept)
    assert (member.method().disabled_code == kept) is disabled
    assert (recorded.taken(), member.owes(), member.heard()) == ([], OWED_CENTS, ["rejection"])


@pytest.mark.parametrize(("told", "kept"), sorted(ACH_RETURNS.items()))
def test_a_bank_s_reason_becomes_a_return_code_of_the_table(told: str, kept: str) -> None:
    assert code_of(card_error(told, kind="us_bank_account")) == kept
    assert codes.lookup(kept).rail == "ach"


def test_a_return_code_that_stripe_passes_on_is_taken_as_it_is() -> None:
    assert code_of(card_error("debit_not_authorized", kind="us_bank_account", network="R07")) == "R07"
    assert code_of(card_error("debit_not_authorized", kind="us_bank_account", network="R99")) == "R10"
    assert code_of(card_error("some_new_reason", kind="us_bank_account", network="R99")) == "R99"
    assert code_of(card_error("some_new_reason", kind="us_bank_account")) == "generic_decline"


@pytest.mark.parametrize(
    ("reason", "more", "kept"),
    [
        ("generic_decline", {"network_advice_code": "03"}, "MAC 03"),
        ("insufficient_funds", {"network_advice_code": "21"}, "MAC 21"),
        ("insufficient_funds", {"network_advice_code": "30"}, "MAC 30"),
        ("insufficient_funds", {"network_advice_code": "02"}, "insufficient_funds"),
        ("expired_card", {"network_advice_code": "30"}, "expired_card"),
        ("stolen_card", {"network_advice_code": "03"}, "stolen_card"),
        ("insufficient_funds", {"network_advice_code": "99"}, "insufficient_funds"),
        ("generic_decline", {"advice_code": "do_not_try_again"}, "do_not_try_again"),
        ("generic_decline", {"advice_code": "try_again_later"}, "generic_decline"),
        (
            "generic_decline",
            {"network_advice_code": "03", "payment_method": {"card": {"brand": "visa"}}},
            "generic_decline",
        ),
        (
            "generic_decline",
            {"network_advice_code": "03", "payment_method": {"card": {"brand": "mastercard"}}},
            "MAC 03",
        ),
    ],
)
def test_what_the_network_advises_is_kept_where_it_is_stricter_than_the_reason(
    reason: str, more: dict[str, Any], kept: str
) -> None:
    assert code_of(card_error(reason) | more) == kept


def test_every_card_code_of_the_table_is_kept_as_it_is() -> None:
    for row in codes.table().values():
        if row.processor_source == "Stripe decline_code":
            assert code_of(card_error(row.code)) == row.code


def test_a_payment_that_waits_for_the_member_is_cancelled_and_declined(member: Member, recorded: Recorded) -> None:
    member.saves("card:cus_1:pm_needs_action")
    payment = member.pays()
    assert (payment.state, payment.code) == ("rejected", "authentication_required")
    assert [each["status"] for each in recorded.intents.values()] == ["canceled"]


def test_a_method_stripe_does_not_know_is_declined_without_disabling_it(member: Member, recorded: Recorded) -> None:
    # A key of another Stripe account looks the same, and must not end every member's methods.
    member.saves("card:cus_1:pm_missing")
    payment = member.pays()
    assert (payment.state, payment.code, member.method().disabled_code) == ("rejected", "processing_error", None)
    assert recorded.intents == {}


def test_a_token_of_another_processor_is_never_sent(member: Member, recorded: Recorded) -> None:
    member.saves("tok_visa")
    assert member.pays().state == "rejected"
    assert recorded.requests == []


def test_a_refund_goes_back_once_however_often_it_is_asked_for(member: Member, recorded: Recorded) -> None:
    payment = member.pays()
    assert reversals.refund(member.core, payment.id).state == "refunded"
    assert (member.owes(), [each["amount"] for each in recorded.refunds]) == (OWED_CENTS, [OWED_CENTS])
    recorded.forget_keys()
    again = member.stripe.refund(attempt_id=payment.id, amount_cents=OWED_CENTS)
    assert again == member.stripe.refund(attempt_id=payment.id, amount_cents=OWED_CENTS)
    assert len(recorded.refunds) == 1


def test_what_was_refunded_by_hand_at_stripe_counts_as_refunded(member: Member, recorded: Recorded) -> None:
    payment = member.pays()
    recorded.refunds.append(
        {"id": "re_hand", "amount": OWED_CENTS, "payment_intent": payment.processor_reference, "status": "succeeded"}
    )
    assert reversals.refund(member.core, payment.id).state == "refunded"
    assert len(recorded.refunds) == 1


def test_nothing_can_be_refunded_that_was_not_charged(member: Member) -> None:
    answer = member.stripe.refund(attempt_id="never-sent", amount_cents=100)
    assert getattr(answer, "code", None) == "invalid_amount"


def test_an_attempt_that_was_never_sent_never_arrived_and_nobody_is_asked(member: Member, recorded: Recorded) -> None:
    assert member.stripe.find("never-sent") == NeverArrived()
    assert recorded.requests == []


def test_a_key_too_old_to_be_trusted_is_not_sent_again(member: Member, recorded: Recorded) -> None:
    payment = member.pays()
    recorded.forget_keys()
    member.core.clock.advance(timedelta(hours=21))
    again = member.stripe.charge(attempt_id=payment.id, token="card:cus_1:pm_good", amount_cents=OWED_CENTS)
    assert getattr(again, "reference", None) == payment.processor_reference
    assert recorded.taken() == [OWED_CENTS]
