"""What a notice says, read when it is sent, so that it never tells an amount or a day that is no longer true.

Every reader answers with a variant of the kind and its facts by the names in `notices.yml`, or None when what the
notice is about is over (it was paid meanwhile, autopay ended, coverage was reinstated): then nothing is sent. A kind
without a reader says what its writer left.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from billing_core import accounts
from billing_core.core import Core
from billing_core.notice_facts import coverage, drafts, payments
from billing_core.notice_facts.about import About, Said
from billing_core.notices import Notice, kinds

__all__ = ["READERS", "About", "Said", "read"]

READERS: dict[str, Callable[[About], Said | None]] = {**drafts.READERS, **payments.READERS, **coverage.READERS}


def read(core: Core, session: Session, notice: Notice) -> Said | None:
    """What the notice says now, or None when it is moot. Raises KeyError when a reader and `notices.yml` differ."""
    account = accounts.find(session, notice.account_id)
    about = About(core, session, notice, account, core.today(account.profile.time_zone))
    said = READERS.get(notice.kind, as_written)(about)
    if said is None:
        return None
    names = kinds()[notice.kind].facts[said.variant]
    if set(said.facts) != set(names):
        raise KeyError(f"{notice.kind}, {said.variant}: {sorted(set(said.facts) ^ set(names))}")
    return said


def as_written(about: About) -> Said:
    """The facts that the notice's writer left; the variant too, where it is not `plain`."""
    facts = dict(about.notice.facts or {})
    return Said(facts.pop("variant", "plain"), facts)
