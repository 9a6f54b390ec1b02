"""The core's own words in Spanish: all of them are there, none is idle, and authorizations say the same in both."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
import yaml

from billing_core import (
    accounts,
    adding,
    authorization,
    cast,
    codes,
    delivery,
    enrolling,
    methods,
    profiles,
    translated,
)
from billing_core.authorization import Range
from tests.billing_core.world import World

TEXTS = yaml.safe_load(Path(authorization.__file__).with_suffix(".yml").read_text(encoding="utf-8"))


def english() -> set[str]:
    """Every text of the core that a member may read as it is."""
    said = {" ending ", adding.NOT_ACCEPTED, "card", "checking", "savings", *profiles.METHOD_NAMES.values()}
    said |= {member["about"] for member in cast.MEMBERS}
    for row in codes.table().values():
        said |= {row.plain_reason, row.member_action}
    for name in profiles.shipped():
        profile = profiles.get(name)
        said |= {method.label for method in profile.methods} | {*profile.assistance_programs, *profile.reached_at()}
    return {text for text in said if not re.fullmatch(r"[\d-]+", text)}


def test_every_word_of_the_core_that_members_read_has_its_spanish_and_none_is_idle() -> None:
    assert english() == set(translated.words("es"))


@pytest.mark.parametrize("text", sorted(translated.words("es")))
def test_a_translation_names_the_same_numbers(text: str) -> None:
    assert re.findall(r"\d+", text) == re.findall(r"\d+", translated.of(text, "es"))


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("checking ending 6789", "cuenta corriente terminada en 6789"),
        ("Visa ending 4242", "Visa terminada en 4242"),
        ("Silver", "Silver"),
    ],
)
def test_a_method_is_told_in_the_language_and_a_name_of_its_own_stays(label: str, told: str) -> None:
    assert translated.of(label, "es") == told
    assert translated.of(label, "en") == translated.of(label, "fr") == label


def test_an_authorization_says_the_same_in_both_languages() -> None:
    def fields(text: str) -> set[str]:
        return {name.replace("ordinal", "number") for _, name, _, _ in Formatter().parse(text) if name}

    assert TEXTS["en"].keys() == TEXTS["es"].keys()
    for name in TEXTS["en"].keys() - {"day"}:
        assert fields(TEXTS["en"][name]) == fields(TEXTS["es"][name]), name


def test_an_authorization_in_spanish_fits_one_text_with_its_question(world: World) -> None:
    world.member(saved=["visa"])
    account = accounts.get(world.core, "ada")
    with world.core.read() as session:
        method = methods.of(session, "ada")[0]
    method.kind, method.brand = "card", "amex"
    text = authorization.text(account, method, date(2027, 9, 1), 131840, language="es")
    assert text.startswith(f"Pago automático de su American Express terminada en {method.last4} el 1 de cada mes")
    assert "$1,318.40 el 1 de septiembre de 2027" in text
    assert len(text + " Responda ACEPTO para autorizar.") <= 320
    ranged = authorization.text(account, method, date(2027, 9, 1), 131840, Range(41210, 131840), "es")
    assert "Solo cantidades fuera de $412.10-$1,318.40 se avisan 10 días antes." in ranged


def test_what_was_agreed_to_in_spanish_is_kept_word_for_word(world: World) -> None:
    world.member(saved=["checking"])
    terms = enrolling.offer(
        world.core, account_id="ada", conversation_id="c", turn_id="t1", method_id=None, language="es"
    )
    assert terms.text.startswith("Pago automático de su ")
    enrolling.authorize(world.core, terms.enrollment_id, turn_id="t2", channel="sms")
    with world.core.read() as session:
        (kept,) = authorization.of(session, terms.enrollment_id)
    assert kept.text == terms.text


def test_the_consent_to_e_mail_is_read_out_in_spanish(world: World) -> None:
    world.member()
    text = delivery.paperless_terms(world.core, "ada", "es")
    assert text.startswith("Las facturas y avisos llegarían a ")
    assert len(text + " Responda ACEPTO.") <= 320
