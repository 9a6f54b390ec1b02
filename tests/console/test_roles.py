"""Who sees what: every route by every role, and every field in a member's words by role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select

from console.reader import Reader
from console.roles import ROLES
from console.store import AuditEntry
from tests.console.conftest import LEE, Office, decisions, field, named

NOBODY, PRODUCT, SUPPORT, ADMIN = "nobody", "product", "support", "admin"
OPEN = {NOBODY: 200, PRODUCT: 303, SUPPORT: 303, ADMIN: 303}
READ = {NOBODY: 303, PRODUCT: 200, SUPPORT: 200, ADMIN: 200}
HELP = {NOBODY: 303, PRODUCT: 403, SUPPORT: 200, ADMIN: 200}
DO = {NOBODY: 303, PRODUCT: 403, SUPPORT: 303, ADMIN: 303}
WATCH = {NOBODY: 303, PRODUCT: 403, SUPPORT: 403, ADMIN: 200}
ERASE = {NOBODY: 303, PRODUCT: 403, SUPPORT: 403, ADMIN: 303}
LABEL = {NOBODY: 303, PRODUCT: 303, SUPPORT: 303, ADMIN: 303}
TEACH = {NOBODY: 303, PRODUCT: 200, SUPPORT: 403, ADMIN: 200}
CHANGE = {NOBODY: 303, PRODUCT: 303, SUPPORT: 403, ADMIN: 303}
# Let in, and told that there is a candidate already, or nothing to go back to.
REFUSE = {NOBODY: 303, PRODUCT: 422, SUPPORT: 403, ADMIN: 422}
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
    ("GET", "/console/review"): READ,
    ("GET", "/console/review/found"): READ,
    ("GET", "/console/review/{message_id}"): READ,
    ("POST", "/console/review/{message_id}"): LABEL,
    ("GET", "/console/teach"): TEACH,
    ("GET", "/console/teach/near"): TEACH,
    ("GET", "/console/teach/candidate"): TEACH,
    ("GET", "/console/teach/candidates/{candidate_id}"): TEACH,
    ("POST", "/console/teach/sentences"): CHANGE,
    ("POST", "/console/teach/sentences/{sentence_id}"): CHANGE,
    ("POST", "/console/teach/sentences/{sentence_id}/leave-out"): CHANGE,
    ("POST", "/console/teach/train"): REFUSE,
    ("POST", "/console/teach/candidates/{candidate_id}/promote"): CHANGE,
    ("POST", "/console/teach/candidates/{candidate_id}/drop"): CHANGE,
    ("POST", "/console/teach/roll-back"): REFUSE,
}
STATIC = "/console/static"
# Where nothing is shown or done, or a part of a page that was written down as a whole.
QUIET = {
    ("GET", "/console"),
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("GET", "/console/teach/near"),
    ("GET", "/console/teach/candidate"),
}


def routes(app: Any) -> set[tuple[str, str]]:
    """Every route of the console's that the app has, of whatever kind; static files have nothing of anybody's."""
    ours = [each for each in iter_route_contexts(app.routes) if str(each.path).startswith("/console")]
    return {
        (method, str(each.path))
        for each in ours
        if each.path != STATIC
        for method in getattr(each.original_route, "methods", None) or {type(each.original_route).__name__}
    }


def test_every_route_of_the_console_is_in_the_table(sqlite_office: Office) -> None:
    app: Any = sqlite_office.client().app
    assert routes(app) == set(TABLE)

    @app.get("/console/everything")
    def everything() -> None: ...

    assert routes(app) - set(TABLE) == {("GET", "/console/everything")}


# What a role may do changes something, so each begins anew; all else can be asked one after the other.
ACTS = [(each, role) for each, row in TABLE.items() for role in ROLES if each[0] == "POST" and row[role] != 403]


@pytest.mark.parametrize("role", [NOBODY, *ROLES])
def test_each_role_sees_and_is_refused_what_the_table_says(sqlite_office: Office, role: str) -> None:
    ask = _asking(sqlite_office, role)
    asked = {each: row[role] for each, row in TABLE.items() if (each, role) not in ACTS}
    told, quiet = {}, set()
    for each in asked:
        # A page that looks again by itself is one view in five minutes.
        sqlite_office.core.clock.advance(timedelta(minutes=6))
        before = _logged(sqlite_office, role)
        told[each] = ask(*each)
        if _logged(sqlite_office, role) == before:
            quiet.add(each)
    assert told == asked
    # Of those that stay quiet, the ones that this role may not open are refused, and that is written down.
    teach = {each for each in QUIET if "teach" in each[1] and asked[each] == 403}
    assert role == NOBODY or quiet == (QUIET & asked.keys()) - teach


@pytest.mark.parametrize(("each", "role"), ACTS)
def test_each_role_does_what_the_table_says_and_the_log_knows(
    sqlite_office: Office, each: tuple[str, str], role: str
) -> None:
    ask = _asking(sqlite_office, role)
    before = _logged(sqlite_office, role)
    assert ask(*each) == TABLE[each][role]
    assert (_logged(sqlite_office, role) > before) == (TABLE[each] is not REFUSE)


NUMBERED = [
    each for each in TABLE if "{record_id}" in each[1] or "{sentence_id}" in each[1] or "{candidate_id}" in each[1]
]


@pytest.mark.parametrize("number", [-1, 2**63, 10**40])
def test_a_number_that_no_row_can_have_is_told_where_and_is_no_fault(sqlite_office: Office, number: int) -> None:
    ask = _asking(sqlite_office, ADMIN, record_id=number, sentence_id=number, candidate_id=number)
    assert [ask(*each) for each in NUMBERED] == [422] * len(NUMBERED)
    assert len(NUMBERED) >= 5
    for page in (f"/console/audit?before={number}", f"/console/conversations/{{conversation_id}}?before={number}"):
        assert ask("GET", page) == 422


def _logged(office: Office, role: str) -> int:
    """How many entries of the audit log are this person's."""
    with office.core.read() as session:
        mine = select(func.count()).select_from(AuditEntry).where(AuditEntry.who == f"{role}.kim")
        return session.scalar(mine) or 0


def _asking(office: Office, role: str, **others: Any) -> Callable[[str, str], int]:
    """Asks a route for somebody of this role, in a world where everything that routes name is there; the status."""
    names = named(office) | others
    client = office.client() if role == NOBODY else office.person(role)
    csrf = "" if role == NOBODY else field(client.get("/console/conversations").text, "csrf")
    body = {"csrf": csrf, "words": "Hello, this is Kim.", "key": "k", "intent": "pay_bill", "text": "square me up"}
    body["confirmed"] = "DELETE"

    def ask(method: str, path: str) -> int:
        there = path.format(**names)
        body["answer"] = "looking" if path.endswith("/answer") else "right"
        return client.request(method, there, data=body if method == "POST" else None).status_code

    return ask


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
    record = decisions(office, message.id)[0]
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
