"""A member adds a card from the chat, on the secure page in a new tab, against the real stack; the chat goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chatting import bubbles, last, sign_in, write

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.usefixtures("clean")]

ANSWER_MS = 60_000


def test_the_chat_goes_on_with_the_card_that_was_added_in_another_tab(
    page: Page, stack: Any, width: int, accessible: Callable[[], None]
) -> None:
    sign_in(page, stack.url)
    write(page, "pay my bill")
    expect(page.locator('.quick[data-payload="PAY"]')).to_be_visible(timeout=ANSWER_MS)
    write(page, "i want to add a new card")
    code = bubbles(page, "demo").filter(has_text=re.compile(r"\d{6}"))
    expect(code).to_be_visible(timeout=ANSWER_MS)
    write(page, str(re.findall(r"\d{6}", str(code.text_content()))[0]))
    link = page.get_by_role("link", name="Open the secure page")
    expect(link).to_be_visible(timeout=ANSWER_MS)
    accessible()

    with page.expect_popup() as popup:
        link.click()
    tab = popup.value
    tab.get_by_role("radio", name="Card").check()
    form = tab.frame_locator("#element iframe")
    form.get_by_label("Card number").fill("4012888888881881")
    form.get_by_label("Expires").fill("08/30")
    form.get_by_label("Security code").fill("123")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("heading", name="Visa ending 1881 is saved")).to_be_visible(timeout=ANSWER_MS)
    expect(tab.get_by_role("link", name="Back to the chat")).to_be_visible()

    expect(last(page, "bot")).to_contain_text("Visa ending 1881 is saved.", timeout=ANSWER_MS)
    expect(last(page, "bot")).to_contain_text("Pay $412.10")
    page.get_by_role("button", name="Pay $412.10").last.click()
    expect(page.locator(".card-receipt")).to_contain_text("Visa ending 1881", timeout=ANSWER_MS)
    expect(bubbles(page, "member")).not_to_contain_text(["saved on the secure page"])
