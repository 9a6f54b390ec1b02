"""What helps a person who helps: ready answers, what the rules allow, a link to the secure page."""

from __future__ import annotations

from datetime import date, timedelta
from string import Formatter
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from billing_core import views
from billing_core.accounts import Account
from channels import demo
from channels.config import ChannelConfig
from channels.gsm7 import length
from channels.handoff.store import Handoff
from channels.screening import screen
from channels.store import CodeChallenge, Message, SecureLink
from console import allowed, answers, audit
from tests.console.conftest import LEE, RIVERA, Office, field

BROWN = "+19195550108"


def waits(office: Office, phone: str = RIVERA, **more: Any) -> str:
    """A member who waits for a person; the hand-off."""
    office.says(phone, "a person please", "Asking.", intent="request_human", handoff="asked for a person", **more)
    office.channels.queue.run()  # type: ignore[attr-defined]
    with office.core.read() as session:
        return session.scalars(select(Handoff.id).order_by(Handoff.opened_at.desc())).first() or ""


def press(client: TestClient, handoff_id: str, what: str, **more: str) -> Any:
    page = client.get(f"/console/live/{handoff_id}").text
    body = {"csrf": field(page, "csrf"), "key": "k", **more}
    return client.post(f"/console/live/{handoff_id}/{what}", data=body)


def last(office: Office, table: Any) -> list[Any]:
    with office.core.read() as session:
        return list(session.scalars(select(table)))


def outgoing(office: Office) -> list[str]:
    with office.core.read() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.seq)))


def ready(office: Office, key: str, language: str = "en", *, proven: bool = True) -> dict[str, str]:
    account = views.account(office.core, key)
    found = answers.ready(office.channels.config, account, language, proven=proven)
    return {each.name: each.words for each in found}


def test_amounts_and_days_of_an_answer_are_the_accounts(sqlite_office: Office) -> None:
    assert ready(sqlite_office, "lee")["owes"] == "You owe $412.10, due January 1."
    assert ready(sqlite_office, "garcia", "es")["owes"] == "Debe $224.80, con fecha del 1 de enero."


def test_an_answer_whose_value_is_not_known_is_not_offered(sqlite_office: Office) -> None:
    assert not {"next_draft", "locked", "grace", "nothing_owed"} & ready(sqlite_office, "lee").keys()
    assert "grace" in ready(sqlite_office, "okafor")
    assert "next_draft" in ready(sqlite_office, "rivera")


def test_to_somebody_who_has_not_proved_who_they_are_no_answer_tells_of_the_account(sqlite_office: Office) -> None:
    told = ready(sqlite_office, "okafor", proven=False)
    assert set(told) == {"looking", "anything_else", "no_numbers", "call"}
    assert not any("$" in each for each in told.values())


@pytest.mark.parametrize("name", answers.table())
def test_an_answer_says_the_same_in_both_languages_and_passes_screening(name: str) -> None:
    row = answers.table()[name]

    def fields(text: str) -> set[str]:
        return {each for _, each, _, _ in Formatter().parse(text) if each}

    assert fields(row.en) == fields(row.es)
    assert not screen(row.en).found | screen(row.es).found
    assert max(length(row.en), len(row.es)) <= 300


def test_an_answer_goes_into_the_box_after_what_stands_there_and_to_nobody(office: Office) -> None:
    handoff_id = waits(office)
    kim, before = office.person("support"), outgoing(office)
    answer = press(kim, handoff_id, "answer", answer="looking", words="Hello Ana.")
    assert answer.status_code == 200
    assert "Hello Ana.\nThank you for waiting." in answer.text
    assert outgoing(office) == before
    taken = audit.page(office.core, who="support.kim")[0][0]
    assert (taken.what, taken.details["answer"]) == ("used_answer", "looking")


def test_what_the_rules_refuse_is_named_with_the_first_open_day(sqlite_office: Office) -> None:
    told = {each.title: each for each in allowed.today(sqlite_office.core, views.account(sqlite_office.core, "rivera"))}
    assert told["Cancel autopay"].allowed
    sqlite_office.core.clock.advance(timedelta(days=4))
    told = {each.title: each for each in allowed.today(sqlite_office.core, views.account(sqlite_office.core, "rivera"))}
    refused = told["Cancel autopay"]
    window = views.account(sqlite_office.core, "rivera")["lock_window"]
    assert (refused.allowed, refused.rule, refused.until) == (False, "S19", window["first_open_on"])
    assert refused.why == "autopay locked"
    kept = told["Remove checking ending 6789"]
    assert (kept.allowed, kept.rule, kept.until) == (False, "G4", window["first_open_on"])


@pytest.mark.parametrize(
    ("member", "title", "rule", "why"),
    [
        ("lee", "Pay what is owed", "", ""),
        ("lee", "Turn on autopay", "", ""),
        ("lee", "Remove Visa ending 4242", "", ""),
        ("lee", "Bills by e-mail", "", ""),
        ("rivera", "Cancel autopay", "", ""),
        ("rivera", "Bills by post", "G15", "paper on autopay"),
    ],
)
def test_each_thing_a_member_may_want_is_asked_of_the_rules(
    sqlite_office: Office, member: str, title: str, rule: str, why: str
) -> None:
    told = {each.title: each for each in allowed.today(sqlite_office.core, views.account(sqlite_office.core, member))}
    assert (told[title].allowed, told[title].rule, told[title].why) == (not why, rule, why)


