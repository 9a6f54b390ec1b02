"""The lock window: when an autopay may not be cancelled or moved to another method (S19, S20, G1-G4, G25).

By distance, both ends included: locked from `lock_days_before` days before the invoice date to `lock_days_after`
days after it. Where the profile says `lock_until_draft_resolved`, the lock ends with the outcome of the draft instead,
and until that is known nobody can name the day. The invoice date of an autopay account is the stored one once the
invoice is issued, and the due date less the autopay lead until then (G2).

Under every profile a started draft without an outcome keeps the lock shut, and the day on which its outcome came is
locked to its end, so that one civil date has one answer (DOMAIN 1.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing_core.calendar import banking_day_on_or_after, banking_days_before, first_of_month
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.invoices import Invoice, invoice_date, next_due_on
from billing_core.profiles import Profile

# The bank must hear of a stop order three banking days before the due date (12 CFR 1005.10(c), G9).
STOP_ORDER_BANKING_DAYS = 3
# How far ahead the first open day is looked for; locks that touch one another for so long never open.
HORIZON = timedelta(days=400)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class StartedDraft:
    """A draft that was started for a due date; `known_on` is the day its outcome came, None while there is none."""

    due_on: date
    known_on: date | None


@dataclass(frozen=True)
class LockQuestion:
    """Everything the lock's answer depends on beside the profile, as a decision record keeps it.

    `sent` holds the due date, the policy and the invoice date of every autopay invoice that went out.
    """

    today: date
    sent: tuple[tuple[date, int, date], ...]
    first_draft_on: date | None
    drafts: tuple[StartedDraft, ...]


@dataclass(frozen=True)
class LockWindow:
    """One invoice's locked days, both ends included, and the draft they protect.

    `last_on` is None while it depends on an outcome that is not known; it is then locked through `at_least_to`.
    """

    due_on: date
    invoice_on: date
    first_on: date
    last_on: date | None
    at_least_to: date

    @property
    def first_open_on(self) -> date | None:
        """The first day after the lock; None while it is not known yet."""
        return None if self.last_on is None else self.last_on + DAY

    @property
    def bank_date(self) -> date:
        """The day the bank shows an ACH draft (G10)."""
        return banking_day_on_or_after(self.due_on)

    @property
    def stop_order_by(self) -> date:
        """The last day on which the bank takes a stop order for this draft."""
        return banking_days_before(self.due_on, STOP_ORDER_BANKING_DAYS)

    def contains(self, day: date) -> bool:
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)


def is_known(profile: Profile) -> bool:
    """Whether the profile says enough to tell on any day if that day is locked."""
    if profile.lock_days_before is None or profile.lock_days_after is None:
        return False
    from_invoice = profile.lock_until_draft_resolved and profile.lock_days_before == 0
    return from_invoice or profile.invoice_lead_days_autopay is not None


def window(
    profile: Profile,
    due: date,
    sent_on: Sequence[date] = (),
    drafts: Iterable[StartedDraft] = (),
    today: date | None = None,
) -> LockWindow | None:
    """The lock around the draft due on `due`, as it stands on `today` (None: as planned beforehand).

    `sent_on` are the invoice dates already sent for it: two policies billed on different days lock from the first
    one's window to the last one's, because one draft pays both. None when the profile does not know its own lock.
    """
    planned = invoice_date(profile, due, autopay=True)
    days = sent_on or ([] if planned is None else [planned])
    if not days or profile.lock_days_before is None or profile.lock_days_after is None:
        return None
    last_on: date | None = max(days) + timedelta(days=profile.lock_days_after)
    at_least_to = max(days) + timedelta(days=profile.lock_days_after)
    known_on = [draft.known_on for draft in drafts if draft.due_on == due]
    known = [day for day in known_on if day is not None]
    if len(known) < len(known_on):
        last_on, at_least_to = None, max(at_least_to, due, today or due)
    elif known:
        last_on = at_least_to = max(at_least_to, *known)
    elif profile.lock_until_draft_resolved:
        # A due date that passed without a draft (nothing was owed, or the method was dead, G5) has nothing to await.
        at_least_to = max(at_least_to, due)
        last_on = at_least_to if today is not None and today > due else None
    first_on = min(days) - timedelta(days=profile.lock_days_before)
    return LockWindow(due, max(days), first_on, last_on, at_least_to)


def windows_near(
    profile: Profile, today: date, issued: Iterable[Invoice], drafts: Iterable[StartedDraft] = ()
) -> list[LockWindow]:
    """The locks that can touch `today`, oldest first, from stored invoice dates where an invoice went out.

    An invoice issued again counts with its later date (DOMAIN 1.4). Drafts without an outcome count however old.
    """
    sent_on: dict[date, dict[int, date]] = {}
    for invoice in issued:
        if invoice.for_autopay:
            of_due = sent_on.setdefault(invoice.due_on, {})
            of_due[invoice.policy_id] = max(invoice.invoice_date, of_due.get(invoice.policy_id, date.min))
    drafts = list(drafts)
    dues = _dues_near(profile, today) | {draft.due_on for draft in drafts if draft.known_on is None}
    found = (window(profile, due, [*sent_on.get(due, {}).values()], drafts, today) for due in sorted(dues))
    return [item for item in found if item is not None]


def locked_window(
    profile: Profile,
    today: date,
    issued: Iterable[Invoice],
    first_draft_on: date | None = None,
    drafts: Iterable[StartedDraft] = (),
) -> LockWindow | None:
    """The window that locks `today`, or None.

    A draft due before `first_draft_on` is not this enrollment's, so its window does not lock it: an enrollment made
    inside the lock can be cancelled at once (DOMAIN 1.4).
    """
    for item in windows_near(profile, today, issued, drafts):
        if item.contains(today) and (first_draft_on is None or item.due_on >= first_draft_on):
            return item
    return None


def may_cancel(
    profile: Profile,
    today: date,
    issued: Iterable[Invoice],
    first_draft_on: date | None = None,
    drafts: Iterable[StartedDraft] = (),
) -> Answer:
    """Whether autopay may be cancelled or moved today.

    A refusal carries the window and the first open day in `until`, past every window that follows without a gap;
    None there means not known yet, and under the rule `unknown` that the issuer's lock itself is not known.
    """
    if not is_known(profile):
        return Refused("unknown", None, {"profile": profile.id})
    issued, drafts = list(issued), list(drafts)
    found = locked_window(profile, today, issued, first_draft_on, drafts)
    if found is None:
        return Allowed()
    until: date | None = found.first_open_on
    while until is not None:
        following = locked_window(profile, until, issued, first_draft_on, drafts)
        if following is None:
            break
        until = following.first_open_on if until - today < HORIZON else None
    rule = "G25" if profile.lock_until_draft_resolved else "S19"
    return Refused(rule, until, {"window": found})


def question(
    today: date, issued: Iterable[Invoice], first_draft_on: date | None, drafts: Iterable[StartedDraft]
) -> LockQuestion:
    """The lock's question for stored invoices and drafts."""
    sent = tuple((row.due_on, row.policy_id, row.invoice_date) for row in issued if row.for_autopay)
    return LockQuestion(today, sent, first_draft_on, tuple(drafts))


