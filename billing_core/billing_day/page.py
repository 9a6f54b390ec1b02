"""One page of a billing day, inside one transaction: the steps in their order."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from billing_core import notices, pending, profiles, quotes
from billing_core.accounts import Account
from billing_core.autopay import Enrollment
from billing_core.billing_day.age import age
from billing_core.billing_day.draft import draft
from billing_core.billing_day.issue import ENROLLED, issue
from billing_core.billing_day.notify import notify
from billing_core.billing_day.pages import Span
from billing_core.billing_day.retry import retry
from billing_core.billing_day.tally import Tally
from billing_core.core import Core
from billing_core.payments import Payment
from billing_core.states import PaymentState
from billing_core.store import unindexed


def do_span(core: Core, session: Session, span: Span, on: date, zone: str = "") -> Tally:
    """Everything `on` asks of the accounts of a span, but asking the processor; doing it twice changes nothing.

    Of the accounts of issuers in `zone`, or of all where none is named.
    """
    tally: Tally = Tally()
    _go_by_keys(session)
    _expire_quotes(core, session, span)
    in_span = session.scalars(select(Account.profile_id).where(span.holds(Account.id)).distinct()).all()
    for profile in map(profiles.get, in_span):
        if zone not in ("", profile.time_zone):
            continue
        at = core.now()
        tally["pending_applied"] += _apply_pending(core, session, span, profile.id, on)
        # First, so that coverage which ends today is neither billed nor drafted any more.
        tally += age(session, span, profile, on, at)
        tally["issued"] += issue(session, span, profile, on, at)
        tally["drafted"] += draft(session, span, profile, on, at)
        tally["retried"] += retry(session, span, profile, on, at)
        tally["told"] += notify(session, span, profile, on, at)
    return tally


def _go_by_keys(session: Session) -> None:
    """Have PostgreSQL look up what a page needs by its keys, account by account.

    A plan is made once for all pages of a connection, by the sizes of that moment: made while a table was empty it
    reads all of it for each row later on, and a merge with the enrollments reads all of those before the page.
    """
    if session.get_bind().dialect.name == "postgresql":
        for way in ("seqscan", "hashjoin", "mergejoin"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))


def _expire_quotes(core: Core, session: Session, span: Span) -> None:
    old = session.scalars(
        select(Payment)
        .where(span.holds(Payment.account_id))
        .where(unindexed(Payment.state) == PaymentState.PROPOSED.value, Payment.expires_at < core.now())
        .with_for_update(of=Payment)
    )
    for payment in old:
        quotes.expire(session, payment)
    session.flush()


def _apply_pending(core: Core, session: Session, span: Span, profile_id: str, on: date) -> int:
    ripe = session.scalars(
        select(Enrollment)
        .join(Account, Account.id == Enrollment.account_id)
        .where(span.holds(Enrollment.account_id), Enrollment.state.in_(ENROLLED), Enrollment.pending_on <= on)
        .where(Account.profile_id == profile_id)
    ).all()
    count = 0
    for enrollment in ripe:
        key = f"pending:{enrollment.id}:{enrollment.pending_on}"
        if pending.apply(core, session, enrollment, on):
            notices.record(session, enrollment.account_id, "pending_applied", key, core.now())
            count += 1
    session.flush()
    return count
