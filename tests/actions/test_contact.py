"""Another phone or e-mail address on file: which words wish it, what is asked, and what is handed to the channel."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing_core import Core, offers
from bot.actions.reading.contacts import contact_wished, email, phone
from tests.actions.talking import Member

PHONE = {"new_contact": {"way": "sms", "address": "+19195550177"}}
EMAIL = {"new_contact": {"way": "email", "address": "jordan@example.org"}}


@pytest.mark.parametrize(
    ("wished", "text"),
    [
        *(("phone", each) for each in (
            "change my phone number", "my number changed", "i got a new phone number", "i have a new number",
            "update the phone number on file", "my new number is 919-555-0177", "my cell number has changed",
            "cambiar mi número de teléfono", "cambié de número", "tengo un celular nuevo", "mi número cambió",
        )),
        *(("email", each) for each in (
            "I have a new email", "update my email address", "my email is now jordan@example.org",
            "change the email my bill goes to", "tengo un correo nuevo", "quiero cambiar mi correo electrónico",
        )),
        *(("either", each) for each in ("how do i change my contact info", "cambiar mis datos de contacto")),
    ],
)  # fmt: skip
def test_the_wish_for_another_contact_is_heard(wished: str, text: str) -> None:
    assert contact_wished(text) == wished


@pytest.mark.parametrize(
    "text",
    [
        "what is your phone number", "what is your new phone number", "my card number changed",
        "i have a new card number", "new routing number", "my account number has changed", "change my pin number",
        "change my bill to email", "change my email bills to paper", "i got a new email from you about my bill",
        "i changed my phone number and cant get the code", "give my new phone number to my doctor",
        "new phone number owner here, remove this number", "change the number of payments",
        "is my new phone number on file", "how much do i owe", "email me",
        "cuál es su número de teléfono", "mi número de cuenta cambió", "cambiar el número de pagos",
        "cambie mis facturas a correo", "tengo una tarjeta nueva",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert contact_wished(text) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("919-555-0177", "+19195550177"),
        ("it's (919) 555 0177.", "+19195550177"),
        ("+1 919.555.0177", "+19195550177"),
        ("from 919-555-0101 to 919-555-0177", "+19195550177"),
        ("919-555-017", None),
        ("111-555-0177", None),
        ("011 44 20 7946 0958", None),
        ("4111 1111 1111 1111", None),
    ],
)
def test_only_a_whole_number_of_the_united_states_is_read(text: str, read: str | None) -> None:
    assert phone(text) == read


def test_an_address_is_read_without_the_marks_around_it() -> None:
    assert email("it's <Jordan.Lee+x@example.co.uk>.") == "Jordan.Lee+x@example.co.uk"
    assert email("jordan at example.org") is None


@pytest.fixture
def lee(cast_core: Core) -> Member:
    return Member(cast_core, "lee", level="L3")


def test_the_wish_asks_for_a_code_whatever_it_was_taken_for(cast_core: Core) -> None:
    for intent in ("out_of_scope", "update_payment_method", "ask_contact_info"):
        member = Member(cast_core, "lee", level="L2")
        assert member.says("change my phone number", intent) == ""
        assert member.data[0] == {"step_up": {"level": "L3", "purpose": "contact"}}


def test_a_stranger_is_asked_who_they_are(cast_core: Core) -> None:
    stranger = Member(cast_core, None, level="L0")
    assert "date of birth" in stranger.says("change my phone number", "out_of_scope")


def test_a_number_in_the_wish_itself_is_handed_on_at_once(lee: Member) -> None:
    assert lee.says("change my phone number to 919-555-0177", "out_of_scope") == ""
    assert PHONE in lee.data
    assert lee.says("my email is now jordan@example.org", "request_paperless") == ""
    assert EMAIL in lee.data


def test_without_one_it_is_asked_for_and_the_next_message_is_the_answer(lee: Member) -> None:
    assert "What is the new phone number?" in lee.says("change my phone number", "out_of_scope")
    assert "$412.10" in lee.says("how much do i owe", "ask_amount_due")
    assert "What is the new e-mail address?" in lee.says("i have a new email", "ask_contact_info")
    assert lee.says("jordan@example.org", "out_of_scope") == ""
    assert EMAIL in lee.data
    assert offers.kind_at_hand(lee.core, lee.conversation_id) is None


def test_contact_details_may_be_either(lee: Member) -> None:
    assert "or the new e-mail address" in lee.says("how do i change my contact info", "update_payment_method")
    assert lee.says("(919) 555-0177", "out_of_scope") == ""
    assert PHONE in lee.data


def test_what_cannot_be_read_is_asked_for_again_and_a_yes_is_no_answer(lee: Member) -> None:
    lee.says("change my phone number", "out_of_scope")
    assert lee.says("919-555-017", "out_of_scope").startswith("I can't read that one. What is the new phone number?")
    assert "What is the new phone number?" in lee.says("yes", "affirm")
    assert lee.says("919-555-0177", "out_of_scope") == ""
    assert PHONE in lee.data


def test_back_leaves_it_and_a_number_after_that_is_only_a_number(lee: Member) -> None:
    lee.says("change my phone number", "out_of_scope")
    assert lee.says("back") == "OK, nothing was changed."
    lee.says("919-555-0177", "out_of_scope")
    assert PHONE not in lee.data


def test_a_payment_named_beside_the_question_is_a_payment(lee: Member) -> None:
    lee.says("change my phone number", "out_of_scope")
    assert "Pay $412.10" in lee.says("pay $412.10 on 12/20/2026", "pay_bill")


def test_the_question_is_open_for_half_an_hour(lee: Member) -> None:
    lee.says("change my phone number", "out_of_scope")
    lee.core.clock.advance(timedelta(minutes=30, seconds=1))
    lee.says("919-555-0177", "out_of_scope")
    assert PHONE not in lee.data


def test_who_says_not_to_change_it_is_asked_nothing(lee: Member) -> None:
    assert "What is the new" not in lee.says("don't change my phone number", "out_of_scope")


def test_a_second_wish_is_heard_too(lee: Member) -> None:
    said = lee.says("how much do i owe", "ask_amount_due", then=("change my phone number", "out_of_scope"))
    assert "$412.10" in said
    assert "What is the new phone number?" in said


def test_in_spanish(cast_core: Core) -> None:
    garcia = Member(cast_core, "garcia", level="L3", language="es")
    assert "¿Cuál es el número de teléfono nuevo?" in garcia.says("cambié de número", "update_payment_method")
    assert garcia.says("919 555 0177", "out_of_scope") == ""
    assert PHONE in garcia.data
