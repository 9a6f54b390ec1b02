"""Everything the core refuses or cannot do, as one tree of facts.

* BillingError
  x NotFound           - AccountNotFound, MethodNotFound, ProfileNotFound, CodeNotFound
  x Refusal            the rules say no; the member's sentence names the same rule
    + PaymentRefused   - NothingOwed, AmountNotPositive, AmountAboveOwed, PayDatePast, PayDateTooLate,
                         PaymentUnresolved, CoverageEnded, PolicyNotFound, PartialNotTaken
    + MethodRefused    - NoUsableMethod, MethodDisabled, MethodExpired, MethodNotAccepted,
                         MethodUnknown
    + AutopayRefused   - AutopayLocked, AutopayAlreadyOn, AutopayNotOn, AutopayEnding, BinderUnpaid, CannotSucceed
    + PlanNotServed, PersonNeeded
  x OfferGone          - QuoteExpired, TermsChanged, NothingOffered
  x Fault              ours, never the member's: IllegalTransition, UnbalancedEntry, ProfileInvalid

Names are facts. Each error keeps what it is about; the member's words are chosen in `bot/actions/replies.py`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing_core.decisions import Refused


class BillingError(Exception):
    """The root; carries the rule that spoke, where one did."""

    rule: str | None = None


class NotFound(BillingError):
    """What was asked for does not exist."""


class AccountNotFound(NotFound):
    """No account answers to this id or phone."""


class MethodNotFound(NotFound):
    """The member named a method that is not on file."""

    def __init__(self, wanted: str) -> None:
        super().__init__("no saved method fits")
        self.wanted = wanted


class ProfileNotFound(NotFound):
    """No issuer profile has this id."""


class CodeNotFound(NotFound):
    """The code table does not know this decline or return code."""


class Refusal(BillingError):
    """A rule says no. Nothing has changed."""


class PaymentRefused(Refusal):
    """This payment may not be offered or made."""


class NothingOwed(PaymentRefused):
    """Every issued invoice is paid."""

    def __init__(self, next_due: date | None = None, next_invoice_on: date | None = None) -> None:
        super().__init__("nothing is owed")
        self.next_due = next_due
        self.next_invoice_on = next_invoice_on


class AmountNotPositive(PaymentRefused):
    """Zero or less was asked for."""


class AmountAboveOwed(PaymentRefused):
    """More than what is owed was asked for."""

    def __init__(self, asked_cents: int, owed_cents: int) -> None:
        super().__init__("more than owed")
        self.asked_cents = asked_cents
        self.owed_cents = owed_cents


class PartialNotTaken(PaymentRefused):
    """The issuer's profile takes only the whole amount (here: a binder payment, G28)."""

    def __init__(self, owed_cents: int) -> None:
        super().__init__("only the whole amount can be taken")
        self.owed_cents = owed_cents


class PayDatePast(PaymentRefused):
    """A date before today was asked for."""


class PayDateTooLate(PaymentRefused):
    """A date after the last day to pay was asked for."""

    def __init__(self, latest_on: date) -> None:
        super().__init__("the date is after the last day to pay")
        self.latest_on = latest_on


class PaymentUnresolved(PaymentRefused):
    """An earlier attempt has no answer yet, so nothing new may be charged."""

    def __init__(self, amount_cents: int) -> None:
        super().__init__("an earlier attempt is unresolved")
        self.amount_cents = amount_cents


class CoverageEnded(PaymentRefused):
    """Coverage was terminated; a payment would not restore it (DOMAIN 2.7)."""

    rule = "2.7"

    def __init__(self, ended_on: date) -> None:
        super().__init__("coverage has ended")
        self.ended_on = ended_on


class PolicyNotFound(PaymentRefused):
    """The member named a policy that the account does not have."""


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


class PlanNotServed(Refusal):
    """Employer and Medicare members are billed elsewhere (S22, G26)."""

    rule = "S22"


class PersonNeeded(Refusal):
    """Only a person may go on: an unauthorized return stands on the account (DOMAIN 3.6)."""

    rule = "3.6"


class OfferGone(BillingError):
    """What the member answers to is no longer on the table."""


class QuoteExpired(OfferGone):
    """The quote was older than its validity."""


class TermsChanged(OfferGone):
    """What was read out no longer holds today, so agreeing to it does nothing."""


class NothingOffered(OfferGone):
    """There is no open offer in this conversation."""


class Fault(BillingError):
    """A defect or a misconfiguration of ours."""


class IllegalTransition(Fault):
    """The state table does not allow this event in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")


class UnbalancedEntry(Fault):
    """Postings of an entry do not sum to zero."""


class ProfileInvalid(Fault):
    """An issuer profile file is wrong; the message names the file, the field and the line."""
