"""Payments that wait for their day, and the bills they will take: what is left for another, and who pays which (G6).

One rule for what is offered, told, drafted and charged. A payment of one policy pays that policy only, a draft pays no
first payment (G28), any other pays whatever is open; so what waits takes from another payment's bills only what it
cannot find elsewhere, and a payment leaves to those of one policy what only they were made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from billing_core import invoices, payments
from billing_core.invoices import Allocation
from billing_core.payments import Payment
from billing_core.states import PaymentState


class Bill(Protocol):
    """What of a bill decides who may pay it."""

    @property
    def policy_id(self) -> int: ...
    @property
    def binder(self) -> bool: ...
    @property
    def open_cents(self) -> int: ...


class Numbered(Bill, Protocol):
    """A bill that a payment may be posted to."""

    @property
    def id(self) -> int: ...


class Paying(Protocol):
    """What of a payment decides which bills it may pay."""

    @property
    def kind(self) -> str: ...
    @property
    def policy_id(self) -> int | None: ...
    @property
    def amount_cents(self) -> int: ...


B = TypeVar("B", bound=Bill)


def pays(payment: Paying, bill: Bill) -> bool:
    """Whether the payment may go to the bill: its policy's where it names one; a draft pays no binder (G28)."""
    return payment.policy_id in (None, bill.policy_id) and not (payment.kind == "draft" and bill.binder)


def left_cents(bills: Sequence[B], waiting: Iterable[Paying], wanted: Callable[[B], bool]) -> int:
    """What is left of the wanted bills, in cents, once the waiting payments have taken theirs, where they can of the
    others.
    """
    left = [bill.open_cents for bill in bills]
    # The others' bills come first, and first come the payments that have the least choice.
    order = sorted(range(len(bills)), key=lambda at: wanted(bills[at]))
    for payment in sorted(waiting, key=lambda each: (each.policy_id is None, each.kind != "draft")):
        cents = payment.amount_cents
        for at in order:
            part = min(cents, left[at]) if pays(payment, bills[at]) else 0
            left[at] -= part
            cents -= part
    return sum(cents for cents, bill in zip(left, bills, strict=True) if wanted(bill))


def allocate(
    bills: Sequence[Numbered], waiting: Iterable[Paying], payment: Paying, amount_cents: int
) -> tuple[list[Allocation], int]:
    """Spread a payment over the bills it may pay, oldest first, sparing what waits for one policy; returns the parts
    and what is left over, in cents.

    What waits is content with the newest bills of its policy, so that the oldest month is still paid first (2.6). With
    nothing else to pay, the payment goes on to what was spared: while something is owed nothing becomes credit.
    """
    mine = [bill for bill in bills if pays(payment, bill)]
    spared = [0] * len(mine)
    for each in waiting:
        cents = 0 if each.policy_id is None else each.amount_cents
        for at in reversed(range(len(mine))):
            part = min(cents, mine[at].open_cents - spared[at]) if pays(each, mine[at]) else 0
            spared[at] += part
            cents -= part
    parts = [0] * len(mine)
    for most in ([bill.open_cents - kept for bill, kept in zip(mine, spared, strict=True)], spared):
        for at, cents in enumerate(most):
            part = min(amount_cents, cents)
            parts[at] += part
            amount_cents -= part
    found = [Allocation(bill.id, cents) for bill, cents in zip(mine, parts, strict=True) if cents > 0]
    return found, amount_cents


def among(rows: Iterable[Payment], but_for: str | None = None) -> list[Payment]:
    """Those of an account's payments that wait for their day, but for the one with that id."""
    return [each for each in rows if each.state == PaymentState.CONFIRMED and each.id != but_for]


def of(session: Session, account_id: str, but_for: str | None = None) -> list[Payment]:
    """The payments of the account that wait for their day, but for the one with that id."""
    return among(payments.moving(session, [account_id]).get(account_id, []), but_for)


def committed_cents(session: Session, account_id: str, policy_id: int | None = None) -> int:
    """What waiting payments will take of the account's open bills, or of one policy's, in cents."""
    waits = of(session, account_id)
    return committed_cents_among(invoices.open_invoices(session, account_id), waits, policy_id) if waits else 0


def committed_cents_among(every: Sequence[Bill], waits: Iterable[Paying], policy_id: int | None) -> int:
    """`committed_cents`, given every open bill of the account and the payments that wait."""

    def mine(bill: Bill) -> bool:
        return policy_id in (None, bill.policy_id)

    return sum(bill.open_cents for bill in every if mine(bill)) - left_cents(every, waits, mine)
