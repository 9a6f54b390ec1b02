"""One-time links: made for a proven member, told in their conversation, stored nowhere, over after 15 minutes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from channels import links, outbox
from channels.demo import last_code, set_level
from channels.store import Message, SecureLink
from channels.words import say

LEE, BROWN, JONES, STRANGER = "+19195550101", "+19195550108", "+19195550110", "+19195550199"
LINK = re.compile(r"https://duely\.example/pay#([A-Za-z0-9]{43})$")
WANTED = {"text": "No card on file.", "data": {"secure_link": {"purpose": "add"}}}


def link_in(texts: list[str]) -> str:
    """The token of the one link that was sent."""
    (found,) = [match[1] for each in texts if (match := LINK.search(each))]
    return str(found)


def proven(world: Any, phone: str = LEE) -> None:
    """The member has just entered a code."""
    set_level(world.channels, "sms", phone, "L3")


def test_an_action_that_asks_for_it_gets_a_link_behind_its_words(world: Any) -> None:
    proven(world)
    world.rasa.on("add a card", WANTED)
    (sent,) = world.text(LEE, "add a card")
    assert sent.startswith("No card on file.\nHere is a secure page to add a card or bank account")
    assert LINK.search(sent)
    assert len(sent) <= 320


def test_below_l3_the_code_comes_first_and_then_the_link(world: Any) -> None:
    world.rasa.on("add a card", WANTED)
    told = world.text(LEE, "add a card")
    assert told[0] == "No card on file."
    assert "is your code" in told[1]
    assert not world.rows(SecureLink)
    link_in(world.text(LEE, str(last_code(world.channels, "lee"))))
    (link,) = world.rows(SecureLink)
    assert (link.account_id, link.purpose, link.identity_event is not None) == ("lee", "add", True)


def test_the_token_is_in_no_table(world: Any) -> None:
    proven(world)
    world.rasa.on("add a card", WANTED)
    token = link_in(world.text(LEE, "add a card"))
    (link,) = world.rows(SecureLink)
    assert token not in str(vars(link))
    with world.channels.core.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert "secure_link" in dump
    assert token not in dump


def test_tokens_are_256_bits_and_differ() -> None:
    tokens = {links.token_for("a-secret-key-for-tests-only", f"link-{number}") for number in range(2000)}
    assert len(tokens) == 2000
    assert {len(token) for token in tokens} == {43}
    assert len({token[-1] for token in tokens}) > 1
    assert links.token_for("another-key-for-tests-only", "link-1") not in tokens


def test_a_new_link_ends_the_one_before_it(world: Any) -> None:
    proven(world)
    world.rasa.on("add a card", WANTED)
    first, second = link_in(world.text(LEE, "add a card")), link_in(world.text(LEE, "add a card"))
    now = world.clock.now()
    with world.channels.core.write() as session:
        assert links.good(session, first, now, account_id=None) is None
        assert links.good(session, second, now, account_id=None) is not None


def test_asked_to_say_it_again_the_link_is_said_again_whole(world: Any) -> None:
    proven(world)
    world.rasa.on("add a card", WANTED)
    world.rasa.on("what", {"text": "", "data": {"repeat": True}})
    assert world.text(LEE, "add a card") == world.text(LEE, "what")


@pytest.mark.parametrize("typed", ["its 4111 1111 1111 1111 09/29", "checking account number 000123456789"])
def test_a_number_typed_in_the_chat_is_answered_with_the_page_where_it_belongs(world: Any, typed: str) -> None:
    proven(world)
    (sent,) = world.text(LEE, typed)
    assert sent.startswith(say("screened_link"))
    assert "good for 15 minutes" in sent
    link_in([sent])


def test_a_member_not_proven_yet_is_offered_to_prove_it_and_then_gets_the_page(world: Any) -> None:
    told = world.text(BROWN, "4111 1111 1111 1111")
    assert told[0] == say("screened_prove") + "\n" + say("sms_how")
    link_in(world.text(BROWN, str(last_code(world.channels, "brown"))))
    assert world.rasa.asked == []


@pytest.mark.parametrize("phone", [STRANGER, JONES])
def test_who_cannot_pay_here_is_told_without_a_page(world: Any, phone: str) -> None:
    proven(world, phone)
    world.text(phone, "hi")
    assert world.text(phone, "4111 1111 1111 1111") == [say("screened", phone="1-800-555-0100")]
    assert world.rows(SecureLink) == []


def test_a_password_is_no_reason_for_a_card_form(world: Any) -> None:
    proven(world)
    assert world.text(LEE, "my password is hunter22") == [say("screened", phone="1-800-555-0100")]


def test_a_place_that_a_message_only_looks_like_stays_as_it_is(world: Any) -> None:
    world.rasa.on("hello", "See [link] here.")
    assert world.text(LEE, "hello") == ["See [link] here."]
    (reply,) = [row for row in world.rows(Message) if row.direction == "out"]
    assert outbox.shown(world.channels, reply) == "See [link] here."
