"""The widget on a plan's portal, which is another origin with a strict policy of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from channels.loopback import served
from channels.pages.vendor import vendor
from tests.channels.conftest import filled, make_world  # noqa: F401 - the channels' own world
from tests.channels.plan_portal import AUDIENCE, ISSUER, PlanPortal
from tests.surface.conftest import public_app

pytestmark = pytest.mark.browser


class _Late:
    """An app that is made only once its own address is known."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture
def portal(make_world: Callable[..., Any], _browser_is_here: None) -> Iterator[PlanPortal]:  # noqa: F811
    """The portal at `localhost`, us at `127.0.0.1`: two sites, as in life."""
    vendor()
    late, plan = _Late(), PlanPortal()
    with served(late, "duely") as address, plan.serving("localhost"):
        plan.duely = address
        world = make_world(
            public_url=plan.duely, portal_origins=(plan.url,), portal_jwks_url=f"{plan.url}/keys",
            portal_issuer=ISSUER, portal_audience=AUDIENCE,
        )  # fmt: skip
        late.app = public_app(world)
        stopping = threading.Event()

        def work() -> None:
            while not stopping.wait(0.05):
                world.queue.run()

        worker = threading.Thread(target=work)
        worker.start()
        yield plan
        stopping.set()
        worker.join()


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def test_a_member_of_the_portal_chats_as_themselves_in_its_page(
    page: Page, portal: PlanPortal, clean: list[str], width: int, accessible: Callable[[], None], tmp_path: Path
) -> None:
    page.goto(portal.url)
    button = page.get_by_role("button", name="Chat about your bill")
    expect(button).to_have_attribute("aria-expanded", "false")
    accessible()
    button.click()
    expect(frame(page).get_by_text("Jordan Lee")).to_be_visible()
    box = frame(page).get_by_role("textbox")
    box.fill("hello there")
    box.press("Enter")
    expect(frame(page).get_by_text("You said: hello there")).to_be_visible()
    page.screenshot(path=tmp_path / f"widget-{width}.png")
    accessible()


def test_the_widget_opens_and_closes_by_keyboard(page: Page, portal: PlanPortal, clean: list[str]) -> None:
    page.goto(portal.url)
    button = page.get_by_role("button", name="Chat about your bill")
    button.focus()
    page.keyboard.press("Enter")
    expect(frame(page).get_by_text("Jordan Lee")).to_be_visible()
    close = page.get_by_role("button", name="Close chat")
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator("iframe")).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize(
    ("language", "button", "close", "told"),
    [
        ("en", "Chat about your bill", "Close chat", "Please sign in again"),
        ("es-US", "Chatear sobre su factura", "Cerrar el chat", "Por favor entre otra vez en el sitio de su plan"),
    ],
)
def test_nobody_signed_in_at_the_portal_is_told_to_sign_in_the_portals_language(
    page: Page, portal: PlanPortal, clean: list[str], language: str, button: str, close: str, told: str
) -> None:
    portal.member, portal.language = "M9999", language
    page.goto(portal.url)
    page.get_by_role("button", name=button).click()
    expect(frame(page).get_by_text(told)).to_be_visible()
    expect(page.get_by_role("button", name=close)).to_be_visible()


def test_a_page_that_is_no_portal_of_ours_cannot_show_us(page: Page, portal: PlanPortal) -> None:
    other = PlanPortal()
    other.duely = portal.duely
    with other.serving("localhost"):
        page.goto(other.url)
        with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
            page.get_by_role("button", name="Chat about your bill").click()
