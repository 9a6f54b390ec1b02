"""In which language a conversation goes on, and that everything the channels say in it follows."""

from __future__ import annotations

from typing import Any

import pytest

from channels import language
from channels.store import Conversation

LEE, GARCIA, STRANGER = "+19195550101", "+19195550109", "+19195550199"


def spoken(world: Any) -> list[str]:
    """The language of every turn that was asked for."""
    return [asked["metadata"]["language"] for asked in world.rasa.asked]


@pytest.mark.parametrize(
    ("text", "now", "preferred", "before", "then"),
    [
        ("hello there", None, "es", "", "es"),
        ("how much do i owe", None, "es", "", "en"),
        ("cuanto debo", None, "en", "", "es"),
        ("ayuda", None, "en", "", "es"),
        ("pay", None, "en", "", "en"),
        ("4242", None, "es", "", "es"),
        ("cuanto debo", "en", "en", "", "en"),
        ("cuanto debo", "en", "en", "quiero pagar", "es"),
        ("cuanto debo", "en", "en", "ok", "en"),
        ("quiero pagar", "en", "en", "how much do i owe", "en"),
        ("quiero pagar mi factura hoy", "en", "en", "", "es"),
        ("i want to pay my bill", "es", "es", "", "en"),
        ("no thanks", "es", "es", "", "es"),
    ],
)
def test_a_conversation_turns_with_a_long_message_or_two_in_a_row(
    text: str, now: str | None, preferred: str, before: str, then: str
) -> None:
    assert language.goes_on_in(text, now=now, preferred=preferred, before=before) == then


def test_a_conversation_begins_in_the_language_of_the_account_and_keeps_it(world: Any) -> None:
    world.text(GARCIA, "4242")
    world.text(GARCIA, "ok")
    assert spoken(world) == ["es", "es"]
    assert [row.language for row in world.rows(Conversation)] == ["es"]


def test_a_stranger_who_writes_spanish_is_answered_in_it(world: Any) -> None:
    world.text(STRANGER, "hola buenos dias")
    world.text(STRANGER, "ok")
    assert spoken(world) == ["es", "es"]


def test_it_turns_and_turns_back(world: Any) -> None:
    for text in ("how much do i owe", "quiero pagar", "cuanto debo", "PAY", "please show me the bill"):
        world.text(LEE, text)
    assert spoken(world) == ["en", "en", "es", "es", "en"]


def test_a_word_that_was_offered_turns_nothing(world: Any) -> None:
    for text in ("how much do i owe", "PAGAR", "pagar", "de acuerdo"):
        world.text(LEE, text)
    assert spoken(world) == ["en"] * 4


def test_the_language_an_action_was_asked_for_is_kept(world: Any) -> None:
    world.rasa.on("español", {"text": "Bien, sigamos en español.", "data": {"language": "es"}}, intent="set_language")
    world.text(LEE, "how much do i owe")
    world.text(LEE, "español")
    world.text(LEE, "ok")
    assert spoken(world) == ["en", "en", "es"]


def test_a_language_we_do_not_have_is_not_kept(world: Any) -> None:
    world.rasa.on("français", {"text": "…", "data": {"language": "fr"}}, intent="set_language")
    world.text(LEE, "français")
    assert [row.language for row in world.rows(Conversation)] == ["en"]


def test_the_channels_own_sentences_follow(world: Any) -> None:
    world.text(GARCIA, "hola buenos dias")
    (told,) = world.text(GARCIA, "AYUDA")
    assert told.startswith("Duely: textos sobre las facturas")
    (told,) = world.text(GARCIA, "ALTO")
    assert told.startswith("No recibira mas textos nuestros.")


def test_a_first_keyword_in_spanish_is_answered_in_it(world: Any) -> None:
    (told,) = world.text(LEE, "ayuda")
    assert "Responda STOP" in told


def test_a_code_is_asked_for_and_refused_in_the_language(world: Any) -> None:
    world.rasa.on("activar pago automático", "Pago automático.", needs="L3")
    (told,) = world.text(GARCIA, "activar pago automático")
    assert "es su codigo para cambiar el pago automatico" in told
    (told,) = world.text(GARCIA, "000000")
    assert told.startswith("Ese codigo no funciono.")


def test_a_number_taken_out_is_told_in_the_language(world: Any) -> None:
    world.text(GARCIA, "hola buenos dias")
    (told,) = world.text(GARCIA, "mi seguro social es 219-09-9999")
    assert told.startswith("Quité ese numero y no lo guardé.")
    assert [row.language for row in world.rows(Conversation)] == ["es"]


def test_when_something_breaks_it_is_said_in_the_language(world: Any) -> None:
    world.text(GARCIA, "hola buenos dias")
    world.rasa.next(500)
    (told,) = world.text(GARCIA, "cuanto debo")
    assert told.startswith("No pude terminar eso ahora.")


def test_spanish_goes_out_in_the_alphabet_of_texts(world: Any) -> None:
    world.rasa.on("cuanto debo", "Su factura venció. ¿Mañana está bien? Sí, después.")
    world.text(GARCIA, "cuanto debo")
    assert world.carrier.bodies(GARCIA)[-1].startswith("Su factura vencio. ¿Mañana esta bien? Si, después.")
