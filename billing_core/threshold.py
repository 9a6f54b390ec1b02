"""The payment threshold: how much short of a bill still counts as paid, by the issuer's uniform policy (DOMAIN 2.4).

The shortfall stays owed; it starts no grace and ends no coverage. `net_percent` and `gross_percent` say how much of the
net or the gross premium must be there, `fixed` how many cents may be missing. Without a known policy nothing may.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from billing_core.invoices import Invoice, OpenInvoice
from billing_core.profiles import Profile


def most_short_cents(profile: Profile, premium_cents: Any, tax_credit_cents: Any) -> Any:
    """How many cents may be missing of a bill; rounded down, so that never more may.

    Cents in, cents out, or columns of them: the same arithmetic decides for one bill and, in a statement, for a page.
    """
    value = profile.threshold_value or 0
    if profile.threshold_kind == "fixed":
        return value
    if profile.threshold_kind == "gross_percent":
        return premium_cents * (100 - value) // 100
    if profile.threshold_kind == "net_percent":
        return (premium_cents - tax_credit_cents) * (100 - value) // 100
    return 0


def met(profile: Profile, invoice: Invoice, open_cents: int) -> bool:
    """Whether the bill counts as paid; a first payment only where the policy says so for it too.

    A bill of which nothing was paid is not met, however small it is.
    """
    if open_cents <= 0:
        return True
    if invoice.binder and not profile.threshold_for_binder:
        return False
    allowed_cents = most_short_cents(profile, invoice.premium_cents or 0, invoice.tax_credit_cents or 0)
    return open_cents <= allowed_cents and open_cents < invoice.net_cents


def unmet(profile: Profile, open_: Sequence[OpenInvoice]) -> list[OpenInvoice]:
    """The open bills that count as unpaid."""
    return [item for item in open_ if not met(profile, item.invoice, item.open_cents)]