def test_asking_what_is_allowed_changes_nothing(sqlite_office: Office) -> None:
    for member in ("lee", "rivera"):
        before = views.account(sqlite_office.core, member)
        allowed.today(sqlite_office.core, before)
        assert views.account(sqlite_office.core, member) == before


def test_a_member_who_just_entered_a_code_gets_the_link_at_once(office: Office) -> None:
    handoff_id = waits(office)
    demo.set_level(office.channels, "sms", RIVERA, "L3")
    assert press(office.person("support", "kim"), handoff_id, "link").status_code == 303
    (link,) = last(office, SecureLink)
    assert (link.account_id, link.purpose) == ("rivera", "add")
    assert any("secure page" in each and "[link]" in each for each in outgoing(office))
    assert "sent_link" in {each.what for each in audit.page(office.core, who="kim")[0]}


def test_everybody_else_gets_a_code_first_and_the_right_entry_brings_the_link(office: Office) -> None:
    handoff_id = waits(office)
    kim = office.person("support")
    assert press(kim, handoff_id, "link").status_code == 303
    assert last(office, SecureLink) == []
    assert len(last(office, CodeChallenge)) == 1
    office.channels.queue.run()  # type: ignore[attr-defined]
    code = demo.last_code(office.channels, "rivera")
    from channels import inbox

    sent = inbox.Inbound(channel="sms", address=RIVERA, provider_id="SMcode", text=str(code))
    inbox.claim(office.core, office.channels.queue, sent)
    office.channels.queue.run()  # type: ignore[attr-defined]
    (link,) = last(office, SecureLink)
    assert link.account_id == "rivera"
    assert link.identity_event == last(office, CodeChallenge)[0].id


def test_a_link_by_which_somebody_else_pays_goes_out_for_what_is_due(office: Office) -> None:
    handoff_id = waits(office, LEE)
    kim = office.person("support")
    assert "somebody else to pay $412.10" in kim.get(f"/console/live/{handoff_id}").text
    assert press(kim, handoff_id, "link", about="pay").status_code == 303
    (link,) = last(office, SecureLink)
    assert (link.purpose, link.amount_cents, link.account_id) == ("pay", 41210, "lee")
    assert any("$412.10" in each and "[link]" in each for each in outgoing(office))


def test_where_nothing_is_due_for_somebody_else_there_is_no_such_link(office: Office) -> None:
    handoff_id = waits(office, LEE)
    kim = office.person("support")
    with office.core.write() as session:
        ended = session.get_one(Account, "lee")
        ended.plan_type = "group"
    assert "somebody else to pay" not in kim.get(f"/console/live/{handoff_id}").text
    answer = press(kim, handoff_id, "link", about="pay")
    assert (answer.status_code, "no link can be sent" in answer.text) == (409, True)
    assert last(office, SecureLink) == []


def test_pressed_twice_one_link_goes(office: Office) -> None:
    handoff_id = waits(office)
    demo.set_level(office.channels, "sms", RIVERA, "L3")
    kim = office.person("support")
    page = kim.get(f"/console/live/{handoff_id}").text
    body = {"csrf": field(page, "csrf"), "key": field(page, "key")}
    for _ in range(2):
        assert kim.post(f"/console/live/{handoff_id}/link", data=body).status_code == 303
    assert len(last(office, SecureLink)) == 1


def test_who_does_not_hold_it_sends_no_link(office: Office) -> None:
    handoff_id = waits(office)
    assert press(office.person("support", "ann"), handoff_id, "take").status_code == 303
    csrf = field(office.person("admin", "bob").get("/console/conversations").text, "csrf")
    bob = office.person("admin", "bob")
    csrf = field(bob.get("/console/conversations").text, "csrf")
    late = bob.post(f"/console/live/{handoff_id}/link", data={"csrf": csrf})
    assert (late.status_code, "Ann holds this conversation." in late.text) == (409, True)
    assert last(office, SecureLink) == last(office, CodeChallenge) == []


def test_a_link_is_for_members_alone(office: Office) -> None:
    handoff_id = waits(office, "+19195550199")
    answer = press(office.person("support"), handoff_id, "link")
    assert answer.status_code == 409
    assert "no link can be sent" in answer.text


def test_the_page_says_how_sure_we_are_of_who_is_speaking(office: Office) -> None:
    kim = office.person("support")
    assert "Proved who they are" in kim.get(f"/console/live/{waits(office, LEE)}").text
    assert (
        "Not proved who they are" in kim.get(f"/console/live/{waits(office, BROWN, later=timedelta(minutes=1))}").text
    )


def test_the_config_of_answers_needs_no_account() -> None:
    config = ChannelConfig(public_url="https://x.example", environment="test", secret_key="a-secret-key-for-tests")
    told = answers.ready(config, None, None, proven=False)
    assert {each.name for each in told} == {"looking", "anything_else", "no_numbers", "call"}


@pytest.mark.parametrize(
    ("ended_on", "told"),
    [(date(2025, 12, 31), "never began, was to start on Jan"), (date(2026, 1, 1), "ended Jan")],
)
def test_the_page_says_whether_coverage_ended_or_never_began(sqlite_office: Office, ended_on: date, told: str) -> None:
    handoff = waits(sqlite_office)
    with sqlite_office.core.write() as session:
        session.get_one(Account, "rivera").coverage_ended_on = ended_on
    page = sqlite_office.person("support").get(f"/console/live/{handoff}").text
    assert f"<dd>{told}" in page
    assert page.count("<dt>Coverage</dt>") == 1
