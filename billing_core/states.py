"""State machines as tables: the only way a payment, an enrollment, a validation or a refund changes state.

`docs/states.md` is drawn from these tables, and a test walks every legal and every illegal pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from billing_core.errors import IllegalTransition


class PaymentState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PaymentEvent(StrEnum):
    CONFIRM = "confirm"
    LEAVE = "leave"
    EXPIRE = "expire"
    SUBMIT = "submit"
    ACCEPT = "accept"
    ACCEPT_LATE = "accept_late"
    DECLINE = "decline"
    LOSE_ANSWER = "lose_answer"
    RETURN = "return"
    REFUND = "refund"


class AutopayState(StrEnum):
    OFFERED = "offered"
    ACTIVE = "active"
    ENDING = "ending"
    SUSPENDED = "suspended"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class AutopayEvent(StrEnum):
    AUTHORIZE = "authorize"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    CANCEL_LATER = "cancel_later"
    KEEP = "keep"
    SUSPEND = "suspend"
    RESUME = "resume"


class ValidationState(StrEnum):
    UNVERIFIED = "unverified"
    PENDING = "pending"
    VERIFIED = "verified"
    FAILED = "failed"


class ValidationEvent(StrEnum):
    SEND = "send"
    MATCH = "match"
    FAIL = "fail"
    REPLACE = "replace"


class RefundState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    DONE = "done"
    DECLINED = "declined"


class RefundEvent(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    SEND = "send"
    ACCEPT = "accept"


PAYMENT: Mapping[StrEnum, Mapping[StrEnum, StrEnum]] = {
    # A quote: read back to the member, valid for a while, no money moved.
    PaymentState.PROPOSED: {
        PaymentEvent.CONFIRM: PaymentState.CONFIRMED,
        PaymentEvent.LEAVE: PaymentState.CANCELLED,
        PaymentEvent.EXPIRE: PaymentState.EXPIRED,
    },
    # The member said yes; a payment for a later date waits here and may still be left.
    PaymentState.CONFIRMED: {
        PaymentEvent.SUBMIT: PaymentState.SUBMITTED,
        PaymentEvent.LEAVE: PaymentState.CANCELLED,
    },
    # The attempt is written down before the processor hears of it.
    PaymentState.SUBMITTED: {
        PaymentEvent.ACCEPT: PaymentState.SETTLED,
        PaymentEvent.DECLINE: PaymentState.REJECTED,
        PaymentEvent.LOSE_ANSWER: PaymentState.UNKNOWN,
    },
    # Nobody knows yet; only the processor's own word ends this, and no new attempt is made until it does.
    PaymentState.UNKNOWN: {
        PaymentEvent.ACCEPT: PaymentState.SETTLED,
        PaymentEvent.DECLINE: PaymentState.REJECTED,
    },
    PaymentState.SETTLED: {
        PaymentEvent.RETURN: PaymentState.RETURNED,
        PaymentEvent.REFUND: PaymentState.REFUNDED,
    },
    # Taken for never arrived, and then the processor says that it did: its money counts (`attempts.take_late`).
    PaymentState.REJECTED: {PaymentEvent.ACCEPT_LATE: PaymentState.SETTLED},
    PaymentState.RETURNED: {},
    PaymentState.REFUNDED: {},
    PaymentState.EXPIRED: {},
    PaymentState.CANCELLED: {},
}

AUTOPAY: Mapping[StrEnum, Mapping[StrEnum, StrEnum]] = {
    AutopayState.OFFERED: {
        AutopayEvent.AUTHORIZE: AutopayState.ACTIVE,
        AutopayEvent.WITHDRAW: AutopayState.WITHDRAWN,
    },
    AutopayState.ACTIVE: {
        AutopayEvent.CANCEL: AutopayState.ENDED,
        AutopayEvent.CANCEL_LATER: AutopayState.ENDING,
        AutopayEvent.SUSPEND: AutopayState.SUSPENDED,
    },
    # A cancellation saved inside the lock: the draft in progress still runs, then autopay ends (G3).
    AutopayState.ENDING: {
        AutopayEvent.CANCEL: AutopayState.ENDED,
        AutopayEvent.KEEP: AutopayState.ACTIVE,
    },
    AutopayState.SUSPENDED: {
        AutopayEvent.RESUME: AutopayState.ACTIVE,
        AutopayEvent.CANCEL: AutopayState.ENDED,
    },
    AutopayState.ENDED: {},
    AutopayState.WITHDRAWN: {},
}

# Money goes back only when a person said so, and its request is written down before the processor hears of it.
REFUND: Mapping[StrEnum, Mapping[StrEnum, StrEnum]] = {
    RefundState.REQUESTED: {
        RefundEvent.APPROVE: RefundState.APPROVED,
        RefundEvent.DECLINE: RefundState.DECLINED,
    },
    RefundState.APPROVED: {
        RefundEvent.SEND: RefundState.SENT,
        RefundEvent.DECLINE: RefundState.DECLINED,
    },
    # Without an answer it stays here, and the processor is asked again under the same key.
    RefundState.SENT: {
        RefundEvent.ACCEPT: RefundState.DONE,
        RefundEvent.DECLINE: RefundState.DECLINED,
    },
    RefundState.DONE: {},
    RefundState.DECLINED: {},
}

# A bank account's right to be debited over the internet: proven at first use and after any change (DOMAIN 3.3).
VALIDATION: Mapping[StrEnum, Mapping[StrEnum, StrEnum]] = {
    ValidationState.UNVERIFIED: {
        ValidationEvent.SEND: ValidationState.PENDING,  # micro-entries are on their way
        ValidationEvent.MATCH: ValidationState.VERIFIED,  # an instant check
        ValidationEvent.FAIL: ValidationState.FAILED,
    },
    ValidationState.PENDING: {
        ValidationEvent.MATCH: ValidationState.VERIFIED,
        ValidationEvent.FAIL: ValidationState.FAILED,
    },
    ValidationState.VERIFIED: {ValidationEvent.REPLACE: ValidationState.UNVERIFIED},
    ValidationState.FAILED: {ValidationEvent.REPLACE: ValidationState.UNVERIFIED},
}

# Named sets: a payment that may yet take money, and one that holds back any new attempt.
UNRESOLVED = frozenset({PaymentState.SUBMITTED, PaymentState.UNKNOWN})
MONEY_MAY_MOVE = UNRESOLVED | {PaymentState.CONFIRMED}
AUTOPAY_ON = frozenset({AutopayState.ACTIVE, AutopayState.ENDING})


def advance(machine: Mapping[StrEnum, Mapping[StrEnum, StrEnum]], state: str, event: StrEnum) -> str:
    """The state after `event`; raises `IllegalTransition` for a pair that the table does not list."""
    for known, events in machine.items():
        if known == state:
            if event in events:
                return events[event].value
            break
    raise IllegalTransition(state, event.value)


def drawing() -> str:
    """The machines as Mermaid diagrams, the text of `docs/states.md`."""
    parts = [
        "# States",
        "",
        "Drawn from `billing_core/states.py` by `duely docs states`; a test holds them together.",
    ]
    for title, machine in (
        ("Payment", PAYMENT),
        ("Autopay enrollment", AUTOPAY),
        ("Bank account validation", VALIDATION),
        ("Refund", REFUND),
    ):
        parts += ["", f"## {title}", "", "```mermaid", "stateDiagram-v2"]
        parts += [f"    [*] --> {next(iter(machine)).value}"]
        for state, events in machine.items():
            parts += [f"    {state.value} --> {after.value}: {event.value}" for event, after in events.items()]
            if not events:
                parts.append(f"    {state.value} --> [*]")
        parts.append("```")
    return "\n".join(parts) + "\n"
