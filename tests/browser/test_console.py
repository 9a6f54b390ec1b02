"""What people do at the console, with the keyboard alone and within the content policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from billing_core import Core
from channels.pages.vendor import vendor
from channels.queue import InlineQueue
from console import users
from console.roles import ROLES
from gateway.serving import Served, listen
from tests.console.conftest import GARCIA, LEE, PASSWORD, RIVERA, SMITH, Office, make_office  # noqa: F401

pytestmark = pytest.mark.browser
# Not where playwright keeps its own, which every run empties.
SHOTS = Path("var/screenshots/console")


@contextmanager
def opened(
    core: Core, make: Callable[..., Office], fill: Callable[[Office], object], **how: Any
) -> Iterator[tuple[str, Office]]:
    """The console served, filled, with one of each role who may come in; its address."""
    vendor()
    listening = listen("127.0.0.1", 0, "PORT")
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    office = make(core, public_url=url, **how)
    fill(office)
    for role in ROLES:
        users.add(core, f"{role}.kim", role, PASSWORD)
    served = Served(office.app(), listening, "console").start()
    yield url, office
    served.stop()


@pytest.fixture
def shop(sqlite_core: Core, make_office: Callable[..., Office], _browser_is_here: None) -> Iterator[tuple[str, Office]]:  # noqa: F811
    """The console with a morning's conversations."""
    with opened(sqlite_core, make_office, morning) as there:
        yield there


def morning(office: Office) -> None:
    """What four members said, and a payment that went through."""
    minute = timedelta(minutes=1)
    office.says(
        SMITH, "can i pay with my visa", "Massachusetts plans take bank accounts only.", later=minute,
        intent="ask_payment_methods_accepted", confidence=0.88,
    )  # fmt: skip
    office.says(
        GARCIA, "cuanto debo", "Debe $224.80 de enero, con fecha del 1 de enero.", language="es", later=minute,
    )  # fmt: skip
    office.says(GARCIA, "asdf qwer", "No lo entendí.", language="es", intent="nlu_fallback", confidence=0.22,
                actions=("action_misunderstood",), later=minute)  # fmt: skip
    office.says(
        LEE, "hi this is Jordan, how much do i owe?",
        "Your January premium is $412.10, due January 1. Reply PAY to pay it today with Visa ending 4242.",
        said={"amount_cents": 41210, "method": "Visa ending 4242"}, later=minute, do=office.quote,
    )  # fmt: skip
    office.says(LEE, "pay", "Paid $412.10. Confirmation 7F3K-9QXM.", intent="affirm", confidence=1.0,
                       actions=("action_affirm",), later=minute, do=office.pay)  # fmt: skip
    office.says(
        RIVERA, "i want to talk to a real person about my draft please",
        "I am asking a person to help.", intent="request_human", confidence=0.51, handoff="asked for a person",
        ms=2600.0, later=minute,
    )  # fmt: skip
    assert isinstance(office.channels.queue, InlineQueue)
    office.channels.queue.run()
    office.core.clock.advance(12 * minute)


def enter(page: Page, url: str, role: str, name: str = "") -> None:
    """Sign in with the keyboard alone: the name has the focus when the page opens."""
    page.goto(f"{url}/console")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name or f"{role}.kim")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Conversations")).to_be_visible()


def shoot(page: Page, name: str, width: int) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}_{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "the page is wider than the screen"
    )


