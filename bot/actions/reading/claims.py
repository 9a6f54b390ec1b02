"""What a message says was done already: "I paid that last week" asks for no payment."""

from __future__ import annotations

import re

_PAID = re.compile(
    r"\b(?:i|we|my \w+|he|she|they)(?:'ve|ve| have| has)? (?:already |just )*paid\b(?! me\b)"
    r"|\b(?:it'?s|its|it is|it was|was|is|been|have|has) (?:been )?(?:already )?paid (?:already|off|in full)\b"
    r"|\balready paid\b"
    r"|\bya (?:lo |la |los |las |les |se |hab[ií]a |he |est[aá] |estaba |fue )*"
    r"(?:pagu[eé]|pagamos|pagad[oa]s?|pag[oó](?= (?:mi|el|la)\b))"
    r"|\b(?:lo |la |les )?pagué\b",
    re.IGNORECASE,
)
# What is wanted besides: "I paid 100 already, pay the rest".
_WANTS = re.compile(
    r"\b(?:pay|paying|charge|take|rest|left|remaining|again|more|"
    r"pagar\w*|p[aá]gu?e\w*|cobr\w+|resto|otra mitad|falta|queda)\b",
    re.IGNORECASE,
)


def says_paid(text: str) -> bool:
    """Whether the text says that something was paid and asks for no payment beside it."""
    said = text.replace("\u2019", "'")
    return _PAID.search(said) is not None and _WANTS.search(_PAID.sub(" ", said)) is None
