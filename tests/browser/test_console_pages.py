"""Every page of the console over recorded traffic: axe clean, within the content policy, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from billing_core import Core
from billing_core.records import DecisionRecord
from channels.store import Message
from console.teach import sentences
from tests import traffic
from tests.browser.test_console import enter, opened, shoot
from tests.browser.test_teach import label
from tests.console.conftest import Office, make_office, named  # noqa: F401
from tests.console.test_roles import routes

pytestmark = pytest.mark.browser
CONVERSATION = "/console/conversations/{conversation_id}"


def _found(page: Page) -> None:
    page.get_by_text("Filters").click()
    page.get_by_label("Refused by a rule").check()
    expect(page).to_have_url(re.compile("has=refused"))
    expect(page.locator(".row-card").first).to_be_visible()


def _nothing(page: Page) -> None:
    page.get_by_label("Words in the conversation").fill("xylophone")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No conversation fits these filters.")).to_be_visible()


def _read(page: Page) -> None:
    expect(page.get_by_role("heading", name="The money beside it")).to_be_visible()
    page.locator(".heard summary").last.click()


def _drawn(page: Page) -> None:
    expect(page.locator("canvas").first).to_be_visible()
    page.get_by_text("Table", exact=True).first.click()


# Each page with the name of its picture, and what is done there before it is looked at.
WALK: list[tuple[str, str, Callable[[Page], object]]] = [
    ("/console/conversations", "conversations", lambda page: None),
    ("/console/conversations", "filters", _found),
    ("/console/conversations", "nothing_found", _nothing),
    (CONVERSATION, "conversation", _read),
    (f"{CONVERSATION}/decisions/{{record_id}}", "decision", lambda page: None),
    (f"{CONVERSATION}/delete", "delete", lambda page: None),
    ("/console/live", "live", lambda page: None),
    ("/console/live/{handoff_id}", "live_one", lambda page: page.get_by_text("Ready answers").click()),
    ("/console/numbers", "numbers", _drawn),
    ("/console/review", "review", lambda page: None),
    ("/console/review/found", "review_found", lambda page: None),
    ("/console/review/{message_id}", "review_again", lambda page: None),
    ("/console/teach", "teach", lambda page: expect(page.get_by_text("adds little").first).to_be_visible()),
    ("/console/teach/candidates/{candidate_id}", "teach_compared", lambda page: None),
    ("/console/audit", "audit", lambda page: None),
]


@pytest.fixture
def town(sqlite_core: Core, make_office: Callable[..., Office], _browser_is_here: None) -> Iterator[tuple[str, Office]]:  # noqa: F811
    """The console with two weeks of recorded traffic, and reviewers at work."""
    with opened(sqlite_core, make_office, _reviewed, load=traffic.load) as there:
        yield there


def _reviewed(office: Office) -> None:
    label(office)
    with office.core.write() as session:
        sentences.propose(session, office.core, "tell Linda that i paid", "ask_payment_status", (), by="ann")


def _there(office: Office) -> dict[str, Any]:
    """What addresses name; the decision is one that the traffic's rules made against a wish."""
    refused = select(DecisionRecord, Message).join(Message, Message.id == DecisionRecord.turn_id)
    newest = refused.where(DecisionRecord.rule.is_not(None)).order_by(DecisionRecord.id.desc()).limit(1)
    with office.core.read() as session:
        record, message = session.execute(newest).one()
    return named(office) | {"conversation_id": message.conversation_id, "record_id": record.id}


@pytest.mark.usefixtures("clean")
def test_each_page_is_clean_and_fits(page: Page, width: int, accessible: Any, town: tuple[str, Office]) -> None:
    url, office = town
    page.goto(f"{url}/console")
    accessible()
    shoot(page, "sign_in", width)
    enter(page, url, "admin")
    there = _there(office)
    for path, name, ready in WALK:
        page.goto(url + path.format(**there))
        ready(page)
        accessible()
        shoot(page, name, width)


def test_every_page_of_the_console_is_in_the_walk(make_office: Callable[..., Office], sqlite_core: Core) -> None:  # noqa: F811
    office = make_office(sqlite_core)
    there, admin, nobody = named(office), office.person("admin"), office.client()
    gets = {path for method, path in routes(admin.app) if method == "GET"}
    answers = {path: [who.get(path.format(**there)) for who in (admin, nobody)] for path in gets}
    pages = {path for path, both in answers.items() if any("<!doctype html>" in each.text for each in both)}
    assert pages == {path for path, _, _ in WALK} | {"/console/sign-in"}
