"""A guest's page: one amount, once, for a day; the guest hears nothing of the member, the member that it was paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from billing_core import guests, methods, notices, views
from billing_core.authorization import Authorization
from billing_core.processors import Entered, Unknown, sandbox_entry
from billing_core.processors.sandbox import SandboxProcessor
from channels.store import SecureLink
from tests.channels.conftest import PUBLIC
from tests.channels.test_entry import sign_in
from tests.channels.test_links import LEE, link_in

CARD = Entered("tok_visa_1881", "card", "visa", "1881", date(2030, 8, 1))
DECLINED = Entered("tok_card_0341_then_generic_decline", "card", "visa", "0341", date(2030, 8, 1))
BANK = Entered("tok_bank_6789", "checking", None, "6789", None)
DUE_CENTS = 41210


@pytest.fixture
def page(world: Any) -> Iterator[TestClient]:
    with TestClient(world.app(), base_url=PUBLIC) as opened:
        yield opened


@pytest.fixture
def token(world: Any) -> str:
    return given(world)


def given(world: Any, amount_cents: int = DUE_CENTS) -> str:
    wish = {"purpose": "pay", "amount_cents": amount_cents}
    world.rasa.on("someone else pays", {"text": "Give them this link.", "data": {"secure_link": wish}})
    return link_in(world.text(LEE, "someone else pays"))


def typed(page: TestClient, token: str, what: Entered = CARD) -> str:
    kind = "card" if what.kind == "card" else "us_bank_account"
    opened = page.post("/pay/open", json={"token": token, "kind": kind})
    facts = sandbox_entry.unseal("sandbox", sandbox_entry.SETUP, opened.json()["setup"])
    assert facts is not None
    assert facts["account"] is None
    return sandbox_entry.saved("sandbox", facts, what)


def pays(page: TestClient, token: str, what: Entered = CARD, **more: Any) -> Any:
    return page.post("/pay/done", json={"token": token, "setup": typed(page, token, what), **more})


def owed(world: Any) -> int:
    return int(views.account(world.channels.core, "lee")["owed_cents"])


def test_it_tells_the_amount_and_whom_it_is_paid_to_and_nothing_else(page: TestClient, token: str) -> None:
    told = page.post("/pay/open", json={"token": token}).json()
    assert told.pop("kinds") == ["card", "us_bank_account"]
    assert told == {"purpose": "pay", "method": None, "issuer": told["issuer"], "channel": "guest", "amount": "$412.10"}


def test_it_pays_once_and_both_hear_of_it(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token)
    first, again = (page.post("/pay/done", json={"token": token, "setup": setup}) for _ in range(2))
    assert first.status_code == 200
    assert (first.json()["paid"], first.json()["channel"]) == ("$412.10", "guest")
    assert again.json() == first.json()
    assert owed(world) == 0
    payment = views.account(world.channels.core, "lee")["payments"][-1]
    assert payment["confirmation"] == first.json()["confirmation"]
    assert "receipt" in notices.kinds_since(world.channels.core, "lee", 0)
    assert page.post("/pay/open", json={"token": token}).status_code == 404


def test_what_a_guest_entered_is_never_on_the_members_file(world: Any, page: TestClient, token: str) -> None:
    pays(page, token)
    assert [row.label for row in methods.saved(world.channels.core, "lee")] == ["Visa ending 4242"]


def test_a_declined_card_leaves_the_link_good_and_the_member_hears_nothing_of_it(
    world: Any, page: TestClient, token: str
) -> None:
    declined = pays(page, token, DECLINED)
    assert declined.status_code == 402
    assert declined.json()["detail"] == "The bank did not accept this card or account."
    assert owed(world) == DUE_CENTS
    assert pays(page, token).status_code == 200
    assert owed(world) == 0


def test_a_bank_account_is_debited_once_agreed_to_with_the_words_that_were_shown(
    world: Any, page: TestClient, token: str
) -> None:
    assert pays(page, token, BANK).status_code == 409
    assert pays(page, token, BANK, agreed=True).status_code == 200
    (row,) = world.rows(Authorization)
    assert row.text.startswith("I allow ")
    assert "one payment of $412.10 today" in row.text
    assert (row.amount_cents, row.method_label, row.channel) == (DUE_CENTS, "checking ending 6789", "guest")


@pytest.mark.parametrize(("age", "status"), [(timedelta(hours=23, minutes=59), 200), (timedelta(hours=24), 404)])
def test_it_lasts_a_day(world: Any, page: TestClient, token: str, age: timedelta, status: int) -> None:
    world.clock.advance(age)
    assert page.post("/pay/open", json={"token": token}).status_code == status


def test_opening_it_uses_nothing_up(world: Any, page: TestClient, token: str) -> None:
    assert page.get("/pay").status_code == 200
    assert page.post("/pay/open", json={"token": token}).status_code == 200
    (link,) = world.rows(SecureLink)
    assert (link.used_at, link.saved) == (None, None)


def test_when_the_member_paid_meanwhile_it_works_no_more(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token)
    other = given(world, 5000)
    assert page.post("/pay/open", json={"token": token}).status_code == 404
    assert pays(page, other).status_code == 200
    assert page.post("/pay/done", json={"token": token, "setup": setup}).status_code == 404
    assert owed(world) == DUE_CENTS - 5000


def test_less_than_all_is_taken_once_too(world: Any, page: TestClient) -> None:
    token = given(world, 5000)
    one, two = typed(page, token), typed(page, token, BANK)
    assert page.post("/pay/done", json={"token": token, "setup": one}).status_code == 200
    assert page.post("/pay/done", json={"token": token, "setup": two, "agreed": True}).status_code == 404
    assert owed(world) == DUE_CENTS - 5000


def test_more_than_is_due_by_now_is_not_taken(world: Any, page: TestClient) -> None:
    token = given(world, DUE_CENTS + 1)
    assert page.post("/pay/open", json={"token": token}).status_code == 404


def test_a_guest_may_be_signed_in_as_a_member_too(world: Any, page: TestClient, token: str) -> None:
    sign_in(world, page, "patel")
    assert pays(page, token).status_code == 200


def test_without_an_answer_the_link_is_used_and_nothing_is_promised(
    world: Any, page: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = typed(page, token)
    monkeypatch.setattr(SandboxProcessor, "charge", lambda *_, **__: Unknown())
    answer = page.post("/pay/done", json={"token": token, "setup": setup})
    assert (answer.status_code, answer.json()["confirmation"]) == (200, "")
    assert page.post("/pay/open", json={"token": token}).status_code == 404


def test_an_issuer_of_which_nobody_knows_gets_no_link(world: Any) -> None:
    from billing_core.errors import RefusedByRule

    with pytest.raises(RefusedByRule) as refused:
        guests.payable_cents(world.channels.core, "smith")
    assert refused.value.rule == "unknown"
