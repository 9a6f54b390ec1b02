"""The billing day: bill, tell, draft, try again, age, apply saved changes, and ask about what got no answer.

Everything of a page of accounts is one transaction, and every step is claimed by a unique key (invoice by policy and
month, draft by enrollment and due date, notice by its key), so a day may be repeated, or end anywhere and begin again
(DESIGN 4, ENGINE 1.7). Money moves only afterwards, draft by draft, each under its attempt id.
"""

from __future__ import annotations

from billing_core.billing_day.charge import settle_open
from billing_core.billing_day.day import run
from billing_core.billing_day.drill import KnownToFail, drill
from billing_core.billing_day.pages import PAGE_SIZE
from billing_core.billing_day.rehearse import Happening, rehearse
from billing_core.billing_day.tally import STEPS, Tally
from billing_core.billing_page import BillingPage

__all__ = [
    "PAGE_SIZE",
    "STEPS",
    "BillingPage",
    "Happening",
    "KnownToFail",
    "Tally",
    "drill",
    "rehearse",
    "run",
    "settle_open",
]
