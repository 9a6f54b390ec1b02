"""Signing in: who gets in, for how long, and what stops those who guess."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from console import users
from console.gate import SIGN_IN
from console.store import AuditEntry
from console.users import SignInRefused, UserWrong
from tests.console.conftest import LEE, PASSWORD, Office, field, sign_in

HOME = "/console/conversations"


@pytest.fixture
def kim(office: Office) -> Office:
    users.add(office.core, "kim", "support", PASSWORD)
    return office


def newest(office: Office) -> AuditEntry:
    with office.core.read() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    return found


def test_a_right_password_opens_the_page_that_was_asked_for(kim: Office) -> None:
    client = kim.client()
    asked = client.get("/console/live?x=1")
    assert asked.status_code == 303
    assert asked.headers["location"] == f"{SIGN_IN}?next=%2Fconsole%2Flive%3Fx%3D1"
    page = client.get(asked.headers["location"])
    there = field(page.text, "next")
    answer = sign_in(client, "kim", next=there)
    assert answer.headers["location"] == "/console/live?x=1"
    assert client.get("/console/live").status_code == 200
    assert newest(kim).what == "viewed_live"


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/chat", "/console/\\evil", "/console//x"]
)
def test_a_link_never_leads_out_of_the_console_after_sign_in(kim: Office, there: str) -> None:
    assert sign_in(kim.client(), "kim", next=there).headers["location"] == HOME


def test_the_cookie_is_for_this_host_and_no_script(kim: Office) -> None:
    cookies = sign_in(kim.client(), "kim").headers.get_list("set-cookie")
    (session,) = [each for each in cookies if each.startswith("__Host-duely_console=") and "Max-Age=43200" in each]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(session.split("; "))


def test_unknown_wrong_and_disabled_sound_the_same(kim: Office) -> None:
    users.add(kim.core, "gone", "admin", PASSWORD)
    users.disable(kim.core, "gone")

    def said(name: str, password: str) -> tuple[int, str]:
        answer = sign_in(kim.client(), name, password)
        return answer.status_code, answer.text.replace(field(answer.text, "start"), "")

    wrong = said("kim", "not the password")
    assert wrong[0] == 401
    assert said("nobody", "not the password") == said("gone", PASSWORD) == said("not a name!", PASSWORD) == wrong


def test_the_fifth_wrong_is_still_looked_at_and_the_sixth_try_is_not(kim: Office) -> None:
    for _ in range(4):
        sign_in(kim.client(), "kim", "not the password")
    assert sign_in(kim.client(), "kim").status_code == 303
    for _ in range(5):
        sign_in(kim.client(), "kim", "not the password")
    assert sign_in(kim.client(), "kim").status_code == 401


def test_the_lock_is_open_again_after_fifteen_minutes_and_not_before(kim: Office) -> None:
    for _ in range(5):
        sign_in(kim.client(), "kim", "not the password")
    kim.core.clock.advance(users.WITHIN - timedelta(seconds=1))
    with pytest.raises(SignInRefused):
        users.by_password(kim.core, "kim", PASSWORD)
    kim.core.clock.advance(users.WITHIN)
    assert users.by_password(kim.core, "kim", PASSWORD).name == "kim"


def test_somebody_elses_wrong_tries_lock_only_their_own_name(kim: Office) -> None:
    for _ in range(9):
        sign_in(kim.client(), "mallory", "not the password")
    assert sign_in(kim.client(), "kim").status_code == 303


def test_a_session_ends_after_half_an_hour_without_use(kim: Office) -> None:
    client = kim.person("support", "kim")
    kim.core.clock.advance(timedelta(minutes=30))
    assert client.get(HOME).status_code == 200
    kim.core.clock.advance(timedelta(minutes=30, seconds=1))
    assert client.get(HOME).status_code == 303


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(kim: Office) -> None:
    client = kim.person("support", "kim")
    for _ in range(36):
        kim.core.clock.advance(timedelta(minutes=20))
        assert client.get(HOME).status_code == 200
    kim.core.clock.advance(timedelta(seconds=1))
    assert client.get(HOME).status_code == 303


def test_a_copied_cookie_opens_nothing_after_sign_out(kim: Office) -> None:
    client, thief = kim.person("support", "kim"), kim.client()
    thief.cookies.update(client.cookies)
    assert thief.get(HOME).status_code == 200
    assert client.post("/console/sign-out", data={"csrf": field(client.get(HOME).text, "csrf")}).status_code == 303
    assert thief.get(HOME).status_code == 303


@pytest.mark.parametrize(
    "change", [users.disable, lambda core, name: users.set_password(core, name, "another password")]
)
def test_who_is_disabled_or_gets_a_new_password_is_signed_out(kim: Office, change: Any) -> None:
    client = kim.person("support", "kim")
    change(kim.core, "kim")
    assert client.get(HOME).status_code == 303


def test_a_cookie_that_we_did_not_sign_is_nobody(kim: Office) -> None:
    client = kim.client()
    client.cookies.set("__Host-duely_console", "somebody.signature", domain="duely.example")
    assert client.get(HOME).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_post_without_the_sessions_token_changes_nothing(kim: Office, token: str) -> None:
    client = kim.person("support", "kim")
    assert client.post("/console/sign-out", data={"csrf": token}).status_code == 403
    assert client.get(HOME).status_code == 200


def test_the_token_of_another_session_is_not_ones_own(kim: Office) -> None:
    first, second = kim.person("support", "kim"), kim.person("support", "kim")
    other = field(second.get(HOME).text, "csrf")
    assert first.post("/console/sign-out", data={"csrf": other}).status_code == 403
    assert second.post("/console/sign-out", headers={"x-csrf-token": other}).status_code == 303


def test_a_sign_in_form_that_this_browser_was_not_given_counts_for_nothing(kim: Office) -> None:
    mine, other = kim.client(), kim.client()
    start = field(mine.get(SIGN_IN).text, "start")
    other.get(SIGN_IN)
    sent = other.post(SIGN_IN, data={"name": "kim", "password": PASSWORD, "start": start})
    assert sent.status_code == 403


def test_what_is_typed_as_a_name_is_never_kept_when_nobody_has_it(kim: Office) -> None:
    sign_in(kim.client(), "my-secret-typed-here", "x")
    assert (newest(kim).what, newest(kim).who) == ("refused_sign_in", "-")
    sign_in(kim.client(), "kim", "x")
    assert newest(kim).who == "kim"


def test_the_log_says_where_from(kim: Office) -> None:
    sign_in(kim.client(address="198.51.100.4"), "kim")
    assert (newest(kim).what, newest(kim).address) == ("signed_in", "198.51.100.4")


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("", "admin", PASSWORD), ("a b", "admin", PASSWORD), ("x" * 121, "admin", PASSWORD), ("ok", "boss", PASSWORD),
     ("ok", "admin", "x" * 11), ("ok", "admin", "x" * 201)],
)  # fmt: skip
def test_a_user_that_cannot_be_is_refused_by_what_is_wrong(
    sqlite_office: Office, name: str, role: str, password: str
) -> None:
    with pytest.raises(UserWrong):
        users.add(sqlite_office.core, name, role, password)


def test_a_password_is_kept_as_argon2id_and_nowhere_in_clear(kim: Office) -> None:
    (user,) = users.everyone(kim.core)
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


def test_nobody_signed_in_sees_nothing(kim: Office) -> None:
    message = kim.says(LEE, "how much do i owe")
    answer = kim.client().get(f"/console/conversations/{message.conversation_id}")
    assert answer.status_code == 303
    assert "how much" not in answer.text
