"""Decision records: which rule said what, on which facts, under which version of the issuer's profile.

A record holds everything its rule looked at, and the profile itself is kept once for each version, so `replay` asks
the same pure function again and gets the same answer after the account, the code around it or the profile changed.
A refusal rolls back what was tried; its record is written after that, in a transaction of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import amounts, lock
from billing_core.accounts import Account
from billing_core.amounts import Asked, Owing
from billing_core.core import Core
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.errors import BillingError, PaymentRefused
from billing_core.lock import LockQuestion, LockWindow, StartedDraft
from billing_core.profiles import Profile
from billing_core.store import Base, insert_or_leave

LOCK = "lock"
AMOUNT = "amount"
# Refusals of other rules: kept with their name and facts, and not asked again.
OTHER = "other"

_turn: ContextVar[str | None] = ContextVar("turn that is being answered", default=None)


class ProfileVersion(Base):
    """An issuer's profile as it was when something was decided; `version` is a hash of its content."""

    __tablename__ = "profile_version"

    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    profile_id: Mapped[str] = mapped_column(String(40))
    body: Mapped[dict[str, Any]]


class DecisionRecord(Base):
    """One answer of one rule: what it was given and what it said; `rule` is empty where it had no objection."""

    __tablename__ = "decision_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    about: Mapped[str] = mapped_column(String(10))
    rule: Mapped[str | None] = mapped_column(String(40))
    profile_version: Mapped[str] = mapped_column(ForeignKey("profile_version.version"))
    inputs: Mapped[dict[str, Any]]
    computed: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    # The member's message it was decided for; empty for the billing day's and the command line's own.
    turn_id: Mapped[str | None] = mapped_column(String(64), index=True)


@dataclass
class Trail:
    """What was decided in one request, in order; `committed` once the records are safe whatever is refused."""

    core: Core
    kept: list[tuple[str, Any, Answer]] = field(default_factory=list)
    committed: bool = False

    def keep(self, session: Session, account: Account, about: str, question: Any, answer: Answer) -> None:
        """Write the decision with what it leads to; should that be refused, it is written again after."""
        self.kept.append((about, question, answer))
        _write(self.core, session, account, about, question, answer)


@contextmanager
def during(turn_id: str) -> Iterator[None]:
    """Within it every record names the turn it was decided for."""
    token = _turn.set(turn_id)
    try:
        yield
    finally:
        _turn.reset(token)


@contextmanager
def deciding(core: Core, account_id: str) -> Iterator[Trail]:
    """Keeps the record of a refusal although everything else about it is rolled back."""
    trail = Trail(core)
    try:
        yield trail
    except BillingError as error:
        if not trail.committed:
            _keep_refusal(trail, account_id, error)
        error.recorded = True
        raise


def refused(core: Core, account_id: str, error: BillingError) -> None:
    """Keep a refusal that reached the member, with its rule and facts, unless it has its record already."""
    if not error.recorded:
        _keep_refusal(Trail(core), account_id, error)
        error.recorded = True


def _keep_refusal(trail: Trail, account_id: str, error: BillingError) -> None:
    kept = list(trail.kept)
    if not any(isinstance(answer, Refused) for _, _, answer in kept):
        kept.append((OTHER, None, Refused(_rule(error), None, _facts(error))))
    with trail.core.write() as session:
        account = session.get(Account, account_id)
        if account is not None:
            for about, question, answer in kept:
                _write(trail.core, session, account, about, question, answer)


def of(core: Core, account_id: str) -> list[DecisionRecord]:
    """The account's records, oldest first."""
    with core.read() as session:
        rows = select(DecisionRecord).where(DecisionRecord.account_id == account_id).order_by(DecisionRecord.id)
        return list(session.scalars(rows))


def of_turn(session: Session, turn_id: str) -> list[int]:
    """The ids of what was decided for one message, oldest first."""
    return list(rules_in_turn(session, turn_id))


