"""What a bill is for and why it changed, the tax credit on it, the last payments, and the number it is known by."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing_core import bill_changes, history, summary
from billing_core.bill_changes import Bill, Change, Explained
from billing_core.history import Line
from billing_core.money import dollars
from billing_core.quotes import Wish
from billing_core.summary import Summary
from bot.actions import months, replies, words
from bot.actions.account import ended, nothing_owed, offer_to_pay
from bot.actions.say import Say, phrase, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

TOLD_IN_TEXT, TOLD_ON_CARD = 3, 12
# What is said of a part of the bill that went up (True) or down.
WENT = {
    ("premium", True): "phrase_premium_up",
    ("premium", False): "phrase_premium_down",
    ("tax_credit", True): "phrase_tax_credit_up",
    ("tax_credit", False): "phrase_tax_credit_down",
}
# What is said of a payment's state in a list.
STATES = {
    "confirmed": "phrase_state_planned",
    "submitted": "phrase_state_unknown",
    "unknown": "phrase_state_unknown",
    "settled": "phrase_state_paid",
    "rejected": "phrase_state_rejected",
    "returned": "phrase_state_returned",
    "refunded": "phrase_state_refunded",
}


class ExplainBill(Step):
    """The newest bill part by part: what it is for, what changed since the month before, what is carried and taken off.

    A tax credit is named and its amount left out: it does not belong in a text (DOMAIN 4.7).
    """

    action = "action_explain_bill"
    general = "utter_explain_bill"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        explained = bill_changes.explain(self.core, turn.account)
        view = summary.of(self.core, turn.account)
        if view.account.coverage_ended_on is not None:
            return [ended(self.core, turn, view)]
        if not explained.bills:
            return [nothing_owed(view, replies.contact(self.core, turn))]
        said = [part for bill in explained.bills for part in _bill(bill, view.today)]
        return said + _carried(explained) + offer_to_pay(self, turn, view, Wish())


class TaxCredit(Step):
    """Whether a tax credit lowers the bill, by how much (in the browser only, DOMAIN 4.7), and who sets it."""

    action = "action_tax_credit"
    general = "utter_ask_tax_credit"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        if view.account.coverage_ended_on is not None:
            return [ended(self.core, turn, view)]
        policies = view.account.policies
        values: dict[str, Any] = {
            "credit_cents": sum(policy.tax_credit_cents for policy in policies),
            "premium_cents": sum(policy.premium_cents for policy in policies),
            "net_cents": sum(policy.net_cents for policy in policies),
        }
        response = "utter_tax_credit_in_text" if turn.channel == "sms" else "utter_tax_credit_amount"
        if not view.account.has_tax_credit():
            response = "utter_tax_credit_none"
        return [say(response, **values, **replies.contact(self.core, turn)), say(self.general or "")]


class PaymentHistory(Step):
    """The last payments: three in a text, more on the card in the browser."""

    action = "action_payment_history"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        made = history.of(self.core, turn.account)
        return months.as_paid(turn, view, made) + ([latest(view, made)] if made else [say("utter_no_payment_yet")])


class AccountNumber(Step):
    """Numbers that identify a member are not sent whole: only how the one on file ends (DOMAIN 4.7)."""

    action = "action_account_number"
    general = "utter_ask_billing_account_number"
    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        ending = summary.of(self.core, turn.account).account.member_id[-2:]
        return [say("utter_account_number", ending=ending, **replies.contact(self.core, turn))]


def latest(view: Summary, made: tuple[Line, ...]) -> Say:
    """The last payments, newest first, each with its day, method and what became of it."""
    newest = made[::-1]
    told = [
        phrase(
            "phrase_payment",
            day=spoken_day(line.made_on, view.today),
            amount_cents=line.amount_cents,
            method=line.method_label,
            state=phrase(STATES[line.state]),
        )
        for line in newest[:TOLD_IN_TEXT]
    ]
    rows = [
        [spoken_day(line.made_on, view.today), f"{dollars(line.amount_cents)}, {phrase(STATES[line.state])}"]
        for line in newest[:TOLD_ON_CARD]
    ]
    card = {"kind": "history", "title": phrase("phrase_your_payments"), "rows": rows}
    response = "utter_history_one" if len(told) == 1 else "utter_history"
    return say(response, payments="; ".join(told), data={"card": card})


def _bill(bill: Bill, today: date) -> list[Say]:
    invoice = bill.invoice
    said = [
        say(
            "utter_bill_for" if invoice.people_covered == 1 else "utter_bill_for_people",
            month=words.month(invoice.coverage_month),
            net_cents=bill.net_cents,
            plan=invoice.plan_name,
            count=invoice.people_covered,
        )
    ]
    if invoice.tax_credit_cents:
        said.append(say("utter_bill_after_tax_credit"))
    if bill.changes:
        why = words.listed([_why(change) for change in bill.changes])
        said.append(say("utter_bill_changed", before_cents=_net_before(bill), why=why))
    elif bill.changes is not None:
        said.append(say("utter_bill_same"))
    if bill.credit_cents:
        said.append(say("utter_bill_credit", credit_cents=bill.credit_cents))
    if not bill.open_cents:
        return [*said, say("utter_bill_paid")]
    response = "utter_bill_was_due" if invoice.due_on < today else "utter_bill_due"
    return [*said, say(response, due=spoken_day(invoice.due_on, today))]


def _why(change: Change) -> str:
    if change.what == "people":
        return phrase("phrase_people_changed", before=change.before, after=change.after)
    return phrase(WENT[change.what, change.after > change.before])


def _net_before(bill: Bill) -> int:
    """What the month before came to, in cents."""
    before = {change.what: change.before for change in bill.changes or ()}
    premium_cents = before.get("premium", bill.invoice.premium_cents)
    return premium_cents - before.get("tax_credit", bill.invoice.tax_credit_cents)


def _carried(explained: Explained) -> list[Say]:
    said = []
    if explained.past_due:
        months = words.listed([words.month(month) for month, _ in explained.past_due])
        said.append(say("utter_bill_carried", carried_cents=sum(c for _, c in explained.past_due), months=months))
    else:
        said.append(say("utter_bill_nothing_carried"))
    first = explained.bills[0]
    alone = len(explained.bills) == 1 and not explained.past_due and first.open_cents in (0, first.net_cents)
    if explained.owed_cents and not alone:
        said.append(say("utter_owed_in_all", owed_cents=explained.owed_cents))
    if explained.credit_left_cents:
        said.append(say("utter_credit_left", credit_cents=explained.credit_left_cents))
    return said
