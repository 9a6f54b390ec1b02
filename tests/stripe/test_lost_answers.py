"""No answer, a late one, an error instead of one: nothing is charged twice, and what was charged is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from billing_core import attempts, billing_day
from billing_core.errors import PaymentUnresolved
from billing_core.processors import Accepted, NeverArrived, Unknown
from billing_core.processors.stripe import StripeConfig, StripeProcessor
from gateway.serving import free_port
from tests.stripe.conftest import MemberAt
from tests.stripe.paying import OWED_CENTS, Member
from tests.stripe.recorded import Fault, Recorded

LATE_S = 0.4
CHARGED_AND_LOST = {
    "a time-out": Fault(charged=True, wait_s=LATE_S),
    "a 500": Fault(charged=True, status=500),
    "a 409": Fault(charged=True, status=409, code="idempotency_key_in_use"),
}
NOT_CHARGED = {
    "a time-out": Fault(charged=False, wait_s=LATE_S),
    "a 500": Fault(charged=False, status=500),
    "a 429": Fault(charged=False, status=429, code="rate_limit"),
    "a wrong key": Fault(charged=False, status=401),
}


@pytest.fixture
def member(recorded: Recorded, member_at: MemberAt) -> Member:
    return member_at(recorded.url, read_s=LATE_S / 2)


@pytest.mark.parametrize("fault", CHARGED_AND_LOST.values(), ids=CHARGED_AND_LOST.keys())
def test_a_charge_whose_answer_got_lost_is_found_and_not_made_again(
    member: Member, recorded: Recorded, fault: Fault
) -> None:
    recorded.faults.append(fault)
    payment = member.pays()
    assert payment.state == "unknown"
    with pytest.raises(PaymentUnresolved):
        member.world.quote()
    for _ in range(3):
        member.is_asked_about()
    found = member.payment(payment.id)
    assert (found.state, found.processor_reference) == ("settled", next(iter(recorded.intents)))
    assert recorded.taken() == [OWED_CENTS]
    assert (member.owes(), member.heard(), member.money_entries()) == (0, ["receipt"], 1)


@pytest.mark.parametrize("fault", NOT_CHARGED.values(), ids=NOT_CHARGED.keys())
def test_a_charge_that_never_arrived_is_given_up_only_when_it_cannot_arrive_any_more(
    member: Member, recorded: Recorded, fault: Fault
) -> None:
    recorded.faults.append(fault)
    payment = member.pays()
    member.core.clock.advance(timedelta(minutes=9, seconds=59))
    member.is_asked_about()
    assert member.payment(payment.id).state == "unknown"
    member.core.clock.advance(timedelta(seconds=1))
    member.is_asked_about()
    assert (member.payment(payment.id).state, member.payment(payment.id).code) == ("rejected", "processing_error")
    assert recorded.taken() == []
    assert member.pays().state == "settled"
    assert recorded.taken() == [OWED_CENTS]


def test_a_second_sending_starts_the_wait_anew(member: Member, recorded: Recorded) -> None:
    asked = {"attempt_id": "a1", "token": "card:cus_1:pm_good", "amount_cents": 100}
    for _ in range(2):
        recorded.faults.append(Fault(charged=False, status=500))
        assert member.stripe.charge(**asked) == Unknown()  # type: ignore[arg-type]
        member.core.clock.advance(timedelta(minutes=9))
        assert member.stripe.find("a1") == Unknown()
    member.core.clock.advance(timedelta(minutes=1))
    assert member.stripe.find("a1") == NeverArrived()


def test_one_attempt_sent_by_many_at_once_is_charged_once(member: Member, recorded: Recorded) -> None:
    def send(_: int) -> object:
        return member.stripe.charge(attempt_id="a1", token="card:cus_1:pm_good", amount_cents=100)

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(send, range(12))) == {Accepted("pi_1")}
    assert recorded.taken() == [100]


def test_a_broken_connection_is_tried_once_more_under_the_same_key(member: Member, recorded: Recorded) -> None:
    recorded.faults.append(Fault(charged=True))
    assert member.pays().state == "settled"
    assert recorded.taken() == [OWED_CENTS]
    assert recorded.requests.count(("POST", "/v1/payment_intents")) == 2


def test_a_connection_that_breaks_twice_leaves_it_open(member: Member, recorded: Recorded) -> None:
    recorded.faults.extend([Fault(charged=True), Fault(charged=False)])
    payment = member.pays()
    assert payment.state == "unknown"
    member.is_asked_about()
    assert member.payment(payment.id).state == "settled"
    assert recorded.taken() == [OWED_CENTS]


def test_a_refusal_after_a_lost_answer_is_no_answer(member: Member, recorded: Recorded) -> None:
    recorded.faults.extend([Fault(charged=True), Fault(charged=False, status=400, code="parameter_invalid")])
    payment = member.pays()
    assert payment.state == "unknown"
    member.is_asked_about()
    assert member.payment(payment.id).state == "settled"


def test_a_server_that_does_not_listen_leaves_it_open(member_at: MemberAt) -> None:
    member = member_at(f"http://127.0.0.1:{free_port()}")
    payment = member.pays()
    assert payment.state == "unknown"
    member.is_asked_about()
    assert member.payment(payment.id).state == "unknown"


def test_the_same_key_with_another_amount_charges_nothing_and_finds_what_was(
    member: Member, recorded: Recorded
) -> None:
    stripe = member.stripe
    first = stripe.charge(attempt_id="a1", token="card:cus_1:pm_good", amount_cents=100)
    assert isinstance(first, Accepted)
    assert stripe.charge(attempt_id="a1", token="card:cus_1:pm_good", amount_cents=100) == first
    assert stripe.charge(attempt_id="a1", token="card:cus_1:pm_good", amount_cents=200) == Unknown()
    assert stripe.find("a1") == first
    assert recorded.taken() == [100]


def test_an_attempt_is_found_among_a_customer_s_many(member: Member, recorded: Recorded) -> None:
    stripe = member.stripe
    recorded.faults.append(Fault(charged=True, status=500))
    assert stripe.charge(attempt_id="first", token="card:cus_1:pm_good", amount_cents=1) == Unknown()
    for number in range(6):
        stripe.charge(attempt_id=f"later-{number}", token="card:cus_1:pm_good", amount_cents=100 + number)
    assert stripe.find("first") == Accepted("pi_1")
    assert member.core.processor.find("another") == NeverArrived()


def test_a_declined_attempt_without_an_answer_is_found_declined(member: Member, recorded: Recorded) -> None:
    member.saves("card:cus_1:pm_declines_insufficient_funds")
    recorded.faults.append(Fault(charged=True, status=502))
    payment = member.pays()
    member.is_asked_about()
    assert (member.payment(payment.id).state, member.payment(payment.id).code) == ("rejected", "insufficient_funds")


def test_a_process_that_died_before_it_heard_is_made_up_for_without_a_second_charge(
    member: Member, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        """The process ended here."""

    charge = StripeProcessor.charge

    def dying(self: StripeProcessor, **asked: object) -> object:
        charge(self, **asked)  # type: ignore[arg-type]
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(StripeProcessor, "charge", dying)
        with pytest.raises(Died):
            member.pays()
    (row,) = member.world.payments()
    assert row.state == "submitted"
    for hours in (1, 30):
        member.core.clock.advance(timedelta(hours=hours))
        billing_day.settle_open(member.core)
        attempts.submit(member.core, row.id)
    assert member.payment(row.id).state == "settled"
    assert recorded.taken() == [OWED_CENTS]


def test_what_is_logged_names_no_key_no_member_and_no_card(
    member: Member, recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    recorded.faults.append(Fault(charged=False, status=429))
    member.pays()
    for text in ("sk_test", "pm_good", "cus_1", "4242", "Ada"):
        assert text not in caplog.text
    assert "stripe_no_answer" in caplog.text
    assert "sk_test" not in repr(StripeConfig("sk_test_of_no_account"))
