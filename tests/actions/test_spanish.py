"""Conversations in Spanish: every sentence, value, title and card of them is, and nothing is paid against a "no"."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest

from billing_core import Core, offered_words
from bot.actions import words
from bot.actions.webhook import STEPS
from tests.actions.talking import RULES, Member

# Words that only English has, and that no name of ours holds.
ENGLISH = re.compile(
    r"\b(the|and|of|your|you|is|are|was|to|from|with|for|not|can|will|ending|checking|due|pay|bill|today|reply"
    r"|january|december|card|account|weekdays|eastern|check|money order|premium|please)\b",
    re.IGNORECASE,
)
OURS = re.compile(r"Forgot Password|hardship waiver|https?://\S+|\S+@\S+")
MEMBERS = ["lee", "rivera", "okafor", "patel", "nguyen", "cohen", "smith", "brown", "garcia", "khan", "novak", "reyes"]
# What has no words of its own: it asks the channel.
SILENT = {"repeat", "opt_out"}


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def texts_of(data: Any) -> list[str]:
    """Every text of a card."""
    if isinstance(data, dict):
        return [text for name, value in data.items() if name != "kind" for text in texts_of(value)]
    if isinstance(data, list):
        return [text for value in data for text in texts_of(value)]
    return [str(data)]


def assert_spanish(said: str, member: Member) -> None:
    titles = [button["title"] for button in member.buttons]
    cards = [text for data in member.data for text in texts_of(data.get("card", {}))]
    for text in (said, *titles, *cards):
        assert not ENGLISH.findall(OURS.sub("", text)), text


@pytest.mark.parametrize("key", MEMBERS)
def test_everything_a_member_hears_in_spanish_is_spanish(core: Core, key: str) -> None:
    for intent in sorted(set(RULES) - SILENT):
        member = Member(core, key, level="L3", channel="web", language="es")
        assert_spanish(member.says("x", intent), member)
        for answer in ("affirm", "deny"):
            assert_spanish(member.says("x", answer), member)


def test_a_whole_payment_in_spanish(core: Core) -> None:
    garcia = Member(core, "garcia", language="es")
    said = garcia.says("cuánto debo", "ask_amount_due")
    assert said == (
        "Su prima de enero es de $224.80 y vence el 1 de enero. "
        "Responda PAGAR para pagar hoy con su cuenta corriente terminada en 5678."
    )
    said = garcia.says("quiero pagar $100", "pay_partial")
    assert "Con $100.00 quedan $124.80, que vencen el 1 de enero." in said
    assert "¿Pagar $100.00 por enero con su cuenta corriente terminada en 5678 hoy?" in said
    said = garcia.says("PAGAR")
    assert said.startswith("Pagado: $100.00 el 15 de diciembre. Confirmación ")


@pytest.mark.parametrize("said", ["sí pero no pague todavía", "ok no me cobre", "bueno, no lo haga"])
def test_a_yes_with_a_spanish_no_in_it_pays_nothing(core: Core, said: str) -> None:
    garcia = Member(core, "garcia", language="es")
    garcia.says("quiero pagar", "pay_bill")
    assert garcia.says(said, "affirm").startswith("Bien, no se cobró nada.")


@pytest.mark.parametrize("name", sorted(words.sentences("en")))
def test_both_languages_tell_the_same_facts_and_offer_the_same_words(name: str) -> None:
    def facts(text: str) -> tuple[set[str], list[str]]:
        return {field for _, field, _, _ in Formatter().parse(text) if field}, re.findall(r"\$?\d+", text)

    english, spanish = words.sentences("en")[name], words.sentences("es")[name]
    assert facts(english) == facts(spanish)
    for word, forms in offered_words.table().items():
        if word.isalpha() or " " in word:
            assert bool(re.search(rf"\b{word}\b", english)) == any(
                re.search(rf"\b{form}\b", spanish) for form in forms["es"]
            ), word


def test_every_step_is_among_those_that_are_heard() -> None:
    assert {RULES[intent] for intent in RULES} == {step.action for step in STEPS}
