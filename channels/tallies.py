"""What the console's numbers are counted from: a row for each conversation and day, and the marks of that day.

Written in the transaction of the turn or the message, like `marks`, and made again from the rows by `rebuild`. Days are
civil days of the conversation's issuer (G7). What may change later (settled, taken by a person) has its own table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import Core, profiles
from billing_core.accounts import Account
from billing_core.calendar import ISSUER_ZONE
from billing_core.payments import Payment
from billing_core.store import insert_on
from channels import day_counts, gsm7, marks
from channels.store import Base, Contact, Conversation, Message, Turn
from channels.words import LINK_PLACE

# Where the staff look from, and where a stranger's days are counted.
ZONE = ZoneInfo(ISSUER_ZONE)
# A turn counts under the first of these that it did not exceed; the last holds all that took longer too.
SPEEDS_MS = (25, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 8000)
HANDED_OVER, QUOTED = "handed_over", "quoted"
# Turns that nobody waited for an answer of the assistant in: a person holds the conversation, or texts were ended.
UNANSWERED = frozenset(("holder", "silence"))
_PAGE = 2000


class Day(Base):
    """One conversation on one day on which it was spoken in: turns, those put to the model, texts and their parts."""

    __tablename__ = "conversation_day"
    __table_args__ = (Index("ix_conversation_day_day", "day"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(8))
    issuer: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(2))
    turns: Mapped[int]
    read: Mapped[int]
    misunderstood: Mapped[int]
    sent: Mapped[int]
    segments: Mapped[int]


def _of_day() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ("conversation_id", "day"), ("conversation_day.conversation_id", "conversation_day.day")
    )


class DayMark(Base):
    """A mark (`marks.of`, or one of this module) of a conversation on a day."""

    __tablename__ = "conversation_day_mark"
    __table_args__ = (_of_day(), Index("ix_conversation_day_mark_day", "day", "mark"))

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(String(80), primary_key=True)


class DaySpeed(Base):
    """How many turns of a conversation on a day took up to so many milliseconds (`SPEEDS_MS`)."""

    __tablename__ = "conversation_day_speed"
    __table_args__ = (_of_day(), Index("ix_conversation_day_speed_day", "day"))

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    upto_ms: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turns: Mapped[int]


class DayPayment(Base):
    """A payment that was confirmed in a conversation, on the day it was; what became of it, the payment says."""

    __tablename__ = "conversation_day_payment"
    __table_args__ = (_of_day(), Index("ix_conversation_day_payment_day", "day"))

    payment_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(32))
    day: Mapped[date]


def zone_of(issuer: str | None) -> ZoneInfo:
    """Where an issuer's days begin and end."""
    return ZoneInfo(profiles.get(issuer).time_zone) if issuer else ZONE


def day_of(at: datetime, issuer: str | None) -> date:
    """The issuer's civil day of a moment; of a stranger's conversation, the staff's."""
    return at.astimezone(zone_of(issuer)).date()


@dataclass(frozen=True)
class Told:
    """What answers a turn and when; a link in it takes so many places."""

    texts: Sequence[str]
    at: datetime
    link_places: int


def turn(
    session: Session, conversation: Conversation, message: Message, written: Turn, found: Iterable[str], told: Told
) -> None:
    """Count a turn that is being written in its locked conversation, and its answer; `found` are its marks."""
    gathered, issuer = _Gathered(told.link_places), _issuer(session, conversation)
    gathered.turn(conversation, message, written, found, issuer)
    for text in told.texts:
        gathered.sent(conversation, text, told.at, issuer)
    for payment in session.execute(_payments_of([message.id])):
        gathered.payment(conversation, message, payment, issuer)
    if (day := day_of(message.at, issuer)) < day_of(told.at, issuer):
        day_counts.claim(session, day, stands=False)
    gathered.write(session)


def sent(session: Session, conversation: Conversation, text: str, at: datetime, link_places: int) -> None:
    """Count a message of ours, with as many places as a link takes; web chat has no parts."""
    gathered = _Gathered(link_places)
    gathered.sent(conversation, text, at, _issuer(session, conversation))
    gathered.write(session)


def handed_over(session: Session, conversation: Conversation, at: datetime) -> None:
    """A person was asked for."""
    gathered = _Gathered()
    gathered.mark(conversation, day_of(at, _issuer(session, conversation)), HANDED_OVER)
    gathered.write(session)


