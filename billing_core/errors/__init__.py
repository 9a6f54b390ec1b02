"""Everything the core refuses or cannot do, as one tree of facts.

* BillingError
  x NotFound           - AccountNotFound, MethodNotFound, ProfileNotFound, CodeNotFound
  x Refusal            the rules say no; the member's sentence names the same rule
    + PaymentRefused   - NothingOwed, AmountNotPositive, AmountAboveOwed, PayDatePast, PayDateTooLate,
                         PaymentUnresolved, CoverageEnded, PolicyNotFound, PartialNotTaken
    + MethodRefused    - NoUsableMethod, MethodDisabled, MethodExpired, MethodNotAccepted,
                         MethodUnknown, MethodUnverified, MethodInLock, MethodBusy, TriedTooOften
    + AutopayRefused   - AutopayLocked, AutopayAlreadyOn, AutopayNotOn, AutopayEnding, BinderUnpaid, CannotSucceed
    + DeliveryRefused  - NoEmail, AlreadyDelivered, PaperOnAutopay, PaperOnAutopayUnknown
    + PlanNotServed, PersonNeeded, NothingToRefund, RefusedByRule
  x OfferGone          - QuoteExpired, TermsChanged, NothingOffered
  x Fault              ours, never the member's: IllegalTransition, UnbalancedEntry, ProfileInvalid, AuthorizationFixed,
                         ContactWrong

Names are facts. Each error keeps what it is about; the member's words are chosen in `bot/actions/replies.py`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from billing_core.errors.roots import BillingError, Fault, NotFound, OfferGone, Refusal
from billing_core.errors.standing import (
    AlreadyDelivered,
    AutopayAlreadyOn,
    AutopayEnding,
    AutopayLocked,
    AutopayNotOn,
    AutopayRefused,
    BinderUnpaid,
    CannotSucceed,
    DeliveryRefused,
    MethodBusy,
    MethodDisabled,
    MethodExpired,
    MethodInLock,
    MethodNotAccepted,
    MethodRefused,
    MethodUnknown,
    MethodUnverified,
    NoEmail,
    NoUsableMethod,
    PaperOnAutopay,
    PaperOnAutopayUnknown,
    TriedTooOften,
)

if TYPE_CHECKING:
    from billing_core.decisions import Refused

__all__ = [
    "AccountNotFound",
    "AlreadyDelivered",
    "AmountAboveOwed",
    "AmountNotPositive",
    "AuthorizationFixed",
    "ContactWrong",
    "AutopayAlreadyOn",
    "AutopayEnding",
    "AutopayLocked",
    "AutopayNotOn",
    "AutopayRefused",
    "BillingError",
    "BinderUnpaid",
    "CannotSucceed",
    "CodeNotFound",
    "CoverageEnded",
    "DeliveryRefused",
    "Fault",
    "IllegalTransition",
    "MethodBusy",
    "MethodDisabled",
    "MethodExpired",
    "MethodInLock",
    "MethodNotAccepted",
    "MethodNotFound",
    "MethodRefused",
    "MethodUnknown",
    "MethodUnverified",
    "NoEmail",
    "NoUsableMethod",
    "NotFound",
    "NothingOffered",
    "NothingOwed",
    "NothingToRefund",
    "OfferGone",
    "PaperOnAutopay",
    "PaperOnAutopayUnknown",
    "PartialNotTaken",
    "PayDatePast",
    "PayDateTooLate",
    "PaymentRefused",
    "PaymentUnresolved",
    "PersonNeeded",
    "PlanNotServed",
    "PolicyNotFound",
    "ProfileInvalid",
    "ProfileNotFound",
    "QuoteExpired",
    "Refusal",
    "RefusedByRule",
    "TermsChanged",
    "TriedTooOften",
    "UnbalancedEntry",
]


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
    """Coverage was terminated; a payment would not restore it (DOMAIN 2.7).

    `reinstate_until` is the last day to ask a person for it back, where the issuer's rule is known.
    """

    rule = "2.7"

    def __init__(self, ended_on: date, reinstate_until: date | None = None) -> None:
        super().__init__("coverage has ended")
        self.ended_on = ended_on
        self.reinstate_until = reinstate_until


class CoverageNeverBegan(CoverageEnded):
    """The first payment was not made in time, so coverage was cancelled before its first day `starts_on` (2.3)."""

    rule = "2.3"

    def __init__(self, ended_on: date, starts_on: date) -> None:
        super().__init__(ended_on)
        self.starts_on = starts_on


class PolicyNotFound(PaymentRefused):
    """The member named a policy that the account does not have."""


class PlanNotServed(Refusal):
    """Employer and Medicare members are billed elsewhere (S22, G26); `plan_type` says which they are."""

    rule = "S22"

    def __init__(self, plan_type: str) -> None:
        super().__init__("not an individual or family plan")
        self.plan_type = plan_type


class PersonNeeded(Refusal):
    """Only a person may go on: an unauthorized return stands on the account (DOMAIN 3.6)."""

    rule = "3.6"


class NothingToRefund(Refusal):
    """There is no credit, or no such settled payment, that could be given back (DOMAIN 2.6)."""

    rule = "2.6"


class RefusedByRule(Refusal):
    """A rule's answer to what a person asked for; `refusal` names the rule and the first day it will be allowed."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(f"refused by {refusal.rule}")
        self.rule = refusal.rule
        self.refusal = refusal


class QuoteExpired(OfferGone):
    """The quote was older than its validity."""


class TermsChanged(OfferGone):
    """What was read out no longer holds today, so agreeing to it does nothing."""


class NothingOffered(OfferGone):
    """There is no open offer in this conversation."""


class IllegalTransition(Fault):
    """The state table does not allow this event in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")


class UnbalancedEntry(Fault):
    """Postings of an entry do not sum to zero."""


class ProfileInvalid(Fault):
    """An issuer profile file is wrong; the message names the file, the field and the line."""


class ContactWrong(Fault):
    """What the plan's people want put on file is no phone or address, or is somebody else's; says which in words."""


class AuthorizationFixed(Fault):
    """Something tried to change an authorization that a member gave."""
