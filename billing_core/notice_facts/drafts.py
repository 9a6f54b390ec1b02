"""Facts of notices about autopay: a draft to come, changed, skipped, tried again; its card, its terms, its changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from billing_core import autopay, invoices, waiting
from billing_core.autopay import CHANGE_METHOD, Enrollment
from billing_core.calendar import banking_day_on_or_after, last_of_month
from billing_core.methods import Method
from billing_core.notice_facts.about import About, Said
from billing_core.states import AUTOPAY_ON


def autopay_notice(about: About) -> Said | None:
    found = _to_come(about)
    if found is None:
        return None
    due, cents, method = found
    facts = {"amount_cents": cents, "due_on": due.isoformat(), "method": method.label}
    bank_on = banking_day_on_or_after(due)
    if method.rail == "card" or bank_on == due:
        return Said("plain", facts)
    return Said("bank", facts | {"bank_on": bank_on.isoformat()})


def changed_amount(about: About) -> Said | None:
    """The new amount and the last one, or what was authorized for the first (12 CFR 1005.10(d)); none when they are the
    same again."""
    found = _to_come(about)
    if found is None:
        return None
    due, cents, method = found
    enrollment = _enrollment(about)
    last_cents = autopay.last_draft_cents(about.session, enrollment, due)
    before_cents = enrollment.first_amount_cents if last_cents is None else last_cents
    if before_cents is None or before_cents == cents:
        return None
    facts = {"amount_cents": cents, "before_cents": before_cents, "due_on": due.isoformat(), "method": method.label}
    return Said("first" if last_cents is None else "plain", facts)


def card_expiring(about: About) -> Said | None:
    due = date.fromisoformat(about.subject(2))
    enrollment = autopay.on(about.session, about.account.id)
    if enrollment is None or due < about.today or str(enrollment.method_id) != about.subject():
        return None
    method = enrollment.method
    if enrollment.pending_method_id is not None or method.expires_month is None or method.good_on(due):
        return None
    good_through = last_of_month(method.expires_month).isoformat()
    return Said("plain", {"method": method.label, "good_through_on": good_through, "due_on": due.isoformat()})


def draft_skipped(about: About) -> Said | None:
    due = date.fromisoformat(about.subject(2))
    cents = _draftable_cents(about, due)
    if cents <= 0:
        return None
    method = _enrollment(about).method
    return Said("plain", {"amount_cents": cents, "due_on": due.isoformat(), "method": method.label})


def draft_not_needed(about: About) -> Said | None:
    return Said("plain", {"due_on": date.fromisoformat(about.subject(2)).isoformat()})


def retry(about: About) -> Said | None:
    """Amount and day as the billing day will take them; less when part was paid since, none when all was."""
    retry_on = date.fromisoformat(about.given("retry_on"))
    enrollment = _enrollment(about)
    cents = min(int(about.given("amount_cents")), _draftable_cents(about, retry_on))
    if cents <= 0 or retry_on < about.today or enrollment.state not in AUTOPAY_ON:
        return None
    return Said("plain", {"amount_cents": cents, "retry_on": retry_on.isoformat(), "method": enrollment.method.label})


def pending_applied(about: About) -> Said | None:
    """Autopay ended, with the first bill to pay by hand; or it moved, with its next draft."""
    enrollment = _enrollment(about)
    zone = ZoneInfo(about.account.profile.time_zone)
    applied_on = about.notice.written_at.astimezone(zone).date()
    due = invoices.next_due_on(about.account.profile, applied_on + timedelta(days=1))
    if enrollment.ended_by_turn == f"pending:{enrollment.id}":
        by_hand_on = autopay.next_bill_on(about.session, about.account, due)
        return Said("ended", {"applied_on": applied_on.isoformat(), "by_hand_on": by_hand_on.isoformat()})
    if enrollment.state not in AUTOPAY_ON:
        return None
    coming = autopay.next_draft(about.session, about.account, enrollment, about.today)
    due = due if coming is None else coming.due_on
    facts = {"applied_on": applied_on.isoformat(), "method": enrollment.method.label, "due_on": due.isoformat()}
    return Said("moved", facts)


def method_told(about: About) -> Said | None:
    """The method as it is now known; none when the member took it off meanwhile."""
    method = about.session.get(Method, int(about.subject()))
    return None if method is None or method.removed_on is not None else Said("plain", {"method": method.label})


def method_checked(about: About) -> Said | None:
    """Whether the bank account may be used from now on; none when the member took it off meanwhile."""
    told = method_told(about)
    return told and Said(about.given("outcome"), told.facts)


def autopay_terms(about: About) -> Said | None:
    enrollment = _enrollment(about)
    facts = {
        "method": enrollment.method.label,
        "first_draft_on": enrollment.first_draft_on.isoformat(),
        "terms": enrollment.authorization_text,
    }
    return Said("plain", facts)


def _to_come(about: About) -> tuple[date, int, Method] | None:
    """The due date, amount and method of the draft that the notice is about; None when it will not run any more."""
    enrollment, due = _enrollment(about), date.fromisoformat(about.subject(2))
    if due < about.today or enrollment.state not in AUTOPAY_ON or autopay.drafted(about.session, enrollment, due):
        return None
    if enrollment.pending == autopay.CANCEL and enrollment.pending_on is not None and enrollment.pending_on <= due:
        return None
    cents = autopay.agreed_cents(about.session, about.account, enrollment, due, about.today)
    moves = enrollment.pending == CHANGE_METHOD and enrollment.pending_on is not None and enrollment.pending_on <= due
    method = enrollment.pending_method if moves and enrollment.pending_method is not None else enrollment.method
    return (due, cents, method) if cents > 0 else None


def _draftable_cents(about: About, due_by: date) -> int:
    """What is open of the bills due by then that scheduled payments leave (G6), and no binder, which is never drafted
    (G28)."""
    bills = [item for item in about.open() if item.invoice.due_on <= due_by]
    waits = waiting.of(about.session, about.account.id)
    return waiting.left_cents(bills, waits, lambda item: not item.binder)


def _enrollment(about: About) -> Enrollment:
    return about.session.get_one(Enrollment, about.subject())


READERS: dict[str, Callable[[About], Said | None]] = {
    "autopay_notice": autopay_notice,
    "changed_amount": changed_amount,
    "card_expiring": card_expiring,
    "draft_skipped": draft_skipped,
    "draft_not_needed": draft_not_needed,
    "retry": retry,
    "pending_applied": pending_applied,
    "autopay_terms": autopay_terms,
    "method_updated": method_told,
    "method_closed": method_told,
    "method_checked": method_checked,
}
