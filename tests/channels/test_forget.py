"""A secret that was screened here is taken out of the carrier's records too, once, and however often it fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import work

LEE = "+19195550101"


def test_a_text_with_a_card_number_is_forgotten_at_the_carrier(world: Any) -> None:
    world.text(LEE, "its 4111 1111 1111 1111", sid="SMcard")
    assert world.carrier.forgotten == ["SMcard"]


def test_a_text_without_a_secret_is_left_there(world: Any) -> None:
    world.text(LEE, "how much do i owe")
    assert world.carrier.forgotten == []


@pytest.mark.parametrize("text", ["", "here is my card"])
def test_a_picture_is_forgotten_with_and_without_words(world: Any, text: str) -> None:
    world.text(LEE, text, media=1, sid="SMpicture")
    assert world.carrier.forgotten == ["SMpicture"]


def test_every_part_of_a_number_split_over_texts_is_forgotten(world: Any) -> None:
    world.text(LEE, "hello", sid="SM0")
    world.text(LEE, "4111 1111", sid="SM1")
    world.text(LEE, "1111 1111", sid="SM2")
    assert sorted(world.carrier.forgotten) == ["SM1", "SM2"]


def test_what_could_not_be_forgotten_is_asked_again_and_then_once_only(world: Any) -> None:
    world.carrier.refuses_to_forget = 1
    world.text(LEE, "my ssn is 123-45-6789", sid="SMssn")
    assert (world.carrier.forgotten, world.queue.delayed) == ([], [])
    assert work.look_after_privacy(world.channels) == {"carrier_forgot": 1}
    assert world.carrier.forgotten == ["SMssn"]
    world.text(LEE, "sorry about that")
    world.clock.advance(timedelta(days=1))
    assert work.look_after_privacy(world.channels) == {}
    assert world.carrier.forgotten == ["SMssn"]


def test_a_carrier_that_fails_for_a_week_is_asked_until_it_forgets(world: Any) -> None:
    world.carrier.refuses_to_forget = 1000
    world.text(LEE, "4111111111111111", sid="SM1")
    for _ in range(7):
        assert work.look_after_privacy(world.channels) == {}
        world.clock.advance(timedelta(days=1))
    world.carrier.refuses_to_forget = 0
    assert work.look_after_privacy(world.channels) == {"carrier_forgot": 1}
    assert world.carrier.forgotten == ["SM1"]
