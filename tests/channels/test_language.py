"""A message's language: right where its words say it, silent where they do not."""

from __future__ import annotations

import pytest
import yaml

from channels import language
from tests.nlu.training_data import ROOT


def held_out(*names: str) -> list[str]:
    parts = [yaml.safe_load((ROOT / "tests/nlu" / name).read_text())["sentences"] for name in names]
    return [
        str(said)
        for part in parts
        for intent, all_said in part.items()
        if intent != "set_language"
        for said in all_said
    ]


SPANISH = held_out("held_out_es.yml")
ENGLISH = held_out("held_out.yml", "held_out_account.yml", "held_out_trouble.yml")


@pytest.mark.parametrize(
    "text", ["pagar mi factura", "cuanto debo", "¿Cuánto debo?", "no gracias", "gracias", "sí", "ayuda", "si por favor"]
)
def test_a_short_message_in_spanish_is_spanish(text):
    assert language.of(text) == "es"


@pytest.mark.parametrize(
    "text", ["pay my bill", "how much do i owe", "no make it 75", "HELP ME", "why was my payment rejected"]
)
def test_a_short_message_in_english_is_english(text):
    assert language.of(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "27601",
        "$412.10",
        "4242",
        "si",
        "no",
        "ok",
        "PAY",
        "KEEP",
        "visa",
        "Juan",
        "Garcia",
        "Maria Lopez",
        "👍",
    ],
)
def test_what_both_languages_write_alike_says_nothing(text):
    assert language.of(text) is None


def test_whole_sentences_are_told_apart():
    said = {text: language.of(text) for text in SPANISH}
    assert [text for text, code in said.items() if code == "en"] == []
    assert sum(code == "es" for code in said.values()) / len(said) >= 0.9
    heard = {text: language.of(text) for text in ENGLISH}
    assert sum(code == "es" for code in heard.values()) / len(heard) <= 0.01


@pytest.mark.parametrize("said", ["is there a grace period", "no wait the visa", "no wait, the mastercard"])
def test_little_words_of_english_are_not_taken_for_spanish(said: str) -> None:
    assert language.of(said) == "en"
    assert language.goes_on_in(said, now="en", preferred="en") == "en"
