"""Facts of notices about one payment: receipt, rejection, return, dropped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_core import codes, reversals
from billing_core.notice_facts.about import About, Said, owed_cents
from billing_core.payers import GUEST
from billing_core.payments import Payment
from billing_core.states import PaymentState


def receipt(about: About) -> Said | None:
    payment = _payment(about)
    if payment.state != PaymentState.SETTLED:
        return None
    guest = payment.payer == GUEST
    facts = {
        "amount_cents": payment.amount_cents,
        "paid_on": _made_on(about, payment).isoformat(),
        "confirmation": payment.confirmation or "",
    } | ({} if guest else {"method": payment.method.label})
    told = not guest and _told(about, payment)
    open_ = about.open()
    if not open_:
        return Said("guest" if guest else "plain", facts, told)
    left = {"left_cents": owed_cents(open_), "due_on": open_[0].invoice.due_on.isoformat()}
    return Said("guest_left" if guest else "left", facts | left, told)


def rejection(about: About) -> Said | None:
    payment = _payment(about)
    if payment.state != PaymentState.REJECTED or payment.payer == GUEST:
        # What became of a guest's card is the guest's to hear, and the page has told them.
        return None
    facts = {
        "amount_cents": payment.amount_cents,
        "tried_on": _made_on(about, payment).isoformat(),
        "method": payment.method.label,
        "reason": codes.reason(payment.code or "").plain_reason,
    }
    return Said("plain" if about.open() else "nothing_owed", facts, _told(about, payment))


def came_back(about: About) -> Said | None:
    payment = _payment(about)
    if payment.state != PaymentState.RETURNED:
        return None
    facts: dict[str, Any] = {
        "amount_cents": payment.amount_cents,
        "paid_on": _made_on(about, payment).isoformat(),
        "returned_on": (payment.resolved_on or about.today).isoformat(),
        "method": payment.method.label,
        "reason": codes.reason(payment.code or "").plain_reason,
    }
    open_ = about.open()
    if not open_:
        return Said("nothing_owed", facts)
    person = reversals.needs_person(about.session, about.account.id)
    return Said("person" if person else "plain", facts | {"owed_cents": owed_cents(open_)})


def dropped(about: About) -> Said | None:
    payment = _payment(about)
    facts = {
        "amount_cents": payment.amount_cents,
        "pay_on": payment.pay_on.isoformat(),
        "method": payment.method.label,
    }
    open_ = about.open()
    if not open_:
        return Said("plain", facts)
    return Said("owed", facts | {"owed_cents": owed_cents(open_), "due_on": open_[0].invoice.due_on.isoformat()})


def _payment(about: About) -> Payment:
    return about.session.get_one(Payment, about.subject())


def _made_on(about: About, payment: Payment) -> date:
    return _local(about, payment.submitted_at) if payment.submitted_at else payment.pay_on


def _told(about: About, payment: Payment) -> bool:
    """Whether the conversation told it: confirmed there to be paid at once, and answered at once."""
    if payment.confirmed_by_turn is None or payment.submitted_at is None:
        return False
    at_once = _local(about, payment.quoted_at) == payment.pay_on
    return at_once and not (about.notice.facts or {}).get("asked_later", False)


def _local(about: About, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(about.account.profile.time_zone)).date()


READERS: dict[str, Callable[[About], Said | None]] = {
    "receipt": receipt,
    "rejection": rejection,
    "return": came_back,
    "dropped": dropped,
}
