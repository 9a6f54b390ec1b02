"""Errors: problem details for machines, a page for people, and never a word of what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from channels.problems import MEDIA_TYPE, add_problems
from tests.surface.conftest import PUBLIC

Browse = Callable[..., TestClient]
CARD = "4111111111111111"


def test_a_machine_gets_problem_details(browse: Browse) -> None:
    answer = browse().get(f"/nowhere/{CARD}")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json() == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_a_person_gets_a_page_with_a_way_on(browse: Browse) -> None:
    answer = browse().get(f"/nowhere/{CARD}", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "There is no page here" in answer.text
    assert 'href="/"' in answer.text
    assert CARD not in answer.text


def test_a_person_whose_browser_asks_for_spanish_gets_it(browse: Browse) -> None:
    answer = browse().get("/nowhere", headers={"accept": "text/html", "accept-language": "es-MX"})
    assert '<html lang="es">' in answer.text
    assert "Volver al inicio" in answer.text


def test_a_wrong_method_is_told_with_the_right_ones(browse: Browse) -> None:
    answer = browse().put("/healthz", content=CARD)
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_fault_of_ours_repeats_nothing_of_the_request(accept: str) -> None:
    app = FastAPI()
    add_problems(app)

    @app.get("/broken/{given}")
    def broken(given: str) -> Any:
        raise ValueError(f"could not use {given}")

    client = TestClient(app, base_url=PUBLIC, raise_server_exceptions=False)
    answer = client.get(f"/broken/{CARD}", headers={"accept": accept})
    assert answer.status_code == 500
    assert CARD not in answer.text


def test_a_malformed_request_is_told_where_and_not_what() -> None:
    app = FastAPI()
    add_problems(app)

    @app.get("/pay")
    def pay(cents: int) -> int:
        return cents

    answer = TestClient(app, base_url=PUBLIC).get("/pay", params={"cents": CARD + "x"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Not as the API says: query/cents."
