"""Refusals about what stands on an account: its methods, its delivery and its autopay."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from billing_core.errors.roots import Refusal

if TYPE_CHECKING:
    from billing_core.decisions import Refused


class MethodRefused(Refusal):
    """This payment method may not be used."""


class NoUsableMethod(MethodRefused):
    """No saved method can be charged."""


class MethodDisabled(MethodRefused):
    """The bank's answer ended the use of this method."""

    def __init__(self, label: str) -> None:
        super().__init__("method is disabled")
        self.label = label


class MethodExpired(MethodRefused):
    """The card is past the last day of its expiry month (G12)."""

    rule = "G12"

    def __init__(self, label: str, expires: str) -> None:
        super().__init__("card has expired")
        self.label = label
        self.expires = expires


class MethodNotAccepted(MethodRefused):
    """The issuer's profile does not take this kind of method (G17)."""

    rule = "G17"

    def __init__(self, label: str) -> None:
        super().__init__("issuer does not take this method")
        self.label = label


class MethodUnknown(MethodRefused):
    """Nobody knows whether the issuer takes this kind of method for this (G17)."""

    rule = "G17"

    def __init__(self, label: str) -> None:
        super().__init__("whether the issuer takes this method is not known")
        self.label = label


class MethodUnverified(MethodRefused):
    """The bank account has not been verified yet, and WEB debits need that at first use (DOMAIN 3.3)."""

    rule = "3.3"

    def __init__(self, label: str) -> None:
        super().__init__("the bank account is not verified")
        self.label = label


class TriedTooOften(MethodRefused):
    """The method was tried as often as the networks or our own caps allow; `until` is the next time (DOMAIN 3.8)."""

    def __init__(self, label: str, rule: str, until: date | None) -> None:
        super().__init__("tried as often as allowed")
        self.label = label
        self.rule = rule
        self.until = until


class MethodInLock(MethodRefused):
    """The draft in progress is taken from this method; `until` is the first day it may be removed (G4)."""

    rule = "G4"

    def __init__(self, label: str, until: date | None) -> None:
        super().__init__("the method of a draft in progress")
        self.label = label
        self.until = until


class MethodBusy(MethodRefused):
    """A payment from this method is scheduled or has no answer yet, so it cannot be removed."""

    def __init__(self, label: str) -> None:
        super().__init__("a payment needs this method")
        self.label = label


class DeliveryRefused(Refusal):
    """Bills may not be sent in this way."""


class NoEmail(DeliveryRefused):
    """There is no e-mail address on file to send bills to (G13)."""

    rule = "G13"


class AlreadyDelivered(DeliveryRefused):
    """Bills come in this way already: `delivery` is `paper` or `email`."""

    def __init__(self, delivery: str) -> None:
        super().__init__("delivered so already")
        self.delivery = delivery


class PaperOnAutopay(DeliveryRefused):
    """This issuer sends no paper bills to autopay members; a copy by post is offered (S9, G15)."""

    rule = "G15"


class PaperOnAutopayUnknown(DeliveryRefused):
    """Nobody knows whether this issuer sends paper bills to autopay members (G15)."""

    rule = "unknown"


class AutopayRefused(Refusal):
    """Autopay may not be changed like this."""


class AutopayLocked(AutopayRefused):
    """Inside the lock window; `refusal` holds its dates and the first open day (S19, S20, G3, G4)."""

    rule = "S19"

    def __init__(self, refusal: Refused) -> None:
        super().__init__("inside the lock window")
        self.rule = refusal.rule
        self.refusal = refusal


class AutopayAlreadyOn(AutopayRefused):
    """Autopay is on already."""


class AutopayNotOn(AutopayRefused):
    """There is no autopay to change or cancel."""


class AutopayEnding(AutopayRefused):
    """Autopay is set to end; `ends_on` is the day it does, None while it waits for a draft's outcome."""

    def __init__(self, ends_on: date | None) -> None:
        super().__init__("autopay is already ending")
        self.ends_on = ends_on


class BinderUnpaid(AutopayRefused):
    """The first payment starts coverage and is made by hand, once (G28)."""

    rule = "G28"

    def __init__(self, amount_cents: int) -> None:
        super().__init__("the binder payment is still owed")
        self.amount_cents = amount_cents


class CannotSucceed(AutopayRefused):
    """The method would have expired by the first draft (G12)."""

    rule = "G12"

    def __init__(self, label: str, expires: str, draft_on: date) -> None:
        super().__init__("the card expires before the draft")
        self.label = label
        self.expires = expires
        self.draft_on = draft_on
