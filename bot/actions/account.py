"""What a member owes, by when, and the bill itself."""

from __future__ import annotations

import re
from typing import Any

from billing_core import Core, errors, offers, summary
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.money import dollars
from billing_core.quotes import Wish
from billing_core.summary import Summary
from bot.actions import months, quoting, reading, replies, words
from bot.actions.say import Say, full_day, phrase, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

# "How much will be left", asked beside a payment that is on the table.
_LEFT_AFTER = re.compile(
    r"\b(?:will|would|is|be) (?:be |still be )?(?:left|remaining)\b"
    r"|\bquedar[i\u00ed]?a\b|\bquedar[a\u00e1]\b",
    re.I,
)


class AccountSummary(Step):
    """Answers "how much do I owe" and "when is it due", and lays a payment beside it that PAY takes up."""

    action = "action_account_summary"
    returns_to_offer = True
    topic = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of_answered(self.core, turn.account)
        if view.account.coverage_ended_on is not None:
            return [ended(self.core, turn, view)]
        quote = quoting.open_quote(self.core, turn) if _LEFT_AFTER.search(turn.text) else None
        if quote is not None:
            return quoting.read_back(self.core, quote, turn)
        missing = months.not_owed(turn, view)
        if missing:
            return missing + ([owed(view, view.open), *offer_to_pay(self, turn, view, Wish())] if view.open else [])
        policy_id, chosen = reading.policy_id(turn.text, view), months.chosen(turn, view)
        open_ = [item for item in view.open if policy_id in (None, item.invoice.policy_id)]
        open_ = [item for item in open_ if not chosen or item.invoice.coverage_month in chosen]
        kinds = {item.invoice.policy_kind for item in open_}
        named = {f"{item.invoice.coverage_month:%B}" for item in open_} if chosen else kinds if policy_id else set()
        turn.memory.that = " and ".join(sorted(named))
        said = [owed(view, open_)] if open_ else [nothing_owed(view, replies.contact(self.core, turn))]
        said += self._grace(view, turn) + self._on_its_way(view)
        return said + offer_to_pay(self, turn, view, Wish(policy_id=policy_id)) if open_ else said

    def _grace(self, view: Summary, turn: Turn) -> list[Say]:
        if view.grace is None:
            return []
        if view.grace.last_day is None:
            return [
                say("utter_in_grace_unknown", clears_cents=view.grace.clears_cents, **replies.contact(self.core, turn))
            ]
        response = "utter_in_grace" if view.grace.verified else "utter_in_grace_unverified"
        return [
            say(
                response,
                past_due_cents=view.grace.past_due_cents,
                clears_cents=view.grace.clears_cents,
                last=full_day(view.grace.last_day),
            )
        ]

    def _on_its_way(self, view: Summary) -> list[Say]:
        """Money that will move by itself: a scheduled payment, the next draft, an attempt without an answer."""
        said = []
        if view.unresolved is not None:
            said.append(say("utter_payment_unresolved", amount_cents=view.unresolved.amount_cents))
        for row in view.scheduled:
            said.append(
                say("utter_scheduled_is", amount_cents=row.amount_cents, day=spoken_day(row.pay_on, view.today))
            )
        return said + next_draft(view)


class ViewInvoice(Step):
    """Shows the bill: in words everywhere, as a card in the browser (the tax credit only there, DOMAIN 4.7)."""

    action = "action_view_invoice"
    returns_to_offer = True
    topic = True

    def answer(self, turn: Turn) -> list[Say]:
        view, rows = summary.last_invoices(self.core, turn.account)
        if not rows and view.account.coverage_ended_on is not None:
            return [ended(self.core, turn, view)]
        if not rows:
            return [nothing_owed(view, replies.contact(self.core, turn))]
        policy_id, (asked, _) = reading.policy_id(turn.text, view), reading.months(turn.text, view.today)
        wanted = [row for row in rows if policy_id in (None, row[0].policy_id)]
        wanted = [row for row in wanted if not asked or row[0].coverage_month in asked]
        if not wanted:
            return months.not_owed(turn, view) or [nothing_owed(view, replies.contact(self.core, turn))]
        return [self._invoice(turn, view, invoice, open_cents) for invoice, open_cents in wanted]

    def _invoice(self, turn: Turn, view: Summary, invoice: Invoice, open_cents: int) -> Say:
        return say(
            "utter_invoice" if open_cents else "utter_invoice_paid",
            month=words.month(invoice.coverage_month),
            plan=invoice.plan_name,
            net_cents=invoice.net_cents,
            open_cents=open_cents,
            due=spoken_day(invoice.due_on, view.today),
            issued=spoken_day(invoice.invoice_date, view.today),
            data={"card": invoice_card(invoice, open_cents)},
        )


def offer_to_pay(step: Step, turn: Turn, view: Summary, wish: Wish) -> list[Say]:
    """PAY beside an answer about money, where something is owed, is paid by hand, and no payment is open already."""
    if turn.quiet or not view.open or (view.autopay.enrollment is not None and view.grace is None):
        return []
    with step.core.read() as session:
        offer = offers.current(session, turn.conversation_id)
    if offer is not None and offer.firm and offer.expires_at > step.core.now():
        return []
    try:
        quote = quoting.offer_quietly(step.core, turn, wish)
    except (errors.PersonNeeded, errors.NoUsableMethod) as error:
        return replies.of(step.core, error, turn)
    if quote is None:
        return []
    named = wish.policy_id is None and quote.amount_cents != view.owed_cents
    response = "utter_reply_pay_amount" if named else "utter_reply_pay"
    values: dict[str, Any] = {"amount_cents": quote.amount_cents, "method": quote.method_label}
    return [say(response, buttons=quoting.buttons(quote), **values)]


