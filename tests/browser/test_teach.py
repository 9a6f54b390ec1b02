"""Review and Teach in a browser: a turn labelled, and a sentence taught, with keys alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.review import labels
from console.review.labels import Given
from console.teach import candidates
from console.teach.port import Live
from console.teach.port_fake import COMPARED
from console.teach.store import CandidateState
from tests.browser.test_console import enter, shoot, shop, to  # noqa: F401
from tests.console.conftest import LEE, SMITH, Office, make_office  # noqa: F401

pytestmark = pytest.mark.browser


def label(office: Office) -> None:
    """Turns that teach: one read by two who differ, one that two agree on."""
    unsure = office.says(LEE, "can u put my $61.20 thing off till friday", "I can't change that.", confidence=0.44)
    office.says(SMITH, "this is ridiculous, nobody answers", "I am sorry.", intent="complain", confidence=0.81)
    agreed = office.says(LEE, "let me square up", "Here is what I found.", intent="request_human", confidence=0.41)
    for who in ("ann", "lou"):
        labels.give(office.core, who, agreed.id, Given("pay_bill", answer="wrong", hand_over=False))
    labels.give(office.core, "ann", unsure.id, Given("change_due_date", note="A wish, not a question."))
    labels.give(office.core, "lou", unsure.id, Given("ask_payment_plan", hand_over=True))


@pytest.fixture
def desk(shop: tuple[str, Office]) -> tuple[str, Office]:  # noqa: F811
    """The morning, and turns that teach."""
    label(shop[1])
    return shop


@pytest.mark.usefixtures("clean")
def test_a_turn_is_labelled_with_keys_alone(page: Page, desk: tuple[str, Office]) -> None:
    url, office = desk
    enter(page, url, "product")
    page.goto(f"{url}/console/review?why=unsure")
    expect(page.get_by_text("can u put my [amount] thing off till friday")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="ask due date")).to_be_checked()
    page.keyboard.press("o")
    page.keyboard.type("change due")
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="ask due date")).not_to_be_checked()
    page.keyboard.press("d")
    page.keyboard.type("friday")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    page.keyboard.press("h")
    page.keyboard.press("n")
    page.keyboard.type("say that it can't be moved, w")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Another reviewer says something else")
    page.get_by_role("link", name="See both").click()
    mine = labels.of(office.core, page.url.rpartition("/")[2]).standing.by("product.kim")
    assert mine is not None
    assert mine.reading == {"intent": "change_due_date", "entities": [["date", "friday"]]}
    assert (mine.answer, mine.hand_over, mine.note) == ("wrong", True, "say that it can't be moved, w")
    expect(page.get_by_text("A wish, not a question.")).to_be_visible()
    page.get_by_label("Keys on").uncheck()
    page.keyboard.press("u")
    expect(page.get_by_role("radio", name="Unkind")).not_to_be_checked()


@pytest.mark.usefixtures("clean")
def test_a_sentence_is_taught_compared_promoted_and_taken_back_with_keys_alone(
    page: Page, width: int, accessible: Any, desk: tuple[str, Office]
) -> None:
    url, office = desk
    enter(page, url, "product")
    to(page, "Teach", "link")
    to(page, "Add a sentence", "box")
    page.keyboard.type("put [$50](amount) off till [friday](date)")
    to(page, "Meaning", "box")
    page.keyboard.type("change due")
    to(page, "Add", "button")
    expect(page.locator(".teachable")).to_have_count(2)
    to(page, "Train and compare", "button")
    expect(page.get_by_text("Getting ready")).to_be_visible()
    candidates.beat(office.core, 1, "Training: 34 s: EntityExtractor")
    to(page, "Stop and drop it", "box")
    # The step comes in by itself; whoever was on the button still is.
    expect(page.get_by_text("34 s: EntityExtractor")).to_be_visible()
    expect(page.get_by_role("button", name="Stop and drop it")).to_be_focused()
    accessible()
    shoot(page, "teach_training", width)
    candidates.finish(office.core, 1, CandidateState.READY, comparison=COMPARED, seconds={"train": 71.2})
    expect(page.get_by_role("link", name="Compare and decide")).to_be_visible()
    to(page, "Compare and decide", "link")
    to(page, "Promote: members talk to it", "button")
    office.teacher.serving = Live("taught-0123456789ab", "swapping")
    expect(page).to_have_url(f"{url}/console/teach")
    page.reload()
    expect(page.get_by_text("The next model is loading")).to_be_visible()
    accessible()
    shoot(page, "teach_promoted", width)
    office.teacher.serving = Live("taught-0123456789ab")
    to(page, "Roll back to the model of the files", "button")
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    expect(page.get_by_role("link", name="Candidate 1")).to_be_visible()
