"""Months a member names: which of them are owed, what is said of the others, and that the oldest are paid first."""

from __future__ import annotations

import re
from datetime import date

from billing_core.calendar import first_of_month
from billing_core.history import Line
from billing_core.summary import Summary
from bot.actions import reading, words
from bot.actions.say import Say, say, spoken_day
from bot.actions.turn import Turn

# "Just the oldest month", "only what is past due": months by how late they are.
_OLDEST = re.compile(
    r"\b(?:oldest|earliest|first)(?: (?:unpaid|open))? (?:month|bill|invoice)\b"
    r"|\bel mes m[a\u00e1]s (?:viejo|antiguo)\b",
    re.I,
)
_PAST_DUE = re.compile(
    r"\b(?:only|just)(?: the| what(?:'?s| is))? (?:past due|overdue)\b|\bpast due (?:amount|part|balance|months?)\b"
    r"|\b(?:solo|s[o\u00f3]lo) lo (?:vencido|atrasado)\b",
    re.I,
)


def _asked(turn: Turn, view: Summary) -> tuple[frozenset[date], frozenset[date]]:
    """The months named, and those left out; "this month" is none where its own bill is paid and another waits."""
    asked, left_out = reading.months(turn.text, view.today)
    this = first_of_month(view.today)
    paid = this not in {item.invoice.coverage_month for item in view.open}
    if view.open and _OLDEST.search(turn.text):
        asked |= {view.open[0].invoice.coverage_month}
    if _PAST_DUE.search(turn.text):
        asked |= {item.invoice.coverage_month for item in view.open if item.invoice.due_on < view.today}
    if view.open and paid and reading.names_this_month(turn.text):
        asked -= {this}
    return asked, left_out


def chosen(turn: Turn, view: Summary) -> set[date]:
    """The months named that are owed, or all but those that are left out; none where it is all of them."""
    asked, left_out = _asked(turn, view)
    owed = {item.invoice.coverage_month for item in view.open}
    named = (asked & owed) if asked else (owed - left_out if left_out & owed else set())
    return set() if named == owed else set(named)


def amount_cents(turn: Turn, view: Summary, policy_id: int | None) -> int:
    """What is open of the months that were chosen; 0 where none were."""
    months = chosen(turn, view)
    return sum(
        item.open_cents
        for item in view.open
        if item.invoice.coverage_month in months and policy_id in (None, item.invoice.policy_id)
    )


def not_owed(turn: Turn, view: Summary) -> list[Say]:
    """What to say where nothing is owed for the months that were named, with the next bill where they are ahead."""
    asked, _ = _asked(turn, view)
    owed = {item.invoice.coverage_month for item in view.open}
    if not asked or asked & owed:
        return []
    names = words.listed([words.month(month) for month in sorted(asked)])
    said = [say("utter_month_not_owed", months=names)]
    bill = view.next_invoice
    ahead = max(asked) > max(owed, default=date.min)
    if ahead and view.account.policies and view.account.profile.due_verified and bill.on is not None:
        said.append(
            say(
                "utter_next_bill",
                month=words.month(bill.due_on),
                amount_cents=bill.amount_cents,
                comes=spoken_day(bill.on, view.today),
                due=spoken_day(bill.due_on, view.today),
            )
        )
    return said


def oldest_first(turn: Turn, view: Summary) -> list[Say]:
    """Told where the months named are not the oldest ones: a payment always goes to those first (DOMAIN 2.6)."""
    named = chosen(turn, view)
    owed = sorted({item.invoice.coverage_month for item in view.open})
    if not named or sorted(named) == owed[: len(named)]:
        return []
    return [say("utter_oldest_first", month=words.month(owed[0]))]


def as_paid(turn: Turn, view: Summary, made: tuple[Line, ...]) -> list[Say]:
    """What the account says of the months that are said to be paid ("I already paid November"); nothing where none is
    named or a payment is on its way."""
    asked, _ = _asked(turn, view)
    asked = frozenset(month for month in asked if month <= max(_known(view, made), default=date.min))
    if not asked or view.scheduled or view.unresolved is not None:
        return []
    waiting = [item for item in view.open if item.invoice.coverage_month in asked]
    if not waiting:
        return [say("utter_month_not_owed", months=words.listed([words.month(month) for month in sorted(asked)]))]
    months = words.listed([words.month(month) for month in sorted({item.invoice.coverage_month for item in waiting})])
    return [say("utter_month_not_paid", months=months, open_cents=sum(item.open_cents for item in waiting))]


def _known(view: Summary, made: tuple[Line, ...]) -> set[date]:
    """The months there has been a bill for."""
    paid = {part.coverage_month for line in made for part in line.parts}
    return paid | {item.invoice.coverage_month for item in view.open} | {first_of_month(view.today)}
