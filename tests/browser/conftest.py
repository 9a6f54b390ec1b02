"""What every browser test needs: the browser, a page that reports what it was refused, the axe check, the stub."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from channels.pages.vendor import vendor
from tests.browser.stub import Stub, running

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A busy machine is no fault of a page: what is expected is waited for as long as a click is.
expect.set_options(timeout=30_000)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 375, "height": 720}


@pytest.fixture(scope="session")
def _browser_is_here() -> None:
    """Without Chromium these tests skip with a loud reason, except in CI, where that would hide a hole."""
    if os.path.exists(CHROMIUM):
        return
    reason = "CHROMIUM IS MISSING, no page was tested: apt-get install -y chromium fonts-dejavu-core"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], _browser_is_here: None) -> dict[str, Any]:
    """Debian's Chromium, quiet: no sandbox (tests run as root), no calls home."""
    quiet = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
    ]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": quiet}


@pytest.fixture(params=[WIDE, NARROW], ids=["1280", "375"])
def width(request: pytest.FixtureRequest, page: Page) -> int:
    """Run the test on a desk and on a phone."""
    page.set_viewport_size(request.param)
    return int(request.param["width"])


def watched(page: Page) -> list[str]:
    """What the page is refused by the content policy, its scripts throw, and its dialogs ask, from now on."""
    troubles: list[str] = []
    page.on("console", lambda line: troubles.append(line.text) if "Content Security" in line.text else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: (troubles.append(f"a dialog opened: {dialog.message}"), dialog.dismiss()))
    return troubles


def check(page: Page) -> None:
    """Fails where the page as it stands breaks WCAG 2.2 AA, as far as a machine can tell."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG_22_AA}})
    assert found.violations_count == 0, found.generate_report()


@pytest.fixture
def clean(page: Page) -> Iterator[list[str]]:
    """Fails the test at its end when the page broke the content policy or a script threw."""
    troubles = watched(page)
    yield troubles
    assert troubles == []


@pytest.fixture
def accessible(page: Page) -> Callable[[], None]:
    """Check the page as it stands against WCAG 2.2 AA, as far as a machine can."""

    return lambda: check(page)


@pytest.fixture(scope="session")
def stub_server(_browser_is_here: None) -> Iterator[Stub]:
    vendor()
    with running() as stub:
        yield stub


@pytest.fixture
def stub(stub_server: Stub) -> Stub:
    """The gateway of canned answers, with nothing said yet."""
    stub_server.reset()
    return stub_server
