"""The days of a bank debit, by the Federal Reserve's calendar (DOMAIN 3.6, 3.7; G10).

A debit is handed in for the next banking day; same-day windows are not used. Ordinary returns are back by the opening
of the second banking day after; one that its owner calls unauthorized may come for 60 calendar days, so paid is final
only after them.
"""

from __future__ import annotations

from datetime import date, timedelta

from billing_core.calendar import banking_day_on_or_after, banking_days_after

TO_SETTLE, TO_COME_BACK = 1, 2
RETURNABLE_FOR = timedelta(days=60)
# A notification of change is applied before the next entry, at most so many banking days later (DOMAIN 3.6).
TO_CORRECT = 6


def effective_on(due_on: date) -> date:
    """The effective date of a draft due on `due_on`: that day, or the next banking day (G10)."""
    return banking_day_on_or_after(due_on)


def settles_on(made_on: date) -> date:
    """The day a debit made on `made_on` settles."""
    return banking_days_after(made_on, TO_SETTLE)


def ordinary_returns_back_on(made_on: date) -> date:
    """The first day on which an ordinary return of it would be back for sure."""
    return banking_days_after(made_on, TO_SETTLE + TO_COME_BACK + 1)


def final_on(made_on: date) -> date:
    """The last day on which it can come back; after it, paid stays paid, and a return goes to a person."""
    return settles_on(made_on) + RETURNABLE_FOR


def correct_by(received_on: date) -> date:
    """The last day to apply a notification of change."""
    return banking_days_after(received_on, TO_CORRECT)
