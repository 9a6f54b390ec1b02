"""Who sees what: every route by every role, and every field in a member's words by role."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import select

from channels.handoff.store import Handoff
from console.reader import Reader
from console.roles import ROLES
from tests.console.conftest import LEE, Office, field

NOBODY, PRODUCT, SUPPORT, ADMIN = "nobody", "product", "support", "admin"
OPEN = {NOBODY: 200, PRODUCT: 303, SUPPORT: 303, ADMIN: 303}
READ = {NOBODY: 303, PRODUCT: 200, SUPPORT: 200, ADMIN: 200}
HELP = {NOBODY: 303, PRODUCT: 403, SUPPORT: 200, ADMIN: 200}
DO = {NOBODY: 303, PRODUCT: 403, SUPPORT: 303, ADMIN: 303}
WATCH = {NOBODY: 303, PRODUCT: 403, SUPPORT: 403, ADMIN: 200}
ERASE = {NOBODY: 303, PRODUCT: 403, SUPPORT: 403, ADMIN: 303}
TABLE: dict[tuple[str, str], dict[str, int]] = {
    ("GET", "/console"): dict.fromkeys((NOBODY, *ROLES), 303),
    ("GET", "/console/sign-in"): OPEN,
    ("POST", "/console/sign-in"): dict.fromkeys((NOBODY, *ROLES), 403),
    ("POST", "/console/sign-out"): dict.fromkeys((NOBODY, *ROLES), 303),
    ("GET", "/console/conversations"): READ,
    ("GET", "/console/conversations/{conversation_id}"): READ,
    ("GET", "/console/conversations/{conversation_id}/decisions/{record_id}"): READ,
    ("GET", "/console/conversations/{conversation_id}/export.json"): READ,
    ("GET", "/console/conversations/{conversation_id}/export.pdf"): READ,
    ("GET", "/console/conversations/{conversation_id}/delete"): WATCH,
    ("POST", "/console/conversations/{conversation_id}/delete"): ERASE,
    ("GET", "/console/live"): HELP,
    ("GET", "/console/live/queue"): HELP,
    ("GET", "/console/live/{handoff_id}"): HELP,
    ("GET", "/console/live/{handoff_id}/talk"): HELP,
    ("POST", "/console/live/{handoff_id}/take"): DO,
    ("POST", "/console/live/{handoff_id}/say"): DO,
    ("POST", "/console/live/{handoff_id}/answer"): HELP,
    ("POST", "/console/live/{handoff_id}/link"): DO,
    ("POST", "/console/live/{handoff_id}/release"): DO,
    ("GET", "/console/numbers"): READ,
    ("GET", "/console/numbers/{name}.csv"): READ,
    ("GET", "/console/audit"): WATCH,
}


def routes(app: Any) -> set[tuple[str, str]]:
    """Every route of the console's that the app has."""
    return {
        (method, each.path)
        for each in iter_route_contexts(app.routes)
        if isinstance(each.original_route, APIRoute) and str(each.path).startswith("/console")
        for method in each.original_route.methods
    }


def test_every_route_of_the_console_is_in_the_table(sqlite_office: Office) -> None:
    assert routes(sqlite_office.client().app) == set(TABLE)


@pytest.mark.parametrize("role", [NOBODY, *ROLES])
@pytest.mark.parametrize(("method", "path"), TABLE)
def test_each_role_gets_what_the_table_says(sqlite_office: Office, method: str, path: str, role: str) -> None:
    office = sqlite_office
    message = office.says(LEE, "help me", handoff="asked for a person", do=office.quote)
    with office.core.read() as session:
        handoff = session.scalars(select(Handoff)).one()
    client = office.client() if role == NOBODY else office.person(role)
    csrf = "" if role == NOBODY else field(client.get("/console/conversations").text, "csrf")
    record = _decisions(office, message.id)[0]
    there = path.format(
        conversation_id=message.conversation_id, record_id=record, handoff_id=handoff.id, name="funnel"
    )  # fmt: skip
    body = (
        {"csrf": csrf, "words": "Hello, this is Kim.", "key": "k", "confirmed": "DELETE"} if method == "POST" else None
    )
    assert client.request(method, there, data=body).status_code == TABLE[method, path][role]


def _decisions(office: Office, message_id: str) -> list[int]:
    from billing_core import records

    with office.core.read() as session:
        return records.of_turn(session, message_id)


SAID = "this is Jordan Lee, call 919-555-0101 or jo.lee@mail.example, i paid $412.10 from visa ending 4242, id M0101"
CLEAR = ("Jordan", "Lee", "919-555-0101", "jo.lee@mail.example", "$412.10", "4242", "M0101")


@pytest.mark.parametrize(("role", "sees"), [("product", ()), ("support", CLEAR), ("admin", CLEAR)])
def test_each_field_in_a_members_words_by_role(office: Office, role: str, sees: tuple[str, ...]) -> None:
    message = office.says(
        LEE, SAID, "Thank you Jordan: Visa ending 4242, $412.10.", do=office.quote,
        said={"amount_cents": 41210, "method": "Visa ending 4242", "first_name": "Jordan"},
        entities=({"entity": "amount", "value": "412.10"}, {"entity": "method", "value": "4242"}),
    )  # fmt: skip
    client = office.person(role)
    record = _decisions(office, message.id)[0]
    pages = [
        client.get(f"/console/conversations{path}").text
        for path in ("", f"/{message.conversation_id}", f"/{message.conversation_id}/decisions/{record}")
    ]
    found = {each for each in (*CLEAR, "41210") for page in pages[:2] if each in page}
    assert found - {"41210"} == set(sees)
    for page in pages:
        assert ("41210" in page or "412.10" in page or "(919)" in page) == bool(sees)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("my name is jordan lee", "my name is [name]"),
        ("me llamo Ana Rivera y debo", "me llamo [name] y debo"),
        ("i am late", "i am late"),
        ("call me at (919) 555-0101", "call me at [contact]"),
        ("pay 150.50 or 75 dollars", "pay [amount] or [amount] dollars"),
        ("born 01/02/1980", "born [date of birth]"),
        ("the one ending in 4242", "the one ending in [digits]"),
        ("since 2024 with 4242", "since 2024 with [digits]"),
        ("am i covered in january", "am i covered in january"),
    ],
)  # fmt: skip
def test_what_product_reads(said: str, read: str) -> None:
    assert Reader("product").words(said) == read


def test_a_number_that_an_older_screening_missed_is_held_back_when_it_is_read() -> None:
    for role in ROLES:
        assert "4111" not in Reader(role).words("my card is 4111 1111 1111 1111")


def test_a_role_that_is_not_known_sees_and_may_nothing() -> None:
    assert Reader("boss").words("this is Jordan, $5.00") == "this is [name], [amount]"
