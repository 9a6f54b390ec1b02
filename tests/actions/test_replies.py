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
from tests.actions.talking import ROOT, RULES

RESPONSES = {(language, name): text for language in words.LANGUAGES for name, text in words.sentences(language).items()}
SOURCES = sorted((ROOT / "bot/actions").glob("*.py"))
INTENTS: list[str] = yaml.safe_load((ROOT / "bot/domain.yml").read_text())["intents"]
ACTIONS: list[str] = yaml.safe_load((ROOT / "bot/domain.yml").read_text())["actions"]

# GSM 03.38's basic letters; the currency and brackets of its extension table cost two and are not used.
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
NAMED = ("utter_", "phrase_", "button_")
CARRIER_WORDS = r"\b[Rr]eply (with )?'?(CANCEL|END|QUIT|STOP|YES|START|UNSTOP|UNSUBSCRIBE|REVOKE|OPTOUT)\b"

LONGEST = {
    "what": "September dental premium",
    "parts": "September $1,318.40, October $1,318.40 and November $1,318.40",
    "method": "American Express ending 0005",
    "old": "American Express ending 0005",
    "new": "American Express ending 0005",
    "methods": "American Express ending 0005, checking ending 6789 and Visa ending 4242",
    "phone": "the number on your ID card",
    "hours": "hours not known to me",
    "portal": "https://member.duely.example/billing",
    "issuer": "MA Health Connector",
    "bank_date": " (bank date September 28)",
    "bank": " (your bank may show September 28)",
    "email": "a.member@example.com",
    "confirmation": "7F3K-9QXM",
    "month": "September",
    "from_month": "September",
    "plan": "Silver Advantage",
    "expires": "12/2026",
    "when": "on September 28, 2026",
    "reason": "The bank declined this payment without giving us a reason we can share.",
    "step": "Use another payment method now, or call the number on the back of the card and ask the bank to allow it.",
    "word": "CHANGE LATER",
    "stop": " Your bank can stop it if told by September 28.",
    "delivery": "e-mail",
    "by_post": "cashier's check, check and money order",
    "address": "Duely Health NC Payment Center, PO Box 123456, Winston-Salem NC 27105-3456",
    "opens": " It is possible from September 28, 2026.",
    "count": "4",
    "why": "the premium went up, your tax credit went down and 5 people are covered, before it was 4",
    "months": "September, October, November and December",
    "payments": "; ".join(["September 28 $1,318.40, American Express ending 0005, sent back by the bank"] * 3),
    "programs": "ConnectorCare hardship waiver",
    "ending": "01",
    "amount": "$1,318.40",
    "days": "September 28, 2026 and September 28, 2026",
    "lead": "19",
    "notice": "5",
    "changed": "10",
    "terms": "x" * 305,
    "rule": "from 10 days before a bill is made to 10 days after",
    "before": "10",
    "after": "10",
    "again": "once the draft in progress is over",
    "done": "turned off",
    "from_day": "September 17",
    "to_day": "September 28",
    "draft": "September 28",
    "authorization": "x" * 290,
}


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _longest(name: str) -> str:
    if name in LONGEST:
        return LONGEST[name]
    return "$1,318.40" if name.endswith("_cents") else "September 28, 2026"


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


@pytest.mark.parametrize("text", RESPONSES.values(), ids=["-".join(key) for key in RESPONSES])
def test_a_reply_fits_two_sms_parts_in_gsm7_with_the_longest_values(text: str) -> None:
    said = text.format(**{field: _longest(field) for field in _fields(text)})
    assert len(said) <= 320, len(said)
    assert set(said) <= GSM7, set(said) - GSM7


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
