"""Misspelled names are read as what they are, and other words are left alone."""

from __future__ import annotations

import pytest

from bot.actions.reading.mending import mended


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pay the dntal only", "pay the dental only"),
        ("teh dentla one", "teh dental one"),
        ("just denttal", "just dental"),
        ("on thrusday", "on thursday"),
        ("my mastercrd", "my mastercard"),
        ("from cheking", "from checking"),
        ("in febuary", "in february"),
        ("tommorrow", "tomorrow"),
        ("evrything", "everything"),
    ],
)
def test_one_slip_is_put_right(typed: str, meant: str) -> None:
    assert mended(typed) == meant


@pytest.mark.parametrize("said", ["mental health", "a rental", "the details", "my wealth", "sundays", "match", "month"])
def test_other_words_and_plurals_stay(said: str) -> None:
    assert mended(said) == said
