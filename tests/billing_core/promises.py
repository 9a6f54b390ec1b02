"""What holds on every day of an account's life, read from what is stored and from what members were told.

`Promises.hold` is asked after whatever happens. It keeps what it saw before: only what is new is looked at, and what
was told or answered is held against what is then done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, selectinload

from billing_core import Core, accounts, autopay, caps, invoices, ledger, notice_facts, past_due
from billing_core.autopay import Enrollment
from billing_core.invoices import Invoice
from billing_core.ledger import Entry, Posting
from billing_core.methods import Method
from billing_core.notices import Notice
from billing_core.payments import Payment
from billing_core.profiles import Profile
from billing_core.states import UNRESOLVED, PaymentState

TOOK = (PaymentState.SETTLED, PaymentState.RETURNED, PaymentState.REFUNDED)
FAILED = (PaymentState.REJECTED, PaymentState.RETURNED)
QUOTES = (PaymentState.PROPOSED, PaymentState.EXPIRED, PaymentState.CANCELLED)
DAY = timedelta(days=1)


class Told(NamedTuple):
    """A notice as it was read on its day; its facts are None where there was nothing to tell any more."""

    account_id: str
    kind: str
    key: str
    on: date
    facts: dict[str, Any] | None


class Promised(NamedTuple):
    """The amount of a draft as it stood on a day that binds it, and the payments of the account on that day."""

    cents: int
    why: str
    payments: tuple[Any, ...]


class Promises:
    """The promises to the members of one core, all of one issuer."""

    def __init__(self, core: Core, profile: Profile) -> None:
        self.core, self.profile = core, profile
        self.entries: dict[str, dict[str, int]] = {}
        self.states: dict[str, str] = {}
        self.sent: set[str] = set()
        self.retried: set[tuple[str, date]] = set()
        self.told: list[Told] = []
        self.news: list[Told] = []
        self.grace_since: dict[str, date] = {}
        self.promised: dict[tuple[str, date], list[Promised]] = defaultdict(list)
        self._last_entry = self._last_notice = 0

    @property
    def today(self) -> date:
        return self.core.today(self.profile.time_zone)

    def hold(self) -> None:
        """Look at everything; raises AssertionError with the promise that was broken."""
        with self.core.write() as session:
            self._tell(session)
        with self.core.read() as session:
            self._entries_balance(session)
            rows = session.execute(_PAYMENTS).all()
            of: dict[str, list[Row[Any]]] = defaultdict(list)
            for row in rows:
                of[row.account_id].append(row)
                if self.states.get(row.id) != row.state:
                    self._allocated(row)
                    self.states[row.id] = row.state
            for mine in of.values():
                for row in mine:
                    if row.submitted_at is not None and row.id not in self.sent:
                        self.sent.add(row.id)
                        self._allowed(session, row, mine)
            on = {row.account_id: row for row in session.scalars(select(Enrollment).where(_ON))}
            for account_id, enrollment in on.items():
                self._locked_until_known(session, enrollment, of[account_id])
                self._promise(session, enrollment, of[account_id])
            self._grace_goes_on(session, rows)

    def forget(self, account_id: str) -> None:
        """The member did something: what was promised of drafts may be otherwise now."""
        for key in [key for key in self.promised if key[0] == account_id]:
            del self.promised[key]

    def tried_again(self, account_id: str) -> bool:
        """Whether a draft of the account was tried again today."""
        return (account_id, self.today) in self.retried

    def _tell(self, session: Session) -> None:
        new = session.scalars(select(Notice).where(Notice.id > self._last_notice).order_by(Notice.id)).all()
        self.news = []
        for notice in new:
            said = notice_facts.read(self.core, session, notice)
            notice.outcome = "moot" if said is None else "told"
            facts = None if said is None else said.facts
            self.news.append(Told(notice.account_id, notice.kind, notice.key, self.today, facts))
            self._last_notice = notice.id
        self.told += self.news

    def _entries_balance(self, session: Session) -> None:
        new = select(Entry).where(Entry.id > self._last_entry).options(selectinload(Entry.postings)).order_by(Entry.id)
        binders = set(session.scalars(select(Invoice.id).where(Invoice.binder)))
        for entry in session.scalars(new):
            books: Counter[str] = Counter()
            for line in entry.postings:
                books[line.book] += line.amount_cents
                books["binder"] += line.amount_cents if line.invoice_id in binders else 0
            assert sum(line.amount_cents for line in entry.postings) == 0
            self.entries[entry.reference] = dict(books)
            self._last_entry = entry.id

    def _allocated(self, row: Row[Any]) -> None:
        """What a payment took went to invoices or is the member's credit, to the cent; any other went nowhere."""
        books = self.entries.get(f"payment:{row.id}:settled")
        assert (books is not None) == (row.state in TOOK)
        if books is not None:
            assert books[ledger.CASH] == row.amount_cents
            assert -books.get(ledger.RECEIVABLE, 0) - books.get(ledger.MEMBER_CREDIT, 0) == row.amount_cents
            assert row.kind != "draft" or books["binder"] == 0, "a draft paid a first payment"

    def _allowed(self, session: Session, row: Row[Any], mine: list[Row[Any]]) -> None:
        """An attempt that was sent just now: not too many, not too soon, told before, and as much as was told."""
        before = [each for each in mine if each.state in FAILED and _sent_before(each, row)]
        _networks_allow(row, before)
        if row.draft_key is None:
            return
        due = _due(row)
        drafts = [each for each in mine if each.draft_key is not None and _due(each) == due and each is not row]
        if row.draft_key.count(":") == 1:
            assert all(each.draft_key.count(":") == 2 for each in drafts), "drafted twice for a period"
            self._as_told(session, row, due, mine)
            self._leaves_what_waits(session, row, due, mine)
            return
        self.retried.add((row.account_id, self.today))
        tried = [each for each in drafts if _sent_before(each, row)]
        most, days = _policy(self.profile, row, len(tried))
        assert len(tried) < most, "more debits for a month than the cap"
        last_on = max(each.resolved_on or each.pay_on for each in tried)
        assert row.pay_on >= last_on + timedelta(days=days), "tried again too soon after the last failure"
        key = f"draft:{row.draft_key}:retry"
        told = [each for each in self.told if each.key == key and each.facts is not None]
        assert told, "tried again although nobody was told"
        facts = told[0].facts or {}
        assert told[0].on < self.today, "tried again on the day it was told"
        assert date.fromisoformat(facts["retry_on"]) <= self.today, "tried again before the day that was told"
        assert row.amount_cents <= facts["amount_cents"], "tried again for more than was told"

    def _as_told(self, session: Session, row: Row[Any], due: date, mine: list[Row[Any]]) -> None:
        """The first draft of a period takes what was promised, and never more than what was agreed to (G8)."""
        enrollment = session.get_one(Enrollment, row.draft_key.split(":")[0])
        known = _others(mine, due)
        for promised in self.promised.get((row.account_id, due), []):
            assert promised.payments != known or row.amount_cents == promised.cents, promised.why
        basis = [each for each in mine if each.draft_key and each.state != PaymentState.CANCELLED and _due(each) < due]
        basis = [each for each in basis if each.draft_key.startswith(enrollment.id)]
        last = max(map(_due, basis), default=None)
        amounts = [each.amount_cents for each in basis if _due(each) == last] or [enrollment.first_amount_cents or 0]
        in_time = due - timedelta(days=self.profile.changed_amount_notice_days)
        key = f"draft:{enrollment.id}:{due}:changed"
        told = [each for each in self.told if each.key.startswith(key) and each.on <= in_time and each.facts]
        also = [enrollment.range_high_cents or 0, *(each.facts["amount_cents"] for each in told if each.facts)]
        assert row.amount_cents <= max(*amounts, *also), "took more than was agreed to or told in time"
        capped = any(each.key == f"draft:{row.draft_key}:capped" for each in self.told)
        assert not capped or row.amount_cents >= max(min(amounts), *also), "left out what was agreed to"

    def _leaves_what_waits(self, session: Session, row: Row[Any], due: date, mine: list[Row[Any]]) -> None:
        """What a draft that was not capped leaves open of its months, scheduled payments are there to pay (G6).

        What went to an older month that it was not for, since the oldest is paid first (2.6), its own months lack.
        """
        capped = any(each.key == f"draft:{row.draft_key}:capped" for each in self.told)
        if capped or row.state != PaymentState.SETTLED or row.pay_on != self.today:
            return
        waits = [each for each in mine if each.state == PaymentState.CONFIRMED]

        def tried(due_on: date) -> bool:
            return any(each.state in FAILED and each.draft_key and each.pay_on >= due_on for each in mine)

        open_cents: Counter[int] = Counter()
        for item in invoices.open_invoices(session, row.account_id):
            if item.invoice.due_on <= due and not item.invoice.binder and not tried(item.invoice.due_on):
                open_cents[item.invoice.policy_id] += item.open_cents
        lines = select(Invoice.due_on, Posting.amount_cents).join(Posting, Posting.invoice_id == Invoice.id).join(Entry)
        posted = lines.where(Entry.reference == f"payment:{row.id}:settled", Posting.book == ledger.RECEIVABLE)
        elsewhere_cents = -sum(cents for due_on, cents in session.execute(posted) if tried(due_on))
        for policy_id, cents in open_cents.items():
            paying = [each.amount_cents for each in waits if each.policy_id in (None, policy_id)]
            assert cents <= sum(paying) + elsewhere_cents, "a draft left open what nobody waits to pay"
        waiting_cents = sum(each.amount_cents for each in waits)
        assert open_cents.total() <= waiting_cents + elsewhere_cents, "one payment counted for two policies"

    def _promise(self, session: Session, enrollment: Enrollment, mine: list[Row[Any]]) -> None:
        """What is told, or answered on a day that binds, of the draft to come."""
        due = invoices.next_due_on(self.profile, self.today + DAY)
        bound = {
            self.profile.changed_amount_notice_days: "it stood so on the last day for telling it",
            1: "the day before",
        }
        why = bound.get((due - self.today).days)
        key = (enrollment.account_id, due)
        if enrollment.pending is None and why is not None and due >= enrollment.first_draft_on:
            account = accounts.find(session, enrollment.account_id)
            draft = autopay.next_draft(session, account, enrollment, self.today)
            if draft is not None and draft.due_on == due and draft.amount_cents > 0:
                self.promised[key].append(Promised(draft.amount_cents, why, _others(mine, due)))
        notice = f"draft:{enrollment.id}:{due}:notice"
        for told in self.news:
            if told.key == notice and told.facts is not None:
                cents = told.facts["amount_cents"]
                self.promised[key].append(Promised(cents, "the notice told it", _others(mine, due)))

    def _locked_until_known(self, session: Session, enrollment: Enrollment, mine: list[Row[Any]]) -> None:
        """While a draft of this enrollment was started and has no outcome, the lock is shut."""
        for row in mine:
            if row.draft_key is None or _due(row) < enrollment.first_draft_on:
                continue
            if row.state in UNRESOLVED or (row.state == PaymentState.CONFIRMED and row.pay_on <= self.today):
                account = accounts.find(session, enrollment.account_id)
                refused = autopay.refusal_on(session, account, enrollment, self.today)
                assert refused is not None, "the lock ended before the outcome of a started draft was known"

    def _grace_goes_on(self, session: Session, rows: Sequence[Row[Any]]) -> None:
        since = {}
        # A payment counts on the day it was made: an answer that came today may tell that all was paid before.
        answered_late = {
            row.account_id
            for row in rows
            if row.state == PaymentState.SETTLED and row.pay_on < self.today and row.resolved_on == self.today
        }
        ids = session.scalars(select(accounts.Account.id)).all()
        for account_id, open_ in invoices.open_by_account(session, ids).items():
            if any(item.invoice.due_on < self.today for item in open_):
                grace = past_due.standing_of(session, accounts.find(session, account_id), open_, self.today)
                if grace is not None:
                    since[account_id] = grace.since
        for account_id, day in since.items():
            if account_id in answered_late:
                continue
            assert day <= self.grace_since.get(account_id, day), "grace started anew before everything was paid"
        self.grace_since = since


