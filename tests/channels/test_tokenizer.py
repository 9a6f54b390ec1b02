"""The sandbox's card form: published test numbers only, faults by field, and no word of what was typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from stdnum import luhn
from stdnum.us import rtn

from billing_core import codes
from billing_core.processors import Entered, sandbox_entry
from billing_core.processors.sandbox_outcomes import of_token, read
from channels.tokenizer import app, numbers

EXAMPLES = 2000 if os.environ.get("DUELY_SOAK") == "1" else 60
TODAY = date(2026, 12, 15)
ORIGIN = "http://127.0.0.1:8081"
CARD = {"number": "4242 4242 4242 4242", "expires": "12/26", "code": "123"}
BANK = {
    "routing": "110000000",
    "account": "000123456789",
    "again": "000123456789",
    "type": "checking",
    "holder": "personal",
}


@pytest.fixture
def form() -> Iterator[TestClient]:
    built = app.build("key", ["http://127.0.0.1:8080"], today=lambda: TODAY)
    with TestClient(built, base_url=ORIGIN, headers={"origin": ORIGIN}) as opened:
        yield opened


def save(form: TestClient, typed: dict[str, Any], kind: Any = "card", **more: Any) -> Any:
    setup = sandbox_entry.setup("key", "ada", [kind], "link")
    return form.post("/save", content=json.dumps(typed | {"setup": setup} | more))


def faults(answer: Any) -> list[list[str]]:
    assert answer.status_code == 422
    found: list[list[str]] = answer.json()["faults"]
    return found


def test_a_published_card_is_saved_for_whom_the_setup_names(form: TestClient) -> None:
    saved = save(form, CARD).json()["saved"]
    assert sandbox_entry.entered("key", "ada", saved, "link") == Entered(
        "tok_visa_4242", "card", "visa", "4242", date(2026, 12, 1)
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"number": ""}, ["number", "missing"]),
        ({"number": "4242424242424241"}, ["number", "wrong"]),
        ({"number": "4242"}, ["number", "wrong"]),
        ({"number": "9999999999999995"}, ["number", "wrong"]),
        ({"number": "4111111111111111"}, ["number", "not_a_test_number"]),
        ({"number": "4539578763621486"}, ["number", "not_a_test_number"]),
        ({"number": {"$ne": 1}}, ["number", "missing"]),
        ({"number": "\u0664242424242424242"}, ["number", "missing"]),
        ({"expires": "11/26"}, ["expires", "past"]),
        ({"expires": "13/30"}, ["expires", "missing"]),
        ({"expires": "0830"}, ["expires", "missing"]),
        ({"code": "12"}, ["code", "wrong"]),
        ({"code": "1234"}, ["code", "wrong"]),
    ],
)
def test_a_card_that_cannot_be_is_refused_by_field(form: TestClient, change: dict[str, Any], fault: list[str]) -> None:
    answer = save(form, CARD | change)
    assert faults(answer) == [fault]
    typed = str(change.get("number") or "")
    assert len(typed) < 8 or typed not in answer.text


def test_the_month_on_the_card_counts_to_its_end(form: TestClient) -> None:
    assert save(form, CARD | {"expires": "12/2026"}).status_code == 200
    assert faults(save(form, CARD | {"expires": "11/2026"})) == [["expires", "past"]]


def test_american_express_has_a_longer_code(form: TestClient) -> None:
    amex = CARD | {"number": "378282246310005"}
    assert faults(save(form, amex)) == [["code", "wrong"]]
    assert save(form, amex | {"code": "1234"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"routing": ""}, ["routing", "missing"]),
        ({"routing": "110000001"}, ["routing", "wrong"]),
        ({"routing": "11000000"}, ["routing", "wrong"]),
        ({"routing": "021000021"}, ["routing", "not_a_test_number"]),
        ({"account": "123", "again": "123"}, ["account", "wrong"]),
        ({"account": "12345678", "again": "12345678"}, ["account", "not_a_test_number"]),
        ({"again": "000123456780"}, ["again", "differs"]),
        ({"again": ""}, ["again", "differs"]),
        ({"type": "bitcoin"}, ["type", "missing"]),
        ({"holder": None}, ["holder", "missing"]),
    ],
)
def test_a_bank_account_that_cannot_be_is_refused_by_field(
    form: TestClient, change: dict[str, Any], fault: list[str]
) -> None:
    assert faults(save(form, BANK | change, "us_bank_account")) == [fault]


@pytest.mark.parametrize(("number", "outcome"), numbers.CARDS.items())
def test_every_published_card_is_one_and_does_what_it_says(
    form: TestClient, number: str, outcome: numbers.Outcome
) -> None:
    assert luhn.is_valid(number)
    code = "1234" if number.startswith("3") else "123"
    answer = save(form, CARD | {"number": number, "code": code})
    assert answer.status_code == (402 if outcome.declined else 200)
    if outcome.declined:
        codes.lookup(outcome.declined)
        assert number not in answer.text
        return
    entered = sandbox_entry.entered("key", "ada", answer.json()["saved"], "link")
    assert isinstance(entered, Entered)
    assert number[:8] not in entered.token
    assert of_token(entered.token) == (outcome.later or None)


def test_every_published_account_scripts_what_becomes_of_its_debits(form: TestClient) -> None:
    assert rtn.is_valid(numbers.ROUTING)
    for account, outcome in numbers.ACCOUNTS.items():
        answer = save(form, BANK | {"account": account, "again": account}, "us_bank_account")
        entered = sandbox_entry.entered("key", "ada", answer.json()["saved"], "link")
        assert isinstance(entered, Entered)
        assert (entered.verified, of_token(entered.token)) == (outcome.verified, outcome.later or None)
        assert not outcome.later or read(outcome.later).returned


def test_a_setup_for_a_card_takes_no_bank_account(form: TestClient) -> None:
    assert ["number", "missing"] in faults(save(form, BANK, "card"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"4242424242424242", b"\xff\xfe", b"[" * 5000, b"x" * 9000])
def test_what_is_no_request_is_answered_in_two_words(form: TestClient, body: bytes) -> None:
    answer = form.post("/save", content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": "setup"})


ANYTHING = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3)
FIELDS = st.sampled_from([*CARD, *BANK, "language", "setup"])


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=st.dictionaries(FIELDS, ANYTHING), kind=st.sampled_from(["card", "bank"]))
def test_no_generated_form_ends_in_a_server_error_or_is_repeated(
    form: TestClient, change: dict[str, Any], kind: str
) -> None:
    answer = save(form, (CARD if kind == "card" else BANK) | change, kind, **change)
    assert answer.status_code in {200, 400, 402, 422}
    written = [each for each in change.values() if isinstance(each, str) and len(each) > 6]
    assert not any(each in answer.text for each in written)


def test_a_setup_of_another_key_is_no_leave_to_save(form: TestClient) -> None:
    forged = sandbox_entry.setup("another", "ada", ["card"], "link")
    assert save(form, CARD, setup=forged).status_code == 400


def test_another_origin_cannot_post_here(form: TestClient) -> None:
    setup = sandbox_entry.setup("key", "ada", ["card"], "link")
    body = json.dumps(CARD | {"setup": setup})
    assert form.post("/save", content=body, headers={"origin": "http://127.0.0.1:8080"}).status_code == 403


def test_only_our_page_may_hold_it_and_nobody_keeps_it(form: TestClient) -> None:
    headers = form.get("/").headers
    assert "frame-ancestors http://127.0.0.1:8080;" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_it_does_not_run_in_production() -> None:
    told = {"DUELY_ENVIRONMENT": "production", "DUELY_TOKENIZER_KEY": "k", "DUELY_TOKENIZER_PARENTS": ORIGIN}
    ended = subprocess.run(
        [sys.executable, "-m", "channels.tokenizer", "0"], env=os.environ | told, capture_output=True, timeout=30
    )
    assert ended.returncode == 1
    assert b"does not run in production" in ended.stderr


def test_a_decline_is_told_in_the_language_of_the_page(form: TestClient) -> None:
    number = next(number for number, each in numbers.CARDS.items() if each.declined == "expired_card")
    told = [save(form, CARD | {"number": number}, language=each).json()["declined"] for each in ("en", "es", None)]
    assert told == ["The card is past its expiry date.", "La tarjeta está vencida.", told[0]]


def test_the_form_holds_its_words_in_both_languages(form: TestClient) -> None:
    page = form.get("/").text
    assert "Número de tarjeta" in page
    assert form.get("/static/words.js").headers["content-type"].startswith("text/javascript")