@pytest.mark.usefixtures("clean")
def test_a_person_is_helped_with_the_keyboard_alone(page: Page, shop: tuple[str, Office]) -> None:
    url, office = shop
    enter(page, url, "support")
    to(page, "Live", "link")
    to(page, "Ana Rivera", "box")
    # The queue looks again by itself, and finds that she has waited longer: whoever was on her name still is.
    office.core.clock.advance(timedelta(minutes=3))
    page.evaluate("htmx.ajax('GET', '/console/live/queue', {target: '#queue', swap: 'outerHTML'})")
    expect(page.get_by_text("15 min")).to_be_visible()
    expect(page.get_by_role("link", name="Ana Rivera")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    to(page, "Ready answers", "box")
    page.keyboard.press("Enter")
    to(page, "Looking into it", "box")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your words to the member")).to_have_value(re.compile("^Thank you for waiting"))
    expect(page.get_by_label("Your words to the member")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Hello, I can see your draft.")
    to(page, "Send", "button")
    expect(page.get_by_role("log").get_by_text("Hello, I can see your draft.")).to_be_in_viewport()
    to(page, "Send the link", "button")
    expect(page.get_by_role("log").get_by_text("secure page")).to_be_in_viewport()
    to(page, "Give back to the assistant", "button")
    expect(page.get_by_text("This hand-off is over")).to_be_visible()


@pytest.mark.usefixtures("clean")
def test_filters_answer_as_they_are_changed_and_back_goes_back(page: Page, shop: tuple[str, Office]) -> None:
    url, _ = shop
    enter(page, url, "product")
    expect(page.get_by_role("link", name="Live")).to_have_count(0)
    to(page, "Filters", "box")
    page.keyboard.press("Enter")
    to(page, "Language", "box")
    page.keyboard.type("Sp")
    expect(page.locator(".row-card")).to_have_count(1)
    page.reload()
    expect(page.locator(".row-card")).to_have_count(1)
    expect(page.get_by_label("Language")).to_have_value("es")
    expect(page.get_by_text("Luis")).to_have_count(0)
    page.go_back()
    expect(page.locator(".row-card")).to_have_count(4)


@pytest.mark.usefixtures("clean")
def test_what_was_found_is_read_and_deleted_with_the_keyboard_alone(page: Page, shop: tuple[str, Office]) -> None:
    url, _ = shop
    enter(page, url, "admin")
    to(page, "Filters", "box")
    page.keyboard.press("Enter")
    to(page, "Misunderstood", "box")
    page.keyboard.press("Space")
    expect(page.locator(".row-card")).to_have_count(1)
    expect(page).to_have_url(re.compile("has=misunderstood"))
    to(page, "Luis Garcia", "link")
    to(page, "PDF", "box")
    with page.expect_download() as file:
        page.keyboard.press("Enter")
    assert file.value.suggested_filename.endswith(".pdf")
    to(page, "Delete…", "link")
    to(page, "This cannot be undone. Type DELETE to confirm", "box")
    page.keyboard.type("delete it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was deleted")
    to(page, "This cannot be undone. Type DELETE to confirm", "box")
    page.keyboard.type("DELETE")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There are no words left to delete.")).to_be_visible()
    to(page, "← Luis Garcia", "link")
    expect(page.get_by_text("(deleted)")).to_have_count(4)


@pytest.mark.usefixtures("clean")
def test_figures_are_drawn_from_their_tables_and_follow_the_filters(page: Page, shop: tuple[str, Office]) -> None:
    url, _ = shop
    enter(page, url, "product")
    to(page, "Numbers", "link")
    # The figure is drawn a moment after the numbers around it have changed: the drawing is waited for, not the page.
    last = "window.Chart?.getChart(document.querySelector('canvas'))?.data.datasets.map(each => each.data.at(-1)) + ''"
    page.wait_for_function(f"({last}) === '4,0'")
    to(page, "Language", "box")
    page.keyboard.type("Sp")
    expect(page.locator(".headline").first).to_have_text("1 conversation")
    expect(page).to_have_url(re.compile("language=es"))
    page.wait_for_function(f"({last}) === '1,0'")
    to(page, "What is counted", "box")
    page.keyboard.press("Enter")
    expect(page.get_by_text("counts once on each day")).to_be_visible()


def to(page: Page, name: str, kind: str) -> None:
    """Go there by Tab; a link or a button is then pressed."""
    for _ in range(60):
        page.keyboard.press("Tab")
        there = page.evaluate("(document.activeElement.labels?.[0] || document.activeElement).textContent.trim()")
        if there == name:
            break
    assert there == name
    if kind != "box":
        with page.expect_navigation():
            page.keyboard.press("Enter")
