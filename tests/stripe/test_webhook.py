"""Stripe's events at our door: only signed ones come in, each counts once, and their order does not matter."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from billing_core import Core, events, notices, reversals
from billing_core.events import ProcessorEvent
from billing_core.ledger import Entry
from billing_core.processors import Unknown
from billing_core.processors.sandbox import SandboxProcessor
from billing_core.processors.stripe_records import StripeAttempt
from tests.billing_core.world import World
from tests.stripe.delivering import SECRET, Deliverer, charge, event, failed, intent

OWED_CENTS = 41210
BANK = {"type": "us_bank_account"}


class Told:
    """A member with one payment, and Stripe telling about it."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.world = World(core)
        self.stripe = Deliverer(core)
        self.payment_id = ""

    def pays(self, monkeypatch: pytest.MonkeyPatch, *, saved: str = "visa", answered: bool = False) -> str:
        self.world.member(saved=(saved,))
        with monkeypatch.context() as patch:
            if not answered:
                patch.setattr(SandboxProcessor, "charge", lambda *_, **__: Unknown())
            self.payment_id = self.world.pay().payment.id
        return self.payment_id

    def state(self) -> str:
        return self.world.payment(self.payment_id).state

    def entries(self) -> list[str]:
        """What the ledger says about the payment, oldest first."""
        assert self.world.ledger_total_cents() == 0
        rows = select(Entry.reference).where(Entry.reference.like(f"payment:{self.payment_id}:%")).order_by(Entry.id)
        with self.core.read() as session:
            return [row.rsplit(":", 1)[1] for row in session.scalars(rows)]

    def heard(self) -> list[str]:
        return notices.kinds_since(self.core, "ada", 0)

    def taken(self) -> list[tuple[str, str]]:
        """Every event that was taken, with its effect."""
        with self.core.read() as session:
            return [(row.kind, row.effect) for row in session.scalars(select(ProcessorEvent))]

    def for_person(self) -> list[str | None]:
        return [row.for_person for row in events.for_person(self.core)]


@pytest.fixture
def told(core: Core) -> Told:
    return Told(core)


