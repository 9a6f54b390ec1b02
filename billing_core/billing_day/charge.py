"""The money of a billing day: drafts and scheduled payments go to the processor, attempt by attempt, after the pages.

Each is written down as submitted before the processor hears of it and keeps its id, so it is charged once however
often it is sent (DESIGN 3). A few at a time may be under way at the processor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from sqlalchemy import exists, literal, select, true, tuple_

from billing_core import attempts, events, profiles
from billing_core.accounts import Account
from billing_core.billing_day.tally import Tally
from billing_core.core import Core
from billing_core.payments import Payment
from billing_core.processors import Answer
from billing_core.states import PaymentState

# A submitted attempt older than this lost its caller (the process died); asking again with its id charges once.
ORPHANED_AFTER = timedelta(minutes=2)
# Sent together; at a few seconds an answer they are all through long before one would count as orphaned.
BATCH_SIZE = 100


class Due(NamedTuple):
    """A payment that is to be sent."""

    account_id: str
    id: str


class Answered(NamedTuple):
    """A payment that was sent, and what the processor said."""

    account_id: str
    id: str
    answer: Answer


T = TypeVar("T", Due, Answered)


def settle_open(core: Core, failed: list[Exception] | None = None) -> None:
    """Hear what the processor has to tell, and bring every attempt without an answer to its end.

    It is asked about, or, if its caller died, sent once more: under its own id, an attempt that the processor knows is
    answered and not charged anew. What fails holds up nothing else, and is added to `failed` or raised at the end.
    """
    errors: list[Exception] = [] if failed is None else failed
    _try(errors, "the processor's news", lambda: events.fetch(core))
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
        _try(errors, f"account {account_id}", lambda of=account_id: attempts.resolve_open(core, of))  # type: ignore[misc]
    for payment_id in orphans:
        _try(errors, f"attempt {payment_id}", lambda of=payment_id: attempts.submit(core, of))  # type: ignore[misc]
    if errors and failed is None:
        raise ExceptionGroup("not everything could be asked about", errors)


def _try(errors: list[Exception], about: str, do: Callable[[], object]) -> None:
    try:
        do()
    except Exception as error:
        error.add_note(about)
        errors.append(error)


def charge_due(core: Core, on: date, failed: list[Exception], threads: int = 1, *, zone: str = "") -> Tally:
    """Send everything confirmed for `on` or before; what fails is added to `failed` and holds nobody else up.

    Many are written down as submitted in one transaction, then sent with none open, then brought to their end in
    another: what costs time is the transactions, not the payments.
    """
    tally: Tally = Tally()
    with ThreadPoolExecutor(threads, thread_name_prefix="drafts") as pool:
        for batch in _batches(core, on, zone):
            for due in _one_an_account(batch):
                sending = _Sending(core, on, failed)
                tally += sending.send(due, pool)
    return Tally({state: tally[state] for state in (PaymentState.SETTLED.value, PaymentState.REJECTED.value)})


@dataclass(frozen=True)
class _Sending:
    """One batch on its way; `failed` gathers what goes wrong, by account."""

    core: Core
    on: date
    failed: list[Exception]

    def send(self, due: list[Due], pool: ThreadPoolExecutor) -> Tally:
        submitted = self._all_or_each(self._submit, due)
        answered = [each for each in pool.map(self._ask, submitted) if each is not None]
        return Tally(payment.state for payment in self._all_or_each(self._resolve, answered))

    def _submit(self, due: list[Due]) -> list[Payment]:
        return attempts.submit_all(self.core, [each.id for each in due])

    def _ask(self, payment: Payment) -> Answered | None:
        try:
            return Answered(payment.account_id, payment.id, attempts.ask(self.core, payment))
        except Exception as error:
            self._fail(error, payment.account_id)
            return None

    def _resolve(self, answered: list[Answered]) -> list[Payment]:
        return attempts.resolve_all(self.core, {each.id: each.answer for each in answered})

    def _all_or_each(self, do: Callable[[list[T]], list[Payment]], these: list[T]) -> list[Payment]:
        """Together in one transaction; if that fails, each in its own, to find who it is."""
        try:
            return do(these) if these else []
        except Exception as error:
            if len(these) > 1:
                return [done for this in these for done in self._all_or_each(do, [this])]
            self._fail(error, these[0].account_id)
            return []

    def _fail(self, error: Exception, account_id: str) -> None:
        error.add_note(f"account {account_id}, billing day {self.on}")
        self.failed.append(error)


def _one_an_account(batch: list[Due]) -> Iterator[list[Due]]:
    """The batch in parts: a second payment of an account waits for the answer to the first."""
    seen: Counter[str] = Counter()
    parts: dict[int, list[Due]] = {}
    for due in batch:
        parts.setdefault(seen[due.account_id], []).append(due)
        seen[due.account_id] += 1
    yield from parts.values()


def _batches(core: Core, on: date, zone: str) -> Iterator[list[Due]]:
    """What is to be sent, by account, a batch at a time: never all of it at once."""
    after = Due("", "")
    # Asked of each payment, so that they are still read in the order of their index.
    mine = Account.id == Payment.account_id
    whose = exists().where(mine, Account.profile_id.in_(profiles.in_zone(zone))) if zone else true()
    while True:
        with core.read() as session:
            rows = session.execute(
                select(Payment.account_id, Payment.id)
                .where(Payment.state == PaymentState.CONFIRMED, Payment.pay_on <= on, whose)
                .where(tuple_(Payment.account_id, Payment.id) > tuple_(*map(literal, after)))
                .order_by(Payment.account_id, Payment.id)
                .limit(BATCH_SIZE)
            ).all()
        if not rows:
            return
        batch = [Due(*row) for row in rows]
        yield batch
        after = batch[-1]
