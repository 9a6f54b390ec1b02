"""A member is handed to a person and back: the chat page on one side, the console on the other, on one real stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from console import users
from gateway.play.rehearsal import Rehearsal
from tests.browser.chatting import last, tab_to
from tests.browser.conftest import WIDE, check, watched
from tests.browser.test_console import enter, shoot, to
from tests.console.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.usefixtures("clean")]

ANSWER_MS = 60_000
LOOKS_EVERY_MS = 5_000
KIM = "kim.park@plan.example"


@pytest.fixture
def agent(browser: Browser, stack: Rehearsal) -> Iterator[Page]:
    """Kim's page at the console, in a browser that shares nothing with the member's."""
    users.add(stack.core, KIM, "support", PASSWORD)
    page = browser.new_context(viewport=WIDE).new_page()
    troubles = watched(page)
    # The five seconds after which the page looks again are over when a test says so.
    page.clock.install()
    yield page
    page.context.close()
    assert troubles == []


def test_the_member_and_a_person_hear_each_other_in_order_while_the_assistant_is_silent(
    page: Page, agent: Page, stack: Rehearsal, width: int, accessible: Callable[[], None]
) -> None:
    page.goto(stack.url)
    tab_to(page, "button", "Chat as Jordan Lee")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-busy", "false")
    says(page, "can i talk to a person")
    expect(last(page, "bot")).to_contain_text("I have asked a person", timeout=ANSWER_MS)

    enter(agent, stack.url, "support", KIM)
    to(agent, "Live", "link")
    to(agent, "Jordan Lee", "link")
    to(agent, "Your words to the member", "box")
    writes(agent, "Hello Jordan, what can I do for you?")
    expect(last(page, "agent")).to_contain_text("Hello Jordan", timeout=ANSWER_MS)
    expect(last(page, "agent").locator(".speaker")).to_have_text("Kim")
    accessible()

    # The assistant knows the answer to the first and keeps it to itself.
    says(page, "how much do i owe")
    says(page, "and did i pay it twice?")
    agent.clock.fast_forward(LOOKS_EVERY_MS)
    expect(agent.locator(".by-member .words")).to_have_text(
        ["can i talk to a person", "how much do i owe", "and did i pay it twice?"]
    )
    check(agent)
    shoot(agent, "live_held", width)
    # The box has the focus again after each answer.
    writes(agent, "You owe $412.10, and nothing was paid twice.")
    expect(last(page, "agent")).to_contain_text("nothing was paid twice", timeout=ANSWER_MS)
    accessible()
    shoot(page, "handed_to_a_person", width)

    to(agent, "Give back to the assistant", "button")
    expect(agent.get_by_text("This hand-off is over")).to_be_visible()
    expect(last(page, "bot")).to_contain_text("I am back", timeout=ANSWER_MS)
    says(page, "how much do i owe")
    expect(page.locator('.quick[data-payload="PAY"]')).to_be_visible(timeout=ANSWER_MS)
    accessible()
    shoot(page, "handed_back", width)
    # Answers come in the order of what they answer, so one to what Kim was asked would stand here by now.
    begin = ["You: can i", "Duely: I have asked a person", "Duely: Kim from Duely Health NC is here now."]
    held = ["KimHello", "You: how much", "You: and did i", "KimYou owe $412.10"]
    back = ["Duely: Kim has left the conversation, and I am back", "You: how much", "Duely: Your January premium"]
    said = page.locator(".said").all_text_contents()
    assert [each[: len(begins)] for each, begins in zip(said, begin + held + back, strict=True)] == begin + held + back


def says(page: Page, text: str) -> None:
    """The member types where the focus is, and presses Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(last(page, "member")).to_contain_text(text)


def writes(agent: Page, text: str) -> None:
    """The agent types where the focus is, and sends it; then it stands in the conversation."""
    expect(agent.get_by_label("Your words to the member")).to_be_focused()
    agent.keyboard.type(text)
    to(agent, "Send", "button")
    expect(agent.get_by_role("log").get_by_text(text)).to_be_in_viewport()
