"""A world in which notices are sent: the cast on the inline queue, a fake mailer, a letterbox of the test's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from billing_core import Core, accounts, billing_day, notices
from billing_core.notices import Notice
from channels import outbox
from channels.notices import Letterbox, Tally, Ways, send_due
from channels.notices.mail_fake import FakeMailer
from channels.notices.sending import tries
from channels.store import Message, NoticeSending
from tests.channels.conftest import World

LEE, RIVERA, BROWN = "+19195550101", "+19195550102", "+19195550108"


class Noticing:
    """`writes` makes a notice, `sends` does what is due, and the rest looks at what came of it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.core: Core = world.channels.core
        self.mailer = FakeMailer()
        self.letters = Letterbox(folder / "post")
        self.ways = Ways(self.mailer, self.letters, "Duely <bills@duely.example>")

    def at(self, local: str) -> None:
        self.world.clock.set(datetime.fromisoformat(local))

    def later(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))

    def days_to(self, local: str) -> None:
        """Run each billing day from tomorrow to that of `local`, at six in the morning, and stop at `local`."""
        end = datetime.fromisoformat(local)
        day = self.core.clock.today()
        while day < end.date():
            day += timedelta(days=1)
            self.core.clock.set(datetime.combine(day, datetime.min.time().replace(hour=6)))
            billing_day.run(self.core, day)
        self.core.clock.set(end)

    def writes(self, account: str, kind: str, key: str, **facts: Any) -> int:
        with self.core.write() as session:
            notices.record(session, account, kind, key, self.core.now(), facts)
        return notices.last_id(self.core)

    def has(self, account: str, **values: Any) -> None:
        """Give the account other contact details, language or delivery."""
        with self.core.write() as session:
            row = accounts.find(session, account)
            for name, value in values.items():
                setattr(row, name, value)

    def only(self, *kinds: str, account: str | None = None) -> None:
        """Leave out every waiting notice of another kind or account."""
        with self.core.write() as session:
            session.execute(update(Notice).where(Notice.kind.not_in(kinds)).values(outcome="moot"))
            if account is not None:
                session.execute(update(Notice).where(Notice.account_id != account).values(outcome="moot"))

    def sends(self) -> Tally:
        """What is due now, and what that put on the queue."""
        done = send_due(self.world.channels, self.ways)
        self.world.queue.run()
        return done

    def carrier_says(self, status: str, code: str | None = None) -> None:
        """What became of the newest text."""
        sid = self.world.carrier.taken[-1][0]
        outbox.carrier_said(self.world.channels, sid, status, code)

    def texts(self, phone: str) -> list[str]:
        return self.world.carrier.bodies(phone)

    def mails(self) -> list[str]:
        return [str(each.get_content()) for each in self.mailer.taken]

    def posted(self) -> list[str]:
        found = sorted(self.letters.folder.glob("*.txt")) if self.letters.folder.exists() else []
        return [each.read_text(encoding="utf-8") for each in found]

    def went(self, notice_id: int | None = None) -> list[tuple[str, str]]:
        """(way, outcome) of every try, in order; of the newest notice when none is named."""
        with self.core.read() as session:
            return [(each.way, each.outcome) for each in tries(session, notice_id or notices.last_id(self.core))]

    def outcome(self, notice_id: int | None = None) -> str | None:
        with self.core.read() as session:
            return session.get_one(Notice, notice_id or notices.last_id(self.core)).outcome

    def rows(self, table: Any = NoticeSending) -> list[Any]:
        with self.core.read() as session:
            return list(session.scalars(select(table)))

    def messages(self) -> list[Message]:
        return [each for each in self.world.rows() if each.direction == "out"]
