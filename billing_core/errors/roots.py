"""The roots of the tree of errors."""

from __future__ import annotations


class BillingError(Exception):
    """The root; carries the rule that spoke, where one did, and whether its decision record is written."""

    rule: str | None = None
    recorded: bool = False


class NotFound(BillingError):
    """What was asked for does not exist."""


class Refusal(BillingError):
    """A rule says no. Nothing has changed."""


class OfferGone(BillingError):
    """What the member answers to is no longer on the table."""


class Fault(BillingError):
    """A defect or a misconfiguration of ours."""
