"""A wish to pay of which the day or the amount is still to be named: what was said of it is kept (`memory.wish`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from billing_core.money import dollars
from billing_core.quotes import Wish
from billing_core.summary import Summary
from bot.actions import reading
from bot.actions.say import Say, button, say, spoken_day
from bot.actions.turn import Turn


def which(turn: Turn, view: Summary, wished: Wish) -> list[Say]:
    """The question which of two amounts or days is meant, where that is left open; what else was said is kept."""
    cents, days = reading.either_cents(turn.text), reading.either_day(turn.text, view.today, view.due_on)
    if cents is not None:
        keep(turn, replace(wished, amount_cents=None, share=None), day=wished.pay_on or view.today)
        buttons = [button(dollars(each), dollars(each)) for each in cents]
        return [say("utter_which_amount", first_cents=cents[0], second_cents=cents[1], buttons=buttons)]
    if days is None:
        return []
    keep(turn, wished)
    first, second = (spoken_day(each, view.today) for each in days)
    return [
        say("utter_which_day", first=first, second=second, buttons=[button(each, each) for each in (first, second)])
    ]


def keep(turn: Turn, wished: Wish, day: date | None = None) -> None:
    """Keep all of a wish but its day, which is still to be named; `day` where another part is."""
    turn.memory.wish = {
        "pay_on": day.isoformat() if day is not None else None,
        "amount_cents": wished.amount_cents,
        "share": str(wished.share) if wished.share is not None else None,
        "method_id": wished.method_id,
        "policy_id": wished.policy_id,
    }


def resumes(turn: Turn, view: Summary) -> bool:
    """Whether the message names a day or a method for a payment of which those were refused or asked for."""
    if not turn.memory.wish:
        return False
    day = reading.day(turn.text, turn.marked.get("date", []), view.today)
    return day is not None or reading.method(turn.text, view.methods) is not None


def completed(turn: Turn, view: Summary, said: Wish, *, names_amount: bool) -> Wish:
    """The wish with what was said before, where this message names what was refused or asked for then."""
    before, turn.memory.wish = turn.memory.wish, {}
    if not before or (said == Wish() and not names_amount):
        return said
    cents, share, day = before.get("amount_cents"), before.get("share"), before.get("pay_on")
    if names_amount or (cents is None and share is None):
        cents, share = said.amount_cents, said.share
    return Wish(
        amount_cents=cents,
        share=Fraction(share) if share else None,
        method_id=said.method_id or before.get("method_id"),
        pay_on=said.pay_on or (still_ahead(date.fromisoformat(day), view.today) if day else None),
        policy_id=said.policy_id or before.get("policy_id"),
    )


def still_ahead(day: date, today: date) -> date | None:
    """The day, where it is to come."""
    return day if day > today else None