def rules_in_turn(session: Session, turn_id: str) -> dict[int, str | None]:
    """What was decided for one message: the rule that refused, or None, by the record's id, oldest first."""
    rows = select(DecisionRecord.id, DecisionRecord.rule).where(DecisionRecord.turn_id == turn_id)
    return dict(session.execute(rows.order_by(DecisionRecord.id)).tuples().all())


def replay(core: Core, record: DecisionRecord) -> Answer | None:
    """Ask the rule again on the record's facts and profile; None for a rule that is kept but not asked again."""
    with core.read() as session:
        profile = Profile.model_validate(session.get_one(ProfileVersion, record.profile_version).body)
    given = record.inputs
    if record.about == LOCK:
        return lock.answer(profile, _lock_question(given))
    if record.about == AMOUNT:
        return amount(profile, *_amount_question(given))
    return None


def amount(profile: Profile, owing: Owing, asked: Asked) -> Answer:
    """`amounts.payable` as a rule's answer."""
    try:
        return Allowed(asdict(amounts.payable(profile, owing, asked)))
    except PaymentRefused as error:
        return Refused(_rule(error), None, _facts(error))


def told(answer: Answer) -> dict[str, Any]:
    """An answer as a record keeps it: two are the same answer when these are equal."""
    facts = {name: asdict(fact) if isinstance(fact, LockWindow) else fact for name, fact in answer.facts.items()}
    until = answer.until if isinstance(answer, Refused) else None
    return _plain({"allowed": bool(answer), "rule": getattr(answer, "rule", None), "until": until, "facts": facts})


def version(profile: Profile) -> str:
    """Sixteen hex digits that change with any value of the profile."""
    return _digest(profile.model_dump(mode="json"))


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def _write(core: Core, session: Session, account: Account, about: str, question: Any, answer: Answer) -> None:
    profile = account.profile
    body = profile.model_dump(mode="json")
    key = _digest(body)
    insert_or_leave(session, ProfileVersion, [{"version": key, "profile_id": profile.id, "body": body}])
    parts = question if isinstance(question, tuple) else (question,)
    inputs = {type(part).__name__: _plain(asdict(part)) for part in parts if part is not None}
    session.add(
        DecisionRecord(
            account_id=account.id,
            about=about,
            rule=answer.rule if isinstance(answer, Refused) else None,
            profile_version=key,
            inputs=inputs,
            computed=told(answer),
            at=core.now(),
            turn_id=_turn.get(),
        )
    )


def _lock_question(given: dict[str, Any]) -> LockQuestion:
    asked = given["LockQuestion"]
    return LockQuestion(
        today=date.fromisoformat(asked["today"]),
        sent=tuple((date.fromisoformat(due), policy, date.fromisoformat(on)) for due, policy, on in asked["sent"]),
        first_draft_on=_day(asked["first_draft_on"]),
        drafts=tuple(StartedDraft(date.fromisoformat(row["due_on"]), _day(row["known_on"])) for row in asked["drafts"]),
    )


def _amount_question(given: dict[str, Any]) -> tuple[Owing, Asked]:
    owing, asked = given["Owing"], given["Asked"]
    days = {name: _day(owing[name]) for name in ("first_due_on", "last_day")}
    share = asked["share"]
    return (
        Owing(**{**owing, **days, "today": date.fromisoformat(owing["today"])}),
        Asked(asked["amount_cents"], None if share is None else Fraction(share), _day(asked["pay_on"])),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _rule(error: BillingError) -> str:
    return error.rule or type(error).__name__


def _facts(error: BillingError) -> dict[str, Any]:
    return {name: value for name, value in vars(error).items() if isinstance(value, str | int | date | None)}


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """JSON's own types: dates in ISO form, fractions as `1/2`."""
    plain: dict[str, Any] = json.loads(json.dumps(value, default=str))
    return plain
