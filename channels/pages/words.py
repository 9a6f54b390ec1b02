"""What the pages say by themselves, in both languages: `words/PAGE.yml`, read into the pages' templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from channels.words import LANGUAGES

_FOLDER = Path(__file__).with_name("words")


@cache
def of(page: str) -> dict[str, dict[str, str]]:
    """A page's words by language and name; KeyError for a word that a language lacks."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load((_FOLDER / f"{page}.yml").read_text(encoding="utf-8"))
    return {language: {name: told[language] for name, told in loaded.items()} for language in LANGUAGES}
