"""The secure page's routes: what a link opens, for whom, how long, how often, and what the conversation then hears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from billing_core import methods
from billing_core.authorization import Authorization
from billing_core.processors import Entered, Unknown, sandbox_entry
from billing_core.processors.sandbox import SandboxProcessor
from channels import links, session
from channels.store import Conversation, Message, SecureLink
from tests.channels.conftest import PUBLIC
from tests.channels.test_links import LEE, link_in, proven

CARD = Entered("tok_visa_1881", "card", "visa", "1881", date(2030, 8, 1))
BANK = Entered("tok_bank_6789", "checking", None, "6789", None)
SMITH = "+16175550107"


@pytest.fixture
def token(world: Any) -> str:
    """A fresh link of lee's, sent by text."""
    return given(world)


@pytest.fixture
def page(world: Any) -> Iterator[TestClient]:
    with TestClient(world.app(), base_url=PUBLIC) as opened:
        yield opened


def given(world: Any, phone: str = LEE, **wish: Any) -> str:
    proven(world, phone)
    world.rasa.on("add a card", {"text": "Gladly.", "data": {"secure_link": {"purpose": "add", **wish}}})
    return link_in(world.text(phone, "add a card"))


def typed(page: TestClient, token: str, what: Entered = CARD) -> str:
    """Open the form of what is to be typed, and type it there."""
    kind = "card" if what.kind == "card" else "us_bank_account"
    setup = page.post("/pay/open", json={"token": token, "kind": kind}).json()["setup"]
    facts = sandbox_entry.unseal("sandbox", sandbox_entry.SETUP, setup)
    assert facts is not None
    return sandbox_entry.saved("sandbox", facts, what)


def finish(page: TestClient, token: str, what: Entered = CARD, **more: Any) -> Any:
    return page.post("/pay/done", json={"token": token, "setup": typed(page, token, what), **more})


def on_file(world: Any, account: str = "lee") -> list[str]:
    return [row.label for row in methods.saved(world.channels.core, account)]


def test_a_saved_card_is_on_file_and_the_conversation_hears_of_it_once(
    world: Any, page: TestClient, token: str
) -> None:
    before = len(world.carrier.bodies(LEE))
    answer = finish(page, token)
    assert (answer.status_code, answer.json()) == (
        200,
        {"method": "Visa ending 1881", "waits": False, "channel": "sms"},
    )
    world.queue.run()
    world.queue.run()
    assert on_file(world) == ["Visa ending 4242", "Visa ending 1881"]
    assert world.carrier.bodies(LEE)[before:] == ["Visa ending 1881 is saved."]


def test_what_waited_for_a_method_goes_on_by_itself(world: Any, page: TestClient) -> None:
    token = given(world, resume=True)
    world.rasa.on("add a card", "Pay $412.10 from Visa ending 1881? Reply PAY.")
    before = len(world.carrier.bodies(LEE))
    finish(page, token)
    world.queue.run()
    assert world.carrier.bodies(LEE)[before:] == [
        "Visa ending 1881 is saved.\nPay $412.10 from Visa ending 1881? Reply PAY."
    ]


def test_a_rasa_that_fails_then_leaves_the_saving_told(world: Any, page: TestClient) -> None:
    token = given(world, resume=True)
    world.rasa.next(500)
    finish(page, token)
    before = len(world.carrier.bodies(LEE))
    world.queue.run()
    assert world.carrier.bodies(LEE)[before:] == ["Visa ending 1881 is saved."]


def test_a_person_who_holds_the_conversation_is_not_talked_over(world: Any, page: TestClient, token: str) -> None:
    with world.channels.core.write() as writing:
        writing.get_one(Conversation, world.rows(Conversation)[0].id).holder = "person"
    before = len(world.carrier.taken)
    assert finish(page, token).status_code == 200
    world.queue.run()
    assert len(world.carrier.taken) == before


def test_opening_the_page_and_asking_uses_nothing_up(world: Any, page: TestClient, token: str) -> None:
    for _ in range(2):
        assert page.get("/pay").status_code == 200
        told = page.post("/pay/open", json={"token": token}).json()
        assert told["kinds"] == ["card", "us_bank_account"]
    (link,) = world.rows(SecureLink)
    assert link.used_at is None
    assert finish(page, token).status_code == 200


