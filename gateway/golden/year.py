"""Lives the year: a billing day each morning, the members' decisions at ten, then what is new of each account."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from billing_core import Clock, Core, billing_day, cast, enrolling, ledger, methods, open_core, quotes, reversals
from billing_core import attempts as payment_attempts
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.calendar import ISSUER_ZONE
from billing_core.errors import BillingError
from billing_core.ledger import Entry
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.quotes import Wish
from billing_core.states import PaymentState
from gateway import database
from gateway.golden.story import Story, Told
from gateway.play.format import CANONICAL_CLOCK

DAYS = 365
FINGERPRINT: list[tuple[Any, ...]] = [
    (Account.id, Account.coverage_ended_on),
    (Enrollment.account_id, Enrollment.state, Enrollment.pending_on),
    (Entry.account_id, Entry.id),
    (Notice.account_id, Notice.id),
    (Payment.account_id, Payment.id, Payment.state),
]
MORNING, TEN = time(6), time(10)


@dataclass
class Year:
    """What happened in the year, by member and day."""

    first_on: date
    told: dict[str, list[Told]] = field(default_factory=dict)
    ledger_total_cents: int = 0


@cache
def decisions() -> dict[str, dict[str, Any]]:
    """The decisions as written, by member."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(
        (files("gateway.golden") / "decisions.yml").read_text(encoding="utf-8")
    )
    return loaded


def live(days: int = DAYS) -> Year:
    """The year of the whole cast, always the same: on a database of its own, with a sandbox that accepts."""
    with _fresh_core() as core:
        cast.load(core)
        today = core.clock.today()
        stories = {member["key"]: Story(core, member["key"]) for member in cast.MEMBERS}
        year = Year(today, {key: [story.beginning()] for key, story in stories.items()})
        now = _fingerprints(core)
        for step in range(days):
            day = today + timedelta(days=step)
            core.clock.set(datetime.combine(day, MORNING))
            billing_day.run(core, day)
            core.clock.set(datetime.combine(day, TEN))
            said: dict[str, list[str]] = {}
            for key in stories:
                said[key] = [_carried_out(core, key, what) for what in _wanted(key, day)]
            before, now = now, _fingerprints(core)
            for key, story in stories.items():
                told = story.news(said[key]) if said[key] or now.get(key) != before.get(key) else None
                if told is not None:
                    year.told[key].append(told)
        with core.read() as session:
            year.ledger_total_cents = ledger.total_cents(session)
        return year


def _fingerprints(core: Core) -> dict[str, list[Any]]:
    """What a change of an account would change, by account: most days nothing happens to most of them."""
    found: dict[str, list[Any]] = {}
    with core.read() as session:
        for columns in FINGERPRINT:
            for row in session.execute(select(*columns)):
                found.setdefault(row[0], []).append(row[1:])
    return found


def _wanted(key: str, day: date) -> Iterator[dict[str, Any]]:
    """What the member wants to do on a day."""
    wants = decisions()[key]
    pays = wants.get("pays", {"day": None})
    if day.day == pays["day"] and day <= pays.get("through", day) and f"{day:%Y-%m}" not in pays.get("not_in", []):
        yield {"pay": pays["method"]}
    yield from (each for each in wants.get("once", []) if each["day"] == day)


def _carried_out(core: Core, key: str, what: dict[str, Any]) -> str:
    """Do it as a conversation would, and say what the core answered where it refused."""
    turn = f"{key}-{core.now().isoformat()}"
    asked: dict[str, Any] = {"account_id": key, "conversation_id": key, "turn_id": turn}
    try:
        if "pay" in what:
            method_id = _method(core, key, what["pay"])
            quote = quotes.open_payment(core, **asked, wish=Wish(method_id=method_id))
            payment_attempts.confirm(core, quote.payment_id, f"{turn}-pay")
            return ""
        if "autopay" in what:
            terms = enrolling.offer(core, **asked, method_id=_method(core, key, what["autopay"]))
            enrolling.authorize(core, terms.enrollment_id, turn_id=f"{turn}-yes", channel="web")
            return f"Turns autopay on; the first draft is {terms.first_draft_on:%B} {terms.first_draft_on.day}."
        if "cancel" in what:
            enrolling.cancel(core, **asked)
            return "Turns autopay off."
        reversals.returned(core, _newest_draft(core, key), what["returned"])
    except BillingError as refused:
        return f"Wants to {'pay' if 'pay' in what else 'change autopay'}; refused: {refused}."
    return ""


def _method(core: Core, key: str, last4: str) -> int:
    return next(row.id for row in methods.saved(core, key) if row.last4 == last4)


def _newest_draft(core: Core, key: str) -> str:
    drafts = select(Payment.id).where(
        Payment.account_id == key, Payment.kind == "draft", Payment.state == PaymentState.SETTLED
    )
    with core.read() as session:
        return session.scalars(drafts.order_by(Payment.pay_on.desc())).first() or ""


@contextmanager
def _fresh_core() -> Iterator[Core]:
    with tempfile.TemporaryDirectory(prefix="duely-golden-") as folder:
        url = f"sqlite:///{Path(folder) / 'year.sqlite'}"
        database.migrate(url)
        core = open_core(url, clock=Clock.fixed(CANONICAL_CLOCK, ISSUER_ZONE))
        try:
            yield core
        finally:
            core.engine.dispose()
