"""The literal text a member agrees to when autopay is turned on; it is stored as shown (DOMAIN 3.2)."""

from __future__ import annotations

from datetime import date

from billing_core.accounts import Account
from billing_core.methods import Method
from billing_core.money import dollars


def text(account: Account, method: Method, first_on: date, today: date) -> str:
    """What the member authorizes: what, how much, when, from what, how to stop, since when."""
    profile = account.profile
    net = dollars(sum(policy.net_cents for policy in account.policies))
    day = "1st" if profile.due_day == 1 else f"{profile.due_day}th"
    return (
        f"I, {account.name}, authorize {profile.short_name} to charge my {method.label} each month on the {day}, "
        f"starting {first_on:%B} {first_on.day}, {first_on.year}, for the premium due (now {net} a month; a different "
        f"amount is told at least {profile.changed_amount_notice_days} days before). I can turn this off in this chat, "
        f"at {profile.portal_url} or at {profile.phone}, outside the days when a bill is being prepared. "
        f"Given on {today:%B} {today.day}, {today.year}."
    )
