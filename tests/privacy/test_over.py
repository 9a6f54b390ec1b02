"""Codes, links, tries, tokens and sessions that are over go when their days are; what was used, or is young, stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from channels.privacy import over
from channels.store import CodeChallenge, Conversation, PortalToken, SecureLink, WrongTry
from console.store import SignedIn
from gateway.privacy import forget_old
from tests.console.conftest import LEE, Office
from tests.privacy.conftest import RETENTION_DAYS, after

TABLES = (CodeChallenge, SecureLink, WrongTry, PortalToken, SignedIn)


def left(office: Office) -> list[int]:
    with office.core.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def happened(office: Office, name: str, *, used: bool = False) -> None:
    """One of each, at this moment; a code and a link that were used, or that nobody came with."""
    now = office.core.now()
    message = office.says(LEE, "add a card", "Here is the way.")
    ends: dict[str, Any] = {"created_at": now, "expires_at": now, "used_at": now if used else None}
    where = {"conversation_id": message.conversation_id, "account_id": "lee"}
    with office.core.write() as session:
        session.add(
            CodeChallenge(**where, level="L3", purpose="method", resume_message_id=message.id, asked_at_seq=1, **ends)
        )
        session.add(SecureLink(**where, token_hash=name, purpose="add", **ends))
        contact_id = session.get_one(Conversation, message.conversation_id).contact_id
        session.add(WrongTry(contact_id=contact_id, at=now))
        session.add(PortalToken(digest=name, at=now))


def test_what_is_over_goes_on_the_first_day_after_and_what_was_used_stays(office: Office) -> None:
    happened(office, "unused")
    happened(office, "used", used=True)
    office.person("support")
    after(office, RETENTION_DAYS)
    assert (forget_old(office.core, RETENTION_DAYS), left(office)) == ({}, [2, 2, 2, 2, 1])
    after(office, 1)
    gone = forget_old(office.core, RETENTION_DAYS)
    assert {name: gone[name] for name in ("codes", "links", "wrong_tries", "portal_tokens", "console_sessions")} == {
        "codes": 1,
        "links": 1,
        "wrong_tries": 2,
        "portal_tokens": 2,
        "console_sessions": 1,
    }
    assert left(office) == [1, 1, 0, 0, 0]
    assert forget_old(office.core, RETENTION_DAYS) == {}


def test_more_than_a_page_goes_in_one_look(sqlite_office: Office) -> None:
    with sqlite_office.core.write() as session:
        session.add_all(PortalToken(digest=str(at), at=sqlite_office.core.now()) for at in range(201))
    after(sqlite_office, RETENTION_DAYS + 1)
    assert over.run(sqlite_office.core, RETENTION_DAYS) == {"portal_tokens": 201}