def test_a_success_settles_what_had_no_answer(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    assert told.state() == "unknown"
    assert told.stripe.delivers(event("payment_intent.succeeded", intent(attempt))) == 204
    assert (told.state(), told.entries(), told.heard()) == ("settled", ["settled"], ["receipt"])
    assert told.world.payment(attempt).processor_reference == f"pi_{attempt[-6:]}"


def test_an_event_delivered_three_times_counts_once(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    same = event("payment_intent.succeeded", intent(attempt), id_="evt_same")
    assert [told.stripe.delivers(same) for _ in range(3)] == [204, 204, 204]
    assert (told.entries(), told.heard(), told.taken()) == (
        ["settled"],
        ["receipt"],
        [("payment_intent.succeeded", "settled")],
    )


def test_an_event_delivered_by_four_at_once_counts_once(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    same = event("payment_intent.succeeded", intent(attempt), id_="evt_same")
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: Deliverer(told.core).delivers(same), range(4))) == {204}
    assert (told.entries(), len(told.taken())) == (["settled"], 1)


def test_a_failure_of_our_own_leaves_the_event_to_be_delivered_again(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = told.pays(monkeypatch)
    same = event("payment_intent.succeeded", intent(attempt), id_="evt_same")

    def breaks(*_: Any) -> None:
        raise RuntimeError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr("billing_core.attempts.take_answer", breaks)
        with pytest.raises(RuntimeError):
            told.stripe.delivers(same)
    assert (told.state(), told.taken()) == ("unknown", [])
    assert told.stripe.delivers(same) == 204
    assert told.state() == "settled"


def test_a_decline_is_told_with_its_reason(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    told.stripe.delivers(event("payment_intent.payment_failed", failed(attempt, "insufficient_funds")))
    assert (told.state(), told.world.payment(attempt).code) == ("rejected", "insufficient_funds")
    assert (told.world.owed_cents(), told.heard()) == (OWED_CENTS, ["rejection"])


def test_a_bank_debit_that_fails_days_later_is_a_return(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch, saved="checking")
    told.stripe.delivers(event("payment_intent.processing", intent(attempt, "processing")))
    assert (told.state(), told.world.owed_cents()) == ("settled", 0)
    bounced = failed(attempt, "bank_account_closed", kind="us_bank_account", network="R02")
    told.stripe.delivers(event("payment_intent.payment_failed", bounced))
    told.stripe.delivers(event("charge.failed", charge(attempt, payment_method_details=BANK, failure_code="R02")))
    assert (told.state(), told.world.payment(attempt).code) == ("returned", "R02")
    assert (told.entries(), told.heard()) == (["settled", "returned"], ["receipt", "return"])
    assert told.world.owed_cents() == OWED_CENTS
    assert told.world.method("ada", "checking").disabled_code == "R02"


def test_a_failed_bank_charge_alone_is_a_return_too(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch, saved="checking", answered=True)
    gone = charge(attempt, payment_method_details=BANK, failure_code="insufficient_funds")
    told.stripe.delivers(event("charge.failed", gone))
    assert (told.state(), told.world.payment(attempt).code) == ("returned", "R01")


ACH_STORY = ("payment_intent.processing", "payment_intent.payment_failed", "charge.failed")


@pytest.mark.parametrize("order", list(permutations(ACH_STORY)), ids="-".join)
def test_a_failed_debit_ends_unpaid_in_whatever_order_it_is_told(
    told: Told, monkeypatch: pytest.MonkeyPatch, order: Sequence[str]
) -> None:
    attempt = told.pays(monkeypatch, saved="checking")
    story = {
        "payment_intent.processing": intent(attempt, "processing"),
        "payment_intent.payment_failed": failed(attempt, "insufficient_funds", kind="us_bank_account", network="R01"),
        "charge.failed": charge(attempt, payment_method_details=BANK, failure_code="insufficient_funds"),
    }
    for kind in order:
        assert told.stripe.delivers(event(kind, story[kind])) == 204
    assert told.state() in ("returned", "rejected")
    assert told.for_person() == []
    assert told.world.owed_cents() == OWED_CENTS


def test_a_refund_made_at_stripe_is_a_refund_here(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch, answered=True)
    told.stripe.delivers(event("charge.refunded", charge(attempt, amount_refunded=OWED_CENTS)))
    assert (told.state(), told.entries(), told.world.owed_cents()) == ("refunded", ["settled", "refunded"], OWED_CENTS)


def test_a_refund_that_overtakes_the_charge_settles_and_refunds(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    told.stripe.delivers(event("charge.refunded", charge(attempt, amount_refunded=OWED_CENTS)))
    told.stripe.delivers(event("payment_intent.succeeded", intent(attempt)))
    assert (told.state(), told.entries()) == ("refunded", ["settled", "refunded"])
    assert told.for_person() == []


def test_our_own_refund_told_back_changes_nothing(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch, answered=True)
    reversals.refund(told.core, attempt)
    told.stripe.delivers(event("charge.refunded", charge(attempt, amount_refunded=OWED_CENTS)))
    assert (told.state(), told.entries(), told.for_person()) == ("refunded", ["settled", "refunded"], [])


@pytest.mark.parametrize(
    ("kind", "about", "why"),
    [
        ("charge.dispute.created", {"id": "dp_1", "object": "dispute"}, "disputed"),
        ("charge.refunded", {"amount_refunded": 100}, "partly_refunded"),
        ("refund.failed", {"id": "re_1", "object": "refund", "status": "failed"}, "refund_failed"),
        ("payment_intent.payment_failed", {"last_payment_error": None}, "failed_after_settling"),
    ],
)
def test_what_only_a_person_can_decide_is_written_down_and_changes_nothing(
    told: Told, monkeypatch: pytest.MonkeyPatch, kind: str, about: dict[str, Any], why: str
) -> None:
    attempt = told.pays(monkeypatch, answered=True)
    with told.core.write() as session:
        now = told.core.now()
        session.add(
            StripeAttempt(
                attempt_id=attempt, customer_id="cus_1", intent_id="pi_known", first_sent_at=now, last_sent_at=now
            )
        )
    # Disputes and refunds carry none of our metadata: the PaymentIntent tells whose they are.
    known = {"payment_intent": "pi_known"} if "payment_intent." not in kind else {"id": "pi_known"}
    assert told.stripe.delivers(event(kind, about | known)) == 204
    assert (told.for_person(), told.state(), told.entries()) == ([why], "settled", ["settled"])
    assert events.for_person(told.core)[0].attempt_id == attempt


def test_money_taken_for_a_payment_held_for_rejected_is_a_person_s(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    told.stripe.delivers(event("payment_intent.payment_failed", failed(attempt, "do_not_honor")))
    told.stripe.delivers(event("payment_intent.succeeded", intent(attempt)))
    assert (told.for_person(), told.state(), told.entries()) == (["charged_unexpectedly"], "rejected", [])


@pytest.mark.parametrize(
    "about",
    [
        {"id": "pi_x", "status": "succeeded"},
        intent("somebody-else-s"),
        {"id": 7, "metadata": [], "status": "succeeded"},
    ],
)
def test_what_is_about_somebody_else_is_taken_and_does_nothing(
    told: Told, monkeypatch: pytest.MonkeyPatch, about: dict[str, Any]
) -> None:
    told.pays(monkeypatch)
    assert told.stripe.delivers(event("payment_intent.succeeded", about)) == 204
    assert told.stripe.delivers(event("setup_intent.succeeded", {"id": "seti_1"})) == 204
    assert (told.state(), [effect for _, effect in told.taken()]) == ("unknown", ["not_ours", "not_ours"])


def test_a_forged_or_stale_event_is_refused_and_leaves_no_trace(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = told.pays(monkeypatch)
    true = event("payment_intent.succeeded", intent(attempt))
    body = json.dumps(true)
    sign = stripe.WebhookSignature.generate_signature_header
    now = int(time.time())
    assert told.stripe.delivers(true, secret="whsec_guessed") == 403
    assert told.stripe.delivers(true, age_s=301) == 403
    for signature in (
        None,
        "",
        "v1=",
        "t=,v1=abc",
        f"t={now}",
        f"t={now},v1={'0' * 64}",
        f"t={now},v1=é".encode("latin-1"),
        sign(body + " ", SECRET),
        sign(body, SECRET).replace("v1", "v0"),
    ):
        assert told.stripe.posts(body, signature).status_code == 403
    assert told.stripe.posts(b"\xff\xfe", sign("x", SECRET)).status_code == 403
    assert Deliverer(told.core, secret="").delivers(true, secret="x") == 403
    assert Deliverer(told.core, secret=" ").delivers(true, secret=" ") == 403
    assert (told.state(), told.taken()) == ("unknown", [])


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "7",
        "{}",
        '{"id": "evt_1", "type": "x", "data": []}',
        '{"id": "evt_1", "type": "x", "data": {"object": 3}}',
        '{"id": 7, "type": "x", "data": {"object": {}}}',
        json.dumps(event("x", {}, id_="e" * 256)),
    ],
)
def test_what_is_signed_but_no_event_is_refused(told: Told, body: str) -> None:
    assert told.stripe.delivers(body) == 400
    assert told.taken() == []


def test_a_body_larger_than_any_event_is_not_read(told: Told) -> None:
    assert told.stripe.delivers("x" * (512 * 1024 + 1)) == 413
