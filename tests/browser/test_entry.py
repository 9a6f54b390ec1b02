"""The secure page in a browser: saved, declined, corrected, by keyboard, on a phone; the number stays in its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from billing_core.authorization import Authorization
from billing_core.processors.sandbox import SandboxProcessor
from channels.store import SecureLink
from tests.browser import desk as desks
from tests.browser.desk import SMITH, CardForm, Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]

GOOD, DECLINED, REAL = "4012888888881881", "4000000000000002", "4111111111111111"
# The card form is a process of its own and goes by the day of the machine.
EXPIRES = f"12/{datetime.now(UTC).year + 3}"
ROUTING, ACCOUNT = "110000000", "000123456789"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desks.fill(tmp_path_factory.mktemp("desk") / "filled.sqlite")


@pytest.fixture(scope="session")
def card_form(tmp_path_factory: pytest.TempPathFactory, _browser_is_here: None) -> Iterator[CardForm]:
    with desks.card_form(tmp_path_factory.mktemp("form")) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, filled: Path, card_form: CardForm) -> Iterator[Desk]:
    """The page on one origin, the card form on another, in another process."""
    processor = partial(SandboxProcessor, entry_key=card_form.key)
    with desks.opened(tmp_path, filled, card_form.origin.dup(), processor, tokenizer_url=card_form.url) as opened:
        yield opened


def form(page: Page) -> FrameLocator:
    return page.frame_locator("#element iframe")


def choose(page: Page, kind: str) -> None:
    page.get_by_role("radio", name=kind).check()
    expect(form(page).locator("form:not([hidden])")).to_be_visible()


def type_card(page: Page, number: str = GOOD, expires: str = EXPIRES, code: str = "123") -> None:
    form(page).get_by_label(re.compile("Card number|Número de tarjeta")).fill(number)
    form(page).get_by_label(re.compile("Expires|Vence")).fill(expires)
    form(page).get_by_label(re.compile("Security code|Código de seguridad")).fill(code)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def saved(page: Page, label: str) -> None:
    expect(page.get_by_role("heading", name=f"{label} is saved")).to_be_focused()


def test_a_card_is_saved_and_the_conversation_goes_on(
    page: Page, desk: Desk, width: int, accessible: Callable[[], None]
) -> None:
    page.goto(desk.link())
    expect(page.get_by_role("heading", name="Add a card or bank account")).to_be_visible()
    accessible()
    choose(page, "Card")
    type_card(page)
    expect(form(page).locator("#brand")).to_have_text("Visa")
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save(page)
    saved(page, "Visa ending 1881")
    accessible()
    before = len(desk.carrier.taken)
    desk.work()
    assert desk.on_file() == ["Visa ending 4242", "Visa ending 1881"]
    assert [body for _, _, body in desk.carrier.taken[before:]] == [
        "Visa ending 1881 is saved.\nReply PAY to pay it today with Visa ending 1881."
    ]


def test_a_decline_is_told_and_another_card_is_taken(page: Page, desk: Desk, accessible: Callable[[], None]) -> None:
    page.goto(desk.link())
    choose(page, "Card")
    type_card(page, DECLINED)
    save(page)
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("The bank did not accept this card")
    expect(problem).to_be_focused()
    accessible()
    assert desk.on_file() == ["Visa ending 4242"]
    type_card(page, GOOD)
    save(page)
    saved(page, "Visa ending 1881")


def test_a_bank_account_is_saved_with_the_authorization_as_it_was_shown(
    page: Page, desk: Desk, width: int, accessible: Callable[[], None]
) -> None:
    page.goto(desk.link())
    choose(page, "Bank account")
    bank = form(page)
    bank.get_by_label("Savings").check()
    bank.get_by_label("Routing number").fill(ROUTING)
    bank.get_by_label("Account number", exact=True).fill(ACCOUNT)
    bank.get_by_label("Account number again").fill(ACCOUNT)
    accessible()
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("I agree")
    expect(page.get_by_label("I agree")).to_be_focused()
    shown = page.locator("#consent-text").text_content()
    page.get_by_label("I agree").check()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save(page)
    saved(page, "Savings ending 6789")
    (kept,) = desk.rows(Authorization)
    assert kept.text == shown
    assert kept.text.startswith("I allow")


def test_what_is_wrong_is_said_beside_the_field_and_the_first_one_has_the_focus(
    page: Page, desk: Desk, accessible: Callable[[], None]
) -> None:
    page.goto(desk.link())
    choose(page, "Card")
    save(page)
    number = form(page).get_by_label("Card number")
    expect(number).to_be_focused()
    expect(number).to_have_accessible_description("Enter the card number.")
    expect(number).to_have_attribute("aria-invalid", "true")
    accessible()
    type_card(page, "4242424242424241", "13/30", "12")
    save(page)
    expect(number).to_have_accessible_description("That is not a card number. Please check it.")
    expect(form(page).get_by_label("Expires")).to_have_accessible_description("Enter the month and year, like 08/30.")
    type_card(page, REAL)
    save(page)
    expect(number).to_have_accessible_description("Only published test numbers work here.")
    type_card(page, GOOD, "01/20")
    save(page)
    expect(form(page).get_by_label("Expires")).to_have_accessible_description("This card has expired.")
    type_card(page, GOOD)
    save(page)
    saved(page, "Visa ending 1881")


def test_a_bank_account_typed_twice_differently_and_a_wrong_routing_number_are_caught(page: Page, desk: Desk) -> None:
    page.goto(desk.link())
    choose(page, "Bank account")
    bank = form(page)
    bank.get_by_label("Routing number").fill("110000001")
    bank.get_by_label("Account number", exact=True).fill(ACCOUNT)
    bank.get_by_label("Account number again").fill("000123456780")
    page.get_by_label("I agree").check()
    save(page)
    expect(bank.get_by_label("Routing number")).to_be_focused()
    expect(bank.locator("#routing-fault")).to_have_text("That is not a routing number. Please check it.")
    expect(bank.locator("#again-fault")).to_have_text("The two account numbers are not the same.")


def test_everything_can_be_done_without_a_mouse(page: Page, desk: Desk) -> None:
    page.goto(desk.link())
    expect(page.get_by_role("radio", name="Card")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(form(page).get_by_label("Card number")).to_be_visible()
    page.keyboard.press("Tab")
    for typed in (GOOD, "0830", "123"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")
    saved(page, "Visa ending 1881")


def test_enter_in_a_field_saves_too(page: Page, desk: Desk) -> None:
    page.goto(desk.link())
    choose(page, "Card")
    type_card(page)
    form(page).get_by_label("Security code").press("Enter")
    saved(page, "Visa ending 1881")


def test_the_number_stays_where_it_was_typed(
    page: Page, desk: Desk, card_form: CardForm, capfd: pytest.CaptureFixture[str]
) -> None:
    """No table, no log, no request to our origin has it; not even when it was refused or declined."""
    ours: list[str] = []
    page.on("request", lambda sent: ours.append(f"{sent.url} {sent.headers} {sent.post_data}"))
    page.goto(desk.link())
    choose(page, "Card")
    for number in (REAL, DECLINED, GOOD):
        type_card(page, number)
        save(page)
        if number != GOOD:
            expect(page.get_by_role("button", name="Save")).to_have_attribute("aria-disabled", "false")
    saved(page, "Visa ending 1881")
    desk.work()
    logs = "".join(capfd.readouterr()) + card_form.log.read_text()
    ours = [each for each in ours if each.startswith(desk.url)]
    everywhere = desk.tables() + logs + "\n".join(ours) + page.content() + str(page.context.storage_state())
    assert "/pay/done" in "\n".join(ours)
    for number in (REAL, DECLINED, GOOD):
        assert number not in everywhere.replace(" ", "")
        assert number[:12] not in everywhere.replace(" ", "")


def test_the_token_leaves_the_address_bar_and_outlives_a_reload(page: Page, desk: Desk) -> None:
    link = desk.link()
    token = link.partition("#")[2]
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(f"{sent.url} {sent.headers.get('referer', '')}"))
    page.goto(link)
    expect(page.get_by_role("radio", name="Card")).to_be_visible()
    expect(page).not_to_have_url(re.compile(token))
    page.reload()
    choose(page, "Card")
    type_card(page)
    save(page)
    saved(page, "Visa ending 1881")
    assert token not in "\n".join(asked)
    page.reload()
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_focused()


def test_an_old_link_says_how_to_get_a_new_one(page: Page, desk: Desk, accessible: Callable[[], None]) -> None:
    link = desk.link()
    desk.channels.core.clock.advance(timedelta(minutes=15))
    page.goto(link)
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_focused()
    expect(page.locator("main")).to_contain_text("Ask us for a new one")
    accessible()
    assert desk.rows(SecureLink)[0].used_at is None


def test_a_link_that_ends_while_the_number_is_typed_saves_nothing(page: Page, desk: Desk) -> None:
    page.goto(desk.link())
    choose(page, "Card")
    type_card(page)
    desk.channels.core.clock.advance(timedelta(minutes=16))
    save(page)
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_focused()
    assert desk.on_file() == ["Visa ending 4242"]


def test_an_issuer_without_cards_asks_for_a_bank_account_at_once(page: Page, desk: Desk) -> None:
    page.goto(desk.link(SMITH))
    expect(form(page).get_by_label("Routing number")).to_be_visible()
    expect(page.get_by_role("radio", name="Card")).to_be_hidden()


def test_a_message_from_elsewhere_saves_nothing(page: Page, desk: Desk) -> None:
    page.goto(desk.link())
    choose(page, "Card")
    page.evaluate("window.postMessage({type: 'saved', setup: 'forged'}, '*')")
    frame = page.frames[-1]
    frame.evaluate("window.postMessage({type: 'setup', setup: 'forged', kind: 'bank'}, '*')")
    expect(form(page).get_by_label("Card number")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    assert desk.on_file() == ["Visa ending 4242"]


def test_without_scripts_the_page_says_so(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(desk.link())
    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()
    context.close()


def test_another_site_cannot_hold_the_form_or_the_page(page: Page, desk: Desk) -> None:
    for url in (f"{desk.url}/pay", desk.channels.config.tokenizer_url):
        page.goto("about:blank")
        answer: Any = page.request.get(url)
        policy = answer.headers["content-security-policy"]
        assert f"frame-ancestors {desk.url}" in policy or "frame-ancestors 'none'" in policy
