"""Take the screenshots of docs/console.md from a database with demo traffic: docs/images/console_*.png.

`DUELY_DATABASE_URL` names the database (`duely demo-traffic` fills one). Chromium must be installed. Somebody is let
into the console for it, and is disabled again at the end.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from channels.app import assemble
from channels.pages.vendor import vendor
from channels.queue import InlineQueue
from console import users
from console.teach.port import Live
from gateway import app, settings
from gateway.commands.account import opened
from gateway.serving import Served, listen
from gateway.teaching.teacher import FilesTeacher
from gateway.traffic.playing import Carrier

CHROMIUM = "/usr/bin/chromium"
IMAGES = Path(__file__).resolve().parent.parent / "docs/images"
SIZE = {"width": 1280, "height": 800}
LARGEST_BYTES = 160_000
# What each picture shows, and what is pressed there, one after the other.
PAGES = {
    "conversations": ("/console/conversations?has=paid",),
    "conversation": ("/console/conversations?has=handed_over&has=misunderstood", ".row-card a"),
    "decision": (
        "/console/conversations?has=refused", ".row-card a", ".heard summary:has(.tag-warn)",
        "details[open] a[href*=decisions]",
    ),
    "live": ("/console/live", ".row-card a"),
    "numbers": ("/console/numbers",),
    "review": ("/console/review",),
}  # fmt: skip


def shoot(page: Page, url: str) -> None:
    """Take each picture; ends where one is larger than a repository should hold."""
    for name, (path, *presses) in PAGES.items():
        page.goto(url + path)
        for press in presses:
            page.locator(press).first.click()
        page.wait_for_load_state("load")
        # The charts are drawn in over a second.
        page.wait_for_timeout(1500)
        picture = IMAGES / f"console_{name}.png"
        page.screenshot(path=picture)
        print(picture, picture.stat().st_size, flush=True)
    large = [each.name for each in IMAGES.glob("console_*.png") if each.stat().st_size > LARGEST_BYTES]
    if large:
        raise SystemExit(f"More than {LARGEST_BYTES} bytes: {', '.join(large)}.")


def main() -> int:
    vendor()
    IMAGES.mkdir(parents=True, exist_ok=True)
    loaded = settings.with_secrets(settings.load())
    listening = listen("127.0.0.1", 0, "PORT")
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    name, password = f"tour.{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    with opened(loaded) as core, sync_playwright() as playwright:
        config = loaded.for_channels(rasa_url="http://nowhere.invalid", twilio_api_url="", public_url=url)
        channels = assemble(core, config, queue=InlineQueue, carrier=Carrier())
        users.add(core, name, "support", password)
        teacher = FilesTeacher(core, lambda: Live("none"))
        served = Served(app.build(channels, lambda: {}, teacher=teacher), listening, "console").start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(f"{url}/console")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Conversations").wait_for()
        try:
            shoot(page, url)
        finally:
            browser.close()
            served.stop()
            users.disable(core, name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
