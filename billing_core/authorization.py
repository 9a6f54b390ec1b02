"""The literal text a member agrees to when autopay is turned on; it is stored as shown (DOMAIN 3.2)."""

from __future__ import annotations

from datetime import date

from billing_core.accounts import Account
from billing_core.methods import Method
from billing_core.money import dollars


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `23rd`, `11th`."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def text(account: Account, method: Method, first_on: date, first_amount_cents: int) -> str:
    """What the member authorizes: from what, when, how much, what is told before, how to stop, where bills go.

    Short enough for one SMS with its question, because what is stored must be what was shown.
    """
    profile = account.profile
    day = ordinal(profile.due_day)
    mail = f" Bills then come to {account.email}, not by post." if account.email else ""
    return (
        f"Autopay from {method.label} on the {day} of each month for the premium due: first "
        f"{dollars(first_amount_cents)} on {first_on:%B} {first_on.day}, {first_on.year}. Changed amounts are told "
        f"{profile.changed_amount_notice_days} days before. Turn it off here or at {profile.reached_at()[0]}, except "
        f"near a draft.{mail}"
    )
