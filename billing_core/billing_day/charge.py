"""The money of a billing day: drafts and scheduled payments go to the processor, attempt by attempt, after the pages.

Each is written down as submitted before the processor hears of it and keeps its id, so it is charged once however
often it is sent (DESIGN 3). A few at a time may be under way at the processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from sqlalchemy import or_, select

from billing_core import attempts
from billing_core.billing_day.tally import Tally
from billing_core.core import Core
from billing_core.payments import Payment
from billing_core.states import PaymentState

# A submitted attempt older than this lost its caller (the process died); asking again with its id charges once.
ORPHANED_AFTER = timedelta(minutes=2)
BATCH_SIZE = 500


def settle_open(core: Core) -> None:
    """Bring every attempt without an answer to its end: ask about it, or, if its caller died, send it once more.

    Sent again under its own id, an attempt that the processor knows is answered and not charged anew.
    """
    with core.read() as session:
        waiting = list(session.scalars(select(Payment.account_id).where(Payment.state == PaymentState.UNKNOWN)))
        orphans = list(
            session.scalars(
                select(Payment.id).where(
                    Payment.state == PaymentState.SUBMITTED, Payment.submitted_at < core.now() - ORPHANED_AFTER
                )
            )
        )
    for account_id in dict.fromkeys(waiting):
        attempts.resolve_open(core, account_id)
    for payment_id in orphans:
        attempts.submit(core, payment_id)


def charge_due(core: Core, on: date, failed: list[Exception], threads: int = 1) -> Tally:
    """Send everything confirmed for `on` or before; what fails is added to `failed` and holds nobody else up."""
    tally: Tally = Tally()

    def send(due: tuple[str, str]) -> None:
        payment_id, account_id = due
        try:
            outcome = attempts.submit(core, payment_id)
        except Exception as error:
            error.add_note(f"account {account_id}, billing day {on}")
            failed.append(error)
        else:
            tally[outcome.payment.state] += 1

    if threads == 1:
        for due in _due(core, on):
            send(due)
    else:
        with ThreadPoolExecutor(threads, thread_name_prefix="drafts") as pool:
            for batch in _batches(core, on):
                list(pool.map(send, batch))
    return Tally({state: tally[state] for state in (PaymentState.SETTLED.value, PaymentState.REJECTED.value)})


def _due(core: Core, on: date) -> Iterator[tuple[str, str]]:
    for batch in _batches(core, on):
        yield from batch


def _batches(core: Core, on: date) -> Iterator[list[tuple[str, str]]]:
    """What is to be sent, by account, a batch at a time: never all of it at once."""
    after: tuple[str, str] = ("", "")
    while True:
        later = or_(
            Payment.account_id > after[0],
            (Payment.account_id == after[0]) & (Payment.id > after[1]),
        )
        with core.read() as session:
            rows = session.execute(
                select(Payment.id, Payment.account_id)
                .where(Payment.state == PaymentState.CONFIRMED, Payment.pay_on <= on, later)
                .order_by(Payment.account_id, Payment.id)
                .limit(BATCH_SIZE)
            ).all()
        if not rows:
            return
        after = (rows[-1].account_id, rows[-1].id)
        yield [(row.id, row.account_id) for row in rows]
