"""The audit log: every view of a conversation and every action, written before its answer leaves.

There is one way in (`write`) and none to change or delete: the database's own triggers refuse both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import Core
from console.store import AuditEntry

PAGE = 100
# Every word the log knows, and how a person reads it.
WHAT = {
    "signed_in": "signed in",
    "signed_out": "signed out",
    "refused_sign_in": "was refused at sign-in",
    "refused": "was refused a page",
    "listed": "looked for conversations",
    "viewed": "read a conversation",
    "exported": "exported a conversation",
    "viewed_erasure": "looked at what a deletion would take",
    "erased": "deleted a member's conversations",
    "viewed_live": "looked at people waiting",
    "viewed_numbers": "looked at the numbers",
    "took_numbers": "took numbers as a file",
    "viewed_audit": "read this log",
    "took": "took a conversation",
    "said": "wrote to a member",
    "used_answer": "took a ready answer",
    "sent_link": "sent a link to the secure page",
    "gave_back": "gave a conversation back",
    "viewed_review": "looked at turns to review",
    "labelled": "labelled a turn",
    "viewed_teach": "looked at teaching",
    "sentence_added": "added a sentence to teach",
    "sentence_changed": "changed a sentence to teach",
    "sentence_left_out": "left a sentence out",
    "training_started": "had a candidate trained",
    "promoted": "promoted a candidate",
    "dropped": "dropped a candidate",
    "rolled_back": "rolled the live model back",
    "contact_changed": "changed a member's contact",
    "exported_consents": "took consents as a file",
    "user_added": "was added",
    "user_disabled": "was disabled",
    "password_set": "got a new password",
}


def write(
    core: Core, *, who: str, role: str, what: str, address: str, about: str | None = None, **details: Any
) -> None:
    """Add one entry in a transaction of its own; raises what the database raises, and then nothing is shown."""
    with core.write() as session:
        add(session, core, who=who, role=role, what=what, address=address, about=about, **details)


def add(
    session: Session,
    core: Core,
    *,
    who: str,
    role: str,
    what: str,
    address: str,
    about: str | None = None,
    **details: Any,
) -> None:
    """Add one entry to the caller's transaction; raises `KeyError` for a word that the log does not know."""
    WHAT[what]
    session.add(
        AuditEntry(
            at=core.now(),
            who=who[:120],
            role=role,
            what=what,
            about=about[:64] if about else None,
            address=address[:64],
            details=details,
        )
    )


def lately(core: Core, *, who: str, what: str, about: str | None, within: timedelta) -> bool:
    """Whether this is in the log already, so recently that it is the same view."""
    where = select(AuditEntry.id).where(
        AuditEntry.about == about,
        AuditEntry.who == who,
        AuditEntry.what == what,
        AuditEntry.at > core.now() - within,
    )
    with core.read() as session:
        return session.scalar(where.order_by(AuditEntry.id.desc()).limit(1)) is not None


def page(core: Core, *, before: int | None = None, who: str = "", about: str = "") -> tuple[list[AuditEntry], bool]:
    """The newest entries, of one person or conversation if asked, and whether there are older ones."""
    where = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE + 1)
    if before is not None:
        where = where.where(AuditEntry.id < before)
    if who:
        where = where.where(AuditEntry.who == who)
    if about:
        where = where.where(AuditEntry.about == about)
    with core.read() as session:
        rows = list(session.scalars(where))
    return rows[:PAGE], len(rows) > PAGE