def ended(core: Core, turn: Turn, view: Summary) -> Say:
    """Coverage is over, or was cancelled before it began; a payment would not bring it back (DOMAIN 2.3, 2.7)."""
    if (starts_on := view.account.never_began()) is not None:
        return say("utter_coverage_never_began", start=full_day(starts_on), **replies.contact(core, turn))
    on = full_day(view.account.coverage_ended_on or view.today)
    return say("utter_coverage_ended", ended=on, **replies.contact(core, turn))


def invoice_card(invoice: Invoice, open_cents: int) -> dict[str, Any]:
    """The bill as a card: every part of it kept apart (DOMAIN 2.1)."""
    count = invoice.people_covered
    people = phrase("phrase_one_person") if count == 1 else phrase("phrase_people", count=count)
    kind = phrase("phrase_dental" if invoice.policy_kind == "dental" else "phrase_health")
    rows = [
        [phrase("phrase_row_plan"), f"{invoice.plan_name} ({kind})"],
        [phrase("phrase_row_covers"), f"{words.month_and_year(invoice.coverage_month)}, {people}"],
        [phrase("phrase_row_premium"), dollars(invoice.premium_cents)],
    ]
    if invoice.tax_credit_cents:
        rows.append([phrase("phrase_row_tax_credit"), dollars(-invoice.tax_credit_cents)])
    if open_cents != invoice.net_cents:
        rows.append([phrase("phrase_row_already_paid"), dollars(open_cents - invoice.net_cents)])
    rows.append([phrase("phrase_row_issued"), full_day(invoice.invoice_date)])
    rows.append([phrase("phrase_row_due"), full_day(invoice.due_on)])
    total = [phrase("phrase_row_to_pay"), dollars(open_cents)]
    return {"kind": "invoice", "title": phrase("phrase_bill_title"), "rows": rows, "total": total}


def owed(view: Summary, open_: list[OpenInvoice]) -> Say:
    """What is open, by month or by policy, and when it is due."""
    owed_cents = sum(item.open_cents for item in open_)
    first = open_[0].invoice
    due = spoken_day(first.due_on, view.today)
    if len(open_) == 1:
        part_paid = open_[0].open_cents != first.net_cents
        response = "utter_owed_past" if first.due_on < view.today else "utter_owed_rest" if part_paid else "utter_owed"
        kind = "phrase_premium_dental" if first.policy_kind == "dental" else "phrase_premium"
        return say(response, what=phrase(kind, month=words.month(first.coverage_month)), owed_cents=owed_cents, due=due)
    months = {item.invoice.coverage_month for item in open_}
    one_month = len(months) == 1
    names = [
        phrase(f"phrase_{item.invoice.policy_kind}") if one_month else words.month(item.invoice.coverage_month)
        for item in open_
    ]
    parts = [f"{name} {dollars(item.open_cents)}" for name, item in zip(names, open_, strict=True)]
    response = "utter_owed_policies" if len(months) == 1 else "utter_owed_months"
    return say(response, owed_cents=owed_cents, parts=words.listed(parts), due=due)


def nothing_owed(view: Summary, contact: dict[str, Any]) -> Say:
    """Nothing is open: when the next bill comes and what it will be, or that nobody knows."""
    bill = view.next_invoice
    if not view.account.profile.due_verified:
        return say("utter_owes_nothing_unknown", **contact)
    if not view.account.policies or bill.on is None:
        return say("utter_owes_nothing_until", next_due=spoken_day(bill.due_on, view.today))
    return say(
        "utter_owes_nothing",
        month=words.month(bill.due_on),
        amount_cents=bill.amount_cents,
        comes=spoken_day(bill.on, view.today),
        due=spoken_day(bill.due_on, view.today),
    )


def next_draft(view: Summary) -> list[Say]:
    """The next draft, or that its card will be dead by then; nothing where none will run."""
    draft, enrollment = view.autopay.next_draft, view.autopay.enrollment
    if draft is None or enrollment is None:
        return []
    if view.autopay.method_outlives_draft:
        return [say("utter_next_draft", **draft_values(view))]
    method = enrollment.method
    due = spoken_day(draft.due_on)
    return [say("utter_draft_will_fail", method=method.label, expires=method.expires, draft=due)]


def draft_values(view: Summary) -> dict[str, Any]:
    """The next draft in words, with the bank's own date where it differs (G10)."""
    draft, enrollment = view.autopay.next_draft, view.autopay.enrollment
    assert draft is not None
    assert enrollment is not None
    bank = "" if draft.bank_on == draft.due_on else phrase("phrase_bank_may_show", day=spoken_day(draft.bank_on))
    return {
        "amount_cents": draft.amount_cents,
        "draft": spoken_day(draft.due_on, view.today),
        "method": enrollment.method.label,
        "bank": bank,
    }