def rebuild(core: Core, link_places: int) -> None:
    """Make all four tables again from messages, turns, payments and hand-offs, in one transaction.

    Where words were taken out meanwhile, their parts are no longer known and count as what is left.
    """
    from channels.handoff.store import Handoff

    with core.write() as session:
        for table in (DayMark, DaySpeed, DayPayment, Day):
            session.execute(delete(table))
        day_counts.forget(session)
        for rows in _pages(session):
            gathered = _Gathered(link_places)
            ids = [message.id for message, *_ in rows if message.direction == "in"]
            rules, by_turn = marks.rules_of(session, ids), {m.id: (c, m, issuer) for m, c, _, issuer in rows}
            for message, conversation, written, issuer in rows:
                if message.direction == "out":
                    gathered.sent(conversation, message.text, message.at, issuer)
                elif written is not None:
                    found = marks.of(written, rules.get(message.id, []))
                    gathered.turn(conversation, message, written, found, issuer)
            for payment in session.execute(_payments_of(ids)):
                for turn_id in {payment.quoted_by_turn, payment.confirmed_by_turn} & by_turn.keys():
                    whose, which, issuer = by_turn[turn_id]
                    gathered.payment(whose, which, payment, issuer)
            gathered.write(session)
            session.expunge_all()
        gathered = _Gathered()
        opened = (
            select(Conversation, Handoff.opened_at, Account.profile_id)
            .join(Handoff, Handoff.conversation_id == Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .outerjoin(Account, Account.id == Contact.account_id)
        )
        for conversation, at, issuer in session.execute(opened):
            gathered.mark(conversation, day_of(at, issuer), HANDED_OVER)
        gathered.write(session)


def _pages(session: Session) -> Iterator[list[Any]]:
    after = ""
    where = (
        select(Message, Conversation, Turn, Account.profile_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .outerjoin(Turn, Turn.message_id == Message.id)
        .order_by(Message.id)
        .limit(_PAGE)
    )
    while rows := session.execute(where.where(Message.id > after)).all():
        after = rows[-1][0].id
        yield list(rows)


def _payments_of(turn_ids: list[str]) -> Any:
    """The payments of these turns, each with the turns that quoted and confirmed it."""
    quoted, confirmed = Payment.quoted_by_turn, Payment.confirmed_by_turn
    return select(Payment.id, quoted, confirmed).where(or_(quoted.in_(turn_ids), confirmed.in_(turn_ids)))


def _issuer(session: Session, conversation: Conversation) -> str | None:
    of = select(Account.profile_id).join(Contact, Contact.account_id == Account.id)
    return session.scalar(of.where(Contact.id == conversation.contact_id))


@dataclass
class _Gathered:
    """Counts to add to the tables, of one turn or of a whole page of them."""

    link_places: int = 0
    days: dict[tuple[str, date], dict[str, Any]] = field(default_factory=dict)
    marks: set[tuple[str, date, str]] = field(default_factory=set)
    speeds: Counter[tuple[str, date, int]] = field(default_factory=Counter)
    payments: dict[str, tuple[str, date]] = field(default_factory=dict)

    def turn(
        self, conversation: Conversation, message: Message, written: Turn, found: Iterable[str], issuer: str | None
    ) -> None:
        day = day_of(message.at, issuer)
        row = self._day(conversation, day)
        row["issuer"] = issuer or row["issuer"]
        row["turns"] += 1
        row["read"] += written.intent is not None
        for mark in found:
            kind, _, value = mark.partition(":")
            row["misunderstood"] += kind == marks.MISUNDERSTOOD
            if kind == "language":
                row["language"] = value[:2]
            self.mark(conversation, day, mark)
        if written.handled_by in UNANSWERED:
            return
        took = float((written.ms or {}).get("turn", 0))
        upto = next((each for each in SPEEDS_MS if took <= each), SPEEDS_MS[-1])
        self.speeds[conversation.id, day, upto] += 1

    def payment(self, conversation: Conversation, message: Message, payment: Any, issuer: str | None) -> None:
        day = day_of(message.at, issuer)
        if payment.quoted_by_turn == message.id:
            self.mark(conversation, day, QUOTED)
        if payment.confirmed_by_turn == message.id:
            self._day(conversation, day)
            self.payments[payment.id] = (conversation.id, day)

    def sent(self, conversation: Conversation, text: str, at: datetime, issuer: str | None) -> None:
        row = self._day(conversation, day_of(at, issuer))
        row["issuer"] = issuer or row["issuer"]
        row["sent"] += 1
        if conversation.channel == "sms":
            row["segments"] += gsm7.segments(text.replace(LINK_PLACE, "x" * self.link_places))

    def mark(self, conversation: Conversation, day: date, mark: str) -> None:
        self._day(conversation, day)
        self.marks.add((conversation.id, day, mark[:80]))

    def write(self, session: Session) -> None:
        """Add everything; a day that is there is added to, a mark that is there stays."""
        _many(session, Day, [self.days[key] for key in sorted(self.days)])
        _many(session, DayMark, _rows(self.marks, "mark"))
        counted = [row | {"turns": self.speeds[tuple(row.values())]} for row in _rows(self.speeds, "upto_ms")]
        _many(session, DaySpeed, counted)
        paid = [{"payment_id": key, "conversation_id": of, "day": day} for key, (of, day) in self.payments.items()]
        _many(session, DayPayment, paid)

    def _day(self, conversation: Conversation, day: date) -> dict[str, Any]:
        blank = {"conversation_id": conversation.id, "day": day, "channel": conversation.channel}
        return self.days.setdefault(
            (conversation.id, day), {**blank, "issuer": None, "language": None, **dict.fromkeys(_COUNTED, 0)}
        )


_COUNTED = ("turns", "read", "misunderstood", "sent", "segments")


def _rows(keys: Iterable[tuple[str, date, Any]], last: str) -> list[dict[str, Any]]:
    return [{"conversation_id": whose, "day": day, last: value} for whose, day, value in sorted(keys)]


def _many(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(_adding(session.get_bind().dialect.name)[table], rows)


@cache
def _adding(dialect: str) -> dict[type[Base], Any]:
    """How rows are added to each table. Written once: making these four anew cost each turn more than running them."""
    new, faster = insert_on(dialect, Day), insert_on(dialect, DaySpeed)
    added = {name: getattr(Day, name) + new.excluded[name] for name in _COUNTED}
    newest = {name: func.coalesce(new.excluded[name], getattr(Day, name)) for name in ("issuer", "language")}
    keys, more = ["conversation_id", "day"], {"turns": DaySpeed.turns + faster.excluded.turns}
    return {
        Day: new.on_conflict_do_update(index_elements=keys, set_=added | newest),
        DaySpeed: faster.on_conflict_do_update(index_elements=[*keys, "upto_ms"], set_=more),
        DayMark: insert_on(dialect, DayMark).on_conflict_do_nothing(),
        DayPayment: insert_on(dialect, DayPayment).on_conflict_do_nothing(),
    }