def test_it_works_once(world: Any, page: TestClient, token: str) -> None:
    setup = typed(page, token)
    other = typed(page, token, BANK)
    first, again = (page.post("/pay/done", json={"token": token, "setup": setup}) for _ in range(2))
    # An answer that was lost on its way is given again; another entry by the same link is not taken.
    assert (first.status_code, again.json()) == (200, first.json())
    assert page.post("/pay/done", json={"token": token, "setup": other}).status_code == 404
    assert page.post("/pay/open", json={"token": token}).status_code == 404
    assert on_file(world).count("Visa ending 1881") == 1


@pytest.mark.parametrize(("age", "status"), [(timedelta(minutes=14, seconds=59), 200), (timedelta(minutes=15), 404)])
def test_it_lasts_fifteen_minutes(world: Any, page: TestClient, token: str, age: timedelta, status: int) -> None:
    setup = typed(page, token)
    world.clock.advance(age)
    assert page.post("/pay/open", json={"token": token}).status_code == status
    assert page.post("/pay/done", json={"token": token, "setup": setup}).status_code == status


def test_unknown_old_and_used_links_are_told_in_the_same_words(world: Any, page: TestClient, token: str) -> None:
    forged = page.post("/pay/open", json={"token": "x" * 43})
    finish(page, token)
    used = page.post("/pay/open", json={"token": token})
    old = given(world)
    world.clock.advance(timedelta(hours=1))
    assert forged.status_code == 404
    assert forged.text == used.text == page.post("/pay/open", json={"token": old}).text


def test_a_browser_signed_in_as_somebody_else_does_not_get_in(world: Any, page: TestClient, token: str) -> None:
    sign_in(world, page, "patel")
    assert page.post("/pay/open", json={"token": token}).status_code == 404
    sign_in(world, page, "lee")
    assert page.post("/pay/open", json={"token": token}).status_code == 200


def sign_in(world: Any, page: TestClient, account: str) -> None:
    from starlette.responses import Response

    answer = Response()
    session.give(world.channels, answer, session.start(world.channels, account))
    page.cookies.clear()
    cookie = answer.headers["set-cookie"].split(";")[0].partition("=")
    page.cookies.set(cookie[0], cookie[2])


def test_a_link_ends_with_the_tie_between_its_phone_and_its_member(world: Any, page: TestClient, token: str) -> None:
    from channels.store import Contact

    with world.channels.core.write() as writing:
        conversation = writing.get_one(Conversation, world.rows(Conversation)[0].id)
        writing.get_one(Contact, conversation.contact_id).account_id = "patel"
    assert page.post("/pay/open", json={"token": token}).status_code == 404


def test_a_link_is_worn_out_by_too_many_tries(page: TestClient, token: str) -> None:
    asked = [page.post("/pay/open", json={"token": token}).status_code for _ in range(links.MOST_TRIES + 2)]
    assert asked == [200] * links.MOST_TRIES + [404] * 2


@pytest.mark.parametrize(
    "body", [{}, {"token": "short"}, {"token": "x" * 44}, {"token": 5}, {"token": "4111 1111 1111 1111" + "x" * 24}]
)
def test_a_malformed_request_is_not_repeated(page: TestClient, body: dict[str, Any]) -> None:
    answer = page.post("/pay/open", json=body)
    assert answer.status_code == 422
    assert "4111" not in answer.text
    assert "short" not in answer.text


def test_another_sites_page_is_refused(page: TestClient, token: str) -> None:
    headers = {"origin": "https://evil.example"}
    assert page.post("/pay/open", json={"token": token}, headers=headers).status_code == 403
    assert page.post("/pay/open", json={"token": token}, headers={"origin": PUBLIC}).status_code == 200


def test_what_the_browser_says_was_saved_proves_nothing(world: Any, page: TestClient, token: str) -> None:
    facts = {"account": "lee", "kinds": ["card"], "reference": world.rows(SecureLink)[0].id}
    forged = sandbox_entry.saved("a guessed key", facts, CARD)
    assert page.post("/pay/done", json={"token": token, "setup": forged}).status_code == 503
    assert on_file(world) == ["Visa ending 4242"]


