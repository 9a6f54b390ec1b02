"""What the days that are over came to, kept so that nobody adds up a year each time it is looked at.

A day is counted once when it is over, and again only after something was written into it later: a turn that waited for
its worker overnight. Who counts and who writes late both take the day's own row first, so neither misses the other.
What is counted, and how, is the console's (`console.numbers.kept`).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core.store import insert_into
from channels.store import Base


class CountedDay(Base):
    """A day that is over. While `stands`, its counts are all there is to know of it."""

    __tablename__ = "counted_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    stands: Mapped[bool]


class DayCount(Base):
    """How many there were of one thing on one day, of an issuer's conversations on a channel in a language.

    What is not known of a conversation (a stranger's issuer) is an empty word here, so that it can be part of the key.
    """

    __tablename__ = "day_count"

    name: Mapped[str] = mapped_column(String(88), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(40), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    many: Mapped[int]


def claim(session: Session, day: date, *, stands: bool) -> None:
    """Take a day's row until the transaction ends, and say whether its counts stand after it."""
    row = insert_into(session, CountedDay).values(day=day, stands=stands)
    session.execute(row.on_conflict_do_update(index_elements=["day"], set_={"stands": stands}))


def forget(session: Session) -> None:
    """Every day is to be counted again."""
    session.execute(delete(DayCount))
    session.execute(delete(CountedDay))
