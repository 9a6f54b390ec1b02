"""A profile told in plain words for one civil date, by the very functions that decide: what is open, what is locked.

What the profile does not know is told as not known. Amounts in dollars, dates in full; no account is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing_core import grace, invoices, lock
from billing_core.decisions import Refused
from billing_core.invoices import Invoice, OpenInvoice
from billing_core.lock import LockWindow
from billing_core.money import dollars
from billing_core.profiles import METHOD_NAMES, Profile
from billing_core.profiles.third_parties import PAYER_NAMES, REQUIRED_PAYERS, Payer

UNKNOWN = "Not known."
# Of a bill of which nothing was paid, the amount decides nothing.
ANY_CENTS = 10_000


@dataclass(frozen=True)
class Told:
    """One question about an issuer and its answer on a day."""

    question: str
    answer: str


def explain(profile: Profile, on: date) -> list[Told]:
    """Every question the rules answer from this profile, as it would be answered on the civil date `on`."""
    return [*_billing(profile, on), *_autopay(profile, on), *_paying(profile), *_late(profile, on)]


def differing(left: list[Told], right: list[Told]) -> set[str]:
    """The questions that two profiles answer differently."""
    other = {told.question: told.answer for told in right}
    return {told.question for told in left if other.get(told.question) != told.answer}


def _billing(profile: Profile, on: date) -> Iterator[Told]:
    due = invoices.next_due_on(profile, on)
    usual = "" if profile.due_verified else " That is the usual day; the plan's invoice says."
    yield Told("The next premium is due", f"{_day(due)}, for {invoices.coverage_month_of(profile, due):%B %Y}.{usual}")
    for who, autopay in (("who pays by hand", False), ("on autopay", True)):
        yield Told(f"The invoice of a member {who} comes", _known(invoices.invoice_date(profile, due, autopay=autopay)))
    lead_days = profile.autopay_notice_days
    yield Told("The autopay notice goes out", _known(None if lead_days is None else due - timedelta(days=lead_days)))
    changed_on = due - timedelta(days=profile.changed_amount_notice_days)
    yield Told("A changed amount is told by", f"{_day(changed_on)}.")


def _autopay(profile: Profile, on: date) -> Iterator[Told]:
    answer = lock.may_cancel(profile, on, [])
    closed = isinstance(answer, Refused)
    yield Told("Cancel autopay, or move it to another method", _lock(profile, on, answer))
    later = "Open: saved for the first open day." if profile.pending_changes_allowed else "Not offered."
    if isinstance(answer, Refused) and answer.rule == "unknown":
        later = UNKNOWN
    yield Told("Save that change for later", later if closed else "Not needed today.")
    yield Told("A started draft without an answer", "Keeps autopay locked through the day its answer comes.")
    yield Told("Take away a method that autopay uses", "Locked like the change." if closed else "Open.")
    yield Told("Pay once, add a spare method, change how bills come", "Open on every day.")
    due = lock.first_draft_due(profile, on)
    takes = any(method.autopay_ok for method in profile.methods)
    yield Told("Autopay set up on this day drafts first on", f"{_day(due)}." if takes else UNKNOWN)
    window = lock.window(profile, invoices.next_due_on(profile, on)) or _bare(invoices.next_due_on(profile, on))
    yield Told("The bank shows that month's draft on", f"{_day(window.bank_date)}.")
    yield Told("A bank takes a stop order for it until", f"{_day(window.stop_order_by)}.")
    attempts, spacing = profile.max_debit_attempts, profile.retry_spacing_days
    wait = "the days between them are not known" if spacing is None else f"{spacing} or more days apart"
    yield Told("A month's premium is tried", UNKNOWN if attempts is None else f"At most {attempts} times, {wait}.")


def _lock(profile: Profile, on: date, answer: object) -> str:
    if not isinstance(answer, Refused):
        coming = [item for item in lock.windows_near(profile, on, []) if item.first_on > on]
        return f"Open. Locked again {_span(coming[0])}." if coming else "Open."
    if answer.rule == "unknown":
        return UNKNOWN
    window = answer.facts["window"]
    opens = "The first open day is not known yet"
    if answer.until is None:
        return f"Locked {_span(window)} ({answer.rule}). {opens}; not before {_day(window.at_least_to + lock.DAY)}."
    return f"Locked {_span(window)} ({answer.rule}). The first open day is {_day(answer.until)}."


def _span(window: LockWindow) -> str:
    if window.last_on is None:
        return f"from {_day(window.first_on)} until it is known how the draft of {_day(window.due_on)} went"
    return f"from {_day(window.first_on)} through {_day(window.last_on)}"


def _bare(due: date) -> LockWindow:
    """A window with nothing but its due date, for the bank's own days, which no profile decides."""
    return LockWindow(due_on=due, invoice_on=due, first_on=due, last_on=None, at_least_to=due)


