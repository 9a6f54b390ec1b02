"""A person's word on a refund, and the processor's: approved, sent, done, each cent once (DOMAIN 2.6).

What was sent and got no answer is sent again under the same key, which gives back once; nothing else ends it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, credits, ledger, refunds, reversals, states
from billing_core.core import Core
from billing_core.decisions import Refused
from billing_core.errors import RefusedByRule
from billing_core.processors import Accepted, Declined
from billing_core.refunds import Refund, Status
from billing_core.states import REFUND, PaymentState, RefundEvent, RefundState


def waiting(core: Core) -> list[Refund]:
    """The requests that wait for a person, oldest first."""
    with core.read() as session:
        rows = select(Refund).where(Refund.state == RefundState.REQUESTED.value)
        return list(session.scalars(rows.order_by(Refund.requested_at, Refund.id)))


def decide(core: Core, refund_id: str, *, approve: bool, by: str, reason: str = "") -> Status:
    """A person's word: approved, it is sent to the processor at once; declined, credit that was set aside is back.

    Raises `RefusedByRule` while `refunds.may_refund` says no, with its first day, and `IllegalTransition` when it was
    decided before.
    """
    with core.write() as session:
        refund = _hold(session, refund_id)
        _change(refund, RefundEvent.APPROVE if approve else RefundEvent.DECLINE)
        if approve:
            _must_be_allowed(core, session, refund)
        refund.decided_by, refund.decided_at, refund.reason = by, core.now(), reason or None
        if not approve:
            _give_up(core, session, refund)
    return send(core, refund_id) if approve else refunds.status(core, refund_id)


def send(core: Core, refund_id: str) -> Status:
    """Have the processor give an approved refund back; sent again, also after no answer, it goes back once.

    One that a rule forbids by now, because its payment came back meanwhile, is declined.
    """
    with core.write() as session:
        refund = _hold(session, refund_id)
        if refund.state == RefundState.APPROVED:
            try:
                _must_be_allowed(core, session, refund)
                _change(refund, RefundEvent.SEND)
            except RefusedByRule:
                _change(refund, RefundEvent.DECLINE)
                _give_up(core, session, refund)
    if refund.state == RefundState.SENT:
        # Outside any transaction; the attempt is the processor's idempotency key, since a payment is refunded once.
        answer = core.processor.refund(attempt_id=refund.payment_id, amount_cents=refund.amount_cents)
        with core.write() as session:
            refund = _hold(session, refund_id)
            if refund.state == RefundState.SENT and isinstance(answer, Accepted):
                _finish(core, session, refund)
            elif refund.state == RefundState.SENT and isinstance(answer, Declined):
                _change(refund, RefundEvent.DECLINE)
                refund.code = answer.code
                _give_up(core, session, refund)
    return refunds.status(core, refund_id)


def resolve_open(core: Core) -> int:
    """Ask again about every refund that was sent and has no answer; returns how many have one now."""
    with core.read() as session:
        open_ = (RefundState.APPROVED.value, RefundState.SENT.value)
        ids = session.scalars(select(Refund.id).where(Refund.state.in_(open_)).order_by(Refund.id)).all()
    return sum(send(core, each).state in (RefundState.DONE, RefundState.DECLINED) for each in ids)


def _hold(session: Session, refund_id: str) -> Refund:
    refund = session.get_one(Refund, refund_id)
    accounts.hold(session, refund.account_id)
    session.refresh(refund)
    session.refresh(refund.payment)
    return refund


def _change(refund: Refund, event: RefundEvent) -> None:
    refund.state = states.advance(REFUND, refund.state, event)


def _must_be_allowed(core: Core, session: Session, refund: Refund) -> None:
    account = accounts.find(session, refund.account_id)
    today = core.today(account.profile.time_zone)
    answer = refunds.may_refund(refund.payment, refunds.made_on_of(account, refund.payment), today)
    if isinstance(answer, Refused):
        raise RefusedByRule(answer)
    owed_cents = ledger.balance_cents(session, account.id, ledger.MEMBER_CREDIT)
    if refund.of == "credit" and owed_cents > 0:
        # Money that had made the credit came back meanwhile, so there is less than was set aside.
        raise RefusedByRule(Refused("2.6", None, {"short_cents": owed_cents}))


def _finish(core: Core, session: Session, refund: Refund) -> None:
    _change(refund, RefundEvent.ACCEPT)
    refund.done_on = core.today(accounts.find(session, refund.account_id).profile.time_zone)
    if refund.of == "credit":
        refunds.post(core, session, refund, "done", ledger.REFUND_DUE, ledger.CASH)
    elif refund.payment.state == PaymentState.RETURNED:
        # It came back from the bank while it was being given back: the member has it twice, and owes it.
        refunds.post(core, session, refund, "done", ledger.MEMBER_CREDIT, ledger.CASH)
    else:
        reversals.take_refund(core, session, refund.payment)


def _give_up(core: Core, session: Session, refund: Refund) -> None:
    refund.standing_for = None
    if refund.of == "credit":
        refunds.post(core, session, refund, "put_back", ledger.REFUND_DUE, ledger.MEMBER_CREDIT)
        today = core.today(accounts.find(session, refund.account_id).profile.time_zone)
        credits.settle(session, refund.account_id, cause=f"refund:{refund.id}:put_back", on=today, at=core.now())
