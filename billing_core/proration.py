"""What a policy's month costs when it is covered for a part of it only: by days where the issuer prorates.

Monthly premium / days in the month x days covered, each of premium and tax credit rounded to the nearest cent, half a
cent up (COMAR 14.35.15.06 for Maryland). An issuer of whom nobody knows bills no part month by itself. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billing_core.accounts import Policy
from billing_core.calendar import last_of_month
from billing_core.profiles import Profile


@dataclass(frozen=True)
class MonthsPrice:
    """What a month costs in cents; `days_covered` is None for the whole month."""

    premium_cents: int
    tax_credit_cents: int
    days_covered: int | None

    @property
    def net_cents(self) -> int:
        """What the member pays of it."""
        return self.premium_cents - self.tax_credit_cents


def days_covered(policy: Policy, month: date) -> int:
    """How many days of the month, told by its first day, the policy covers."""
    first = max(month, policy.covered_from or month)
    last = min(last_of_month(month), policy.covered_to or last_of_month(month))
    return max(0, (last - first).days + 1)


def price(profile: Profile, policy: Policy, month: date) -> MonthsPrice | None:
    """The price of a covered month; None for a part month where nobody knows whether the issuer prorates."""
    days, of_days = days_covered(policy, month), last_of_month(month).day
    if days == of_days:
        return MonthsPrice(policy.premium_cents, policy.tax_credit_cents, None)
    if days == 0:
        return MonthsPrice(0, 0, 0)
    if profile.proration is None:
        return None
    if profile.proration == "none":
        return MonthsPrice(policy.premium_cents, policy.tax_credit_cents, days)
    premium_cents, tax_credit_cents = policy.premium_cents, policy.tax_credit_cents
    return MonthsPrice(part_of(premium_cents, days, of_days), part_of(tax_credit_cents, days, of_days), days)


def part_of(monthly_cents: int, days: int, of_days: int) -> int:
    """The part of a monthly amount for so many of its days, to the nearest cent, half a cent up."""
    return (2 * monthly_cents * days + of_days) // (2 * of_days)
