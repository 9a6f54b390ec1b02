"""Moves on the chat page that several tests make, and where its parts are found."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

QUICK_MS = 30_000  # the stub; the real stack gets its own limit


def sign_in(page: Page, url: str, name: str = "Jordan Lee") -> None:
    """Choose a demo member and wait for the conversation to be there."""
    page.goto(url)
    page.get_by_role("button", name=f"Chat as {name}").click()
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-busy", "false")


def write(page: Page, text: str) -> None:
    """Type a message and send it with Enter."""
    box = page.get_by_role("textbox", name="Message to Duely")
    box.click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def bubbles(page: Page, role: str) -> Locator:
    """All bubbles of a speaker: member, bot, demo or notice."""
    return page.locator(f".said-{role}")


def last(page: Page, role: str) -> Locator:
    return bubbles(page, role).last


def tab_to(page: Page, role: str, name: str, limit: int = 40) -> None:
    """Press Tab until the focus is on the named element, as someone without a mouse does."""
    wanted = page.get_by_role(role, name=name, exact=True)
    for _ in range(limit):
        page.keyboard.press("Tab")
        if wanted.count() and wanted.first.evaluate("e => e.getRootNode().activeElement === e"):
            return
    raise AssertionError(f"{role} {name!r} was not reached with {limit} presses of Tab")
