"""The updater is asked about cards that would be dead on their next draft, before that draft runs (G12; DOMAIN 3.8).

Long before, a month before, on the last day before the lock of `nc_seed` opens, and on the day of the draft; each once
a draft, also when days were missed, and never inside a transaction.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Select, select

from billing_core import events, invoices, profiles
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.calendar import first_of_month
from billing_core.core import Core
from billing_core.events import Effect, ProcessorEvent
from billing_core.methods import Method
from billing_core.processors.news import Event, Updater
from billing_core.states import AUTOPAY_ON
from billing_core.updating import EXPIRED_CODE

CHECK_DAYS = (45, 30, 16, 0)


class Asked(NamedTuple):
    """A card to ask about, for the draft due on `due_on`, `days` days before it."""

    method_id: int
    token: str
    due_on: date
    days: int

    @property
    def event_id(self) -> str:
        return f"updater:{self.method_id}:{self.due_on.isoformat()}:{self.days}"


def ask_updater(core: Core, on: date, zone: str, failed: list[Exception]) -> int:
    """Ask the updater about the cards that would be dead on their next drafts; returns how many had news.

    Asked once for each draft and each of `CHECK_DAYS`, also when days were missed. What fails is added to `failed`.
    """
    if not isinstance(core.processor, Updater):
        return 0
    count = 0
    for asked in _to_ask(core, on, zone):
        try:
            news = core.processor.card(asked.token)
            effect = events.take(core, Event(asked.event_id, "updater", what=news, token=asked.token))
        except Exception as error:
            error.add_note(f"method {asked.method_id}, asked about for {asked.due_on}")
            failed.append(error)
        else:
            count += effect is Effect.UPDATED
    return count


def _to_ask(core: Core, on: date, zone: str) -> list[Asked]:
    found = []
    with core.read() as session:
        for profile_id in session.scalars(select(Account.profile_id).distinct()):
            profile = profiles.get(profile_id)
            if zone and profile.time_zone != zone:
                continue
            due = invoices.next_due_on(profile, on)
            for each in (due, first_of_month(due, 1).replace(day=profile.due_day)):
                reached = [days for days in CHECK_DAYS if each - timedelta(days=days) <= on]
                if reached:
                    dead = session.execute(_dead_on(profile_id, each))
                    found += [Asked(method_id, token, each, min(reached)) for method_id, token in dead]
        return [asked for asked in found if session.get(ProcessorEvent, asked.event_id) is None]


def _dead_on(profile_id: str, due: date) -> Select[int, str]:
    return (
        select(Method.id, Method.token)
        .join(Enrollment, Enrollment.method_id == Method.id)
        .join(Account, Account.id == Enrollment.account_id)
        .where(
            Account.profile_id == profile_id,
            Account.coverage_ended_on.is_(None),
            Enrollment.state.in_(AUTOPAY_ON),
            Enrollment.first_draft_on <= due,
            Method.kind == "card",
            Method.expires_month < first_of_month(due),
            Method.disabled_code.is_(None) | (Method.disabled_code == EXPIRED_CODE),
        )
    )
