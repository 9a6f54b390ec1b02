"""The secure page for a guest: one payment of one amount by a link that a member gave them (DOMAIN 2.8, 4.9).

The page tells the amount and whom it is paid to, and nothing else: not whose bill it is, for what, or what more is due.
Signing in is not asked for and says nothing here. The receipt is on the page; the member is told by a notice.
"""

from __future__ import annotations

import hashlib
from typing import Any

import structlog

from billing_core import accounts, adding, guests, translated
from billing_core.accounts import Account
from billing_core.authorization import Said
from billing_core.errors import BillingError, MethodRefused, Refusal
from billing_core.money import dollars
from billing_core.processors import Declined, Entered, Unknown
from billing_core.states import PaymentState
from channels import links
from channels.assembly import Channels
from channels.entry_saving import processor_of
from channels.store import SecureLink
from channels.words import say, spoken

log = structlog.get_logger(__name__)


class NotNow(Exception):
    """The page refuses with a status and, for the guest, a sentence that says nothing of the member."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def still_due(channels: Channels, link: SecureLink) -> bool:
    """Whether all of the link's amount may still be paid; if not, the link is as good as used."""
    try:
        return guests.payable_cents(channels.core, link.account_id) >= (link.amount_cents or 0)
    except BillingError:
        return False


def told(link: SecureLink, account: Account) -> dict[str, Any]:
    """What the page may know."""
    return {
        "purpose": links.PAY,
        "method": None,
        "kinds": adding.kinds_taken(account.profile),
        "issuer": account.profile.short_name,
        "channel": "guest",
        "amount": dollars(link.amount_cents or 0),
    }


def pay(channels: Channels, token: str, setup: str, *, agreed: bool) -> dict[str, Any]:
    """Charge what was entered, once, and use the link up; a declined card leaves it good for another one.

    The same setup again is told the same. Raises `NotNow`.
    """
    core = channels.core
    turn_id = f"link:{hashlib.sha256(f'{token} {setup}'.encode()).hexdigest()[:40]}"
    with core.write() as writing:
        link = links.of(writing, token)
        if link is None or link.purpose != links.PAY:
            raise NotNow(404)
        if link.saved and link.saved["setup"] == turn_id and "told" in link.saved:
            return dict(link.saved["told"])
        link = links.good(writing, token, core.clock.now(), account_id=None)
        if link is None or (link.saved and link.saved["setup"] != turn_id):
            raise NotNow(404)
        # Claimed before anything is charged: what somebody else enters by the same link now pays nothing.
        link.saved = {"setup": turn_id}
        account = accounts.find(writing, link.account_id)
    try:
        answer = _answer(channels, link, account, setup, turn_id, agreed=agreed)
    except NotNow:
        with core.write() as writing:
            links.hold(writing, link.id).saved = None
        raise
    with core.write() as writing:
        kept = links.hold(writing, link.id)
        kept.used_at = kept.used_at or core.clock.now()
        kept.saved = {"setup": turn_id, "told": answer}
    return answer


def _answer(
    channels: Channels, link: SecureLink, account: Account, setup: str, turn_id: str, *, agreed: bool
) -> dict[str, Any]:
    what = processor_of(channels).read_setup(None, setup, reference=link.id)
    if isinstance(what, Declined):
        raise NotNow(402, _why(what.code))
    if isinstance(what, Unknown):
        raise NotNow(503, say("guest_no_answer"))
    if what.kind != "card" and not (agreed and link.shown):
        raise NotNow(409, say("guest_not_agreed"))
    return _charge(channels, link, account, what, turn_id)


def _charge(channels: Channels, link: SecureLink, account: Account, what: Entered, turn_id: str) -> dict[str, Any]:
    issuer = account.profile.short_name
    try:
        outcome = guests.pay(
            channels.core,
            account_id=link.account_id,
            amount_cents=link.amount_cents or 0,
            what=what,
            turn_id=turn_id,
            text=link.shown if what.kind != "card" else None,
            said=Said(f"link:{link.id}", "guest", "L0", None, spoken()),
        )
    except MethodRefused:
        raise NotNow(409, say("guest_not_taken", issuer=issuer)) from None
    except Refusal as refusal:
        log.info("guest_refused", conversation=link.conversation_id, reason=type(refusal).__name__)
        raise NotNow(404) from None
    payment = outcome.payment
    log.info("guest_paid", conversation=link.conversation_id, state=payment.state)
    if payment.state == PaymentState.REJECTED:
        raise NotNow(402, _why(payment.code or ""))
    if payment.state == PaymentState.CANCELLED:
        raise NotNow(404)
    return {"paid": dollars(payment.amount_cents), "confirmation": payment.confirmation or "", "channel": "guest"}


def _why(code: str) -> str:
    """Why it was declined, in the language of the page."""
    return translated.of(adding.why_not_saved(code), spoken())
