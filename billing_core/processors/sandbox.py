"""The embedded processor: answers by token, by script or by "accepted", and remembers what it did.

It stands for an outside system, so it keeps its own table and its own transactions: a charge that it accepted stays
accepted when our side dies before hearing of it. Scripts come from `duely play` and from tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.calendar import ISSUER_ZONE, Clock, banking_days_after, first_of_month
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
from billing_core.processors.news import AskHolder, Closed, Event, Renewed
from billing_core.processors.sandbox_outcomes import (
    ACCEPTED,
    LOST,
    NOTICES_OF_CHANGE,
    TIMEOUT,
    CardNews,
    Outcome,
    of_amount,
    of_card,
    of_token,
    read,
)
from billing_core.store import Base, Store

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
    # How many times it may still be asked about in vain.
    asks_left: Mapped[int] = mapped_column(default=0)


class SandboxNews(Base):
    """What a bank will say about a charge, from `at` on, until we have heard it."""

    __tablename__ = "sandbox_news"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempt_id: Mapped[str] = mapped_column(String(40))
    token: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    heard: Mapped[bool] = mapped_column(default=False, index=True)


class SandboxScript(Base):
    """Answers waiting to be given, oldest first."""

    __tablename__ = "sandbox_script"

    id: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(String(40))


class SandboxProcessor:
    """For development, rehearsal and tests; what it can be made to do is in `sandbox_outcomes` and docs/sandbox.md.

    `entry_key` is what it and its card form, which runs apart from it, know each other by.
    """

    def __init__(self, store: Store, clock: Clock, *, entry_key: str = "sandbox") -> None:
        self._store = store
        self._clock = clock
        self._entry_key = entry_key

    def script(self, outcome: str) -> None:
        """Decide the next answer, any word of `sandbox_outcomes` (raises `CodeNotFound`)."""
        read(outcome)
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
            if charge is None or charge.outcome == LOST:
                return NeverArrived()
            if charge.asks_left == 0:
                return self._answer(charge)
        with self._store.write() as session:
            session.get_one(SandboxCharge, attempt_id).asks_left -= 1
        return Unknown()

    def refund(self, *, attempt_id: str, amount_cents: int) -> Answer:
        """See `Processor.refund`."""
        with self._store.write() as session:
            charge = session.get(SandboxCharge, attempt_id)
            if charge is None or charge.outcome not in (ACCEPTED, TIMEOUT):
                return Declined("invalid_amount")
            charge.refunded_cents = min(amount_cents, charge.amount_cents)
        return Accepted(f"re_sbx_{attempt_id}")

    def create_setup(self, account_id: str | None, *, kinds: Sequence[Kind], reference: str) -> str:
        """See `SecureEntry.create_setup`."""
        return sandbox_entry.setup(self._entry_key, account_id, kinds, reference)

    def read_setup(self, account_id: str | None, setup: str, *, reference: str) -> Entered | Declined | Unknown:
        """See `SecureEntry.read_setup`; `setup` is what the card form sealed."""
        return sandbox_entry.entered(self._entry_key, account_id, setup, reference)

    def _decide(self, session: Session, attempt_id: str, token: str, amount_cents: int) -> SandboxCharge:
        scripted = session.scalars(select(SandboxScript).order_by(SandboxScript.id).limit(1)).first()
        word = of_token(token) if of_card(token) is None else None
        word = word or of_amount(amount_cents) or ACCEPTED
        if scripted is not None:
            word = scripted.outcome
            session.delete(scripted)
        outcome = read(word)
        self._say_later(session, attempt_id, token, outcome)
        wait = ANSWER_AFTER_TIMEOUT if outcome.answer == TIMEOUT else timedelta(0)
        charge = SandboxCharge(
            attempt_id=attempt_id,
            amount_cents=amount_cents,
            outcome=outcome.answer,
            answer_known_at=self._clock.now() + wait,
            asks_left=outcome.asks,
        )
        session.add(charge)
        return charge

    def _say_later(self, session: Session, attempt_id: str, token: str, outcome: Outcome) -> None:
        today = self._clock.today()
        if outcome.returned is not None:
            on, code = today + timedelta(days=outcome.returned_after_days), outcome.returned
        elif outcome.notice_of_change is not None:
            on, code = banking_days_after(today, 1), outcome.notice_of_change
        else:
            return
        at = datetime.combine(on, time(), ZoneInfo(ISSUER_ZONE))
        session.add(SandboxNews(id=f"sbx:{attempt_id}:{code}", attempt_id=attempt_id, token=token, code=code, at=at))

    def news(self) -> list[Event]:
        """See `TellsWhenAsked.news`."""
        waiting = select(SandboxNews).where(SandboxNews.heard.is_(False), SandboxNews.at <= self._clock.now())
        with self._store.read() as session:
            return [_event(row) for row in session.scalars(waiting.order_by(SandboxNews.at, SandboxNews.id))]

    def heard(self, event_id: str) -> None:
        """See `TellsWhenAsked.heard`."""
        with self._store.write() as session:
            session.get_one(SandboxNews, event_id).heard = True

    def card(self, token: str) -> CardNews | None:
        """See `Updater.card`: a renewed card is good for four more years."""
        word = of_card(token)
        if word == "renewed":
            return Renewed("4343", first_of_month(self._clock.today(), 48), f"{token.partition('_then_')[0]}_renewed")
        if word == "closed":
            return Closed()
        return AskHolder() if word == "ask" else None

    def _repeat(self, attempt_id: str) -> Answer:
        with self._store.read() as session:
            return self._answer(session.get_one(SandboxCharge, attempt_id))

    def _answer(self, charge: SandboxCharge) -> Answer:
        if charge.outcome == LOST or charge.asks_left > 0 or self._clock.now() < charge.answer_known_at:
            return Unknown()
        if charge.outcome in (ACCEPTED, TIMEOUT):
            return Accepted(f"ch_sbx_{charge.attempt_id}")
        return Declined(charge.outcome, f"ch_sbx_{charge.attempt_id}")


def _event(news: SandboxNews) -> Event:
    if news.code in NOTICES_OF_CHANGE:
        return Event(news.id, "notice_of_change", token=news.token, what=NOTICES_OF_CHANGE[news.code][1])
    return Event(news.id, "return", attempt_id=news.attempt_id, what=Declined(news.code))