def _paying(profile: Profile) -> Iterator[Told]:
    yield Told("Ways to pay", "; ".join(method.label for method in profile.methods) + ".")
    unknown = ", ".join(METHOD_NAMES[kind] for kind in profile.methods_unknown)
    yield Told("Ways to pay of which nobody knows", f"{unknown}." if unknown else "None.")
    fee_cents = profile.convenience_fee_cents
    yield Told(
        "The fee for paying", UNKNOWN if fee_cents is None else f"{dollars(fee_cents)}." if fee_cents else "None."
    )
    parts = {"accepted_no_guarantee": "Taken, without a promise that coverage goes on.", "refused": "Not taken."}
    yield Told("A part of what is owed", parts.get(profile.partial_payment or "", UNKNOWN))
    yield Told("So little may be missing of a bill without grace", _threshold(profile))
    prorated = {"none": "At the whole month's price.", "daily": "By its days, to the nearest cent."}
    yield Told("A part of a month is billed", prorated.get(profile.proration or "", UNKNOWN))
    payers = profile.third_party_policy
    yield Told(
        "Premium is taken from", f"{_payers(['member', 'authorized_user', *REQUIRED_PAYERS, *payers.accepted])}."
    )
    yield Told(
        "Premium is not taken from", f"{_payers(payers.refused)}." if payers.refused else "Nobody that is known."
    )
    cutoff = profile.posting_cutoff
    yield Told(
        "In the issuer's books the same day until",
        UNKNOWN if cutoff is None else f"{cutoff:%H:%M} {profile.time_zone}.",
    )
    yield Told("A payment counts", f"On the day it is made, to midnight {profile.time_zone}.")
    yield Told("By post to", UNKNOWN if profile.mail_address is None else f"{profile.mail_address}.")


def _late(profile: Profile, on: date) -> Iterator[Told]:
    due = invoices.next_due_on(profile, on)
    month = invoices.coverage_month_of(profile, due)
    unpaid = Invoice(coverage_month=month, due_on=due, binder=False, premium_cents=ANY_CENTS, tax_credit_cents=0)
    oldest = OpenInvoice(unpaid, ANY_CENTS)
    for who, credit in (("with a tax credit", True), ("without a tax credit", False)):
        last_day = grace.last_day_to_pay(profile, oldest, tax_credit=credit)
        told = UNKNOWN if last_day is None else f"{_day(last_day)}."
        if not credit and last_day is None and profile.grace_start == "notice" and profile.grace_other_days is not None:
            told = f"{profile.grace_other_days} days after the notice that grace has begun."
        elif not credit and last_day is not None and not profile.grace_other_verified:
            told += " Nobody has verified it."
        yield Told(f"Unpaid {who}, the last day to pay is", told)
    late = grace.standing(profile, [oldest], due + lock.DAY, tax_credit=True)
    hold_on = late.claims_hold_from if late is not None else None
    yield Told("Claims may then be held from", _known(hold_on))
    days = profile.binder_deadline_days
    told = UNKNOWN if days is None else f"{_day(due + timedelta(days=days))}."
    yield Told("The last day of a first payment", told)
    cleared = {"past_due": "By all that is past due.", "all_open": "By all that was billed."}
    yield Told("Grace is ended", cleared.get(profile.grace_cleared_by or "", UNKNOWN))
    yield Told("Coverage that ended may be asked back for", _window(profile))
    yield Told(
        "Help with paying",
        "; ".join(profile.assistance_programs) + "." if profile.assistance_programs else "None known.",
    )
    yield Told("A person", "{}, {}.".format(*profile.reached_at()))
    yield Told("Read and verified on", f"{_day(profile.verified_on)}.")


def _window(profile: Profile) -> str:
    if profile.reinstatement_days is None:
        return UNKNOWN
    told = f"{profile.reinstatement_days} days after the termination notice, through a person."
    return told if profile.reinstatement_verified else f"{told} Nobody has verified it."


def _threshold(profile: Profile) -> str:
    value = profile.threshold_value or 0
    told = {
        "none": "Nothing.",
        "net_percent": f"{100 - value} percent of the member's part; it stays owed.",
        "gross_percent": f"{100 - value} percent of the whole premium; it stays owed.",
        "fixed": f"{dollars(value)}; it stays owed.",
    }
    return told.get(profile.threshold_kind or "", UNKNOWN)


def _payers(kinds: Sequence[Payer]) -> str:
    return ", ".join(PAYER_NAMES[kind] for kind in kinds)


def _known(day: date | None) -> str:
    return UNKNOWN if day is None else f"{_day(day)}."


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
