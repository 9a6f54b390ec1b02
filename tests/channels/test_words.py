"""Every fixed sentence fits one text, in plain characters, and asks for no word that carriers take."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter

import pytest

from billing_core import offered_words
from channels import gsm7, keywords
from channels.handoff import hours
from channels.words import LANGUAGES, moment, purpose, say, sentences, spoken_in, weekday_moment

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
    "amount": "$12,345.67",
    "who": "W" * 20,
    "until": moment(datetime(2026, 9, 30, 16, 59, tzinfo=UTC)),
}
SPANISH = LONG | {
    "purpose": "cambiar cómo llegan sus facturas",
    "method": "American Express terminada en 0005",
    "hours": "de lunes a viernes de 8:30 a 17:30, hora de la Montaña",
    "opens": "miércoles, 30 de septiembre, 10:30 a.m., hora de la Montaña",
    "until": "30 de septiembre, 12:59 p.m., hora del Este",
}
NAMES = [name for name in sentences() if name not in ("purposes", "times")]
# Those that tell how to end texts or begin them again.
NAME_KEYWORDS = ("stop", "start", "help", "remember_ask", "remembered", "sms_how", "texts_again")
# STOP and START may be named only where the law asks for it; the others never.
TAKEN = re.compile(r"\b(CANCEL|END|QUIT|YES)\b")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_fits_one_text(name: str, language: str) -> None:
    with spoken_in(language):
        text = say(name, **(SPANISH if language == "es" else LONG))
    text = gsm7.to_gsm7(text) if language == "es" else text
    assert gsm7.is_gsm7(text)
    assert gsm7.length(text) <= 320
    assert not TAKEN.search(text)
    assert "!" not in text
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in NAME_KEYWORDS])
def test_only_the_keyword_answers_name_keywords(name: str, language: str) -> None:
    with spoken_in(language):
        assert not re.search(r"\b(STOP|START|ALTO|PARAR)\b", say(name, **LONG))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_sentences_with_the_same_facts() -> None:
    english, spanish = sentences("en"), sentences("es")
    assert english.keys() == spanish.keys()
    assert {name: fields(english[name]) for name in NAMES} == {name: fields(spanish[name]) for name in NAMES}
    assert english["purposes"].keys() == spanish["purposes"].keys()
    assert english["times"].keys() == spanish["times"].keys()
    assert english["times"]["zones"].keys() == spanish["times"]["zones"].keys()


def test_a_word_a_spanish_sentence_asks_for_is_understood() -> None:
    for name in NAMES:
        for word in re.findall(r"\b[A-Z]{3,}(?: [A-Z]{3,})*", sentences("es")[name]):
            assert (
                keywords.read(word, opted_out=True) is not None
                or keywords.asks_for_email(word)
                or offered_words.meant(word) in offered_words.table()
            ), word


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
    [
        ("‘a’ “b”", "'a' \"b\""),
        ("a–b—c", "a-b-c"),
        ("a…", "a..."),
        ("José", "José"),
        ("a\u200bb", "ab"),
        ("sí, aquí", "si, aqui"),
    ],
)
def test_marks_become_plain_and_letters_stay(typed: str, sent: str) -> None:
    assert gsm7.to_gsm7(typed) == sent


def test_times_are_told_in_the_language_of_the_conversation() -> None:
    with spoken_in("es"):
        when = datetime(2026, 12, 21, 13, 0, tzinfo=UTC)
        assert moment(when) == "21 de diciembre, 8:00 a.m., hora del Este"
        open_hours = hours.read("mon-fri 08:00-18:00 America/New_York")
        assert weekday_moment(when, open_hours.zone) == "lunes, 21 de diciembre, 8:00 a.m., hora del Este"
        assert open_hours.told() == "de lunes a viernes de 8 a 6, hora del Este"


def test_an_unknown_purpose_has_words_too() -> None:
    assert purpose("something_new") == "go on"
