"""Training sentences are sane: enough of each, none in two intents, entities marked alike, no real numbers."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict

import pytest
import yaml

from tests.nlu.training_data import ROOT, SPAN, documents, examples, normalised

DOMAIN = ROOT / "bot" / "domain.yml"
ENTITIES = {"amount", "date", "method", "policy"}
SMALL = {"greet", "thank", "goodbye", "ask_capabilities"}
LEAST, LEAST_SMALL, LEAST_OUT_OF_SCOPE = 55, 40, 300
# What members ask here and the benchmark has no name for.
OURS_ALONE = {"change", "ask_why_locked", "ask_marketplace", "ask_other_plan", "ask_tax_credit"}

SENTENCES = examples()


def by_intent() -> dict[str, set[str]]:
    intents: dict[str, set[str]] = defaultdict(set)
    for example in SENTENCES:
        intents[example.intent].add(normalised(example.spoken))
    return intents


@pytest.mark.parametrize("file", documents())
def test_every_file_says_which_format_it_is_written_in(file):
    assert documents()[file]["version"] == "3.1"


@pytest.mark.parametrize("intent", sorted(by_intent()))
def test_every_intent_has_enough_distinct_sentences(intent):
    least = LEAST_OUT_OF_SCOPE if intent == "out_of_scope" else LEAST_SMALL if intent in SMALL else LEAST
    assert len(by_intent()[intent]) >= least


def test_no_sentence_is_written_twice_or_in_two_intents():
    places = defaultdict(list)
    for example in SENTENCES:
        places[normalised(example.spoken)].append(f"{example.intent} ({example.file})")
    assert {sentence: where for sentence, where in places.items() if len(where) > 1} == {}


def test_entities_are_known_and_their_marks_parse():
    for example in SENTENCES:
        assert {span["entity"] for span in SPAN.finditer(example.written)} <= ENTITIES, example
        assert not set("[]{}()") & set(example.spoken), f"a mark that does not parse: {example.written}"


def test_spans_begin_at_the_thing_itself():
    for example in SENTENCES:
        for span in SPAN.finditer(example.written):
            first = span["words"].split()[0].lower()
            leading = {"my", "on", "by", "from", "with"} | ({"the"} if span["entity"] != "date" else set())
            assert first not in leading, f"{span['words']!r} in {example.written!r}"
            assert span["words"] == span["words"].strip()


def test_every_entity_is_shown_often_enough_to_be_learned():
    shown = Counter(span["entity"] for example in SENTENCES for span in SPAN.finditer(example.written))
    assert {entity: count for entity, count in shown.items() if count < 40} == {}
    assert set(shown) == ENTITIES


def test_no_number_could_be_a_card_an_account_or_a_social_security_number():
    for example in SENTENCES:
        digits = re.findall(r"\d(?:[ -]?\d)*", example.spoken)
        assert all(len(re.sub(r"\D", "", run)) <= 6 for run in digits), example


def test_the_aliases_name_intents_of_the_data():
    aliases = json.loads((ROOT / "tests" / "nlu" / "aliases.json").read_text())
    named = {name for name in aliases["aliases"] if not name.startswith("_")}
    assert named | OURS_ALONE | set(aliases["fallback"]) == set(by_intent()) | {"nlu_fallback"}


def test_every_intent_and_entity_of_the_data_is_in_the_domain():
    domain = yaml.safe_load(DOMAIN.read_text())
    intents = {name if isinstance(name, str) else next(iter(name)) for name in domain["intents"]}
    entities = {name if isinstance(name, str) else next(iter(name)) for name in domain.get("entities", [])}
    assert set(by_intent()) <= intents
    assert entities >= ENTITIES
