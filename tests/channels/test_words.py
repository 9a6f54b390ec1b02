"""Every fixed sentence fits one text, in plain characters, and asks for no word that carriers take."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from channels import gsm7
from channels.words import moment, purpose, say, sentences

LONG = {
    "phone": "1-800-555-0100 ext. 123456",
    "code": "123456",
    "purpose": max((purpose(name) for name in sentences()["purposes"]), key=len),
    "ending": "0101",
    "method": "American Express ending 0005",
    "issuer": "MA Health Connector",
    "link": f"https://payments.member-portal.example.com/pay#{'x' * 43}",
    "hours": "weekdays 8:30-17:30, Sat 10:30-12:30 Mountain",
    "opens": "Wednesday, September 30, 10:30 a.m. Mountain",
    "minutes": "60",
    "who": "W" * 20,
    "until": moment(datetime(2026, 9, 30, 16, 59, tzinfo=UTC)),
}
NAMES = [name for name in sentences() if name != "purposes"]
# Those that tell how to end texts or begin them again.
NAME_KEYWORDS = ("stop", "start", "help", "remember_ask", "remembered", "sms_how")
# STOP and START may be named only where the law asks for it; the others never.
TAKEN = re.compile(r"\b(CANCEL|END|QUIT|YES)\b")


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_fits_one_text(name: str) -> None:
    text = say(name, **LONG)
    assert gsm7.is_gsm7(text)
    assert gsm7.length(text) <= 320
    assert not TAKEN.search(text)
    assert "!" not in text
    assert "{" not in text


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NAME_KEYWORDS])
def test_only_the_keyword_answers_name_keywords(name: str) -> None:
    assert not re.search(r"\b(STOP|START)\b", say(name, **LONG))


def test_a_missing_value_or_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("stop")
    with pytest.raises(KeyError):
        say("nothing_like_it")


def test_a_moment_is_told_in_eastern_time() -> None:
    assert moment(datetime(2026, 12, 16, 15, 0, tzinfo=UTC)) == "December 16, 10:00 a.m. Eastern"
    assert moment(datetime(2026, 12, 17, 5, 5, tzinfo=UTC)) == "December 17, 12:05 a.m. Eastern"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("‘a’ “b”", "'a' \"b\""), ("a–b—c", "a-b-c"), ("a…", "a..."), ("José", "José"), ("a\u200bb", "ab")],
)
def test_marks_become_plain_and_letters_stay(typed: str, sent: str) -> None:
    assert gsm7.to_gsm7(typed) == sent


def test_an_unknown_purpose_has_words_too() -> None:
    assert purpose("something_new") == "go on"
