"""The secure page with Stripe's Payment Element: our part of it, against a Stripe.js that answers as Stripe documents.

The real script comes from js.stripe.com alone; here the browser is handed a stand-in for it under that very address, so
the policy that lets it in, and nothing else, is tested too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from billing_core import methods
from billing_core.processors.stripe import StripeConfig, StripeProcessor
from tests.browser import desk as desks
from tests.browser.desk import Desk
from tests.stripe.recorded import Recorded

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]

CARD = {"brand": "visa", "last4": "1881", "exp_month": 8, "exp_year": 2030}
SCRIPT = """
window.Stripe = (key) => ({
  elements: ({ clientSecret }) => ({
    create: (what) => ({ mount: (place) => { place.textContent = `${what} by ${key} for ${clientSecret}`; } }),
    clientSecret,
  }),
  confirmSetup: async ({ elements, confirmParams, redirect }) => {
    window.asked = { ...confirmParams, redirect };
    const id = elements.clientSecret.split("_secret_")[0];
    return window.declines ? { error: { message: "Your card was declined." } } : { setupIntent: { id } };
  },
});
"""


@pytest.fixture
def stripe() -> Iterator[Recorded]:
    fake = Recorded()
    yield fake
    fake.stop()


@pytest.fixture
def desk(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, stripe: Recorded, page: Page) -> Iterator[Desk]:
    filled = desks.fill(tmp_path_factory.mktemp("stripe") / "filled.sqlite")
    processor = partial(StripeProcessor, config=StripeConfig("sk_test_of_no_account", stripe.url))

    def script(route: Route) -> None:
        route.fulfill(body=SCRIPT, content_type="text/javascript")

    page.route("https://js.stripe.com/**", script)
    socket = desks.socket_of_our_own()
    with desks.opened(tmp_path, filled, socket, processor, stripe_publishable_key="pk_test_1") as opened:
        yield opened


def element(page: Page) -> None:
    page.get_by_role("radio", name="Card").check()
    expect(page.locator("#element")).to_contain_text("payment by pk_test_1 for seti_")


def entered(stripe: Recorded) -> str:
    """The member typed a card into Stripe's frame; the newest setup has it."""
    setup = list(stripe.setups)[-1]
    stripe.enters(setup, {"id": "pm_9", "type": "card", "card": CARD})
    return setup


def test_what_stripe_says_was_saved_is_on_file(page: Page, desk: Desk, stripe: Recorded) -> None:
    page.goto(desk.link())
    element(page)
    entered(stripe)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Visa ending 1881 is saved")).to_be_focused()
    (customer,) = stripe.customers
    assert methods.saved(desk.channels.core, "lee")[-1].token == f"card:{customer}:pm_9"
    assert page.evaluate("window.asked") == {"return_url": f"{desk.url}/pay", "redirect": "if_required"}


def test_stripes_own_words_about_a_decline_are_shown(page: Page, desk: Desk, stripe: Recorded) -> None:
    page.goto(desk.link())
    element(page)
    page.evaluate("window.declines = true")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    expect(page.get_by_role("alert")).to_be_focused()


def test_a_browser_that_claims_more_than_stripe_knows_saves_nothing(page: Page, desk: Desk, stripe: Recorded) -> None:
    page.goto(desk.link())
    element(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was saved")
    assert desk.on_file() == ["Visa ending 4242"]


def test_back_from_a_banks_own_page_the_saving_is_finished(page: Page, desk: Desk, stripe: Recorded) -> None:
    page.goto(desk.link())
    element(page)
    setup = entered(stripe)
    page.goto(
        f"{desk.url}/pay?setup_intent={setup}&setup_intent_client_secret={setup}_secret_x&redirect_status=succeeded"
    )
    expect(page.get_by_role("heading", name="Visa ending 1881 is saved")).to_be_focused()
    expect(page).not_to_have_url(re.compile("secret"))
