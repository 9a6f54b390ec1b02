"""Mends the spelling of a message before its meaning is looked up.

The sentence model knows 30,000 words and takes a mistyped one apart into syllables that mean something else. Only the
text that goes into it is mended: word and letter counts see what was typed, and nothing stored or answered changes.
"""

import re
import string
from functools import lru_cache
from typing import Dict, FrozenSet, Set

from sklearn.feature_extraction.text import strip_accents_unicode

from bot.runtime.noise import SHORT_FORMS, without_vowels

SHORTEST_MENDED = 4
# Short forms that are words or numbers of their own stay: "pay 2" is not "pay to".
WORDS_THEMSELVES = {"2", "4", "&", "acc", "auto", "c", "dat", "fr", "info", "ins", "k", "mo", "n", "num", "ok", "rep"}
WORDS_THEMSELVES |= {"th", "w", "y", "ya"}
LONG_FORMS = {short: word for word, shorts in SHORT_FORMS.items() for short in shorts if short not in WORDS_THEMSELVES}
WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")


def plain(text: str) -> str:
    """`text` in lower case without accents, as most people text Spanish: "cuánto" is "cuanto"."""
    return strip_accents_unicode(text.lower())


class Spelling:
    """Puts a training word in the place of an unknown word one slip away from it.

    `said`: the words of the training sentences and how often they are said. `known`: the words the sentence model knows
    whole; they are never touched, though they may be one letter from something said more often ("bull", "bill").
    """

    def __init__(self, said: Dict[str, int], known: FrozenSet[str]) -> None:
        self._said = said
        self._known = known
        self._vowelless: Dict[str, str] = {}
        for word in sorted(said, key=lambda word: (said[word], word)):
            if len(word) > SHORTEST_MENDED:
                self._vowelless[without_vowels(word)] = word
        self._word = lru_cache(maxsize=4096)(self._mended)

    def mended(self, text: str) -> str:
        """`text` in lower case with its short forms written out and its slips undone, as far as that is certain."""
        return WORD.sub(lambda found: self._word(found.group()), plain(text))

    def _mended(self, word: str) -> str:
        if word in LONG_FORMS:
            return LONG_FORMS[word]
        if len(word) < SHORTEST_MENDED or word in self._said or word in self._known or not word.isalpha():
            return word
        if word in self._vowelless:
            return self._vowelless[word]
        near = [other for other in one_slip_away(word) if other in self._said]
        if near:
            return max(near, key=lambda other: (self._said[other], other))
        for at in range(3, len(word) - 2):
            if word[:at] in self._said and word[at:] in self._said:
                return f"{word[:at]} {word[at:]}"
        return word


def one_slip_away(word: str) -> Set[str]:
    """Everything that one lost, added, changed or swapped letter makes of `word`."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    lost = {left + right[1:] for left, right in parts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1}
    changed = {left + letter + right[1:] for left, right in parts if right for letter in string.ascii_lowercase}
    added = {left + letter + right for left, right in parts for letter in string.ascii_lowercase}
    return lost | swapped | changed | added
