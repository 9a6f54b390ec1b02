"""Taking a saved method off the account: what stands in the way, and what ends with it (G4).

Inside the lock the method of the draft in progress stays; a method that a payment under way or scheduled needs stays
until that is over. Outside the lock the autopay method may go, and autopay ends with it: tell `plan` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import accounts, autopay
from billing_core.accounts import Account
from billing_core.autopay import CHANGE_METHOD, Enrollment
from billing_core.core import Core
from billing_core.errors import MethodBusy, MethodInLock, MethodNotFound
from billing_core.methods import Method
from billing_core.payments import Payment
from billing_core.states import MONEY_MAY_MOVE


@dataclass(frozen=True)
class Removal:
    """What removing a method does: whether autopay ends with it, or a change saved for later is dropped.

    With autopay, the first due date to pay by hand from then on.
    """

    method_id: int
    label: str
    ends_autopay: bool
    drops_saved_change: bool
    by_hand_from: date | None


def plan(core: Core, account_id: str, method_id: int) -> Removal:
    """What removing the method would do, for the read-back; nothing changes.

    Raises `MethodNotFound`, `MethodInLock` with the first open day (G4), or `MethodBusy`.
    """
    with core.read() as session:
        account = accounts.find(session, account_id)
        return _planned(core, session, account, _on_file(session, account_id, method_id))


def remove(core: Core, account_id: str, method_id: int, *, turn_id: str) -> Removal:
    """Take the method off the account now; autopay from it ends too. Asked twice in one turn it is done once.

    The row stays for the payments that name it, with its token emptied, so nothing can be charged to it. Raises as
    `plan`; then nothing has changed.
    """
    with core.write() as session:
        account = accounts.hold(session, account_id)
        method = session.get(Method, method_id)
        if method is not None and method.account_id == account_id and method.removed_by_turn == turn_id:
            return Removal(method.id, method.label, False, False, None)
        removal = _planned(core, session, account, _on_file(session, account_id, method_id))
        enrollment = autopay.on(session, account_id)
        if enrollment is not None and removal.ends_autopay:
            autopay.end(core, account, enrollment, f"{turn_id}:removed"[:64])
        if enrollment is not None and removal.drops_saved_change:
            enrollment.pending = enrollment.pending_method_id = enrollment.pending_on = None
        method = session.get_one(Method, method_id)
        method.removed_on = core.today(account.profile.time_zone)
        method.removed_by_turn = turn_id
        method.token = ""
        return removal


def _on_file(session: Session, account_id: str, method_id: int) -> Method:
    method = session.get(Method, method_id)
    if method is None or method.account_id != account_id or method.removed_on is not None:
        raise MethodNotFound(str(method_id))
    return method


def _planned(core: Core, session: Session, account: Account, method: Method) -> Removal:
    enrollment = autopay.on(session, account.id)
    in_use = enrollment is not None and enrollment.method_id == method.id
    saved = enrollment is not None and enrollment.pending_method_id == method.id
    if enrollment is not None and (in_use or saved):
        refusal = autopay.refusal_today(core, session, account, enrollment)
        if refusal is not None:
            raise MethodInLock(method.label, refusal.until)
    under_way = select(Payment.id).where(Payment.method_id == method.id, Payment.state.in_(MONEY_MAY_MOVE))
    if session.scalars(under_way).first() is not None:
        raise MethodBusy(method.label)
    return Removal(
        method_id=method.id,
        label=method.label,
        ends_autopay=in_use,
        drops_saved_change=saved and not in_use and enrollment is not None and enrollment.pending == CHANGE_METHOD,
        by_hand_from=_by_hand_from(core, session, account, enrollment) if in_use else None,
    )


def _by_hand_from(core: Core, session: Session, account: Account, enrollment: Enrollment | None) -> date | None:
    if enrollment is None:
        return None
    draft = autopay.next_draft(session, account, enrollment, core.today(account.profile.time_zone))
    return draft.due_on if draft else None
