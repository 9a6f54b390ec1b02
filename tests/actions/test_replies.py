"""The replies: every refusal has one, every one is used, and each fits an SMS with the longest values."""

from __future__ import annotations

import ast
import re
import string

import pytest
import yaml

from billing_core import errors, profiles
from bot.actions import words
from bot.actions.general import ASKS_FOR
from bot.actions.replies import HAND_OFF, REPLIES
from channels import gsm7
from tests.actions.longest import longest
from tests.actions.talking import ROOT, RULES

RESPONSES = {(language, name): text for language in words.LANGUAGES for name, text in words.sentences(language).items()}
SOURCES = sorted((ROOT / "bot/actions").glob("*.py"))
INTENTS: list[str] = yaml.safe_load((ROOT / "bot/domain.yml").read_text())["intents"]
ACTIONS: list[str] = yaml.safe_load((ROOT / "bot/domain.yml").read_text())["actions"]

NAMED = ("utter_", "phrase_", "button_")
CARRIER_WORDS = r"\b[Rr]eply (with )?'?(CANCEL|END|QUIT|STOP|YES|START|UNSTOP|UNSUBSCRIBE|REVOKE|OPTOUT)\b"


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _named_in_code() -> set[str]:
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(NAMED):
                found.add(node.value)
    fixed = {f"utter_{intent}" for intent, action in RULES.items() if action == "action_answer"}
    return found - {*NAMED} | fixed | {f"utter_{intent}_unknown" for intent in ASKS_FOR}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_reply_the_code_names_is_there_in_every_language_and_none_is_idle(language: str) -> None:
    assert _named_in_code() == set(words.sentences(language))


def test_every_intent_has_one_rule_and_every_rule_an_action_that_exists() -> None:
    from bot.actions import STEPS

    assert set(RULES) == set(INTENTS)
    assert {step.action for step in STEPS} == set(ACTIONS) == set(RULES.values())


def test_every_refusal_has_a_reply_and_every_fault_has_none() -> None:
    leaves = {kind for kind in vars(errors).values() if isinstance(kind, type) and not kind.__subclasses__()}
    refusals = {kind for kind in leaves if issubclass(kind, errors.Refusal | errors.OfferGone)}
    covered = {kind for kind in refusals if any(parent in REPLIES for parent in kind.__mro__)}
    assert refusals == covered
    assert not [kind for kind in REPLIES if issubclass(kind, errors.Fault)]
    assert set(HAND_OFF) <= set(REPLIES)


@pytest.mark.parametrize(("language", "name"), RESPONSES, ids=["-".join(key) for key in RESPONSES])
def test_a_reply_fits_two_sms_parts_in_gsm7_with_the_longest_values(language: str, name: str) -> None:
    text = RESPONSES[language, name]
    said = text.format(**{field: longest(field, language) for field in _fields(text)})
    # The outbox takes off the accents that the alphabet lacks; English needs none of that.
    sent = gsm7.to_gsm7(said) if language == "es" else said
    assert gsm7.is_gsm7(sent), set(sent) - gsm7.BASIC
    assert gsm7.length(sent) <= 320, gsm7.length(sent)


@pytest.mark.parametrize("text", RESPONSES.values(), ids=["-".join(key) for key in RESPONSES])
def test_no_reply_asks_for_a_word_that_carriers_take(text: str) -> None:
    assert not re.search(CARRIER_WORDS, text), text
    assert "unfortunately" not in text.lower()
    assert "on time, every time" not in text.lower()


def test_every_way_to_pay_is_listed_with_equal_weight_in_one_answer() -> None:
    """45 CFR 156.1240: alphabetical, one plain list, nothing recommended (G18)."""
    for profile_id in profiles.shipped():
        labels = [method.label.split(" (")[0] for method in profiles.get(profile_id).methods]
        assert labels == sorted(labels)
