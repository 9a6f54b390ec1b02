"""The embedded processor: answers by token, by script or by "accepted", and remembers what it did.

It stands for an outside system, so it keeps its own table and its own transactions: a charge that it accepted stays
accepted when our side dies before hearing of it. Scripts come from `duely play` and from tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import codes
from billing_core.calendar import Clock
from billing_core.processors import (
    Accepted,
    Answer,
    Declined,
    Entered,
    Finding,
    Kind,
    NeverArrived,
    Unknown,
    sandbox_entry,
)
from billing_core.store import Base, Store

ACCEPTED = "accepted"
TIMEOUT = "timeout"  # the charge is made, but its answer gets lost on the way

# A timed-out charge can be asked about once the processor has sorted itself out.
ANSWER_AFTER_TIMEOUT = timedelta(minutes=1)


class SandboxCharge(Base):
    """One charge as the processor knows it."""

    __tablename__ = "sandbox_charge"

    attempt_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    amount_cents: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(40))
    answer_known_at: Mapped[datetime]
    refunded_cents: Mapped[int] = mapped_column(default=0)


class SandboxScript(Base):
    """Answers waiting to be given, oldest first."""

    __tablename__ = "sandbox_script"

    id: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(String(40))


class SandboxProcessor:
    """For development, rehearsal and tests; a token like `tok_visa_then_insufficient_funds` scripts itself.

    `entry_key` is what it and its card form, which runs apart from it, know each other by.
    """

    def __init__(self, store: Store, clock: Clock, *, entry_key: str = "sandbox") -> None:
        self._store = store
        self._clock = clock
        self._entry_key = entry_key

    def script(self, outcome: str) -> None:
        """Decide the next answer: `accepted`, `timeout`, or any code of the table (raises `CodeNotFound`)."""
        if outcome not in (ACCEPTED, TIMEOUT):
            codes.lookup(outcome)
        with self._store.write() as session:
            session.add(SandboxScript(outcome=outcome))

    def forget_script(self) -> None:
        """Drop the answers that were not asked for."""
        with self._store.write() as session:
            session.execute(delete(SandboxScript))

    def charge(self, *, attempt_id: str, token: str, amount_cents: int) -> Answer:
        """See `Processor.charge`: the second call with one `attempt_id` repeats the first one's answer."""
        try:
            with self._store.write() as session:
                known = session.get(SandboxCharge, attempt_id)
                if known is None:
                    known = self._decide(session, attempt_id, token, amount_cents)
        except IntegrityError:
            return self._repeat(attempt_id)
        return self._answer(known)

    def find(self, attempt_id: str) -> Finding:
        """See `Processor.find`."""
        with self._store.read() as session:
            charge = session.get(SandboxCharge, attempt_id)
        return NeverArrived() if charge is None else self._answer(charge)

    def refund(self, *, attempt_id: str, amount_cents: int) -> Answer:
        """See `Processor.refund`."""
        with self._store.write() as session:
            charge = session.get(SandboxCharge, attempt_id)
            if charge is None or charge.outcome not in (ACCEPTED, TIMEOUT):
                return Declined("invalid_amount")
            charge.refunded_cents = min(amount_cents, charge.amount_cents)
        return Accepted(f"re_sbx_{attempt_id}")

    def create_setup(self, account_id: str, *, kinds: Sequence[Kind], reference: str) -> str:
        """See `SecureEntry.create_setup`."""
        return sandbox_entry.setup(self._entry_key, account_id, kinds, reference)

    def read_setup(self, account_id: str, setup: str, *, reference: str) -> Entered | Declined | Unknown:
        """See `SecureEntry.read_setup`; `setup` is what the card form sealed."""
        return sandbox_entry.entered(self._entry_key, account_id, setup, reference)

    def _decide(self, session: Session, attempt_id: str, token: str, amount_cents: int) -> SandboxCharge:
        scripted = session.scalars(select(SandboxScript).order_by(SandboxScript.id).limit(1)).first()
        outcome = _outcome_of(token)
        if scripted is not None:
            outcome = scripted.outcome
            session.delete(scripted)
        wait = ANSWER_AFTER_TIMEOUT if outcome == TIMEOUT else timedelta(0)
        charge = SandboxCharge(
            attempt_id=attempt_id,
            amount_cents=amount_cents,
            outcome=outcome,
            answer_known_at=self._clock.now() + wait,
        )
        session.add(charge)
        return charge

    def _repeat(self, attempt_id: str) -> Answer:
        with self._store.read() as session:
            return self._answer(session.get_one(SandboxCharge, attempt_id))

    def _answer(self, charge: SandboxCharge) -> Answer:
        if self._clock.now() < charge.answer_known_at:
            return Unknown()
        if charge.outcome in (ACCEPTED, TIMEOUT):
            return Accepted(f"ch_sbx_{charge.attempt_id}")
        return Declined(charge.outcome, f"ch_sbx_{charge.attempt_id}")


def _outcome_of(token: str) -> str:
    """The answer a token scripts for itself: what follows `_then_`, else accepted."""
    _, found, outcome = token.partition("_then_")
    return outcome if found else ACCEPTED
