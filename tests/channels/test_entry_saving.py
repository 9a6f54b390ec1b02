"""What the processor itself says was entered is saved once, with or without the page that held its form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from billing_core.processors import Entered, Unknown
from billing_core.processors.sandbox import SandboxProcessor
from channels.entry_saving import save_entered
from channels.store import Contact, SecureLink
from tests.channels.conftest import PUBLIC
from tests.channels.test_entry import BANK, given, on_file, typed
from tests.channels.test_links import LEE

BUSINESS = Entered("tok_bank_9", "checking", None, "9999", None, business=True)
DISCOVERED = Entered("tok_visa_1881", "card", "visa", "1881", date(2030, 8, 1))


@pytest.fixture
def page(world: Any) -> Iterator[TestClient]:
    with TestClient(world.app(), base_url=PUBLIC) as opened:
        yield opened


@pytest.fixture
def token(world: Any) -> str:
    return given(world)


def link_id(world: Any) -> str:
    return str(world.rows(SecureLink)[-1].id)


def test_a_browser_that_never_comes_back_loses_nothing(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token, DISCOVERED)
    before = len(world.carrier.bodies(LEE))
    assert [save_entered(world.channels, setup, link_id(world)) for _ in range(2)] == [True, True]
    world.queue.run()
    assert on_file(world) == ["Visa ending 4242", "Visa ending 1881"]
    assert world.carrier.bodies(LEE)[before:] == ["Visa ending 1881 is saved."]


def test_the_page_that_comes_second_is_told_the_same(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token, DISCOVERED)
    save_entered(world.channels, setup, link_id(world))
    answer = page.post("/pay/done", json={"token": token, "setup": setup})
    assert answer.json() == {"method": "Visa ending 1881", "waits": False, "channel": "sms"}
    assert on_file(world).count("Visa ending 1881") == 1


def test_the_processor_that_comes_second_saves_nothing_more(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token, DISCOVERED)
    page.post("/pay/done", json={"token": token, "setup": setup})
    assert save_entered(world.channels, setup, link_id(world))
    assert on_file(world).count("Visa ending 1881") == 1


def test_what_was_saved_is_told_only_while_the_link_lasts(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token, DISCOVERED)
    world.clock.advance(timedelta(minutes=15))
    assert save_entered(world.channels, setup, link_id(world))
    assert "Visa ending 1881" in on_file(world)
    assert page.post("/pay/done", json={"token": token, "setup": setup}).status_code == 404


@pytest.mark.parametrize(("agrees", "saved"), [(True, True), (False, False)])
def test_a_bank_account_is_saved_without_the_page_only_when_it_was_agreed_to(
    world: Any, page: TestClient, token: str, agrees: bool, saved: bool
) -> None:
    setup = typed(page, token, BANK)
    if agrees:
        assert page.post("/pay/agree", json={"token": token}).status_code == 200
    assert save_entered(world.channels, setup, link_id(world))
    assert ("checking ending 6789" in on_file(world)) == saved


def test_nothing_is_agreed_to_that_was_not_shown(page: TestClient, token: str) -> None:
    assert page.post("/pay/agree", json={"token": token}).status_code == 404


def test_a_link_whose_phone_is_somebody_elses_by_now_saves_nothing(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token, DISCOVERED)
    with world.channels.core.write() as writing:
        writing.query(Contact).filter_by(address=LEE).one().account_id = "patel"
    assert save_entered(world.channels, setup, link_id(world))
    assert "Visa ending 1881" not in on_file(world) + on_file(world, "patel")


def test_it_is_told_again_when_the_processor_cannot_say_what_it_was(
    world: Any, page: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = typed(page, token, DISCOVERED)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProcessor, "read_setup", lambda *_, **__: Unknown())
        assert not save_entered(world.channels, setup, link_id(world))
    assert save_entered(world.channels, setup, link_id(world))
    assert "Visa ending 1881" in on_file(world)


def test_a_method_that_the_issuer_does_not_take_ends_the_matter(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token, BUSINESS)
    page.post("/pay/agree", json={"token": token})
    assert save_entered(world.channels, setup, link_id(world))
    assert on_file(world) == ["Visa ending 4242"]


def test_a_setup_that_no_link_of_ours_asked_for_is_left_alone(world: Any) -> None:
    assert save_entered(world.channels, "seti_1", "no-such-link")