def _networks_allow(row: Row[Any], failed: list[Row[Any]]) -> None:
    """The networks' windows and the hours between automatic attempts on one card (DOMAIN 3.8)."""
    if row.method_kind != "card":
        return
    same = [each for each in failed if each.method_id == row.method_id]
    for window in caps.table().networks.get(row.brand, []):
        counted = [each for each in same if row.submitted_at - each.submitted_at < timedelta(hours=window.hours)]
        if window.per_initiator:
            counted = [each for each in counted if each.kind == row.kind]
        assert len(counted) < window.failed, window.rule
    apart = timedelta(hours=caps.table().automatic.card.hours_apart)
    if row.kind == "draft":
        assert all(row.submitted_at - each.submitted_at >= apart for each in same), "twice on a card inside its hours"


def _policy(profile: Profile, row: Row[Any], tried: int) -> tuple[int, int]:
    """How often a month may be debited in all, and how many days after the last failure (G29; DOMAIN 3.6, 3.8)."""
    if row.method_kind == "card":
        return 3, (1, 3)[min(tried, 2) - 1]
    return profile.max_debit_attempts or 0, profile.retry_spacing_days or 0


def _sent_before(each: Row[Any], row: Row[Any]) -> bool:
    if each.submitted_at is None:
        return False
    return bool((each.submitted_at, each.id) < (row.submitted_at, row.id))


def _due(row: Row[Any]) -> date:
    return date.fromisoformat(row.draft_key.split(":")[1])


def _others(mine: list[Row[Any]], due: date) -> tuple[Any, ...]:
    """Every payment of the account but quotes and the drafts of that due date: when one moves, amounts may."""
    others = [row for row in mine if row.state not in QUOTES and (row.draft_key is None or _due(row) != due)]
    return tuple((row.id, row.state, row.amount_cents) for row in others)


_ON = Enrollment.state.in_(("active", "ending", "suspended"))
_PAYMENTS = select(
    Payment.id, Payment.account_id, Payment.kind, Payment.state, Payment.amount_cents, Payment.method_id,
    Payment.policy_id, Payment.pay_on, Payment.draft_key, Payment.submitted_at, Payment.resolved_on, Payment.code,
    Method.kind.label("method_kind"), Method.brand,
).join(Method, Method.id == Payment.method_id).order_by(Payment.account_id, Payment.id)  # fmt: skip
