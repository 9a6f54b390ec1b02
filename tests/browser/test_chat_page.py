"""The chat page itself, against canned answers: what it shows, what it refuses, and how it gets through bad days."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chatting import bubbles, last, sign_in, write
from tests.browser.stub import Stub

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


def test_every_state_of_the_pages_is_accessible(
    page: Page, stub: Stub, width: int, accessible: Callable[[], None]
) -> None:
    page.goto(stub.url)
    accessible()
    sign_in(page, stub.url)
    accessible()
    write(page, "how much do i owe")
    expect(page.get_by_role("button", name="Pay $412.10")).to_be_visible()
    accessible()
    write(page, "code")
    expect(last(page, "demo")).to_contain_text("123456")
    write(page, "pay")
    expect(last(page, "bot")).to_contain_text("7F3K-9QXM")
    accessible()
    write(page, "a person please")
    expect(last(page, "agent")).to_contain_text("Hello, how can I help?")
    accessible()
    write(page, "too fast")
    expect(last(page, "notice")).to_contain_text("Wait a moment")
    stub.cut()
    accessible()


def test_the_page_is_labelled_in_the_members_language(page: Page, stub: Stub, accessible: Callable[[], None]) -> None:
    page.context.add_cookies([{"name": "language", "value": "es", "url": stub.url}])
    page.goto(stub.url)
    page.get_by_role("button", name="Chat as Jordan Lee").click()
    expect(page.get_by_role("log", name="Conversación")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_text("Hola, Jordan. ¿En qué le puedo ayudar?")).to_be_visible()
    page.get_by_role("textbox", name="Mensaje para Duely").click()
    page.keyboard.type("too fast")
    page.keyboard.press("Enter")
    expect(last(page, "notice")).to_contain_text("Aviso:")
    stub.cut()
    expect(page.get_by_role("status")).to_contain_text("No hay conexión")
    accessible()


def test_nothing_is_cut_off_on_a_phone(page: Page, stub: Stub, width: int) -> None:
    sign_in(page, stub.url)
    write(page, "how much do i owe")
    write(page, "pay")
    expect(last(page, "bot")).to_contain_text("7F3K-9QXM")
    sideways = "e => e.scrollWidth - e.clientWidth"
    assert page.locator("html").evaluate(sideways) == 0
    assert page.get_by_role("log").evaluate(sideways) == 0
    # The newest message is in view above the text box, without anyone scrolling.
    expect(last(page, "bot").get_by_text("Paid", exact=True)).to_be_in_viewport(ratio=1)


def test_every_target_is_large_enough_for_a_thumb(page: Page, stub: Stub, width: int) -> None:
    sign_in(page, stub.url)
    write(page, "how much do i owe")
    expect(page.get_by_role("button", name="Pay $412.10")).to_be_visible()
    for target in [*page.get_by_role("button").all(), *page.get_by_role("link").all()]:
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, target.text_content()


def test_a_quick_reply_shows_its_title_and_sends_its_payload(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    page.get_by_role("button", name="How much do I owe?").click()
    page.get_by_role("button", name="Pay $412.10").click()
    expect(page.get_by_label("Payment received")).to_contain_text("7F3K-9QXM")
    assert [each["text"] for each in stub.script.said] == ["How much do I owe?", "PAY"]
    expect(last(page, "member")).to_contain_text("Pay $412.10")
    expect(page.get_by_role("button", name="Change it")).to_have_count(0)


def test_a_reload_shows_the_same_conversation(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "how much do i owe")
    page.get_by_role("button", name="Pay $412.10").click()
    expect(page.get_by_label("Payment received")).to_be_visible()
    before = page.locator(".said").all_text_contents()
    page.reload()
    expect(page.get_by_label("Payment received")).to_be_visible()
    expect(page.locator(".said")).to_have_text(before)
    expect(page.locator(".quick")).to_have_count(0)


def test_a_person_of_ours_is_shown_by_name(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "a person please")
    expect(last(page, "agent").locator(".speaker")).to_have_text("<b>Kim</b>")
    expect(last(page, "agent").locator(".speaker")).to_be_visible()


def test_what_comes_over_the_wire_is_text_and_never_markup(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "tricks")
    said = last(page, "bot")
    expect(said).to_contain_text("<img src=x onerror=alert(1)> **bold** [click](javascript:alert(1))")
    expect(said.locator("img, script, b, i, u")).to_have_count(0)
    expect(said.locator(".card")).to_have_class("card card-invoice")
    links = said.get_by_role("link")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://plan.example/pay?a=1&b=2")
    expect(links).to_have_attribute("rel", "noopener noreferrer")
    page.get_by_role("button", name="<b>Go</b>").click()
    expect(last(page, "bot")).to_contain_text('You said: "><script>alert(4)</script>')


def test_what_a_member_types_is_shown_as_typed(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "[pay](javascript:alert(1)) *now* <b>!</b>")
    expect(last(page, "member")).to_contain_text("[pay](javascript:alert(1)) *now* <b>!</b>")
    expect(last(page, "member").locator("a, em, b")).to_have_count(0)


@pytest.mark.parametrize("order", ["acknowledged only", "acknowledged first", "echoed first"])
def test_a_card_number_leaves_the_page_when_the_gateway_took_it_out(page: Page, stub: Stub, order: str) -> None:
    stub.script.echo = order != "acknowledged only"
    stub.script.echo_first = order == "echoed first"
    sign_in(page, stub.url)
    write(page, "its 4111 1111 1111 1111 (visa)")
    expect(last(page, "member")).to_contain_text("its [card] (visa)")
    expect(last(page, "bot")).to_contain_text("You said")
    expect(page.get_by_role("log")).not_to_contain_text("4111")
    expect(bubbles(page, "member")).to_have_count(1)


def test_a_number_found_only_later_is_taken_out_of_what_is_already_shown(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "4111 1111")
    expect(last(page, "bot")).to_contain_text("You said: 4111 1111")
    stub.script.record[0]["text"] = "[card]"
    stub.send(stub.script.record[0])
    expect(last(page, "member")).to_contain_text("[card]")
    expect(bubbles(page, "member")).to_have_count(1)


def test_a_text_written_offline_is_sent_once_when_the_line_is_back(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    stub.script.refuse = True
    stub.cut()
    expect(page.get_by_role("status")).to_contain_text("You are offline")
    write(page, "still there")
    expect(last(page, "member")).to_contain_text("Waiting to be sent")
    stub.script.refuse = False
    expect(last(page, "bot")).to_contain_text("You said: still there")
    expect(page.get_by_role("status")).to_be_empty()
    expect(last(page, "member")).not_to_contain_text("Waiting")
    assert [each["text"] for each in stub.script.said] == ["still there"]


def test_a_text_that_was_never_acknowledged_is_sent_again_with_the_same_id(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    stub.script.swallow_acks = 1
    write(page, "hello")
    expect(last(page, "bot")).to_contain_text("You said: hello")
    first, second = stub.script.said
    assert first == second
    expect(bubbles(page, "member")).to_have_count(1)


def test_what_was_said_while_the_line_was_down_is_caught_up_with(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "hello")
    expect(last(page, "bot")).to_contain_text("You said: hello")
    stub.script.refuse = True
    stub.cut()
    stub.script.put("bot", "Your payment was returned.")
    stub.script.refuse = False
    expect(last(page, "bot")).to_contain_text("Your payment was returned.")
    expect(bubbles(page, "bot")).to_have_count(2)


def test_each_text_is_shown_once_when_the_record_comes_again_after_a_lost_line(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "hello")
    expect(last(page, "bot")).to_contain_text("You said: hello")
    stub.cut()
    write(page, "again")
    expect(last(page, "bot")).to_contain_text("You said: again")
    expect(bubbles(page, "member")).to_have_count(2)


def test_a_lost_session_says_so_and_stops_trying(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    page.context.clear_cookies()
    stub.cut()
    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/")


def test_the_dots_are_there_while_an_answer_is_written(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    stub.script.held = True
    write(page, "hello")
    expect(page.get_by_role("img", name="Duely is writing")).to_be_visible()
    stub.script.held = False
    expect(last(page, "bot")).to_contain_text("You said: hello")
    expect(page.get_by_role("img", name="Duely is writing")).to_have_count(0)


def test_reduced_motion_stands_still(page: Page, stub: Stub) -> None:
    page.emulate_media(reduced_motion="reduce")
    stub.script.held = True
    sign_in(page, stub.url)
    write(page, "hello")
    dots = page.locator(".loading-message-dots")
    assert dots.evaluate("e => getComputedStyle(e).animationName") == "none"
    stub.script.held = False


def test_names_from_the_database_are_escaped_on_the_pages(page: Page, stub: Stub) -> None:
    page.goto(stub.url)
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    sign_in(page, stub.url, "<b>Eve</b> O'Neil")
    expect(page.get_by_role("banner")).to_contain_text("Chatting as <b>Eve</b> O'Neil")
    expect(page.get_by_text("Hello <b>Eve</b>")).to_be_visible()


def test_a_text_that_was_refused_is_marked_and_not_sent_again(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "too fast")
    expect(last(page, "member")).to_contain_text("Not sent")
    expect(last(page, "notice")).to_contain_text("Wait a moment")
    stub.cut()
    write(page, "hello")
    expect(last(page, "bot")).to_contain_text("You said: hello")
    assert [each["text"] for each in stub.script.said] == ["too fast", "hello"]


def test_a_stranger_is_greeted_without_a_name(page: Page, stub: Stub) -> None:
    page.goto(stub.url)
    page.get_by_role("button", name="Chat as a stranger").click()
    expect(page.get_by_text("Hello. What can I do for you?")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("Guest")


def test_nobody_signed_in_is_sent_to_the_front(page: Page, stub: Stub) -> None:
    page.goto(f"{stub.url}/chat")
    expect(page).to_have_url(f"{stub.url}/")


def test_a_link_to_the_secure_page_is_for_pressing_and_not_for_reading(page: Page, stub: Stub) -> None:
    sign_in(page, stub.url)
    write(page, "add a card")
    link = page.get_by_role("link", name="Open the secure page")
    expect(link).to_have_attribute("href", f"{stub.url}/pay#{'x' * 43}")
    expect(link).to_have_attribute("target", "_blank")
    assert "xxxx" not in str(last(page, "bot").text_content())
