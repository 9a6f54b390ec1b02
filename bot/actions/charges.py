"""Money that went wrong: charged twice, a wrong or unknown charge, a wrong bill. The facts first, then a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from billing_core import double_charges, history, summary
from billing_core.double_charges import Alike
from billing_core.history import Line
from billing_core.quotes import Wish
from billing_core.states import UNRESOLVED, PaymentState
from billing_core.summary import Summary
from bot.actions import months, replies, words
from bot.actions.account import draft_values, offer_to_pay, owed
from bot.actions.bill import latest
from bot.actions.say import Say, button, phrase, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# How far back a member means when they speak of a charge made twice.
LATELY = timedelta(days=31)


class Report(Step):
    """The facts of the account beside what the member reports, and a person who hears of it."""

    returns_to_offer = True
    # Why a person should look, as they are told.
    reason: ClassVar[str] = ""

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of_answered(self.core, turn.account)
        return self.about(turn, view, history.of(self.core, turn.account))

    def about(self, turn: Turn, view: Summary, made: tuple[Line, ...]) -> list[Say]:
        """What the account says to it, and who goes on."""
        raise NotImplementedError

    def person(self, turn: Turn, response: str = "utter_noted_for_person") -> Say:
        """A person is offered, and told why."""
        return say(response, data={"handoff": {"reason": self.reason}}, **replies.contact(self.core, turn))


class DoubleCharge(Report):
    """Two payments that look alike: one too many goes to a person; two that each paid a bill are told apart."""

    action = "action_double_charge"
    general = "utter_report_double_charge"
    reason = "double charge"

    def about(self, turn: Turn, view: Summary, made: tuple[Line, ...]) -> list[Say]:
        pairs = double_charges.alike(made)
        twice = next((pair for pair in pairs if pair.charged_twice), None)
        if twice is not None:
            return [_pair("utter_charged_twice", twice, view), self.person(turn, "utter_refund_or_person")]
        if pairs:
            return [_pair("utter_two_payments", pairs[0], view), self.person(turn)]
        if view.unresolved is not None:
            return [say("utter_payment_unresolved", amount_cents=view.unresolved.amount_cents)]
        lately = [line for line in made if line.made_on >= view.today - LATELY]
        failed = [line for line in lately if line.state in (PaymentState.REJECTED, PaymentState.RETURNED)]
        said = [self._once(view, lately)]
        if failed:
            said.append(say("utter_failed_took_nothing", day=spoken_day(failed[-1].made_on, view.today)))
        if view.autopay.next_draft is not None and view.autopay.method_outlives_draft and lately:
            said.append(say("utter_draft_takes_the_rest", **draft_values(view)))
        return [*said, self.person(turn)]

    def _once(self, view: Summary, lately: list[Line]) -> Say:
        settled = [line for line in lately if line.state == PaymentState.SETTLED]
        if not settled:
            return say("utter_no_payment_lately")
        last = settled[-1]
        day = spoken_day(last.made_on, view.today)
        return say("utter_one_payment", amount_cents=last.amount_cents, day=day, method=last.method_label)


class Dispute(Report):
    """A charge the member did not agree to, or that was wrong: the last payments, and a person."""

    action = "action_dispute"
    general = "utter_dispute_charge"
    reason = "disputed charge"

    def about(self, turn: Turn, view: Summary, made: tuple[Line, ...]) -> list[Say]:
        if not made:
            return [say("utter_no_payment_yet"), self.person(turn)]
        return [latest(view, made), self.person(turn, "utter_disputed")]


class PaymentError(Report):
    """A payment that was not meant like this: one that has not been taken can be dropped, else a person looks."""

    action = "action_payment_error"
    general = "utter_report_payment_error"
    reason = "payment error"

    def about(self, turn: Turn, view: Summary, made: tuple[Line, ...]) -> list[Say]:
        if view.scheduled:
            row = view.scheduled[-1]
            replies.offer_to_drop(self.core, turn, row.id)
            values: dict[str, Any] = {"amount_cents": row.amount_cents, "method": row.method.label}
            drop = [button("button_drop", "DROP IT")]
            return [say("utter_scheduled", day=spoken_day(row.pay_on, view.today), buttons=drop, **values)]
        if any(line.state in UNRESOLVED for line in made) and view.unresolved is not None:
            return [say("utter_payment_unresolved", amount_cents=view.unresolved.amount_cents)]
        of_months = months.as_paid(turn, view, made)
        if of_months and of_months[0].response == "utter_month_not_owed":
            return of_months
        said = of_months + ([latest(view, made[-1:])] if made else [say("utter_no_payment_yet")])
        said.append(self.person(turn))
        if of_months:
            return said + offer_to_pay(self, turn, view, Wish())
        if view.open and not any(line.made_on >= view.open[-1].invoice.invoice_date for line in made):
            # Nothing was paid since the bill came: it may be paying itself that fails, and here it can be done.
            said += [owed(view, view.open), *offer_to_pay(self, turn, view, Wish())]
        return said


class BillingIssue(Report):
    """A bill the member thinks is wrong: what stands on it, and a person."""

    action = "action_billing_issue"
    general = "utter_report_billing_issue"
    reason = "billing issue"

    def about(self, turn: Turn, view: Summary, made: tuple[Line, ...]) -> list[Say]:
        said = [owed(view, view.open)] if view.open else [say("utter_nothing_owed_now")]
        return [*said, self.person(turn, "utter_what_is_wrong")]


def _pair(response: str, pair: Alike, view: Summary) -> Say:
    """Two payments alike, with what each of them paid."""
    parts = [part for line in (pair.first, pair.second) for part in line.parts]
    named = list(dict.fromkeys(words.month(part.coverage_month) for part in parts))
    first, second = spoken_day(pair.first.made_on, view.today), spoken_day(pair.second.made_on, view.today)
    return say(
        response,
        amount_cents=pair.second.amount_cents,
        method=pair.second.method_label,
        days=words.listed([first, second]) if first != second else first,
        over_cents=pair.over_cents,
        what=words.listed(named) if named else phrase("phrase_your_bill"),
    )
