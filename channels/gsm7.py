"""The alphabet of texts: one character outside GSM-7 turns the whole message into 70-character parts (DOMAIN 4.5)."""

from __future__ import annotations

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# These take two places each.
EXTENDED = frozenset("^{}\\[~]|€\f")

# What word processors and phones put in place of plain marks, and Spanish's accents that the alphabet lacks: without
# them the words are read as well, and the text costs a third (DOMAIN 4.5). é, ñ, ü, ¿ and ¡ are in it.
_REPLACED = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'", "`": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u2026": "...", "\u2022": "-", "\u00b7": "-", "\u2192": "->", "\u00d7": "x", "\u2044": "/",
    "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\t": " ",
    "\u00e1": "a", "\u00ed": "i", "\u00f3": "o", "\u00fa": "u",
    "\u00c1": "A", "\u00cd": "I", "\u00d3": "O", "\u00da": "U",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\ufe0f": "",
}  # fmt: skip
_TABLE = str.maketrans(_REPLACED)


def to_gsm7(text: str) -> str:
    """The text with every replaceable mark in its GSM-7 form."""
    return text.translate(_TABLE)


def is_gsm7(text: str) -> bool:
    """Whether the carrier can send the text in the 160-character alphabet."""
    return all(each in BASIC or each in EXTENDED for each in text)


def length(text: str) -> int:
    """Places the text takes in GSM-7; the extended characters count two."""
    return sum(2 if each in EXTENDED else 1 for each in text)


def segments(text: str) -> int:
    """How many parts the carrier sends, and bills, a text in (DOMAIN 4.5), written as `to_gsm7` writes it."""
    written = to_gsm7(text)
    if is_gsm7(written):
        return _parts(length(written), 160, 153)
    return _parts(len(written.encode("utf-16-le")) // 2, 70, 67)


def _parts(places: int, whole: int, part: int) -> int:
    return 1 if places <= whole else -(-places // part)
