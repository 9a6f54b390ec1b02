"""The words members are offered, in every language: `offered_words.yml`, read once.

A word is kept with its offer in all its forms, so a member answers in either language, and is told in their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("offered_words.yml")


@cache
def table() -> dict[str, dict[str, list[str]]]:
    """Every offered word with its other forms by language."""
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


def told(word: str, language: str) -> str:
    """The form of an offered word that a sentence in `language` names: `PAY` is `PAGAR` in `es`."""
    if language == "en":
        return word
    return next(iter(table().get(word, {}).get(language, [])), word)


def every_form(words: Mapping[str, str]) -> dict[str, str]:
    """The same words with all their forms, each as `normal` writes it: `PAY $50.00` is also `pagar 50.00`."""
    return {normal(form): intent for word, intent in words.items() for form in _forms(word)}


def meant(said: str) -> str:
    """The offered word a message is a form of (`el primero` is `1`), or the message as it is, in capitals."""
    word = normal(said)
    return _by_form().get(word) or word.upper()


def normal(said: str) -> str:
    """Case, accents, punctuation and spacing do not matter to an offered word; `$` and trailing marks neither."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", said) if not unicodedata.combining(sign))
    kept = re.sub(r"[^\w.\s]", " ", plain.casefold())
    return " ".join(word.strip(".") for word in kept.split())


@cache
def _by_form() -> dict[str, str]:
    """The offered word behind each of its forms, each as `normal` writes it; the first that has the form."""
    found: dict[str, str] = {}
    for name in table():
        for form in _forms(name):
            found.setdefault(normal(form), name)
    return found


def _forms(word: str) -> Iterator[str]:
    yield word
    first, _, rest = word.partition(" ")
    name, tail = (word, "") if word in table() else (first, rest)
    for forms in table().get(name, {}).values():
        yield from (f"{form} {tail}".strip() for form in forms)