def answer(profile: Profile, asked: LockQuestion) -> Answer:
    """`may_cancel` for a question that is kept."""
    issued = [
        Invoice(due_on=due, policy_id=policy_id, invoice_date=on, for_autopay=True) for due, policy_id, on in asked.sent
    ]
    return may_cancel(profile, asked.today, issued, asked.first_draft_on, asked.drafts)


def first_draft_due(profile: Profile, today: date) -> date:
    """The due date that an enrollment made today drafts first: the next one, or inside its lock the one after (G4).

    Where the issuer's lock is unknown, the draft after the next is promised, which is true under every reading.
    """
    due = next_due_on(profile, today)
    around = window(profile, due)
    if due == today or around is None or around.contains(today):
        return first_of_month(due, 1).replace(day=profile.due_day)
    return due


def _dues_near(profile: Profile, today: date) -> set[date]:
    """Every due date whose lock could reach `today` by distance alone, and one more on either side."""
    behind = (profile.lock_days_after or 0) // 28 + 1
    ahead = ((profile.lock_days_before or 0) + (profile.invoice_lead_days_autopay or 0)) // 28 + 1
    next_due = next_due_on(profile, today)
    return {first_of_month(next_due, months).replace(day=profile.due_day) for months in range(-behind, ahead + 1)}
