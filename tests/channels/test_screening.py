"""What must never be kept is taken out, and what members need to say comes through as they said it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from channels.screening import bare, screen, screen_together

SECRETS = [
    ("its 4111 1111 1111 1111 09/29", "its [card]", {"card"}),
    ("4111-1111-1111-1111", "[card]", {"card"}),
    ("4111.1111.1111.1111 thanks", "[card] thanks", {"card"}),
    ("4111,1111,1111,1111", "[card]", {"card"}),
    ("amex 378282246310005", "amex [card]", {"card"}),
    ("card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card [card]", {"card"}),
    ("４１１１ １１１１ １１１１ １１１１", "[card]", {"card"}),
    ("four one one one one one one one one one one one one one one one", "[card]", {"card"}),
    ("four triple one, four ones", "four triple one, four ones", set()),
    ("four triple one double one double one double one double one double one double one", "[card]", {"card"}),
    ("5555 5555 5555 4444 exp 12 28", "[card] exp 12 28", {"card"}),
    ("pay 50 4111111111111111", "pay [card]", {"card"}),
    ("41111111111111110929123", "[card]", {"card"}),
    ("4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣", None, {"card"}),
    ("my ssn is 123-45-6789", "my ssn is [ssn]", {"ssn"}),
    ("123-45-6789", "[ssn]", {"ssn"}),
    ("social security 123456789", "social security [ssn]", {"ssn"}),
    ("123 45 6789 is my social", "[ssn] is my social", {"ssn"}),
    ("social: one two three four five six seven eight nine", "social: [ssn]", {"ssn"}),
    ("routing 061000104 account 12345678", "routing [account] account [account]", {"account"}),
    ("my checking is 000123456789", "my checking is [account]", {"account"}),
    ("account number 12345", "account number [account]", {"account"}),
    ("aba 0610-0010-4", "aba [account]", {"account"}),
    ("forty one eleven, eleven eleven, eleven eleven, eleven eleven", "[card]", {"card"}),
    ("fifty-five fifty-five 5555 fifty five 55 forty four 44", "[card]", {"card"}),
    ("card4111111111111111exp1228", "card[card]exp1228", {"card"}),
    ("4111 1111 1111 1111 12/28 123", "[card]", {"card"}),
    ("9195550101 4111111111111111", "[card]", {"card"}),
    ("3782 822463 10005", "[card]", {"card"}),
    ("my social security number, the one you asked me about some time ago, is 123456789", None, {"ssn"}),
    ("cvv 123", "cvv [code]", {"code"}),
    ("the security code is 1234", "the security code is [code]", {"code"}),
    ("123 is the cvv", "[code] is the cvv", {"code"}),
    ("cvv one two three", "cvv [code]", {"code"}),
    ("my password is hunter2", "my password is [password]", {"password"}),
    ("password: Tr0ub4dor&3 ok", "password: [password] ok", {"password"}),
    ("pin is 4821", "pin is [password]", {"password"}),
]

CLEAN = [
    "how much do i owe",
    "pay $412.10 on 2027-01-01",
    "412.10 2027-01-01",
    "pay 1,318.40 from checking 6789",
    "pay 1318.40 from my checking account",
    "pay $1200 from my checking",
    "pay 1200 from checking",
    "use the card ending in 4242",
    "visa ending 4242 exp 08/2028",
    "my phone is 919-555-0101",
    "call me at (919) 555-0101 or 919-555-0102",
    "9195550101 is the phone on my account",
    "+19195550101",
    "member id M0101 for my account",
    "my member id is 123456789",
    "confirmation 7F3K-9QXM",
    "123456",
    "the code is 123456",
    "code is 123456 for my account",
    "born 01/02/1980",
    "i can do 200 now and 212.10 later",
    "500 dollars from savings",
    "zip 27601 on my account",
    "my password is not working",
    "i forgot my password",
    "I don't know what my password is.",
    "one of my two policies",
    "i opened my account in nineteen eighty",
    "twenty one dollars from my account",
    "two hundred now and two twelve later",
    "no make it 75",
    "the 28th from my bank",
    "call 1-800-555-0100",
    "paid 96.22 on 12/01/2026 and 96.22 on 11/01/2026",
    "",
]


@pytest.mark.parametrize(("text", "kept", "found"), SECRETS)
def test_a_secret_is_replaced_by_its_tag(text: str, kept: str | None, found: set[str]) -> None:
    screened = screen(text)
    assert screened.found == found
    if kept is not None:
        assert screened.text.startswith(kept)


@pytest.mark.parametrize("text", CLEAN)
def test_what_members_need_to_say_is_untouched(text: str) -> None:
    assert screen(text).text == text
    assert screen(text).found == frozenset()


def _card(prefix: str, body: str) -> str:
    number = prefix + body
    return number + luhn.calc_check_digit(number)


cards = st.one_of(
    st.builds(_card, st.just("4"), st.text("0123456789", min_size=14, max_size=14)),
    st.builds(_card, st.sampled_from(["51", "55", "2221"]), st.text("0123456789", min_size=11, max_size=11)).map(
        lambda each: _card(each[:15], "") if len(each) > 16 else each
    ),
    st.builds(_card, st.sampled_from(["34", "37"]), st.text("0123456789", min_size=12, max_size=12)),
    st.builds(_card, st.just("3"), st.text("0123456789", min_size=11, max_size=17)),
)
separators = st.sampled_from(["", " ", "-", ".", " - ", "  ", "\u00a0", "–", "·", ",", "\n"])
names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
spellings = dict(zip("0123456789", names, strict=True))


@given(cards, st.lists(separators, min_size=19, max_size=19), st.sampled_from(["", "my card is ", "pay with ", "¿"]))
def test_no_card_survives_however_it_is_set_apart(number: str, marks: list[str], lead: str) -> None:
    typed = "".join(digit + mark for digit, mark in zip(number, marks, strict=False))
    kept = screen(f"{lead}{typed} please").text
    assert "[card]" in kept
    assert sum(each.isdigit() for each in kept) == 0


@given(cards, st.lists(st.booleans(), min_size=19, max_size=19))
def test_no_card_survives_when_some_digits_are_spelled(number: str, spelled: list[bool]) -> None:
    typed = " ".join(spellings[d] if s else d for d, s in zip(number, spelled, strict=False))
    assert screen(typed).text == "[card]"


@given(st.from_regex(r"\A[1-5][0-9]{8}\Z"), st.lists(separators, min_size=9, max_size=9), st.booleans())
def test_no_social_security_number_survives_near_its_name(number: str, marks: list[str], first: bool) -> None:
    typed = "".join(digit + mark for digit, mark in zip(number, marks, strict=True))
    text = f"{typed} is my social security number" if first else f"my ssn is {typed}"
    assert not any(each.isdigit() for each in screen(text).text)


@given(st.from_regex(r"\A[0-9]{7,17}\Z"), st.sampled_from(["", " ", "-", "  "]), st.sampled_from([3, 4, 17]))
def test_no_account_number_survives_near_its_name(number: str, mark: str, size: int) -> None:
    typed = mark.join(number[at : at + size] for at in range(0, len(number), size))
    assert not any(each.isdigit() for each in screen(f"my bank account number is {typed}").text)


@given(st.text())
def test_screening_twice_is_screening_once(text: str) -> None:
    once = screen(text).text
    assert screen(once).text == once


@given(st.from_regex(r"\A[0-9]{6}\Z"))
def test_a_one_time_code_is_never_touched(code: str) -> None:
    assert screen(code).text == code


@given(st.integers(1, 999_999_99), st.dates())
def test_amounts_and_dates_are_never_touched(cents: int, day: object) -> None:
    text = f"pay ${cents / 100:,.2f} on {day}"
    assert screen(text).text == text


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["4111 1111", "1111 1111"], {"card"}),
        (["41111111", "1111", "1111"], {"card"}),
        (["4111 1111 1111 111", "1"], {"card"}),
        (["4111 1111", "1111 1112"], set()),
        (["how much do i owe", "1111 1111"], set()),
        (["412.10", "4111111111"], set()),
        (["4111111111111111"], set()),
        (["my ssn is", "123-45", "6789"], {"ssn"}),
        (["123-45", "6789"], {"ssn"}),
        (["my account number is", "0001 2345"], {"account"}),
        (["the cvv is", "123"], {"code"}),
        (["use my checking account", "1200"], set()),
        (["i forgot what my password is", "200"], set()),
        (["150", "75", "1200"], set()),
    ],
)
def test_a_number_split_over_messages_is_seen_when_it_is_complete(texts: list[str], found: set[str]) -> None:
    assert screen_together(texts) == found


@pytest.mark.parametrize(
    ("text", "left"), [("/affirm", "affirm"), (" //pay", "pay"), ("／deny", "deny"), ("1/2", "1/2"), ("/", "")]
)
def test_slash_words_lose_their_slash(text: str, left: str) -> None:
    assert bare(text) == left
