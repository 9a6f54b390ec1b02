"""The audit log: every view and every action is in it, and nobody takes one out."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from console import audit
from console.store import AuditEntry
from tests.console.conftest import LEE, Office


def entries(office: Office, about: str) -> list[tuple[str, str, str]]:
    with office.core.read() as session:
        where = select(AuditEntry).where(AuditEntry.about == about).order_by(AuditEntry.id)
        return [(each.who, each.role, each.what) for each in session.scalars(where)]


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET who = 'somebody else'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_change_an_entry(office: Office, statement: str) -> None:
    audit.write(office.core, who="kim", role="admin", what="viewed_audit", address="203.0.113.9")
    with pytest.raises(DBAPIError, match="append-only"), office.core.write() as session:
        session.execute(text(statement))


@pytest.mark.postgres
def test_postgresql_refuses_to_empty_the_log(postgres_core, make_office) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DBAPIError, match="append-only"), postgres_core.write() as session:
        session.execute(text("TRUNCATE audit_entry"))


def test_each_view_of_a_conversation_is_written_down(office: Office) -> None:
    about = office.says(LEE, "how much do i owe").conversation_id
    product, support = office.person("product"), office.person("support")
    product.get(f"/console/conversations/{about}")
    support.get(f"/console/conversations/{about}?before=5")
    assert entries(office, about) == [("product.kim", "product", "viewed"), ("support.kim", "support", "viewed")]


def test_a_refused_page_is_written_down(office: Office) -> None:
    office.person("product").get("/console/audit")
    newest = audit.page(office.core)[0][0]
    assert (newest.who, newest.what, newest.details) == ("product.kim", "refused", {"page": "/console/audit"})


def test_what_is_looked_for_is_not_kept_since_it_may_be_a_name(office: Office) -> None:
    office.person("support").get("/console/conversations?q=jordan+lee&channel=sms")
    newest = audit.page(office.core)[0][0]
    assert (newest.what, newest.details) == ("listed", {"words": True, "filters": 1, "rows": 0})


def test_the_page_is_paged_and_can_be_asked_for_one_person(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 3)
    for number in range(7):
        audit.write(office.core, who="ann", role="admin", what="listed", address="x", number=number)
    first, more = audit.page(office.core, who="ann")
    second, _ = audit.page(office.core, who="ann", before=first[-1].id)
    assert more
    numbers = [each.details["number"] for each in (*first, *second)]
    assert numbers == [6, 5, 4, 3, 2, 1]


def test_a_word_that_the_log_does_not_know_is_a_mistake(sqlite_office: Office) -> None:
    with pytest.raises(KeyError):
        audit.write(sqlite_office.core, who="kim", role="admin", what="did something", address="x")
