"""A member pays in the browser, against the real stack: gateway, Rasa, actions, ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chatting import bubbles, last, sign_in, tab_to, write

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.usefixtures("clean")]

ANSWER_MS = 60_000  # the first turn of a freshly started Rasa is its slowest
CONFIRMATION = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
def url(stack: Any) -> str:
    """The running stack at the canonical clock, with the cast as it was."""
    stack.reset(clock="2026-12-15T10:00")
    return str(stack.url)


def test_a_member_asks_pays_and_keeps_the_receipt(
    page: Page, url: str, width: int, accessible: Callable[[], None]
) -> None:
    page.goto(url)
    accessible()
    sign_in(page, url)

    write(page, "how much do i owe")
    expect(last(page, "bot")).to_contain_text("$412.10", timeout=ANSWER_MS)
    expect(last(page, "bot")).to_contain_text("January 1")
    accessible()

    write(page, "pay it")
    pay = page.locator('.quick[data-payload="PAY"]')
    expect(pay).to_be_visible(timeout=ANSWER_MS)
    expect(last(page, "bot")).to_contain_text("4242")
    accessible()

    pay.click()
    receipt = page.locator(".card-receipt")
    expect(receipt).to_be_visible(timeout=ANSWER_MS)
    expect(receipt).to_contain_text("$412.10")
    expect(receipt).to_contain_text(CONFIRMATION)
    accessible()

    said = bubbles(page, "bot").all_text_contents()
    page.reload()
    expect(receipt).to_contain_text(CONFIRMATION)
    expect(bubbles(page, "bot")).to_have_text(said)


def test_a_member_without_a_mouse_pays_too(page: Page, url: str) -> None:
    page.goto(url)
    tab_to(page, "button", "Chat as Jordan Lee")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-busy", "false")

    # The text box has the focus already, and has it again after each answer.
    page.keyboard.type("pay my bill")
    page.keyboard.press("Enter")
    pay = page.locator('.quick[data-payload="PAY"]')
    expect(pay).to_be_visible(timeout=ANSWER_MS)
    page.keyboard.press("Shift+Tab")
    while pay.count() and not pay.evaluate("e => e.getRootNode().activeElement === e"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".card-receipt")).to_contain_text(CONFIRMATION, timeout=ANSWER_MS)
    page.keyboard.type("thanks")
    page.keyboard.press("Enter")
    expect(last(page, "member")).to_contain_text("thanks")
