"""A stranger is found by date of birth and ZIP code; nothing typed is kept, and nothing said tells whether it fits."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from billing_core import accounts
from channels import finding
from channels.store import CodeChallenge, Contact, WrongTry
from channels.words import say

STRANGER, OTHER, BROWN = "+19195550199", "+19195550198", "+19195550108"
PERSON = "1-800-555-0100"
SENT, AGAIN = say("find_sent", phone=PERSON), say("find_again")
WRONG = say("code_wrong", phone=PERSON)
HOW_MUCH = "how much do i owe"
# Of the cast: born 1980-01-01 plus the row's number in days.
DETAILS, NOBODYS = "1/9/1980 27601", "1/9/1981 27601"
TODAY = date(2026, 12, 15)


@pytest.fixture(autouse=True)
def asked(world: Any) -> None:
    """What a stranger and brown get for their question, as the actions answer it."""

    def answer(metadata: dict[str, Any]) -> dict[str, Any]:
        if metadata["account_id"] is None:
            return {"text": "Send your details.", "data": {"find": {"level": "L2", "purpose": "account"}}}
        if metadata["level"] < "L2":
            return {"data": {"step_up": {"level": "L2", "purpose": "account"}}}
        return {"text": "$330.25"}

    from channels.rasa_fake import body

    world.rasa._by_text[HOW_MUCH] = lambda heard: body(answer(heard["metadata"]))


def code_to(world: Any, phone: str = BROWN) -> str:
    match = re.match(r"(\d{6}) is your code to see your account", world.carrier.bodies(phone)[-1])
    assert match, world.carrier.bodies(phone)
    return match[1]


def begin(world: Any, phone: str = STRANGER) -> None:
    assert "Send your details." in world.text(phone, HOW_MUCH)[0]


def test_who_is_found_and_proved_gets_the_answer_they_came_for(world: Any) -> None:
    begin(world)
    assert world.text(STRANGER, DETAILS) == [SENT]
    assert world.text(STRANGER, code_to(world)) == ["$330.25"]
    assert world.rasa.texts == [HOW_MUCH, HOW_MUCH]
    assert [each["metadata"]["level"] for each in world.rasa.asked] == ["L0", "L3"]


def test_the_code_goes_to_the_contact_on_file_and_never_to_who_asks(world: Any) -> None:
    begin(world)
    world.text(STRANGER, DETAILS)
    assert not [body for body in world.carrier.bodies(STRANGER) if re.search(r"\d{6}", body)]


def test_unknown_and_known_hear_the_same_words_all_the_way(world: Any) -> None:
    begin(world)
    begin(world, OTHER)
    for said in (DETAILS, "000000", "000001", "000002", "000003"):
        unknown = NOBODYS if said == DETAILS else said
        assert world.text(STRANGER, said) == world.text(OTHER, unknown)
    assert len(world.carrier.bodies(BROWN)) == 1


def test_nothing_is_awaited_of_nobody_that_could_be_right(world: Any) -> None:
    begin(world)
    world.text(STRANGER, NOBODYS)
    (challenge,) = world.rows(CodeChallenge)
    from channels import identity

    code = identity.code_for(world.channels.config.secret_key, challenge.id)
    assert world.text(STRANGER, code) == [WRONG]


@pytest.mark.parametrize("typed", [DETAILS, "dob 01-09-1980, zip 27601", "my zip is 27601 born January 9, 1980"])
def test_what_was_typed_is_stored_nowhere_and_reaches_nobody(world: Any, typed: str) -> None:
    begin(world)
    assert world.text(STRANGER, typed) == [SENT]
    assert [row.text for row in world.rows(direction="in")][-1] == "[details]"
    stored = str([(row.text, row.data) for row in world.rows()])
    stored += str([row.candidates for row in world.rows(finding.Finding)])
    assert "27601" not in stored
    assert "1980" not in stored
    assert world.rasa.texts == [HOW_MUCH]


def test_details_that_look_like_a_card_number_are_still_details(world: Any) -> None:
    begin(world)
    assert world.text(STRANGER, "12/30/2013 44514") == [SENT]


@pytest.mark.parametrize("typed", ["4111 1111 1111 1111", "visa 4111 1111 1111 1111", "1/9/1980 ssn 123-45-6789"])
def test_a_secret_in_place_of_details_is_told_of_and_is_no_try(world: Any, typed: str) -> None:
    begin(world)
    assert world.text(STRANGER, typed, sid="SMsecret") == [say("screened", phone=PERSON)]
    assert world.carrier.forgotten == ["SMsecret"]
    assert (world.rows(WrongTry), world.rasa.texts) == ([], [HOW_MUCH])
    assert [row.text for row in world.rows(direction="in")][-1] == "[details]"
    assert world.text(STRANGER, DETAILS) == [SENT]


def test_a_secret_beside_whole_details_is_told_of_and_the_details_are_used(world: Any) -> None:
    begin(world)
    assert world.text(STRANGER, f"{DETAILS} my ssn 123-45-6789") == [say("screened", phone=PERSON), SENT]
    assert world.text(STRANGER, code_to(world)) == ["$330.25"]


@pytest.mark.parametrize("typed", [DETAILS, "27601"])
def test_details_are_forgotten_at_the_carrier_as_we_say(world: Any, typed: str) -> None:
    begin(world)
    world.text(STRANGER, typed, sid="SMdetails")
    assert world.carrier.forgotten == ["SMdetails"]


def test_half_of_the_details_asks_for_both(world: Any) -> None:
    begin(world)
    assert world.text(STRANGER, "1/9/1980") == [AGAIN]
    assert world.text(STRANGER, "27601") == [AGAIN]
    assert world.rows(WrongTry) == []
    assert world.text(STRANGER, DETAILS) == [SENT]


def test_other_words_go_on_while_details_are_awaited(world: Any) -> None:
    begin(world)
    assert world.text(STRANGER, "do you have a phone number") == ["You said: do you have a phone number"]
    assert world.text(STRANGER, DETAILS) == [SENT]


def test_without_a_question_details_are_only_words(world: Any) -> None:
    world.text(STRANGER, "my zip 27601")
    assert world.rasa.texts == ["my zip 27601"]


def test_where_two_fit_the_member_id_decides(world: Any) -> None:
    with world.channels.core.write() as session:
        accounts.find(session, "lee").date_of_birth = date(1980, 1, 9)
    begin(world)
    assert world.text(STRANGER, DETAILS) == [SENT]
    assert world.carrier.bodies(BROWN) == []
    assert world.text(STRANGER, "my member id is M0108") == [SENT]
    assert world.text(STRANGER, code_to(world)) == ["$330.25"]


def test_five_wrong_tries_in_a_day_end_the_search_in_the_same_words(world: Any) -> None:
    begin(world)
    for _ in range(5):
        assert world.text(STRANGER, NOBODYS) == [SENT]
    assert world.text(STRANGER, DETAILS) == [SENT]
    assert world.carrier.bodies(BROWN) == []
    world.clock.advance(timedelta(hours=24))
    begin(world)
    world.text(STRANGER, DETAILS)
    assert len(world.carrier.bodies(BROWN)) == 1


def test_four_wrong_tries_do_not(world: Any) -> None:
    begin(world)
    for _ in range(4):
        world.text(STRANGER, NOBODYS)
    world.text(STRANGER, DETAILS)
    assert len(world.carrier.bodies(BROWN)) == 1


def test_tries_are_counted_by_the_address_that_browsers_call_from(world: Any) -> None:
    for number in range(5):
        browser(world, f"browser{number}", NOBODYS, caller="one")
    browser(world, "browser6", DETAILS, caller="one")
    assert world.carrier.bodies(BROWN) == []
    browser(world, "browser7", DETAILS, caller="two")
    assert len(world.carrier.bodies(BROWN)) == 1


def test_strangers_send_no_more_than_five_codes_a_day_to_one_account(world: Any) -> None:
    for number in range(7):
        browser(world, f"browser{number}", DETAILS, caller=f"caller{number}")
    assert len(world.carrier.bodies(BROWN)) == 5


def test_wrong_codes_of_strangers_do_not_lock_the_members_own_phone(world: Any) -> None:
    for phone in (STRANGER, OTHER):
        begin(world, phone)
        world.text(phone, DETAILS)
        for wrong in ("000000", "000001", "000002"):
            world.text(phone, wrong)
    (brown,) = world.rows(Contact, address=BROWN)
    assert brown.locked_until is None


def test_asking_again_is_waited_for_half_an_hour(world: Any) -> None:
    begin(world)
    world.clock.advance(timedelta(minutes=30))
    world.text(STRANGER, DETAILS)
    assert world.rasa.texts == [HOW_MUCH, DETAILS]


def browser(world: Any, address: str, details: str, *, caller: str) -> None:
    from channels import inbox

    for number, text in enumerate((HOW_MUCH, details)):
        inbound = inbox.Inbound(
            channel="web", address=address, provider_id=f"{address}:{number}", text=text, caller=caller
        )
        inbox.claim(world.channels.core, world.queue, inbound)
        world.queue.run()


@pytest.mark.parametrize(
    ("text", "born_on", "zip_code", "member_id"),
    [
        ("4/15/1980 27601", date(1980, 4, 15), "27601", None),
        ("27601 4-15-80", date(1980, 4, 15), "27601", None),
        ("April 15th, 1980 27601-1234", date(1980, 4, 15), "27601", None),
        ("15 de abril de 1980, 27601", date(1980, 4, 15), "27601", None),
        ("04151980 27601", date(1980, 4, 15), "27601", None),
        ("1980-04-15 zip code 27601 id M 0108", date(1980, 4, 15), "27601", "M0108"),
        ("2/29/1981 27601", None, "27601", None),
        ("1/1/49 27601", date(1949, 1, 1), "27601", None),
    ],
)
def test_details_are_read_as_people_write_them(
    text: str, born_on: date | None, zip_code: str | None, member_id: str | None
) -> None:
    assert finding.read(text, TODAY) == finding.Details(born_on, zip_code, member_id)


@pytest.mark.parametrize("text", ["how much do i owe", "pay 150", "123456", "may i ask 2 things", "ok", ""])
def test_what_holds_no_details_is_not_read_as_them(text: str) -> None:
    assert finding.read(text, TODAY) is None