def test_a_bank_account_needs_the_authorization_that_was_shown(world: Any, page: TestClient, token: str) -> None:
    refused = finish(page, token, BANK)
    assert (refused.status_code, on_file(world)) == (409, ["Visa ending 4242"])
    shown = page.post("/pay/open", json={"token": token, "kind": "us_bank_account"}).json()["authorization"]
    assert finish(page, token, BANK, agreed=True).status_code == 200
    (kept,) = world.rows(Authorization)
    (link,) = world.rows(SecureLink)
    assert (kept.text, kept.subject_id, kept.channel, kept.level) == (shown, link.id, "sms", "L3")


def test_a_bank_account_still_to_be_confirmed_is_told_so_and_nothing_goes_on(world: Any, page: TestClient) -> None:
    token = given(world, resume=True)
    asked = len(world.rasa.asked)
    answer = finish(page, token, replace(BANK, verified=False), agreed=True)
    assert answer.json()["waits"] is True
    world.queue.run()
    assert "still has to confirm" in world.carrier.bodies(LEE)[-1]
    assert len(world.rasa.asked) == asked


def test_an_issuer_that_takes_no_cards_is_not_asked_for_one(world: Any, page: TestClient) -> None:
    token = given(world, SMITH)
    told = page.post("/pay/open", json={"token": token}).json()
    assert told["kinds"] == ["us_bank_account"]
    answer = page.post("/pay/open", json={"token": token, "kind": "card"})
    assert answer.status_code == 409
    assert "MA" in answer.json()["detail"]


def test_a_business_account_is_refused_in_words(world: Any, page: TestClient, token: str) -> None:
    answer = finish(page, token, replace(BANK, business=True), agreed=True)
    assert answer.status_code == 409
    assert "not saved" in answer.json()["detail"]
    assert page.post("/pay/open", json={"token": token}).status_code == 200


def test_a_processor_that_does_not_answer_saves_nothing_and_keeps_the_link(
    page: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as silent:
        silent.setattr(SandboxProcessor, "create_setup", lambda *_, **__: Unknown())
        assert page.post("/pay/open", json={"token": token, "kind": "card"}).status_code == 503
    setup = typed(page, token)
    with monkeypatch.context() as silent:
        silent.setattr(SandboxProcessor, "read_setup", lambda *_, **__: Unknown())
        assert page.post("/pay/done", json={"token": token, "setup": setup}).status_code == 503
    assert page.post("/pay/done", json={"token": token, "setup": setup}).status_code == 200


def test_the_page_is_kept_by_nobody_framed_by_nobody_and_tells_nobody(page: TestClient) -> None:
    answer = page.get("/pay")
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"} <= set(policy)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "js.stripe.com" not in answer.text + str(answer.headers)
    assert "needs JavaScript" in answer.text


def test_only_the_processors_origins_stand_beside_ours_in_the_policy(make_world: Any) -> None:
    sandbox = make_world(tokenizer_url="http://127.0.0.1:8081")
    with TestClient(sandbox.app(), base_url=PUBLIC) as page:
        assert "frame-src http://127.0.0.1:8081;" in page.get("/pay").headers["content-security-policy"]
    stripe = make_world(stripe_publishable_key="pk_test_1")
    with TestClient(stripe.app(), base_url=PUBLIC) as page:
        answer = page.get("/pay")
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self' https://js.stripe.com https://*.js.stripe.com;" in policy
        assert "frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com;" in policy
        assert "connect-src 'self' https://api.stripe.com;" in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert 'src="https://js.stripe.com/endive/stripe.js"' in answer.text
        assert 'data-key="pk_test_1"' in answer.text


def test_a_turn_cut_short_after_the_saving_answers_once(world: Any, page: TestClient, token: str) -> None:
    from channels import work
    from channels.queue import Job

    finish(page, token)
    told = [row for row in world.rows(Message) if "entered" in row.data]
    assert len(told) == 1
    before = len(world.carrier.bodies(LEE))
    for _ in range(3):
        work.handle(world.channels, Job(told[0].conversation_id, told[0].seq, told[0].id))
    assert world.carrier.bodies(LEE)[before:] == ["Visa ending 1881 is saved."]
