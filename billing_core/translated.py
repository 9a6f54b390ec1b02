"""The core's own English words in another language: methods, reasons and advice of codes, ways to pay, hours.

The core speaks English ("checking ending 6789"). The bot and the channels put its words into the member's language
here, so that both say the same; a name of its own (a brand, a plan) stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

_ENDING = " ending "


def of(text: str, language: str) -> str:
    """The text in `language`; unchanged where it has no translation or the language is English."""
    table = words(language)
    name, ending, last4 = text.partition(_ENDING)
    if table and ending:
        return f"{table.get(name, name)}{table[_ENDING]}{last4}"
    return table.get(text, text)


@cache
def words(language: str) -> Mapping[str, str]:
    """Every translation of a language by its English; empty for a language that we have none of."""
    path = Path(__file__).with_name(f"translated_{language}.yml")
    if not path.exists():
        return {}
    loaded: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
