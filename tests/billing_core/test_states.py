"""The state machines: every legal pair moves as drawn, every other pair is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from billing_core import states
from billing_core.errors import IllegalTransition
from billing_core.states import (
    AUTOPAY,
    PAYMENT,
    REFUND,
    AutopayEvent,
    AutopayState,
    PaymentEvent,
    PaymentState,
    RefundEvent,
    RefundState,
)

Machine = Mapping[StrEnum, Mapping[StrEnum, StrEnum]]

LEGAL_PAYMENT = {
    ("proposed", "confirm", "confirmed"),
    ("proposed", "leave", "cancelled"),
    ("proposed", "expire", "expired"),
    ("confirmed", "submit", "submitted"),
    ("confirmed", "leave", "cancelled"),
    ("submitted", "accept", "settled"),
    ("submitted", "decline", "rejected"),
    ("submitted", "lose_answer", "unknown"),
    ("unknown", "accept", "settled"),
    ("unknown", "decline", "rejected"),
    ("rejected", "accept_late", "settled"),
    ("settled", "return", "returned"),
    ("settled", "refund", "refunded"),
}
LEGAL_AUTOPAY = {
    ("offered", "authorize", "active"),
    ("offered", "withdraw", "withdrawn"),
    ("active", "cancel", "ended"),
    ("active", "cancel_later", "ending"),
    ("active", "suspend", "suspended"),
    ("ending", "cancel", "ended"),
    ("ending", "keep", "active"),
    ("suspended", "resume", "active"),
    ("suspended", "cancel", "ended"),
}
LEGAL_REFUND = {
    ("requested", "approve", "approved"),
    ("requested", "decline", "declined"),
    ("approved", "send", "sent"),
    ("approved", "decline", "declined"),
    ("sent", "accept", "done"),
    ("sent", "decline", "declined"),
}
CASES = [
    (PAYMENT, state, event, {(s, e): after for s, e, after in LEGAL_PAYMENT})
    for state in PaymentState
    for event in PaymentEvent
] + [
    (AUTOPAY, state, event, {(s, e): after for s, e, after in LEGAL_AUTOPAY})
    for state in AutopayState
    for event in AutopayEvent
]
CASES += [
    (REFUND, state, event, {(s, e): after for s, e, after in LEGAL_REFUND})
    for state in RefundState
    for event in RefundEvent
]


@pytest.mark.parametrize(
    ("machine", "state", "event", "legal"), CASES, ids=lambda part: part.value if isinstance(part, StrEnum) else None
)
def test_a_pair_moves_as_listed_or_is_refused(
    machine: Machine, state: StrEnum, event: StrEnum, legal: dict[tuple[str, str], str]
) -> None:
    if (state.value, event.value) in legal:
        assert states.advance(machine, state.value, event) == legal[state.value, event.value]
    else:
        with pytest.raises(IllegalTransition, match=f"{event.value} is not possible in state {state.value}"):
            states.advance(machine, state.value, event)


@pytest.mark.parametrize(("machine", "kind"), [(PAYMENT, PaymentState), (AUTOPAY, AutopayState), (REFUND, RefundState)])
def test_every_state_stands_in_its_table(machine: Machine, kind: type[StrEnum]) -> None:
    assert set(machine) == set(kind)


def test_a_state_nobody_knows_allows_nothing() -> None:
    with pytest.raises(IllegalTransition):
        states.advance(PAYMENT, "paid", PaymentEvent.REFUND)


def test_no_money_can_move_from_a_state_without_a_way_out() -> None:
    ended = {state for state, events in PAYMENT.items() if not events}
    assert not ended & (states.MONEY_MAY_MOVE | states.UNRESOLVED | {PaymentState.PROPOSED})


def test_the_drawing_is_in_step_with_the_tables() -> None:
    drawn = Path(__file__).parents[2] / "docs" / "states.md"
    assert drawn.read_text(encoding="utf-8") == states.drawing(), (
        "write billing_core.states.drawing() to docs/states.md"
    )
