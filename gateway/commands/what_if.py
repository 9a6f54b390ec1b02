"""`duely what-if KEY`: what a change would lead to, told without changing anything."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from billing_core import Core
    from billing_core.what_if import Change, Happening, Supposed

WORDS = {
    "autopay_ends": "Autopay from {method} ends on {on}.",
    "claims_held_from": "Claims may be held from {on}.",
    "coverage_ended": "Coverage ends, back to {on}.",
    "coverage_never_begins": "Coverage does not begin: {amount} is the first payment.",
    "coverage_would_end_back_to": "If that is not paid, coverage ends back to {on}.",
    "grace_since": "Past due since {on}: {amount}.",
    "last_day_to_pay": "To keep coverage, all {amount} must be paid by {on}.",
    "last_day_to_pay_unverified": "The usual last day to pay all {amount} is {on}; nobody has verified it.",
    "left_to_pay": "{amount} is left, due {on}.",
    "locked_from": "Autopay is locked since {on}.",
    "missed": "Not paid by {on}: {amount}.",
    "next_draft": "The next draft takes {amount} from {method} on {on}.",
    "paid": "{amount} is paid from {method} on {on}.",
    "pay_by_hand": "{amount} is to be paid by hand by {on}.",
    "pay_by_hand_from": "Bills due from {on} on are paid by hand.",
    "saved_change_applies": "Saved for later, autopay moves to {method} on {on}.",
    "saved_end_applies": "Saved for later, autopay ends on {on}.",
}

On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day of it; today if left out.")]


def what_if(
    key: Annotated[str, typer.Argument(help="The account.")],
    cancel_autopay: Annotated[bool, typer.Option("--cancel-autopay", help="Turn autopay off.")] = False,
    pay: Annotated[str, typer.Option("--pay", help="An amount in dollars, `half` or `all`.")] = "",
    move_autopay: Annotated[str, typer.Option("--move-autopay", help="The last four of a saved method.")] = "",
    miss_next: Annotated[bool, typer.Option("--miss-next", help="The next premium is not paid.")] = False,
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """What a change would lead to, in amounts and dates; nothing is changed."""
    from billing_core import errors
    from billing_core import what_if as supposing
    from gateway import settings
    from gateway.commands.account import opened

    if sum([cancel_autopay, bool(pay), bool(move_autopay), miss_next]) != 1:
        _fail("Ask for one thing: --cancel-autopay, --pay, --move-autopay or --miss-next.")
    with opened(settings.load()) as core:
        try:
            change = _change(core, key, cancel_autopay, pay, move_autopay)
            answer = supposing.what_if(core, key, change, on.date() if on else None)
        except errors.AccountNotFound:
            _fail(f"There is no account {key!r}.")
        except errors.PlanNotServed:
            _fail("This plan is billed elsewhere.")
        except errors.PayDatePast:
            _fail("That day is over.")
    if as_json:
        typer.echo(json.dumps(asdict(answer), indent=2, default=_plain))
        return
    for line in lines(answer):
        typer.echo(line)


def lines(answer: Supposed) -> list[str]:
    """The answer in plain words, a line for each thing."""
    first = f"On {_day(answer.on)}: {'yes' if answer.allowed else f'refused ({answer.rule})'}."
    if not answer.allowed and answer.until is not None:
        first += f" The first open day is {_day(answer.until)}."
    return [first, *(f"  {_told(happening)}" for happening in answer.follows)]


def _told(happening: Happening) -> str:
    from billing_core.money import dollars

    amount = "" if happening.amount_cents is None else dollars(happening.amount_cents)
    on = "a day that is not known" if happening.on is None else _day(happening.on)
    return WORDS[happening.what].format(on=on, amount=amount, method=happening.method)


def _change(core: Core, key: str, cancel: bool, pay: str, last4: str) -> Change:
    from billing_core import methods
    from billing_core.what_if import CancelAutopay, MissNextPayment, MoveAutopay, Pay

    if cancel:
        return CancelAutopay()
    if pay:
        return Pay(share=Fraction(1, 2)) if pay == "half" else Pay(None if pay == "all" else _cents(pay))
    if last4:
        found = [method for method in methods.saved(core, key) if method.last4 == last4]
        return MoveAutopay(found[0].id) if found else _fail(f"No saved method of {key} ends in {last4}.")
    return MissNextPayment()


def _cents(text: str) -> int:
    try:
        cents = Fraction(text.removeprefix("$").replace(",", "")) * 100
    except ValueError:
        _fail(f"{text!r} is no amount.")
    return int(cents) if cents.denominator == 1 else _fail(f"{text!r} is no amount in dollars and cents.")


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _fail(message: str) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)
