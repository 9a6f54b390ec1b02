"""How bills reach a member: by post or by e-mail, each choice kept with the words it was made on (S6-S9, G13-G15).

Electronic notices need consent and an address, and the consent can be withdrawn (E-SIGN; DOMAIN 1.3). Turning autopay
on includes it (S8); turning it off leaves delivery as it is (G14). A row of `DeliveryChoice` is never changed: the
newest one is what holds, `Account.delivery` says the same for the many who never chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_core import accounts, authorization, notices
from billing_core.accounts import Account
from billing_core.authorization import Said
from billing_core.autopay import on as autopay_on
from billing_core.core import Core
from billing_core.errors import AlreadyDelivered, NoEmail, PaperOnAutopay, PaperOnAutopayUnknown
from billing_core.store import Base

PAPER = "paper"
EMAIL = "email"
Why = Literal["member", "autopay", "bounced"]


class DeliveryChoice(Base):
    """One choice of delivery: e-mail with the consent that was shown, or paper, which withdraws it."""

    __tablename__ = "delivery_choice"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    delivery: Mapped[str] = mapped_column(String(10))
    email: Mapped[str | None] = mapped_column(String(254))
    why: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    turn_id: Mapped[str] = mapped_column(String(80), unique=True)
    channel: Mapped[str] = mapped_column(String(10))
    level: Mapped[str | None] = mapped_column(String(2))
    identity_event: Mapped[str | None] = mapped_column(String(64))
    chosen_at: Mapped[datetime]


@dataclass(frozen=True)
class Standing:
    """How bills are sent now; `on_autopay` tells whether paper could be chosen, `email` where e-mail would go."""

    delivery: str
    email: str | None
    on_autopay: bool
    consented_at: datetime | None


def standing(core: Core, account_id: str) -> Standing:
    """How bills are sent now: what to tell when asked, and after autopay ended (G14: keep it, or back to paper?)."""
    with core.read() as session:
        account = accounts.find(session, account_id)
        consent = consent_of(session, account)
        return Standing(
            account.delivery,
            account.email,
            autopay_on(session, account_id) is not None,
            consent.chosen_at if consent else None,
        )


def paperless_terms(core: Core, account_id: str, language: str = "en") -> str:
    """The consent to read out before bills come by e-mail alone (S7, G13), for one SMS with its question.

    Raises `NoEmail` without an address and `AlreadyDelivered` when bills come by e-mail already.
    """
    with core.read() as session:
        return _paperless_terms(accounts.find(session, account_id), language)


def go_paperless(core: Core, account_id: str, *, text: str, said: Said) -> None:
    """Bills come by e-mail from now on, as the member agreed to `text`; one message counts once.

    Raises `NoEmail` and `AlreadyDelivered`; `TermsChanged` is the caller's to raise when `paperless_terms` says
    something else by now.
    """
    with core.write() as session:
        account = accounts.hold(session, account_id)
        if not _known(session, said):
            _paperless_terms(account, said.language)
            choose(core, session, account, EMAIL, why="member", text=text, said=said)


def go_paper(core: Core, account_id: str, *, said: Said) -> None:
    """Bills come by post again and the consent is withdrawn; one message counts once.

    Raises `PaperOnAutopay` where the issuer sends no paper to autopay members (S9, G15), `PaperOnAutopayUnknown` where
    nobody knows, `AlreadyDelivered`. A copy by post can be asked for always (`post_copy`).
    """
    with core.write() as session:
        account = accounts.hold(session, account_id)
        if _known(session, said):
            return
        if account.delivery == PAPER:
            raise AlreadyDelivered(PAPER)
        if autopay_on(session, account_id) is not None and not account.profile.paper_with_autopay:
            unknown = account.profile.paper_with_autopay is None
            raise PaperOnAutopayUnknown() if unknown else PaperOnAutopay()
        choose(core, session, account, PAPER, why="member", text="", said=said)


def post_copy(core: Core, account_id: str, *, said: Said) -> None:
    """A copy of the newest bill goes by post, whatever the delivery (G15); asked twice in one message it goes once."""
    with core.write() as session:
        accounts.hold(session, account_id)
        notices.record(session, account_id, "paper_copy", f"copy:{said.turn_id}", core.now())


def bounced(core: Core, account_id: str, message_id: str) -> bool:
    """An e-mailed bill came back: paper is resumed and the member is told (G13); whether this changed anything."""
    with core.write() as session:
        account = accounts.hold(session, account_id)
        said = Said(f"bounced:{message_id}"[:80], "email")
        if account.delivery != EMAIL or _known(session, said):
            return False
        choose(core, session, account, PAPER, why="bounced", text="", said=said)
        notices.record(session, account_id, "email_bounced", said.turn_id, core.now())
        return True


def choose(core: Core, session: Session, account: Account, to: str, *, why: Why, text: str, said: Said) -> None:
    """Write the choice down and follow it, in the caller's transaction."""
    account.delivery = to
    session.add(
        DeliveryChoice(
            account_id=account.id,
            delivery=to,
            email=account.email if to == EMAIL else None,
            why=why,
            text=text,
            turn_id=said.turn_id,
            channel=said.channel,
            level=said.level,
            identity_event=said.identity_event,
            chosen_at=core.now(),
        )
    )


def consent_of(session: Session, account: Account) -> DeliveryChoice | None:
    """The consent to electronic notices that holds now; None on paper, and for those who chose before us."""
    newest = session.scalars(
        select(DeliveryChoice).where(DeliveryChoice.account_id == account.id).order_by(DeliveryChoice.id.desc())
    ).first()
    return newest if newest is not None and newest.delivery == account.delivery == EMAIL else None


def _known(session: Session, said: Said) -> bool:
    return session.scalar(select(DeliveryChoice.id).where(DeliveryChoice.turn_id == said.turn_id)) is not None


def _paperless_terms(account: Account, language: str) -> str:
    if account.delivery == EMAIL:
        raise AlreadyDelivered(EMAIL)
    if account.email is None:
        raise NoEmail("no e-mail address on file")
    return authorization.words("paperless", language, email=account.email)
