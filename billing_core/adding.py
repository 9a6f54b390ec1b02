"""Putting on file what a member typed into the processor's page (S16, S17, G17; DOMAIN 3.1-3.3, 4.8).

A method that is on file already, by kind, brand and last four digits, is renewed in its place: a card with its new
expiry goes on paying what it paid. Anything else comes beside what is there, and changes no autopay (G4).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing_core import accounts, authorization, codes, methods
from billing_core.accounts import Account
from billing_core.authorization import Said
from billing_core.core import Core
from billing_core.errors import MethodDisabled, MethodNotAccepted, MethodUnknown
from billing_core.methods import Method
from billing_core.processors import Entered, Kind
from billing_core.profiles import Profile
from billing_core.states import ValidationState

ON_FILE = "on_file"
NOT_ACCEPTED = "The bank did not accept this card or account."


@dataclass(frozen=True)
class Added:
    """What is on file now; `waits` for a bank account that has to be verified before its first debit."""

    method_id: int
    label: str
    renewed: bool
    waits: bool


def kinds_taken(profile: Profile) -> list[Kind]:
    """What the secure page may ask for: the kinds this issuer is known to take here, with equal weight (G17, G18)."""
    online = {method.kind for method in profile.methods if method.channel == "online"}
    cards: list[Kind] = ["card"] if "card" in online else []
    banks: list[Kind] = ["us_bank_account"] if online & {"checking", "savings"} else []
    return cards + banks


def bank_text(account: Account, language: str = "en") -> str:
    """What the member agrees to before a bank account is saved: each debit still waits for its own word."""
    phone, hours = account.profile.reached_at()
    return authorization.words("on_file", language, issuer=account.profile.short_name, phone=phone, hours=hours)


def why_not_saved(code: str) -> str:
    """What the member is told when a method was declined at the page: a reason of the card's own, or none at all."""
    row = codes.reason(code)
    of_the_card = row.seed_group in ("expired_card", "incorrect_information")
    return row.plain_reason if of_the_card else NOT_ACCEPTED


def add(
    core: Core, session: Session, *, account_id: str, what: Entered, text: str | None, reference: str, said: Said
) -> Added:
    """Put the method on file, with the authorization that was shown for a bank account, in the caller's transaction.

    `reference` names the entry and is the authorization's subject. Raises `MethodNotAccepted` or `MethodUnknown` when
    the issuer does not take it (G17), `MethodDisabled` for one that the bank has ended for good.
    """
    account = accounts.hold(session, account_id)
    method = Method(
        account_id=account_id,
        kind=what.kind,
        brand=what.brand,
        last4=what.last4,
        expires_month=what.expires_month,
        token=what.token,
        validation=(ValidationState.VERIFIED if what.verified else ValidationState.PENDING).value,
    )
    taken = account.profile.takes(what.kind, what.brand)
    if what.business and taken:
        # Debits agreed to on the web are consumer entries (WEB, DOMAIN 3.1); of others no profile says anything.
        raise MethodUnknown(f"a business account ending {what.last4}")
    if not taken:
        raise MethodUnknown(method.label) if taken is None else MethodNotAccepted(method.label)
    known = next((row for row in methods.of(session, account_id) if row.label == method.label), None)
    if known is None:
        session.add(method)
    else:
        _renew(known, method)
        method = known
    session.flush()
    if method.rail == "ach":
        if text is None:
            raise ValueError("a bank account is saved with the authorization that was shown")
        today = core.today(account.profile.time_zone)
        authorization.give(
            session,
            kind=ON_FILE,
            subject_id=reference,
            account_id=account_id,
            method=method,
            text=text,
            amount_cents=0,
            first_on=today,
            agreed=None,
            said=said,
            at=core.now(),
        )
    return Added(method.id, method.label, renewed=known is not None, waits=not what.verified)


def _renew(known: Method, new: Method) -> None:
    """The same card or account with new details; what the bank ended for good stays ended."""
    if known.disabled_code is not None and codes.reason(known.disabled_code).retryable != "after_change":
        raise MethodDisabled(known.label)
    known.disabled_code = None
    known.token, known.expires_month, known.validation = new.token, new.expires_month, new.validation
