"""What banks and networks tell about saved methods: a new number or expiry, a closed card, corrected account data.

Applied at once, so before the next draft, and kept with what was there before (DOMAIN 3.6, 3.8; G12).
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import accounts, ach, notices
from billing_core.core import Core
from billing_core.methods import Method
from billing_core.processors.news import AskHolder, Checked, Closed, Corrected, MethodNews, Renewed
from billing_core.states import VALIDATION, ValidationEvent, ValidationState, advance
from billing_core.store import Base

CLOSED_CODE = "invalid_account"
EXPIRED_CODE = "expired_card"


class MethodUpdate(Base):
    """One word of a bank or network about a method: what, what stood there before, and by when it had to be applied."""

    __tablename__ = "method_update"

    event_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"))
    what: Mapped[str] = mapped_column(String(12))
    before: Mapped[str] = mapped_column(String(80))
    after: Mapped[str] = mapped_column(String(80))
    received_at: Mapped[datetime]
    apply_by: Mapped[date | None]
    applied_on: Mapped[date | None]


def take(core: Core, session: Session, event_id: str, token: str, news: MethodNews) -> bool:
    """Apply the news to the method behind the token; False when there is none on file. The event is claimed already."""
    found = session.scalars(select(Method).where(Method.token == token, Method.removed_on.is_(None))).first()
    if found is None:
        return False
    account = accounts.hold(session, found.account_id)
    method = session.get_one(Method, found.id, populate_existing=True)
    today = core.today(account.profile.time_zone)
    if isinstance(news, Checked) and method.validation != ValidationState.PENDING:
        # A method that was verified when it was saved is told as a success too: nothing about it is new.
        return True
    before = _shown(method)
    told = _apply(method, news)
    session.add(
        MethodUpdate(
            event_id=event_id,
            account_id=account.id,
            method_id=method.id,
            what=news.code if isinstance(news, Corrected) else type(news).__name__.casefold(),
            before=before,
            after=_shown(method),
            received_at=core.now(),
            apply_by=ach.correct_by(today) if isinstance(news, Corrected) else None,
            applied_on=None if isinstance(news, AskHolder) else today,
        )
    )
    if told is not None:
        outcome = method.validation if isinstance(news, Checked) else "plain"
        key, facts = f"method:{method.id}:{event_id}"[:120], {"method": method.label, "outcome": outcome}
        notices.record(session, account.id, told, key, core.now(), facts)
    return True


def of(core: Core, account_id: str) -> list[MethodUpdate]:
    """What was told about the account's methods, oldest first."""
    with core.read() as session:
        mine = select(MethodUpdate).where(MethodUpdate.account_id == account_id)
        return list(session.scalars(mine.order_by(MethodUpdate.received_at, MethodUpdate.event_id)))


def _apply(method: Method, news: MethodNews) -> str | None:
    """Change the method as told; the kind of notice to write, if the member has to hear of it."""
    if isinstance(news, Renewed):
        same = (news.last4, news.expires_month) == (method.last4, method.expires_month)
        method.last4, method.expires_month, method.token = news.last4, news.expires_month, news.token or method.token
        if not same and method.disabled_code == EXPIRED_CODE:
            method.disabled_code = None
        return None if same else "method_updated"
    if isinstance(news, Closed):
        method.disabled_code = method.disabled_code or CLOSED_CODE
        return "method_closed"
    if isinstance(news, Checked):
        event = ValidationEvent.MATCH if news.verified else ValidationEvent.FAIL
        method.validation = advance(VALIDATION, method.validation, event)
        return "method_checked"
    if isinstance(news, AskHolder):
        # That the card is about to expire is told anyway (G12).
        return None
    method.last4, method.kind = news.last4 or method.last4, news.kind or method.kind
    method.token = news.token or method.token
    return "method_updated"


def _shown(method: Method) -> str:
    return f"{method.label} {method.expires}".strip()
