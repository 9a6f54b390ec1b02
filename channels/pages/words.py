"""What the pages say by themselves, in both languages: `words/PAGE.yml`, read into the pages' templates."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from channels.words import LANGUAGES

_FOLDER = Path(__file__).with_name("words")
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)", re.I)


@cache
def of(page: str) -> dict[str, dict[str, str]]:
    """A page's words by language and name; KeyError for a word that a language lacks."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load((_FOLDER / f"{page}.yml").read_text(encoding="utf-8"))
    return {language: {name: told[language] for name, told in loaded.items()} for language in LANGUAGES}


def asked_for(accept_language: str) -> str:
    """The language a browser asks for most that we speak (RFC 9110, 12.5.4); English where it asks for none of them."""
    wanted = []
    for place, each in enumerate(accept_language.split(",")):
        tag, _, weight = each.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES and (share := _share(weight)) > 0:
            wanted.append((-share, place, language))
    return min(wanted)[2] if wanted else LANGUAGES[0]


def _share(weight: str) -> float:
    found = _WEIGHT.fullmatch(weight.strip())
    return float(found[1]) if found else float(not weight.strip())
